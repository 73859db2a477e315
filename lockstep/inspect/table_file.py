"""A table's file from its path or address: its bytes, format, delimiter and encoding."""

import codecs
import csv
import hashlib
import io
from itertools import islice
from pathlib import Path

import pyarrow as pa

from lockstep.errors import SourceError, system_reason
from lockstep.fetch import download
from lockstep.fetch.file_places import FilePlaces, Obtained
from lockstep.fetch.source import SOURCES, FileSource
from lockstep.guards.tables.contents import PIECE, Contents, pieces
from lockstep.guards.tables.csv_delimiters import DELIMITERS, DELIMITERS_SHOWN
from lockstep.guards.tables.formats import BYTE_ORDER_MARKS, refuse_other_formats
from lockstep.guards.tables.unpacking import plain
from lockstep.inspect.missing import NUMBER
from lockstep.project.paths import anchored, project_root
from lockstep.storage.scratch import scratch_folder

SAMPLE_LINES = 200


def read_table_file(place: str) -> tuple[FileSource, pa.Table]:
    """The source to write into a dataset file, and the table.

    Args:
        place: A path, relative to the repository or absolute, or an http(s) address.

    Raises:
        SourceError: if there is no such file, or it contains no table.
    """
    with scratch_folder("new-dataset") as folder:
        if place.startswith(("http://", "https://")):
            location: dict[str, object] = {"urls": (place,)}
            unpinned = FilePlaces.model_validate({"sha256": None, **location})
            obtained = download.obtain(unpinned, folder, mirrored=False)
        else:
            location = {"path": _written_path(place)}
            obtained = Obtained(anchored(place), place)
        facts = {**location, "sha256": _sha256(obtained), **_format(obtained)}
        source: FileSource = SOURCES.parse(facts)
        if "path" in location:
            obtained = download.obtain(source, folder)
        table = source.parse(obtained)
        if source.kind_name() == "csv" and all(NUMBER.fullmatch(name.strip()) for name in table.column_names):
            raise SourceError(f"{obtained.label}: the first line has numbers, not names; add a line of column names")
    return source, table


def _written_path(place: str) -> str:
    """The path for the dataset file, relative to the repository if the file is inside it."""
    path = anchored(place)
    if not path.is_file():
        raise SourceError(f"{place}: no such file; put it there or correct the path")
    root = project_root().resolve()
    inside = path.resolve()
    return inside.relative_to(root).as_posix() if inside.is_relative_to(root) else place


def _sha256(obtained: Obtained) -> str:
    try:
        with obtained.file.open("rb") as stream:
            return hashlib.file_digest(stream, "sha256").hexdigest()
    except OSError as error:
        raise SourceError(f"{obtained.label}: {system_reason(error)}; make the file readable") from None


def _format(obtained: Obtained) -> dict[str, str]:
    """Kind, delimiter and encoding of a file, from its content alone."""
    with obtained.file.open("rb") as stream:
        if stream.read(4) == b"PAR1":
            return {"kind": "parquet"}
    with plain(obtained.file, obtained.label) as file:
        return _text_format(file, obtained.label)


def _text_format(file: Path, label: str) -> dict[str, str]:
    contents = Contents.of(file)
    if contents.blank:
        raise SourceError(f"{label}: the file is empty; check the source")
    refuse_other_formats(contents.head[:1024], label)
    encoding = _encoding(file, contents.head)
    if not encoding.startswith(("utf-16", "utf-32")) and b"\0" in contents.head:
        raise SourceError(f"{label}: is no table: neither text nor Parquet; save it as CSV or Parquet")
    text = contents.head.decode(encoding, errors="ignore")
    return {"kind": "csv", "delimiter": _delimiter(text, label), "encoding": encoding}


def _encoding(file: Path, head: bytes) -> str:
    for mark, name in BYTE_ORDER_MARKS:
        if head.startswith(mark):
            return name
    if _decodes(file, "utf-8"):
        return "utf-8"
    # bytes that are control characters in Latin-1 are quotes and dashes in cp1252
    windows = any(byte in piece for piece in pieces(file) for byte in range(0x80, 0xA0))
    return "cp1252" if windows and _decodes(file, "cp1252") else "latin-1"


def _decodes(file: Path, encoding: str) -> bool:
    decoder = codecs.getincrementaldecoder(encoding)()
    try:
        for piece in pieces(file):
            decoder.decode(piece)
        decoder.decode(b"", final=True)
    except UnicodeDecodeError:
        return False
    return True


def _delimiter(text: str, label: str) -> str:
    """The delimiter with which most rows have as many fields as the header; on a tie, the one with most fields."""
    best, best_score = "", (0.0, 0)
    for delimiter in DELIMITERS:
        rows = _rows(text, delimiter)
        width = len(rows[0]) if rows else 0
        fitting = sum(len(row) == width for row in rows) / len(rows) if rows else 0.0
        if width > 1 and (round(fitting, 1), width) > best_score:
            best, best_score = delimiter, (round(fitting, 1), width)
    if not best:
        raise SourceError(
            f"{label}: holds one column, whether divided by {DELIMITERS_SHOWN}; a target and at least one other column"
            " are needed"
        )
    return best


def _rows(text: str, delimiter: str) -> list[list[str]]:
    """The first rows with a delimiter; none if it yields no rows."""
    # a field cannot be longer than the sample
    csv.field_size_limit(PIECE)
    try:
        # strict would refuse files that Arrow reads; all three line ends are accepted
        rows = list(islice(csv.reader(io.StringIO(text, newline=None), delimiter=delimiter), SAMPLE_LINES))
    except csv.Error:
        return []
    # the sample's last row may be cut off
    return [row for row in (rows[:-1] if len(rows) > 2 else rows) if row]
