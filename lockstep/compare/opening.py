"""Find results by name and open them; errors name the side that they are about."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from lockstep.compare.pair import Side, read_side
from lockstep.errors import DataError, kind_and_reason, system_reason
from lockstep.project import paths
from lockstep.results.dvc_lock import PIPELINE
from lockstep.results.result import RUN_AGAIN
from lockstep.sync.places import open_result
from lockstep.tracking.repository import Revision, find_revision
from lockstep.tracking.run_content import complete_result

WORKSPACE = "workspace"
# The remedy for a workspace without a result.
RUN_IT = "; run `dvc repro` first"


@contextmanager
def opened_side(letter: str, name: str) -> Iterator[Side]:
    """Find a result and open it.

    Args:
        letter: A or B, its name in the report.
        name: A commit, branch, tag, experiment, `workspace`, or a folder that `lockstep export` wrote.

    Raises:
        DataError: naming the side, if there is no such result, or its outputs are missing or damaged.
    """
    folder = _folder(name)
    place = None if folder or name == WORKSPACE else _revision(name)
    if folder is not None:
        with _named(name):
            side = read_side(letter, name, "exported folder", complete_result(folder, exported=True))
        yield side
        return
    with ExitStack() as stack:
        with _named(name, place):
            result, _ = stack.enter_context(open_result(place))
            side = read_side(letter, name, _kind(place), result)
        yield side


def _folder(name: str) -> Path | None:
    """The folder of a name, or None if it names a revision."""
    if not name.strip():
        raise DataError("compare: a name is empty; name a commit, branch, tag, experiment, `workspace` or folder")
    path = Path(name)
    if name == WORKSPACE or not _is_folder(path, name):
        return None
    if not name.startswith(("./", "../", "/")) and find_revision(name, _display_name(name)) is not None:
        raise DataError(f"{_display_name(name)}: is both a revision and a folder; write ./{name} for the folder")
    if (path / PIPELINE).exists():
        raise DataError(
            f"{_display_name(name)}: is a repository, not an exported folder; write `{WORKSPACE}` for the files of this"
            " repository, or export the result of another one"
        )
    if not (path / paths.METRICS).is_file():
        raise DataError(f"{_display_name(name)}: the folder contains no result; `lockstep export {name}` writes one")
    return path


def _is_folder(path: Path, name: str) -> bool:
    try:
        path.resolve()  # only this detects links that form a loop
        is_folder = path.is_dir()
        if is_folder:
            (path / paths.METRICS).is_file()
    except (OSError, RuntimeError) as error:
        reason = system_reason(error)
        raise DataError(
            f"{_display_name(name)}: cannot be read ({reason}); check the name and its permissions"
        ) from None
    return is_folder


def _revision(name: str) -> Revision:
    if (revision := find_revision(name, _display_name(name))) is None:
        raise DataError(
            f"{_display_name(name)}: is not a commit, tag, branch, experiment or folder; see `git log` and"
            " `dvc exp list --all-commits`"
        )
    return revision


def _kind(place: Revision | None) -> str:
    if place is None:
        return "the files as they are"
    return f"experiment, commit {place.rev[:7]}" if place.exp_name else f"commit {place.rev[:7]}"


@contextmanager
def _named(name: str, place: Revision | None = None) -> Iterator[None]:
    """Add the name of the side to errors; a commit's errors do not advise running the pipeline there."""
    try:
        yield
    except DataError as error:
        message = str(error)
        if place is not None and message.endswith(RUN_IT):
            message = f"{message.removesuffix(RUN_IT)}: {place} has no result that this version of Lockstep can read"
        if name != WORKSPACE and message.endswith(RUN_AGAIN):
            message = f"{message.removesuffix(RUN_AGAIN)}; make this result again"
        raise DataError(f"{_display_name(name)}: {message}") from error
    except (AttributeError, IndexError, KeyError, TypeError, ValueError) as error:
        cause = kind_and_reason(error)
        raise DataError(
            f"{_display_name(name)}: was written by another version of Lockstep ({cause}); run it again"
        ) from error


def _display_name(name: str) -> str:
    return f"compare {name}"
