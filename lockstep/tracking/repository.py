"""Commits and DVC experiments of the git repository."""

import re
import subprocess
from dataclasses import dataclass
from pathlib import Path

from lockstep.errors import DataError

# DVC stores an experiment as a commit under refs/exps/<baseline, split after two digits>/<name>.
EXPERIMENT = re.compile(r"^refs/exps/([0-9a-f]{2})/([0-9a-f]{38})/(.+)$")

HASH = re.compile(r"^[0-9a-f]{40}$")


@dataclass(frozen=True)
class Revision:
    """A commit, and its DVC experiment if it is one.

    Attributes:
        rev: The commit.
        exp_name: Name of the DVC experiment; None for other commits.
        baseline: The commit from which the experiment started; for other commits the commit itself.
    """

    rev: str
    exp_name: str | None
    baseline: str

    def __str__(self) -> str:
        return f"experiment {self.exp_name}" if self.exp_name else f"commit {self.rev[:7]}"


def head() -> str | None:
    """The commit that is checked out; None outside a git repository and before its first commit."""
    code, text = _git("rev-parse", "--verify", "--quiet", "HEAD")
    return text.strip() if code == 0 else None


def project_folder() -> str:
    """The working directory's path inside the git repository; empty at its root."""
    code, text = _git("rev-parse", "--show-prefix")
    return text.strip("\n").rstrip("/") if code == 0 else ""


def is_untracked(file: Path) -> bool:
    """Whether a file is missing from git's commits and from DVC's copies of the workspace."""
    code, text = _git("ls-files", "--others", "--", str(file))
    return code == 0 and bool(text.strip())


def is_commit(rev: str) -> bool:
    """Whether the repository has a commit of this hash."""
    return bool(HASH.match(rev)) and _git("cat-file", "-e", f"{rev}^{{commit}}")[0] == 0


def experiments() -> list[Revision]:
    """All DVC experiments of the repository, by name."""
    code, text = _git("for-each-ref", "--format=%(objectname) %(refname)", "refs/exps/")
    revisions = []
    for line in text.splitlines() if code == 0 else ():
        rev, _, ref = line.partition(" ")
        if match := EXPERIMENT.match(ref):
            revisions.append(Revision(rev, match[3], match[1] + match[2]))
    return sorted(revisions, key=lambda revision: (str(revision.exp_name), revision.baseline))


def revision(name: str) -> Revision:
    """The commit, tag, branch or experiment that `--rev` names.

    Raises:
        DataError: if there is none, or several experiments have the name.
    """
    label = f"--rev {name}"
    if (match := find_revision(name, label)) is None:
        raise DataError(
            f"{label}: is no commit, tag, branch or experiment; see `git log` and `dvc exp list --all-commits`"
        )
    return match


def find_revision(name: str, label: str) -> Revision | None:
    """The commit, tag, branch or experiment of a name; None if there is none.

    Args:
        name: Name of the revision.
        label: Its name in messages.

    Raises:
        DataError: if experiments of several baselines have the name.
    """
    known_experiments = experiments()
    matches = [experiment for experiment in known_experiments if experiment.exp_name == name]
    if len(matches) > 1:
        revs = ", ".join(experiment.rev[:7] for experiment in matches)
        raise DataError(f"{label}: {len(matches)} experiments have this name; give one of their commits: {revs}")
    if matches:
        return matches[0]
    code, text = _git("rev-parse", "--verify", "--quiet", "--end-of-options", f"{name}^{{commit}}")
    if code != 0:
        return None
    rev = text.strip()
    return next((experiment for experiment in known_experiments if experiment.rev == rev), Revision(rev, None, rev))


def _git(*arguments: str) -> tuple[int, str]:
    try:
        answer = subprocess.run(["git", *arguments], capture_output=True, text=True, check=False)  # noqa: S603, S607
    except FileNotFoundError:
        return 127, ""
    return answer.returncode, answer.stdout
