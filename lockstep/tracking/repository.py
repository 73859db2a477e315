"""What git knows of the repository: commits and DVC's experiments."""

import re
import subprocess
from dataclasses import dataclass
from pathlib import Path

from lockstep.errors import DataError

# DVC keeps an experiment as a commit under refs/exps/<its baseline, cut after two digits>/<its name>.
EXPERIMENT = re.compile(r"^refs/exps/([0-9a-f]{2})/([0-9a-f]{38})/(.+)$")

HASH = re.compile(r"^[0-9a-f]{40}$")


@dataclass(frozen=True)
class Revision:
    """A commit, and what it is to DVC.

    Attributes:
        rev: The commit.
        exp_name: DVC's name of the experiment it is, if it is one.
        baseline: The commit the experiment started from; of others the commit itself.
    """

    rev: str
    exp_name: str | None
    baseline: str

    def __str__(self) -> str:
        return f"experiment {self.exp_name}" if self.exp_name else f"commit {self.rev[:7]}"


def head() -> str | None:
    """The commit that is checked out; None outside a git repository, and before its first commit."""
    code, text = _git("rev-parse", "--verify", "--quiet", "HEAD")
    return text.strip() if code == 0 else None


def project_folder() -> str:
    """The working directory's path inside the git repository, as commits have it; empty at its root."""
    code, text = _git("rev-parse", "--show-prefix")
    return text.strip("\n").rstrip("/") if code == 0 else ""


def is_untracked(file: Path) -> bool:
    """Whether git would leave a file out of a commit and of DVC's copies of the workspace."""
    code, text = _git("ls-files", "--others", "--", str(file))
    return code == 0 and bool(text.strip())


def is_commit(rev: str) -> bool:
    """Whether the repository has a commit of this hash."""
    return bool(HASH.match(rev)) and _git("cat-file", "-e", f"{rev}^{{commit}}")[0] == 0


def experiments() -> list[Revision]:
    """All DVC experiments of the repository, by name."""
    code, text = _git("for-each-ref", "--format=%(objectname) %(refname)", "refs/exps/")
    found = []
    for line in text.splitlines() if code == 0 else ():
        rev, _, ref = line.partition(" ")
        if match := EXPERIMENT.match(ref):
            found.append(Revision(rev, match[3], match[1] + match[2]))
    return sorted(found, key=lambda each: (str(each.exp_name), each.baseline))


def revision(name: str) -> Revision:
    """The commit, tag, branch or experiment that `--rev` names.

    Raises:
        DataError: if there is none, or experiments of several baselines have the name.
    """
    shown = f"--rev {name}"
    if (found := find_revision(name, shown)) is None:
        raise DataError(
            f"{shown}: is no commit, tag, branch or experiment; see `git log` and `dvc exp list --all-commits`"
        )
    return found


def find_revision(name: str, shown: str) -> Revision | None:
    """The commit, tag, branch or experiment of a name; None if there is none.

    Args:
        name: Of the revision.
        shown: What messages call it.

    Raises:
        DataError: if experiments of several baselines have the name.
    """
    known = experiments()
    named = [each for each in known if each.exp_name == name]
    if len(named) > 1:
        revs = ", ".join(each.rev[:7] for each in named)
        raise DataError(f"{shown}: {len(named)} experiments have this name; give one of their commits: {revs}")
    if named:
        return named[0]
    code, text = _git("rev-parse", "--verify", "--quiet", "--end-of-options", f"{name}^{{commit}}")
    if code != 0:
        return None
    rev = text.strip()
    return next((each for each in known if each.rev == rev), Revision(rev, None, rev))


def _git(*arguments: str) -> tuple[int, str]:
    try:
        answer = subprocess.run(["git", *arguments], capture_output=True, text=True, check=False)  # noqa: S603, S607
    except FileNotFoundError:
        return 127, ""
    return answer.returncode, answer.stdout
