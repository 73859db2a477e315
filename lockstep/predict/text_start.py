"""How a text file of rows begins, and in which encoding it is."""

import codecs
import csv
import gzip
import io
import zlib
from collections.abc import Sequence
from typing import IO, cast

import pyarrow as pa

from lockstep.clean.column_block import plain_number
from lockstep.errors import DataError
from lockstep.fetch.sources.csv import CsvFile
from lockstep.guards.tables.csv_delimiters import DELIMITERS
from lockstep.guards.text.messages import listed
from lockstep.model.intake import Intake
from lockstep.model.missing_cells import MissingCells
from lockstep.predict.row_files import GZIP_CSV, RowFile, unreadable

CHUNK = 1 << 20
# What reading a damaged gzip file raises.
DAMAGED = (OSError, EOFError, zlib.error)


def checked_utf_8(file: RowFile) -> tuple[bool, bool]:
    """Whether a file is UTF-8 text, and whether it is ASCII; NUL bytes are those of wide characters."""
    decoder, is_ascii = codecs.getincrementaldecoder("utf-8")(), True
    try:
        with _unpacked(file) as stream:
            while piece := stream.read(CHUNK):
                if b"\0" in piece:
                    return False, False
                decoder.decode(piece)
                is_ascii = is_ascii and piece.isascii()
        decoder.decode(b"", final=True)
    except UnicodeDecodeError:
        return False, False
    except DAMAGED as error:
        raise unreadable(file, error) from None
    return True, is_ascii


def _unpacked(file: RowFile) -> IO[bytes]:
    return cast(IO[bytes], gzip.open(file.path)) if file.kind == GZIP_CSV else file.path.open("rb")


def needed_names(intake: Intake) -> set[str]:
    """The columns that a file must have; where none is required, all."""
    return {name for name in intake.columns if name not in intake.optional} or set(intake.columns)


def begins_with_names(file: RowFile, name: str, source: CsvFile, intake: Intake) -> bool:
    """Whether the first line holds the names of the columns, and not the values of a row.

    Raises:
        DataError: if it can be either.
    """
    needed = needed_names(intake)
    values = max(_first_values(file, source), key=lambda values: len(needed.intersection(values)))
    if needed.isdisjoint(values):
        return False
    if source.header is None or not _is_row(values, source.header, intake):
        return True
    if not needed <= set(values):
        return False
    # a row whose values are the names of their own columns is none, unless the names are numbers
    if any(plain_number(column) is None for column in needed):
        return True
    raise DataError(
        f"{name}: its first line, {listed(values)}, can be the names of the columns or a row; write the file as Parquet"
    )


def _first_values(file: RowFile, source: CsvFile) -> list[list[str]]:
    """The values of the first line that is not empty, under each delimiter that the file may have."""
    try:
        with _unpacked(file) as stream:
            start = stream.read(CHUNK).decode(source.encoding, errors="replace").removeprefix("\ufeff").lstrip("\r\n")
    except DAMAGED as error:
        raise unreadable(file, error) from None
    except LookupError:
        start = ""
    lines = []
    for delimiter in (source.delimiter, *DELIMITERS):
        try:
            lines.append(next(csv.reader(io.StringIO(start, newline=""), delimiter=delimiter), []))
        except csv.Error:
            lines.append([])
    return lines


def _is_row(values: Sequence[str], header: Sequence[str], intake: Intake) -> bool:
    """Whether values can be a row of the source."""
    if len(values) != len(header):
        return False
    try:
        intake.frame(
            pa.table({name: [value] for name, value in zip(header, values, strict=True)}), "", 0, MissingCells()
        )
    except DataError:
        return False
    return True
