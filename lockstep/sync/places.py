"""The places where results stand: the workspace, a revision, the experiments; each opened as a folder."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lockstep.errors import DataError, kind_and_reason
from lockstep.project import paths
from lockstep.results.dvc_lock import LOCK, PIPELINE, DvcLock, refuse_stale
from lockstep.results.result import Result
from lockstep.storage.scratch import scratch_folder
from lockstep.sync.snapshot import running_dvc_command, snapshot
from lockstep.tracking.provenance import REQUIREMENTS, Provenance
from lockstep.tracking.repository import Revision, head, project_folder
from lockstep.tracking.run_content import complete_result

if TYPE_CHECKING:
    from dvc.api import DVCFileSystem

# What a result is read from, and the code that goes along with its model.
FILES = (paths.PARAMS, LOCK, PIPELINE, REQUIREMENTS)
SOURCES = (Path("lockstep"), paths.DATASETS)
OUTPUTS = (paths.REPORTS, paths.MODEL.parent, paths.PREDICTIONS.parent, paths.TRAIN.parent)


@contextmanager
def open_result(place: Revision | None) -> Iterator[tuple[Result, Provenance]]:
    """The result of a revision, or of the workspace.

    Raises:
        DataError: if outputs are missing, are not what dvc.lock says, or are being made.
    """
    if place is None:
        with snapshot((*FILES, *SOURCES), OUTPUTS) as folder:
            yield _of_workspace(folder), Provenance.of(folder, head(), None, workspace=True)
        return
    with scratch_folder("revision") as folder:
        _fetch(place, folder)
        refuse_stale(folder)
        yield (
            complete_result(folder),
            Provenance.of(folder, place.baseline, place.exp_name, workspace=False),
        )


def _of_workspace(folder: Path) -> Result:
    """The result in a snapshot, which a pipeline that runs may have been taken in the middle of."""
    try:
        refuse_stale(folder)
        reports = [path for path in map(Path, DvcLock.read(folder).hashes) if path.is_relative_to(paths.REPORTS)]
        lost = [path for path in reports if not (folder / path).exists()]
        if lost and running_dvc_command():
            raise DataError(f"{lost[0]}: no such file")
        return complete_result(folder)
    except DataError as error:
        if work := running_dvc_command():
            raise DataError(f"{work} is making the result: wait until it has ended") from error
        raise


def _fetch(place: Revision, folder: Path) -> None:
    """Copy a revision's files from git, DVC's cache or its remote."""
    try:
        with _files_of(place.rev) as files:
            if not files.exists(f"/{LOCK}"):
                raise DataError(f"{place}: has no {LOCK}, so there is no result in it")
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
def _files_of(rev: str) -> "Iterator[DVCFileSystem]":
    """The project in a commit as DVC sees it: git's files as they are stored, and outputs in its cache or a remote.

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
                f"commit {rev[:7]}: has no folder {folder}, where the project stands now, so there is no result in it"
            )
        tree = tree[folder]
    tree = GitTrie(Pygit2Object(tree), rev)
    own = _storage_now()
    with Repo("/", fs=GitFileSystem(trie=tree), scm=git, uninitialized=True, config=own) as repo:
        yield DVCFileSystem(repo)


def _storage_now() -> dict[str, Any]:
    """DVC's settings of the workspace's cache and remotes; a commit's own may be relative, or of before they moved."""
    from dvc.repo import Repo

    with Repo(uninitialized=True) as here:
        if here.dvc_dir is None:
            return {}
        default = here.config["core"].get("remote")
        return {
            "cache": {"dir": here.cache.local_cache_dir},
            "remote": dict(here.config["remote"]),
            "core": {"remote": default} if default else {},
        }


def _copy(files: "DVCFileSystem", path: Path, folder: Path, *, recursive: bool) -> None:
    source = f"/{path.as_posix()}"
    if files.exists(source):
        target = folder / path
        target.parent.mkdir(parents=True, exist_ok=True)
        files.get(source, str(target), recursive=recursive)
