"""The places of results, opened as folders: the workspace, a revision, the experiments."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lockstep.errors import DataError, kind_and_reason
from lockstep.project import paths
from lockstep.project.custom import PACKAGE
from lockstep.results.dvc_lock import LOCK, PIPELINE, DvcLock, refuse_stale
from lockstep.results.result import Result
from lockstep.storage.scratch import scratch_folder
from lockstep.sync.snapshot import running_dvc_command, snapshot
from lockstep.tracking.provenance import REQUIREMENTS, Provenance
from lockstep.tracking.repository import Revision, head, project_folder
from lockstep.tracking.run_content import complete_result

if TYPE_CHECKING:
    from dvc.api import DVCFileSystem

# The files of a result, and the code that is logged with its model.
FILES = (paths.PARAMS, LOCK, PIPELINE, REQUIREMENTS)
SOURCES = (Path("lockstep"), Path(PACKAGE), paths.DATASETS)
OUTPUTS = (paths.REPORTS, paths.MODEL.parent, paths.PREDICTIONS.parent, paths.TRAIN.parent)


@contextmanager
def open_result(place: Revision | None) -> Iterator[tuple[Result, Provenance]]:
    """Open the result of a revision, or of the workspace.

    Raises:
        DataError: if outputs are missing, differ from dvc.lock, or are being written.
    """
    if place is None:
        with snapshot((*FILES, *SOURCES), OUTPUTS) as folder:
            yield _workspace_result(folder), Provenance.of(folder, head(), None, workspace=True)
        return
    with scratch_folder("revision") as folder:
        _fetch(place, folder)
        refuse_stale(folder)
        yield (
            complete_result(folder),
            Provenance.of(folder, place.baseline, place.exp_name, workspace=False),
        )


def _workspace_result(folder: Path) -> Result:
    """The result in a snapshot, which may have been taken in the middle of a running pipeline."""
    try:
        refuse_stale(folder)
        reports = [path for path in map(Path, DvcLock.read(folder).hashes) if path.is_relative_to(paths.REPORTS)]
        missing = [path for path in reports if not (folder / path).exists()]
        if missing and running_dvc_command():
            raise DataError(f"{missing[0]}: no such file")
        return complete_result(folder)
    except DataError as error:
        if command := running_dvc_command():
            raise DataError(f"{command} is computing the result: wait until it has ended") from error
        raise


def _fetch(place: Revision, folder: Path) -> None:
    """Copy a revision's files from git, DVC's cache or its remote."""
    try:
        with _revision_files(place.rev) as files:
            if not files.exists(f"/{LOCK}"):
                raise DataError(f"{place}: has no {LOCK}, so it contains no result")
            for path in FILES:
                _copy(files, path, folder, recursive=False)
            for path in (*SOURCES, *OUTPUTS):
                _copy(files, path, folder, recursive=True)
    except DataError:
        raise
    except Exception as error:  # whatever DVC, git or a remote raises
        raise DataError(
            f"{place}: its outputs are not all there ({kind_and_reason(error)});"
            " `dvc fetch` or `dvc exp pull` brings them from a remote"
        ) from error


@contextmanager
def _revision_files(rev: str) -> "Iterator[DVCFileSystem]":
    """The project in a commit as DVC sees it: git's files, and outputs in DVC's cache or a remote.

    The project may be a subfolder of the git repository: the commit's tree of that folder is the root here.

    `DVCFileSystem(rev=...)` has pygit2 stream every file of git's from a thread, whose reader can miss its wake-up and
    then waits for ever (`_BlobIO.readinto` of pygit2 1.21). Objects without a backend are read at once.
    """
    from dvc.api import DVCFileSystem
    from dvc.fs import GitFileSystem
    from dvc.repo import Repo
    from dvc.scm import SCM
    from scmrepo.git.backend.pygit2 import Pygit2Object
    from scmrepo.git.objects import GitTrie

    git = SCM(os.curdir)
    tree = git.pygit2.repo[rev].tree
    if folder := project_folder():
        if folder not in tree:
            raise DataError(
                f"commit {rev[:7]}: has no folder {folder}, the project's present one, so it contains no result"
            )
        tree = tree[folder]
    tree = GitTrie(Pygit2Object(tree), rev)
    own = _storage_config()
    with Repo("/", fs=GitFileSystem(trie=tree), scm=git, uninitialized=True, config=own) as repo:
        yield DVCFileSystem(repo)


def _storage_config() -> dict[str, Any]:
    """DVC's settings of the workspace's cache and remotes; those of a commit may be relative or out of date."""
    from dvc.repo import Repo

    with Repo(uninitialized=True) as repo:
        if repo.dvc_dir is None:
            return {}
        default_remote = repo.config["core"].get("remote")
        return {
            "cache": {"dir": repo.cache.local_cache_dir},
            "remote": dict(repo.config["remote"]),
            "core": {"remote": default_remote} if default_remote else {},
        }


def _copy(files: "DVCFileSystem", path: Path, folder: Path, *, recursive: bool) -> None:
    source = f"/{path.as_posix()}"
    if files.exists(source):
        target = folder / path
        target.parent.mkdir(parents=True, exist_ok=True)
        files.get(source, str(target), recursive=recursive)
