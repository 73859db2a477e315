"""The source csv."""

from collections.abc import Mapping, Sequence
from typing import Annotated, Any

import pyarrow as pa
from pyarrow import csv
from pydantic import Field

from lockstep.errors import SourceError
from lockstep.fetch.file_places import Obtained
from lockstep.fetch.source import FileSource
from lockstep.guards.tables.contents import MAX_COLUMNS, Contents, header_width
from lockstep.guards.tables.csv_delimiters import DELIMITERS
from lockstep.guards.tables.csv_errors import csv_reason
from lockstep.guards.tables.formats import refuse_other_encoding, refuse_other_formats
from lockstep.guards.tables.unpacking import plain
from lockstep.project.settings import Names

# Most rows fit into Arrow's default block; the block's size does not change the table.
ROW_BYTES, MAX_ROW_BYTES = 1 << 20, 16 << 20
ENCODE = "set source.encoding (latin-1, cp1252, ...), or save it as UTF-8"


class CsvFile(FileSource):
    """A CSV file, published at URLs or stored at a path; its values are unchanged text.

    Attributes:
        header: Names of the columns of a file that has no header line.
        delimiter: The character between values.
        encoding: Of the text, as Python calls it: utf-8, latin-1, cp1252, ...
    """

    header: Names | None = None
    delimiter: Annotated[str, Field(min_length=1, max_length=1)] = ","
    encoding: str = "utf-8"

    @classmethod
    def examples(cls) -> Sequence[Mapping[str, Any]]:
        return [{"path": "table.csv", "sha256": "0" * 64}]

    def read(self, obtained: Obtained) -> pa.Table:
        with plain(obtained.file, obtained.label) as file:
            return _parse_text(self, Obtained(file, obtained.label))


def _parse_text(source: CsvFile, obtained: Obtained) -> pa.Table:
    contents = Contents.of(obtained.file)
    if contents.blank:
        raise SourceError(f"{obtained.label}: the file is empty; check the source")
    refuse_other_formats(contents.head[:1024], obtained.label)
    refuse_other_encoding(contents, source.encoding, obtained.label)
    try:
        if source.header is None:
            _refuse_other_delimiter(contents.head, source, obtained.label)
        _refuse_many_columns(source, obtained)
        try:
            return _read_csv(source, obtained, contents, ROW_BYTES)
        except pa.ArrowInvalid as error:
            # a row, or the header line, is longer than a block
            if "straddling" not in str(error) and "Empty CSV" not in str(error):
                raise
            return _read_csv(source, obtained, contents, MAX_ROW_BYTES)
    except (ValueError, TypeError, LookupError, OSError) as error:
        reason = csv_reason(error, header=source.header is None, longest=MAX_ROW_BYTES, encode=ENCODE)
        raise SourceError(f"{obtained.label}: cannot be read as CSV: {reason}") from None


def _read_csv(source: CsvFile, obtained: Obtained, contents: Contents, row_bytes: int) -> pa.Table:
    names = list(source.header) if source.header else None
    # A first pass over one block finds the columns, so that each can be read as text.
    read = csv.ReadOptions(column_names=names, use_threads=False, encoding=source.encoding, block_size=row_bytes)
    parse = csv.ParseOptions(delimiter=source.delimiter, newlines_in_values=True)
    if names is None and contents.one_line:
        raise SourceError(f"{obtained.label}: has a header but no rows; point `source` at the complete file")
    # Arrow's own file: a Python buffer that Arrow's thread releases while Python exits would abort the process.
    with pa.OSFile(str(obtained.file)) as file:
        header = csv.open_csv(file, read, parse).schema.names
    _refuse_one_column(header, obtained.label)
    convert = csv.ConvertOptions(
        column_types={name: pa.string() for name in header}, strings_can_be_null=False, null_values=[]
    )
    with pa.OSFile(str(obtained.file)) as file:
        table = csv.read_csv(file, read, parse, convert)
    _refuse_open_quote(table, contents.quoted_end)
    return table


def _refuse_open_quote(table: pa.Table, quoted_end: bool) -> None:
    """Arrow reads an unclosed quote in the last column as one long value that swallows the rows after it."""
    if table.num_rows and "\n" in table.column(-1)[-1].as_py().strip() and not quoted_end:
        raise ValueError(
            f"row {table.num_rows}: a quote is never closed and swallows the rows behind it; close the quote"
        )


def _refuse_many_columns(source: CsvFile, obtained: Obtained) -> None:
    width = len(source.header or ())
    for size in () if source.header else (ROW_BYTES, MAX_ROW_BYTES):
        with obtained.file.open("rb") as stream:
            text = stream.read(size).decode(source.encoding, errors="replace")
        width, ended = header_width(text, source.delimiter, MAX_COLUMNS)
        if ended:
            break
    if width > MAX_COLUMNS:
        raise SourceError(
            f"{obtained.label}: has more than {MAX_COLUMNS:,} columns; leave some out of the file, or correct"
            " source.delimiter"
        )


def _refuse_other_delimiter(head: bytes, source: CsvFile, label: str) -> None:
    line = _first_record(head.decode(source.encoding, errors="ignore").lstrip())
    other = next((delimiter for delimiter in DELIMITERS if delimiter in line), None)
    if source.delimiter not in line and other:
        raise SourceError(
            f"{label}: holds one column, {line.strip()[:80]!r}, when divided by {source.delimiter!r};"
            f" set source.delimiter to {other!r}"
        )


def _first_record(text: str) -> str:
    """The first line, with the next ones as long as a quote is open."""
    record = ""
    for line in text.split("\n"):
        record += line + "\n"
        if record.count('"') % 2 == 0:
            break
    return record


def _refuse_one_column(header: list[str], label: str) -> None:
    """A target needs another column to learn from; Arrow also skips the empty lines of a single column."""
    if len(header) == 1:
        name = header[0][:80]
        raise SourceError(f"{label}: holds one column, {name!r}; a target and at least one other column are needed")
