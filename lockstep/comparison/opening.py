"""Results found by name and opened; errors say which of the two they are about."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from lockstep import paths
from lockstep.comparison.sides import Side, read_side
from lockstep.errors import DataError
from lockstep.tracking.places import opened
from lockstep.tracking.repository import Revision, find_revision
from lockstep.tracking.result import PipelineResult

WORKSPACE = "workspace"


@contextmanager
def opened_side(letter: str, name: str) -> Iterator[Side]:
    """Find a result and open it.

    Args:
        letter: What the report calls it.
        name: A commit, branch, tag, experiment, `workspace`, or a folder that `lockstep export` wrote.

    Raises:
        DataError: naming the side, if there is no such result, or its outputs are missing or damaged.
    """
    folder = _folder(name)
    place = None if folder or name == WORKSPACE else _revision(name)
    if folder is not None:
        with _named(name):
            side = read_side(letter, name, "exported folder", PipelineResult.read(folder, exported=True))
        yield side
        return
    with ExitStack() as stack:
        with _named(name):
            result, _ = stack.enter_context(opened(place))
        with _named(name, result.root):
            side = read_side(letter, name, _kind(place), result)
        yield side


def _folder(name: str) -> Path | None:
    """The folder of a name, unless it names a revision."""
    path = Path(name)
    if name == WORKSPACE or not path.is_dir():
        return None
    if not name.startswith(("./", "../", "/")) and find_revision(name, _shown(name)) is not None:
        raise DataError(f"{_shown(name)}: is both a revision and a folder; write ./{name} for the folder")
    if not (path / paths.METRICS).is_file():
        raise DataError(f"{_shown(name)}: the folder holds no result; `lockstep export {name}` writes one")
    return path


def _revision(name: str) -> Revision:
    if (found := find_revision(name, _shown(name))) is None:
        raise DataError(
            f"{_shown(name)}: is no commit, tag, branch, experiment or folder; see `git log` and"
            " `dvc exp list --all-commits`"
        )
    return found


def _kind(place: Revision | None) -> str:
    if place is None:
        return "the files as they are"
    return f"experiment, commit {place.rev[:7]}" if place.exp_name else f"commit {place.rev[:7]}"


@contextmanager
def _named(name: str, root: Path | None = None) -> Iterator[None]:
    """Errors that name the side; a throw-away folder is nothing to look for."""
    try:
        yield
    except DataError as error:
        said = str(error).replace(f"{root}/", "") if root and root != Path() else str(error)
        raise DataError(f"{_shown(name)}: {said}") from error
    except (KeyError, TypeError) as error:
        what = f"{type(error).__name__}: {error}"
        raise DataError(f"{_shown(name)}: was written by another version of Lockstep ({what}); run it again") from error


def _shown(name: str) -> str:
    return f"compare {name}"
