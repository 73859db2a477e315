"""Files of rows larger than memory: CSV (gzipped or not) and Parquet, read and written in batches."""

from codecs import BOM_UTF8
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, Protocol, Self

import pyarrow as pa
import pyarrow.parquet as pq
from pyarrow import csv

from lockstep.errors import DataError, SourceError
from lockstep.guards.tables.contents import MAX_COLUMNS, header_width
from lockstep.guards.tables.csv_delimiters import DELIMITERS
from lockstep.guards.tables.csv_errors import csv_reason, first_line
from lockstep.guards.tables.formats import GZIP_MAGIC
from lockstep.guards.tables.parquet_size import refuse_bomb
from lockstep.guards.text.messages import repeated

BLOCK_BYTES, BATCH_ROWS = 4 << 20, 2**15
CSV, GZIP_CSV, PARQUET = ".csv", ".csv.gz", ".parquet"


@dataclass(frozen=True)
class RowFile:
    """A file of rows.

    Attributes:
        path: Where it is.
        kind: CSV, GZIP_CSV or PARQUET.
    """

    path: Path
    kind: str

    @classmethod
    def of_name(cls, name: str) -> Self:
        """The file with a name, whose extension determines the format.

        Raises:
            DataError: for another extension.
        """
        for kind in (CSV, GZIP_CSV, PARQUET):
            if name.lower().endswith(kind):
                return cls(Path(name), kind)
        raise DataError(f"{name}: the format is unknown; name the file .csv, .csv.gz or .parquet")


class Reader(Protocol):
    """A file of rows opened for reading.

    Attributes:
        names: Its columns.
        is_text: Whether an empty text is a missing value, as in a CSV file.
    """

    names: list[str]
    is_text: bool

    def batches(self, types: Mapping[str, pa.DataType]) -> Iterator[pa.Table]:
        """The rows, in order.

        Args:
            types: The columns to read. From the first batch of a CSV file with a value of another type, all columns
                are text; a Parquet file's columns have their own types.

        Raises:
            DataError: if the file is damaged.
        """

    def done(self) -> float:
        """The share of the file that was read, 0 to 1."""


def open_reader(file: RowFile, needed: Sequence[str], missing_values: Sequence[str], delimiter: str = ",") -> Reader:
    """Open a file.

    Args:
        file: The file.
        needed: Columns it should have; they determine the delimiter of a CSV file.
        missing_values: Texts that mean "no value".
        delimiter: That of a CSV file that is tried first.

    Raises:
        DataError: if there is no such file, or it is not a table of this format.
    """
    check_file(file)
    try:
        if file.kind == PARQUET:
            reader: Reader = ParquetReader(file)
        else:
            reader = CsvReader(file, needed, missing_values, delimiter)
    except (pa.ArrowException, UnicodeDecodeError, OSError) as error:
        raise unreadable(file, error) from None
    if duplicates := repeated(reader.names):
        raise DataError(f"{file.path}: column name {duplicates[0]!r} occurs twice; rename one of them")
    return reader


def check_file(file: RowFile) -> None:
    """Refuse a file that is absent, empty or packed under another name.

    Raises:
        DataError: naming the file.
    """
    try:
        with file.path.open("rb") as stream:
            head = stream.read(len(GZIP_MAGIC))
    except OSError as error:
        raise unreadable(file, error) from None
    if not head:
        raise DataError(f"{file.path}: the file is empty; a CSV file starts with the names of its columns")
    if head == GZIP_MAGIC and file.kind == CSV:
        raise DataError(f"{file.path}: is packed with gzip; name it .csv.gz")


class ParquetReader:
    """A Parquet file."""

    is_text = False

    def __init__(self, file: RowFile) -> None:
        # with the defaults Arrow reads ahead, a whole row group into memory
        self._source = pq.ParquetFile(file.path, pre_buffer=False, buffer_size=BLOCK_BYTES)
        self._file, self._read = file, 0
        self.names: list[str] = self._source.schema_arrow.names

    def batches(self, types: Mapping[str, pa.DataType]) -> Iterator[pa.Table]:
        """The rows, with the types of the file; a decompression bomb is refused."""
        try:
            refuse_bomb(self._file.path, self._source, list(types))
            for batch in self._source.iter_batches(BATCH_ROWS, columns=list(types), use_threads=False):
                self._read += batch.num_rows
                yield pa.Table.from_batches([batch])
        except SourceError as error:
            raise DataError(f"{self._file.path}: {error}") from None
        except (pa.ArrowException, OSError, ValueError) as error:
            raise unreadable(self._file, error) from None

    def done(self) -> float:
        """The share of the rows that was read."""
        rows: int = self._source.metadata.num_rows
        return self._read / max(rows, 1)


class CsvReader:
    """A CSV file in UTF-8, whose delimiter is the one that yields most of the needed columns."""

    is_text = True

    def __init__(
        self, file: RowFile, needed: Sequence[str], missing_values: Sequence[str], delimiter: str = ","
    ) -> None:
        self._file, self._missing, self._single, self._empty_lines = file, list(missing_values), False, 0
        self._bytes, self._stream = file.path.stat().st_size, pa.OSFile(str(file.path))
        self._delimiter, self.names = delimiter, self._header(delimiter)
        for other in DELIMITERS:
            if set(needed) <= set(self.names):
                break
            names = self._header(other)
            if len(set(needed) & set(names)) > len(set(needed) & set(self.names)):
                self._delimiter, self.names = other, names
        # if there are no names, Arrow raises its error here
        self.names = self.names or self._open(self._delimiter).schema.names
        self._single = len(self.names) == 1
        self._empty_lines = self._lines_before_the_header() if self._single else 0

    def batches(self, types: Mapping[str, pa.DataType]) -> Iterator[pa.Table]:
        """The rows; from the first block with a value of another type on, all columns are text."""
        rows = 0
        try:
            for batch in self._open(self._delimiter, types):
                rows += batch.num_rows
                yield pa.Table.from_batches([batch])
            return
        except pa.ArrowInvalid:
            pass
        except OSError as error:
            raise unreadable(self._file, error) from None
        try:
            for batch in self._open(self._delimiter, dict.fromkeys(types, pa.string())):
                skipped = min(rows, batch.num_rows)
                rows -= skipped
                if skipped < batch.num_rows:
                    yield pa.Table.from_batches([batch.slice(skipped)])
        except (pa.ArrowInvalid, OSError) as error:
            raise unreadable(self._file, error) from None

    def done(self) -> float:
        """The share of the bytes that was read."""
        return float(self._stream.tell() / self._bytes)

    def _header(self, delimiter: str) -> list[str]:
        """The column names under a delimiter; none if it yields no table."""
        self._refuse_many_columns(delimiter)
        try:
            names: list[str] = self._open(delimiter).schema.names
        except pa.ArrowInvalid:
            return []
        return names

    def _refuse_many_columns(self, delimiter: str) -> None:
        start = self._content().read(BLOCK_BYTES).decode(errors="replace")
        if header_width(start, delimiter, MAX_COLUMNS)[0] > MAX_COLUMNS:
            raise DataError(f"{self._file.path}: has more than {MAX_COLUMNS:,} columns; leave some out of the file")

    def _lines_before_the_header(self) -> int:
        """The number of empty lines before the header, the first of which would otherwise be taken for it."""
        start = self._content().read(BLOCK_BYTES).removeprefix(BOM_UTF8)
        return len(start[: len(start) - len(start.lstrip(b"\r\n"))].splitlines())

    def _content(self) -> Any:
        self._stream = pa.OSFile(str(self._file.path))
        return pa.CompressedInputStream(self._stream, "gzip") if self._file.kind == GZIP_CSV else self._stream

    def _open(self, delimiter: str, types: Mapping[str, pa.DataType] | None = None) -> Any:
        return csv.open_csv(
            self._content(),
            csv.ReadOptions(block_size=BLOCK_BYTES, use_threads=False, skip_rows=self._empty_lines),
            # with a single column an empty line is a row without a value, with more columns it is not a row
            csv.ParseOptions(delimiter=delimiter, newlines_in_values=True, ignore_empty_lines=not self._single),
            csv.ConvertOptions(
                column_types=types,
                include_columns=list(types) if types else None,
                null_values=self._missing,
                strings_can_be_null=False,
            ),
        )


class Writer:
    """A file of rows opened for writing; the first batch determines the columns.

    Args:
        path: The file to write.
        kind: CSV, GZIP_CSV or PARQUET.
        label: Its name in messages.
    """

    def __init__(self, path: Path, kind: str, label: str) -> None:
        self._path, self._kind, self._label, self._stack = path, kind, label, ExitStack()
        self._writer: Any = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stack.close()

    def write(self, table: pa.Table) -> None:
        """Append rows.

        Raises:
            DataError: for a column whose type the format does not support.
        """
        try:
            if self._writer is None:
                self._writer = self._stack.enter_context(self._opened(table.schema))
            self._writer.write_table(table)
        except (pa.ArrowInvalid, pa.ArrowNotImplementedError) as error:
            raise DataError(f"{self._label}: cannot be written: {first_line(error)}; keep other columns") from None

    def _opened(self, schema: pa.Schema) -> Any:
        if self._kind == PARQUET:
            return pq.ParquetWriter(self._path, schema, compression="zstd")
        sink = self._stack.enter_context(pa.OSFile(str(self._path), "wb"))
        if self._kind == GZIP_CSV:
            sink = self._stack.enter_context(pa.CompressedOutputStream(sink, "gzip"))
        plain = not any(character in name for name in schema.names for character in ',"\r\n')
        options = csv.WriteOptions(quoting_header="none" if plain else "needed")
        return csv.CSVWriter(sink, schema, write_options=options)


def unreadable(file: RowFile, error: Exception) -> DataError:
    """The error for a file that the system or Arrow cannot read."""
    if isinstance(error, OSError) and error.strerror and error.filename is not None:
        return DataError(f"{file.path}: {error.strerror}; correct the path, or make the file readable")
    if isinstance(error, UnicodeDecodeError):
        return DataError(f"{file.path}: is no UTF-8 text; save it as UTF-8, or name what is packed .csv.gz")
    if file.kind == PARQUET:
        return DataError(f"{file.path}: cannot be read as Parquet: {first_line(error)}")
    return DataError(f"{file.path}: cannot be read as CSV: {csv_reason(error, longest=BLOCK_BYTES)}")
