"""Files of rows in the form of a model's source: header, encoding, delimiter and whatever else its source has.

A CSV file whose first line holds the names of the columns is read by them, whatever the source is like; any other file
is read as `fetch` read the source. Text that is valid UTF-8 is UTF-8; else it has the source's encoding.
"""

import codecs
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pyarrow as pa
from pydantic import ValidationError

from lockstep.errors import DataError, SourceError
from lockstep.fetch.file_places import FilePlaces, Obtained
from lockstep.fetch.source import SOURCES, FileSource
from lockstep.fetch.sources.csv import CsvFile
from lockstep.fetch.sources.excel import ExcelSheet
from lockstep.guards.tables.formats import GZIP_MAGIC
from lockstep.guards.text.messages import repeated, shown
from lockstep.model.intake import Intake
from lockstep.predict import row_files
from lockstep.predict.row_files import CSV, GZIP_CSV, PARQUET, Reader, RowFile, check_file, open_reader
from lockstep.predict.text_start import begins_with_names, checked_utf_8, needed_names

# Settings of the source csv that reading by the names in the first line replaces.
REPLACED = ("header", "encoding", "delimiter")
UTF_8 = ("utf-8", "utf-8-sig", "ascii")


class WholeReader:
    """A file that was read whole, as `fetch` reads the source.

    Args:
        table: Its rows.
        is_text: Whether they are the text of a CSV file.
    """

    def __init__(self, table: pa.Table, *, is_text: bool) -> None:
        self._table, self._read, self.is_text = table, 0, is_text
        self.names: list[str] = table.column_names

    def batches(self, types: Mapping[str, pa.DataType]) -> Iterator[pa.Table]:
        """The rows, with the values as the source has them."""
        rows = self._table.select(list(types))
        for start in range(0, rows.num_rows, row_files.BATCH_ROWS):
            self._read = start
            yield rows.slice(start, row_files.BATCH_ROWS)

    def done(self) -> float:
        """The share of the rows that was read."""
        return float(self._read / max(self._table.num_rows, 1))


def open_rows(name: str, intake: Intake) -> tuple[Reader, list[str]]:
    """Open a file of rows for a model; returns also notes for the person who asked.

    Args:
        name: The file.
        intake: The model's.

    Raises:
        DataError: if there is no such file, it is no table, or it is not clear how it is to be read.
    """
    source = _source_of(intake.source)
    file = _row_file(name, source)
    if isinstance(source, CsvFile) and file.kind != PARQUET:
        return _open_text(file, name, source, intake)
    if source is not None and not name.lower().endswith((CSV, GZIP_CSV, PARQUET)):
        return WholeReader(_read(source, name), is_text=False), []
    return open_reader(file, list(intake.columns), intake.missing_values), []


def _source_of(options: Mapping[str, Any]) -> FileSource | None:
    """The source that reads files like the model's; None where it was no file, or the model does not know it."""
    if not options:
        return None
    try:
        source = SOURCES.parse({**options, "path": "IN", "sha256": "0" * 64})
    except ValidationError:
        # a source that is no file takes no path
        return None
    except ValueError:
        raise DataError(
            f"the model learned from a source of kind {shown(str(options.get('kind')))}, which this version of Lockstep"
            " does not have; predict with the version that trained it"
        ) from None
    return source if isinstance(source, FileSource) else None


def _row_file(name: str, source: FileSource | None) -> RowFile:
    """The file and its format; a file of the source's own kind may have any name."""
    try:
        return RowFile.of_name(name)
    except DataError:
        if source is None:
            raise
    file = RowFile(Path(name), GZIP_CSV)
    check_file(file)
    with file.path.open("rb") as stream:
        return file if stream.read(len(GZIP_MAGIC)) == GZIP_MAGIC else RowFile(file.path, CSV)


def _read(source: FileSource, name: str) -> pa.Table:
    """A whole file, as `fetch` reads the source; of a workbook without the source's sheet the only one with values."""
    read = source.read_new_rows if isinstance(source, ExcelSheet) else source.read
    try:
        table = read(Obtained(Path(name), name))
    except SourceError as error:
        raise DataError(str(error)) from None
    except OSError as error:
        raise row_files.unreadable(RowFile(Path(name), CSV), error) from None
    if duplicates := repeated(table.column_names):
        raise DataError(f"{name}: column name {duplicates[0]!r} occurs twice; rename one of them")
    return table


def _open_text(file: RowFile, name: str, source: CsvFile, intake: Intake) -> tuple[Reader, list[str]]:
    check_file(file)
    source, notes = _with_encoding(source, file, name)
    if source.header is None and _has_more(source) and (table := _table_with_names(source, name, intake)) is not None:
        return WholeReader(table, is_text=True), notes
    if (source.header or _has_more(source)) and not begins_with_names(file, name, source, intake):
        return WholeReader(_read(source, name), is_text=True), notes
    if _is_utf_8(source.encoding):
        return open_reader(file, list(intake.columns), intake.missing_values, source.delimiter), notes
    return WholeReader(_read(source.model_copy(update={"header": None}), name), is_text=True), notes


def _table_with_names(source: CsvFile, name: str, intake: Intake) -> pa.Table | None:
    """The rows in the source's form, if they have the names of the columns there: below a title, between comments."""
    try:
        table = _read(source, name)
    except DataError:
        return None
    return table if needed_names(intake) <= set(table.column_names) else None


def _with_encoding(source: CsvFile, file: RowFile, name: str) -> tuple[CsvFile, list[str]]:
    """The source with the encoding of a file: UTF-8 if it is valid UTF-8, else the source's; and a note on that."""
    if _is_utf_8(source.encoding):
        return source, []
    is_valid, is_ascii = checked_utf_8(file)
    if not is_valid:
        return source, []
    note = f"{name}: is UTF-8 text, and is read as such; the source of the model is {source.encoding}"
    return source.model_copy(update={"encoding": "utf-8"}), [] if is_ascii else [note]


def _is_utf_8(encoding: str) -> bool:
    try:
        return codecs.lookup(encoding).name in UTF_8
    except LookupError:
        return False


def _has_more(source: CsvFile) -> bool:
    """Whether the source has settings besides those that the names in the first line replace."""
    return bool(source.model_dump(exclude={*REPLACED, *FilePlaces.model_fields}, exclude_defaults=True))
