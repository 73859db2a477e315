"""The places where results stand: the workspace, a revision, the experiments; each opened as a folder."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from lockstep import paths
from lockstep.errors import DataError
from lockstep.scratch import scratch_folder
from lockstep.tracking.lock_file import LOCK, refuse_stale
from lockstep.tracking.provenance import REQUIREMENTS, Provenance
from lockstep.tracking.repository import Revision, head
from lockstep.tracking.result import PipelineResult

if TYPE_CHECKING:
    from dvc.api import DVCFileSystem

# What a result is read from, and the code that goes along with its model.
FILES = (paths.PARAMS, LOCK, REQUIREMENTS)
FOLDERS = (
    Path("lockstep"),
    paths.DATASETS,
    paths.REPORTS,
    paths.MODEL.parent,
    paths.PREDICTIONS.parent,
    paths.TRAIN.parent,
)


@contextmanager
def opened(place: Revision | None) -> Iterator[tuple[PipelineResult, Provenance]]:
    """The result of a revision, or of the workspace.

    Raises:
        DataError: if outputs are missing, or are not what dvc.lock says.
    """
    if place is None:
        refuse_stale(Path())
        yield PipelineResult.read(), Provenance.of(Path(), head(), None, workspace=True)
        return
    with scratch_folder("revision") as folder:
        _fetch(place, folder)
        refuse_stale(folder)
        yield (
            PipelineResult.read(folder),
            Provenance.of(folder, place.baseline, place.exp_name, workspace=False),
        )


def _fetch(place: Revision, folder: Path) -> None:
    """Copy a revision's files from git, DVC's cache or its remote."""
    from dvc.api import DVCFileSystem

    try:
        files = DVCFileSystem(rev=place.rev)
        try:
            if not files.exists(f"/{LOCK}"):
                raise DataError(f"{place}: has no {LOCK}, so there is no result in it")
            for path in FILES:
                _copy(files, path, folder, recursive=False)
            for path in FOLDERS:
                _copy(files, path, folder, recursive=True)
        finally:
            files.close()
    except DataError:
        raise
    except Exception as error:  # whatever DVC, git or a remote raises
        reason = " ".join(str(error).split())[:200]
        raise DataError(
            f"{place}: its outputs are not all there ({type(error).__name__}: {reason});"
            " `dvc fetch` or `dvc exp pull` brings them from a remote"
        ) from error


def _copy(files: "DVCFileSystem", path: Path, folder: Path, *, recursive: bool) -> None:
    source = f"/{path.as_posix()}"
    if files.exists(source):
        target = folder / path
        target.parent.mkdir(parents=True, exist_ok=True)
        files.get(source, str(target), recursive=recursive)
