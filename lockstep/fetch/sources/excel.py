"""The source excel."""

import csv
import datetime as dt
import re
import warnings
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pyarrow as pa

from lockstep.errors import LockstepError, SourceError, kind_and_reason
from lockstep.fetch.file_places import Obtained
from lockstep.fetch.text_table import TextTable, read_text
from lockstep.guards.tables.workbooks import most_cells, refuse_workbook_bomb
from lockstep.guards.text.messages import listed
from lockstep.storage.scratch import scratch_folder

# The number format of codes with leading zeros, such as postcodes.
ZEROS = re.compile("0{2,}")


class ExcelSheet(TextTable):
    """One sheet of an Excel workbook (.xlsx, .xlsm), its cells as the text of a CSV export; needs lockstep[excel].

    Dates are YYYY-MM-DD, with a time where there is one, whole numbers have no decimals, numbers 15 digits as in Excel,
    truth values are TRUE and FALSE, formulas the values that were saved with them. An empty cell is empty text.

    Attributes:
        sheet: The sheet's name; null if only one has values.
    """

    drop_empty: bool = True
    sheet: str | None = None

    @classmethod
    def examples(cls) -> Sequence[Mapping[str, Any]]:
        return [{"path": "table.xlsx", "sheet": "Sheet1", "sha256": "0" * 64}]

    def read(self, obtained: Obtained) -> pa.Table:
        return self._read(obtained, or_only=False)

    def read_new_rows(self, obtained: Obtained) -> pa.Table:
        """Read a workbook of new rows: the sheet, or if there is none of its name, the only one with values."""
        return self._read(obtained, or_only=True)

    def _read(self, obtained: Obtained, *, or_only: bool) -> pa.Table:
        with sheet_as_csv(obtained, self.sheet, or_only=or_only) as (file, _):
            return read_text(self, Obtained(file, obtained.label), ",", "utf-8")


@contextmanager
def sheet_as_csv(obtained: Obtained, name: str | None, *, or_only: bool = False) -> Iterator[tuple[Path, str]]:
    """A sheet as a temporary CSV file in UTF-8, and the sheet's name.

    Args:
        obtained: The workbook.
        name: The sheet; None for the only one with values.
        or_only: Whether the only one with values may have another name.

    Raises:
        SourceError: if it is damaged or too large, has no such sheet, or several and none is named; without openpyxl.
    """
    with scratch_folder("sheet") as folder:
        try:
            refuse_workbook_bomb(obtained.file)
            with warnings.catch_warnings(), _workbook(obtained.file) as workbook:
                # about styles and validations, which are no values
                warnings.simplefilter("ignore")
                sheet = _sheet(workbook, name, or_only)
                _write(_rows(sheet, most_cells(obtained.file)), folder)
        except LockstepError as error:
            raise SourceError(f"{obtained.label}: {error}") from None
        # openpyxl promises no class of errors for damaged files
        except Exception as error:
            reason = f"is no readable workbook: {kind_and_reason(error)}"
            raise SourceError(f"{obtained.label}: {reason}; save it again, or as CSV") from None
        yield folder / "sheet.csv", sheet.title


@contextmanager
def _workbook(file: Path) -> Iterator[Any]:
    try:
        import openpyxl
    except ImportError:
        raise SourceError("a workbook needs openpyxl: pip install 'lockstep[excel]', or save it as CSV") from None
    with file.open("rb") as stream:
        workbook = openpyxl.load_workbook(stream, read_only=True, data_only=True, keep_links=False)
        try:
            yield workbook
        finally:
            workbook.close()


def _sheet(workbook: Any, name: str | None, or_only: bool) -> Any:
    sheets = {sheet.title: sheet for sheet in workbook.worksheets}
    for sheet in sheets.values():
        # the size that the file states may be wrong, and every row would be filled up to it
        sheet.reset_dimensions()
    if name in sheets:
        return sheets[name]
    filled = [sheet for sheet in sheets.values() if any(_texts(row) for row in sheet.iter_rows())]
    if name is not None and not (or_only and len(filled) == 1):
        raise SourceError(f"source.sheet: {name!r}: there is no such sheet; it has: {listed(list(sheets))}")
    if not filled:
        raise SourceError("has no sheet with values; check the source")
    if len(filled) > 1:
        names = listed([sheet.title for sheet in filled])
        raise SourceError(f"has several sheets: {names}; name one: source.sheet, or new-dataset --sheet NAME")
    return filled[0]


def _rows(sheet: Any, most: int) -> Iterator[list[str]]:
    n_cells = 0
    for row in sheet.iter_rows():
        # a row far below is preceded by empty ones, which cost time too
        n_cells += len(row) + 1
        if n_cells > most:
            raise SourceError(f"its sheet spans more than {most:,} cells; delete what lies far from the table")
        yield _texts(row)


def _texts(row: Iterable[Any]) -> list[str]:
    """The cells of a row up to the last one with a value."""
    texts = ["" if cell.value is None else _text(cell.value, cell.number_format) for cell in row]
    while texts and not texts[-1].strip():
        texts.pop()
    return texts


def _text(value: Any, number_format: str) -> str:
    if isinstance(value, bool):
        return str(value).upper()
    if isinstance(value, int | float):
        text = str(int(value)) if value == int(value) and abs(value) < 1e15 else f"{value:.15g}"
        return text.zfill(len(number_format)) if ZEROS.fullmatch(number_format) else text
    if isinstance(value, dt.datetime):
        return str(value.date() if value.time() == dt.time() else value)
    if isinstance(value, dt.timedelta):
        minutes, seconds = divmod(round(value.total_seconds()), 60)
        return f"{minutes // 60}:{minutes % 60:02}:{seconds:02}"
    return str(value)


def _write(rows: Iterator[list[str]], folder: Path) -> None:
    """Write rows of one width, which is known at the end."""
    n_rows = width = 0
    with (folder / "ragged.csv").open("w", encoding="utf-8", newline="") as ragged:
        writer, empty = csv.writer(ragged, lineterminator="\n"), 0
        for row in rows:
            width, empty = max(width, len(row)), 0 if row else empty + 1
            n_rows += 1
            writer.writerow(row or [""])
    csv.field_size_limit(1 << 20)
    with (
        (folder / "ragged.csv").open(encoding="utf-8", newline="") as ragged,
        (folder / "sheet.csv").open("w", encoding="utf-8", newline="") as target,
    ):
        writer = csv.writer(target, lineterminator="\n")
        for number, row in enumerate(csv.reader(ragged), 1):
            # empty rows at the end are formats without values
            if number <= n_rows - empty:
                writer.writerow(row + [""] * (width - len(row)))
