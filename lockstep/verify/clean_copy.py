"""A clean copy of the project: its files without results, caches, evaluation log and MLflow store."""

import os
import shutil
import subprocess
import tarfile
from pathlib import Path

from lockstep.check.config import Config, load_config
from lockstep.errors import VerifyError, one_line
from lockstep.fetch.file_places import FilePlaces

# The copy has a cache of its own, regardless of the project's and the user's settings.
LOCAL_CONFIG = (
    "[core]\n    analytics = false\n    check_update = false\n    autostage = false\n[cache]\n    dir = cache\n"
)


def clean_copy(root: Path, rev: str | None, folder: Path) -> tuple[Path, Config]:
    """Copy the project into a folder and make its local table, if it has one, reachable from there.

    Args:
        root: The project.
        rev: A commit; None copies the files as they are, including new ones that git does not ignore.
        folder: An existing folder; the caller removes it.

    Returns:
        The copy, a git repository without commits, and its settings.

    Raises:
        VerifyError: if the project is no git repository or `rev` no commit.
        ConfigError: for a mistake in the settings.
    """
    copy = folder / "project"
    copy.mkdir()
    if rev is None:
        _copy_files(root, copy)
    else:
        _unpack(root, rev, copy)
    config = load_config(copy)
    source = config.dataset.source
    if isinstance(source, FilePlaces) and source.path is not None:
        copy = _with_table(root, source.path, copy)
    git(copy, "init", "--quiet", "--template=")
    if (copy / ".dvc").is_dir():
        (copy / ".dvc/config.local").write_text(LOCAL_CONFIG, encoding="utf-8")
    return copy, config


def git(folder: Path, *arguments: str) -> str:
    """The output of a git command, run without the GIT_ variables of a surrounding git command.

    Raises:
        VerifyError: with git's own message.
    """
    process = _start(folder, *arguments)
    output, error = process.communicate()
    if process.returncode != 0:
        reason = one_line(error.decode(errors="replace")) or f"git {arguments[0]} failed"
        raise VerifyError(f"{folder}: {reason}")
    return output.decode()


def _start(folder: Path, *arguments: str) -> "subprocess.Popen[bytes]":
    try:
        return subprocess.Popen(  # noqa: S603 - no shell
            ["git", *arguments],  # noqa: S607 - the git on PATH
            cwd=folder,
            env={key: value for key, value in os.environ.items() if not key.startswith("GIT_")},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )
    except FileNotFoundError:
        raise VerifyError("git: not found; install it, or put it on PATH") from None


def _copy_files(root: Path, copy: Path) -> None:
    try:
        names = git(root, "ls-files", "-z", "--cached", "--others", "--exclude-standard")
    except VerifyError as error:
        raise VerifyError(f"{error}; verify copies what git lists: run it in the project's git repository") from None
    for name in names.split("\0"):
        source, target = root / name, copy / name
        # Skips uncommitted deletions and the folders of submodules.
        if name and (source.is_symlink() or source.is_file()):
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(source, target, follow_symlinks=False)


def _unpack(root: Path, rev: str, copy: Path) -> None:
    try:
        commit = git(root, "rev-parse", "--verify", "--quiet", "--end-of-options", f"{rev}^{{commit}}").strip()
    except VerifyError:
        raise VerifyError(f"--rev {rev}: git has no such commit here; `git fetch` may bring it") from None
    archive = copy.with_name("archive.tar")
    git(root, "archive", "--format=tar", f"--output={archive}", commit)
    with tarfile.open(archive) as tar:
        tar.extractall(copy, filter="tar")
    archive.unlink()


def _with_table(root: Path, path: str, copy: Path) -> Path:
    """Link a table that is not part of the copy to the project's; returns the copy, which may have moved.

    A path may lead out of the project (`../tables/own.csv`). The copy is then moved so deep in its folder that the same
    path stays inside that folder.
    """
    relative = Path(os.path.normpath(Path(path).expanduser()))
    if relative.is_absolute():
        return copy
    n_parents = relative.parts.count("..")
    if n_parents:
        moved = copy.parent.joinpath(*["above"] * n_parents, copy.name)
        moved.parent.mkdir(parents=True)
        copy = copy.rename(moved)
    link = Path(os.path.normpath(copy / relative))
    if not link.exists():
        link.parent.mkdir(parents=True, exist_ok=True)
        link.symlink_to(Path(os.path.abspath(root / relative)))  # noqa: PTH100 - links on the way stay as they are
    return copy
