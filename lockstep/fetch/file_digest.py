"""The sha256 of a table's file, or of a folder of Parquet files."""

import hashlib
from pathlib import Path

from lockstep.errors import SourceError, system_reason

# Spark and Hive write notes and checksums beside a table's files under such names, and readers skip them.
HIDDEN = (".", "_")


def digest_of(path: Path, label: str) -> str:
    """The sha256 of a file, or of a folder's list of files.

    Of a folder it is the sha256 of the text that `sha256sum` would print for its `part_files`: for each of them a line
    with its sha256, two spaces and its path inside the folder with slashes, in the order of the paths.

    Args:
        path: The file or folder.
        label: Its name in messages.

    Raises:
        SourceError: if it cannot be read, or a folder has no file.
    """
    try:
        if not path.is_dir():
            return _digest(path)
        lines = "".join(f"{_digest(file)}  {file.relative_to(path).as_posix()}\n" for file in part_files(path, label))
    except OSError as error:
        raise SourceError(f"{label}: {system_reason(error)}; make the file readable") from None
    return hashlib.sha256(lines.encode()).hexdigest()


def is_readable(path: Path) -> bool:
    """Whether there is a regular file or a folder: a device or a pipe could be read without end."""
    return path.is_file() or path.is_dir()


def part_files(folder: Path, label: str) -> list[Path]:
    """The files of a folder and its subfolders in the order of their paths, without hidden ones and Spark's notes.

    Raises:
        SourceError: if there is none.
    """
    inside = (file.relative_to(folder) for file in folder.rglob("*") if file.is_file())
    files = [file for file in inside if not any(part.startswith(HIDDEN) for part in file.parts)]
    if not files:
        raise SourceError(f"{label}: the folder has no file; name a file, or a folder of Parquet files")
    return [folder / file for file in sorted(files, key=lambda file: file.as_posix())]


def _digest(file: Path) -> str:
    with file.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()
