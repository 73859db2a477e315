"""Move the files of an export into a folder one by one, and those of the earlier export out of it."""

import os
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path

from lockstep.errors import DataError
from lockstep.storage.tables import read_json, write_json

# The list of the files that an export wrote, so that the next one replaces exactly these.
LISTED = ".lockstep-export.json"
RESULTS = "results.json"


class RollbackError(DataError):
    """An export failed while files were moved, and the earlier one could not be restored completely."""


def listed_files(folder: Path) -> list[str]:
    """The files that exports wrote into a folder, from its list; none without a valid list."""
    try:
        content = read_json(folder / LISTED)
    except (OSError, ValueError):
        return []
    names = content.get("files") if isinstance(content, dict) else None
    return [name for name in names if _is_inside(name)] if isinstance(names, list) else []


def merge(new: Path, old: Path, folder: Path) -> None:
    """Move the files below `new` to their places in a folder; the files that they replace go to `old`.

    Args:
        new: The complete export.
        old: An empty folder.
        folder: The target; its files stay, except those of the earlier export and those with the name of a new one.

    Raises:
        DataError: if a user's folder, or a link, is in the way of a file; nothing is changed.
        OSError: if a file cannot be moved; the folder is then unchanged.
        RollbackError: if the folder could not be restored; `old` contains the files that are missing.
    """
    # results.json is removed first and added last: a folder that has it is complete.
    new_files = sorted(_files_below(new), key=lambda name: (name == RESULTS, name))
    for name in new_files:
        _refuse_blocked(folder, name)
    earlier_files = listed_files(folder)
    replaced = sorted({*new_files, *earlier_files}, key=lambda name: (name != RESULTS, name))
    replaced = [name for name in replaced if _is_replaceable(folder, name)]
    # If the move is interrupted, the list names every file of both exports.
    write_json({"files": sorted({*earlier_files, *new_files})}, folder / LISTED)
    try:
        _move_all(
            [(folder / name, old / name) for name in replaced] + [(new / name, folder / name) for name in new_files]
        )
    except BaseException as error:
        if not isinstance(error, RollbackError):
            _shorten_list(folder, earlier_files)
        raise
    _shorten_list(folder, new_files)
    _remove_empty(folder, replaced)


def _move_all(moves: Iterable[tuple[Path, Path]]) -> None:
    """Move files; if one cannot be moved, the earlier moves are undone."""
    started = list[tuple[Path, Path]]()
    try:
        for source, destination in moves:
            destination.parent.mkdir(parents=True, exist_ok=True)
            started.append((source, destination))
            source.rename(destination)
    except BaseException as error:
        not_restored = [destination for source, destination in reversed(started) if not _undo(source, destination)]
        if not_restored:
            raise RollbackError(f"{error}; the earlier export could not be restored completely") from error
        raise


def _undo(source: Path, destination: Path) -> bool:
    """Undo a move, which may not have happened; returns whether the file is back."""
    if os.path.lexists(source):
        return True
    try:
        destination.rename(source)
    except OSError:
        return False
    return True


def _shorten_list(folder: Path, files: list[str]) -> None:
    """Shorten the list to the present files; if the disk refuses it, the longer list is still valid."""
    with suppress(OSError):
        if files:
            write_json({"files": sorted(files)}, folder / LISTED)
        else:
            (folder / LISTED).unlink(missing_ok=True)


def _files_below(folder: Path) -> list[str]:
    return [file.relative_to(folder).as_posix() for file in folder.rglob("*") if not file.is_dir()]


def _is_inside(name: object) -> bool:
    """Whether it is the name of a file inside the folder; the list is untrusted."""
    # surrogates cannot be written into the next list
    if not isinstance(name, str) or not name.isprintable():
        return False
    # "." and "" have no parts: they name the folder itself
    parts = Path(name).parts
    return bool(parts) and not Path(name).is_absolute() and ".." not in parts


def _parents(name: str) -> list[Path]:
    """The folders of a file inside an export, the deepest first."""
    return list(Path(name).parents)[:-1]


def _refuse_blocked(folder: Path, name: str) -> None:
    for parent in (folder / folder_name for folder_name in _parents(name)):
        if parent.is_symlink() or (parent.exists() and not parent.is_dir()):
            raise DataError(f"{parent}: is no folder, and an export writes one; move it away")
    if (folder / name).is_dir() and not (folder / name).is_symlink():
        raise DataError(f"{folder / name}: is a folder, and an export writes a file; move it away")


def _is_replaceable(folder: Path, name: str) -> bool:
    """Whether a file is there, and not behind a link into another folder."""
    if any((folder / parent).is_symlink() for parent in _parents(name)):
        return False
    file = folder / name
    return file.is_symlink() or file.is_file()


def _remove_empty(folder: Path, removed: Iterable[str]) -> None:
    """Remove the folders that only contained files of the earlier export."""
    parents = {parent for name in removed for parent in _parents(name)}
    for parent in sorted(parents, key=lambda path: len(path.parts), reverse=True):
        with suppress(OSError):
            (folder / parent).rmdir()
