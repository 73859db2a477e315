"""The files of an export take their places in a folder, one by one, and those of the earlier export leave theirs."""

import os
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path

from lockstep.errors import DataError
from lockstep.storage.tables import read_json, write_json

# Lists the files that an export wrote, so that the next one replaces these and no others.
LISTED = ".lockstep-export.json"
RESULTS = "results.json"


class RollbackError(DataError):
    """An export failed while files changed places, and those of the earlier one are not all back."""


def listed_files(folder: Path) -> list[str]:
    """The files that exports wrote into a folder, as its list says; none without a list that can be trusted."""
    try:
        content = read_json(folder / LISTED)
    except (OSError, ValueError):
        return []
    names = content.get("files") if isinstance(content, dict) else None
    return [name for name in names if _is_inside(name)] if isinstance(names, list) else []


def merge(new: Path, old: Path, folder: Path) -> None:
    """Move the files below `new` to their places in a folder; what they replace goes to `old`.

    Args:
        new: The whole export.
        old: An empty folder.
        folder: Whose files stay, but for those of the earlier export and those with the name of a new one.

    Raises:
        DataError: if a folder of a person, or a link, stands where a file is to go; nothing is changed.
        OSError: if a file cannot be moved; the folder is then as it was.
        RollbackError: if not even that could be done; `old` holds what is not back.
    """
    # results.json goes first and comes last: a folder that has it is whole.
    came = sorted(_files_below(new), key=lambda name: (name == RESULTS, name))
    for name in came:
        _refuse_in_the_way(folder, name)
    before = listed_files(folder)
    went = sorted({*came, *before}, key=lambda name: (name != RESULTS, name))
    went = [name for name in went if _is_replaceable(folder, name)]
    # Whenever the move is cut off, the list names every file that is an export's.
    write_json({"files": sorted({*before, *came})}, folder / LISTED)
    try:
        _moved([(folder / name, old / name) for name in went] + [(new / name, folder / name) for name in came])
    except BaseException as error:
        if not isinstance(error, RollbackError):
            _relisted(folder, before)
        raise
    _relisted(folder, came)
    _remove_empty(folder, went)


def _moved(moves: Iterable[tuple[Path, Path]]) -> None:
    """Move files; if one cannot be, those before go back."""
    begun = list[tuple[Path, Path]]()
    try:
        for source, goal in moves:
            goal.parent.mkdir(parents=True, exist_ok=True)
            begun.append((source, goal))
            source.rename(goal)
    except BaseException as error:
        stuck = [goal for source, goal in reversed(begun) if not _is_back(source, goal)]
        if stuck:
            raise RollbackError(f"{error}; the earlier export could not be brought back whole") from error
        raise


def _is_back(source: Path, goal: Path) -> bool:
    """Undo a move, which may not have happened."""
    if os.path.lexists(source):
        return True
    try:
        goal.rename(source)
    except OSError:
        return False
    return True


def _relisted(folder: Path, files: list[str]) -> None:
    """Shorten the list to the files that are there; should the disk refuse it, the longer one will do."""
    with suppress(OSError):
        if files:
            write_json({"files": sorted(files)}, folder / LISTED)
        else:
            (folder / LISTED).unlink(missing_ok=True)


def _files_below(folder: Path) -> list[str]:
    return [file.relative_to(folder).as_posix() for file in folder.rglob("*") if not file.is_dir()]


def _is_inside(name: object) -> bool:
    """Whether it is the name of a file inside the folder, whoever wrote the list."""
    # half characters cannot be written into the next list
    if not isinstance(name, str) or not name.isprintable():
        return False
    # "." and "" have no parts: they name the folder itself
    parts = Path(name).parts
    return bool(parts) and not Path(name).is_absolute() and ".." not in parts


def _parents(name: str) -> list[Path]:
    """The folders of a file inside an export, the deepest first."""
    return list(Path(name).parents)[:-1]


def _refuse_in_the_way(folder: Path, name: str) -> None:
    for parent in (folder / each for each in _parents(name)):
        if parent.is_symlink() or (parent.exists() and not parent.is_dir()):
            raise DataError(f"{parent}: is no folder, and an export writes one; move it away")
    if (folder / name).is_dir() and not (folder / name).is_symlink():
        raise DataError(f"{folder / name}: is a folder, and an export writes a file; move it away")


def _is_replaceable(folder: Path, name: str) -> bool:
    """Whether a file is there, and not behind a link, where it would be another folder's."""
    if any((folder / each).is_symlink() for each in _parents(name)):
        return False
    file = folder / name
    return file.is_symlink() or file.is_file()


def _remove_empty(folder: Path, gone: Iterable[str]) -> None:
    """Remove the folders that only held files of the earlier export."""
    emptied = {parent for name in gone for parent in _parents(name)}
    for parent in sorted(emptied, key=lambda each: len(each.parts), reverse=True):
        with suppress(OSError):
            (folder / parent).rmdir()
