"""The base of sources whose file is rows of text, and how such rows become a table."""

from typing import Annotated, Self

import pyarrow as pa
import pyarrow.compute as pc
from pyarrow import csv
from pydantic import Field, model_validator

from lockstep.errors import SourceError
from lockstep.fetch.file_places import Obtained
from lockstep.fetch.source import FileSource
from lockstep.guards.tables.contents import MAX_COLUMNS, Contents, after_lines, header_width
from lockstep.guards.tables.csv_delimiters import DELIMITERS
from lockstep.guards.tables.csv_errors import csv_reason
from lockstep.guards.tables.formats import refuse_other_encoding, refuse_other_formats
from lockstep.project.settings import Names

# Most rows fit into Arrow's default block; the block's size does not change the table.
ROW_BYTES, MAX_ROW_BYTES = 1 << 20, 16 << 20
ENCODE = "set source.encoding (latin-1, cp1252, ...), or save it as UTF-8"

Lines = Annotated[int, Field(ge=0, le=10_000)]


class TextTable(FileSource):
    """Rows of text below a line of names.

    Attributes:
        header: Names of the columns of a file that has no header line, or whose header line is among skip_lines.
        skip_lines: Lines to skip at the beginning: a title, notes, a first line of names.
        skip_after_header: Lines to skip below the header line, such as one with units.
        drop_empty: Whether rows without any value at the end, and columns with neither name nor values, are left out.
    """

    RENAME = "rename one of them, or name all columns in source.header and set source.skip_lines to 1"

    header: Names | None = None
    skip_lines: Lines = 0
    skip_after_header: Lines = 0
    drop_empty: bool = False

    @model_validator(mode="after")
    def _one_header(self) -> Self:
        if self.header and self.skip_after_header:
            raise ValueError("skip_after_header goes with a header line, not with header; raise skip_lines instead")
        return self


def read_text(source: TextTable, file: Obtained, delimiter: str, encoding: str) -> pa.Table:
    """The table in a text file, all of it text.

    Args:
        source: How to read it.
        file: The file, unpacked.
        delimiter: The character between values.
        encoding: Of the text.

    Raises:
        SourceError: naming the place, the row where known, and the remedy.
    """
    contents = Contents.of(file.file)
    if contents.blank:
        raise SourceError(f"{file.label}: the file is empty; check the source")
    refuse_other_formats(contents.head[:1024], file.label)
    refuse_other_encoding(contents, encoding, file.label)
    reader = _Reader(source, file, delimiter, encoding)
    try:
        table = reader.table(contents)
    except (ValueError, TypeError, LookupError, OSError) as error:
        skipped = source.skip_lines + source.skip_after_header
        reason = csv_reason(error, header=source.header is None, skipped=skipped, longest=MAX_ROW_BYTES, encode=ENCODE)
        raise SourceError(f"{file.label}: cannot be read as CSV: {reason}") from None
    return without_empty(table) if source.drop_empty else table


class _Reader:
    def __init__(self, source: TextTable, file: Obtained, delimiter: str, encoding: str) -> None:
        self._source, self._file, self._delimiter, self._encoding = source, file, delimiter, encoding

    def table(self, contents: Contents) -> pa.Table:
        if self._source.header is None:
            self._refuse_other_delimiter(contents.head)
        self._refuse_many_columns()
        try:
            return self._read(contents, ROW_BYTES)
        except pa.ArrowInvalid as error:
            # a row, or the header line, is longer than a block
            if "straddling" not in str(error) and "Empty CSV" not in str(error):
                raise
            return self._read(contents, MAX_ROW_BYTES)

    def _read(self, contents: Contents, row_bytes: int) -> pa.Table:
        source, label = self._source, self._file.label
        read = csv.ReadOptions(
            column_names=list(source.header) if source.header else None,
            skip_rows=source.skip_lines,
            skip_rows_after_names=source.skip_after_header,
            use_threads=False,
            encoding=self._encoding,
            block_size=row_bytes,
        )
        parse = csv.ParseOptions(delimiter=self._delimiter, newlines_in_values=True)
        if source.header is None and contents.one_line:
            raise SourceError(f"{label}: has a header but no rows; point `source` at the complete file")
        # A first pass over one block finds the columns, so that each can be read as text.
        # Arrow's own file: a Python buffer that Arrow's thread releases while Python exits would abort the process.
        with pa.OSFile(str(self._file.file)) as file:
            header = csv.open_csv(file, read, parse).schema.names
        _refuse_one_column(header, label)
        convert = csv.ConvertOptions(
            column_types={name: pa.string() for name in header}, strings_can_be_null=False, null_values=[]
        )
        with pa.OSFile(str(self._file.file)) as file:
            table = csv.read_csv(file, read, parse, convert)
        _refuse_open_quote(table, contents.quoted_end)
        return table

    def _refuse_many_columns(self) -> None:
        width = len(self._source.header or ())
        for size in () if self._source.header else (ROW_BYTES, MAX_ROW_BYTES):
            with self._file.file.open("rb") as stream:
                text = stream.read(size).decode(self._encoding, errors="replace")
            text = after_lines(text, self._source.skip_lines)
            width, ended = header_width(text, self._delimiter, MAX_COLUMNS)
            if ended:
                break
        if width > MAX_COLUMNS:
            raise SourceError(
                f"{self._file.label}: has more than {MAX_COLUMNS:,} columns; leave some out of the file, or correct"
                " source.delimiter"
            )

    def _refuse_other_delimiter(self, head: bytes) -> None:
        text = after_lines(head.decode(self._encoding, errors="ignore"), self._source.skip_lines)
        line = _first_record(text.lstrip())
        other = next((delimiter for delimiter in DELIMITERS if delimiter in line), None)
        if self._delimiter not in line and other:
            raise SourceError(
                f"{self._file.label}: holds one column, {line.strip()[:80]!r}, when divided by {self._delimiter!r};"
                f" set source.delimiter to {other!r}"
            )


def without_empty(table: pa.Table) -> pa.Table:
    """A table of text without empty rows at its end, and without columns that have neither name nor values."""
    # a table without any value stays, so that the message is about that
    n_rows = max(map(_filled, table.columns), default=0) or table.num_rows
    # by position: names may be repeated
    return table.select(kept_columns(table)).slice(0, n_rows)


def kept_columns(table: pa.Table) -> list[int]:
    """The positions of the columns of a table of text that have a name or a value."""
    return [index for index, name in enumerate(table.column_names) if name.strip() or _filled(table.column(index))]


def _filled(column: pa.ChunkedArray) -> int:
    """The number of rows up to the last one with a value."""
    start = len(column)
    for chunk in reversed(column.chunks):
        start -= len(chunk)
        # a window at the end decides nearly always
        for size in (1000, len(chunk)):
            tail = chunk[max(len(chunk) - size, 0) :]
            rows = pc.indices_nonzero(pc.not_equal(pc.utf8_trim_whitespace(tail), ""))
            if len(rows):
                last: int = rows[-1].as_py()
                return start + max(len(chunk) - size, 0) + last + 1
    return 0


def _refuse_open_quote(table: pa.Table, quoted_end: bool) -> None:
    """Arrow reads an unclosed quote in the last column as one long value that swallows the rows after it."""
    if table.num_rows and "\n" in table.column(-1)[-1].as_py().strip() and not quoted_end:
        raise ValueError(
            f"row {table.num_rows}: a quote is never closed and swallows the rows behind it; close the quote"
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
