"""The layout of delimited text: its delimiter, what stands above and below the names, and the names."""

import csv
import io
import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import islice

from lockstep.errors import SourceError
from lockstep.guards.tables.contents import PIECE
from lockstep.guards.tables.csv_delimiters import DELIMITERS, DELIMITERS_SHOWN
from lockstep.guards.text.messages import shown
from lockstep.inspect.files.header_names import combined_names, is_data_like, is_value

SAMPLE_LINES = 200
COMMENT = "#"
# R writes tables divided by single blanks; it is looked for where no other delimiter fits.
BLANK = " "
SEP_LINE = re.compile(r"\ufeff?sep=(.)\r?\n", re.IGNORECASE)
# Share of the columns of numbers whose second line must be text for that line to be one of units.
UNITS = 0.5
# Words for missing values, which a first row may have in several columns.
NO_UNITS = frozenset(["na", "n/a", "nan", "null", "none", "?", "-", ".", "unknown", "missing"])


@dataclass(frozen=True)
class Layout:
    """How a text becomes a table; the fields are those of the sources csv and excel.

    Attributes:
        reasons: Why a field has its value, by its name; for comments in the dataset file.
        names_end: The number of lines down to the last one above the rows.
    """

    delimiter: str
    skip_lines: int = 0
    skip_after_header: int = 0
    comment: str | None = None
    header: tuple[str, ...] | None = None
    reasons: tuple[tuple[str, str], ...] = ()
    names_end: int = 0


@dataclass(frozen=True)
class Row:
    """One row of the sample.

    Attributes:
        cells: Its texts.
        end: The number of lines up to its end, comments not counted.
    """

    cells: tuple[str, ...]
    end: int

    @property
    def filled(self) -> int:
        """Number of cells with text."""
        return sum(bool(cell.strip()) for cell in self.cells)


def detect_layout(text: str, label: str, delimiters: Sequence[str] = DELIMITERS) -> Layout:
    """The layout of a text from its beginning.

    Args:
        text: The first MiB of the file, decoded.
        label: Its name in messages.
        delimiters: Those to try, the most common first.

    Raises:
        SourceError: if there is one column only, whatever the delimiter.
    """
    if (sep := SEP_LINE.match(text)) and sep[1] in (*DELIMITERS, BLANK):
        layout = _layout(text, sep[1])
        return replace(layout, reasons=(*layout.reasons, ("delimiter", "as the line sep= says")))
    delimiter = _delimiter(text, delimiters)
    if not delimiter and len(delimiters) > 1 and _is_divided_by_blanks(_rows(text, BLANK)):
        delimiter = BLANK
    if not delimiter:
        aligned = re.search(r"\S {2,}\S", text[:2000]) is not None
        way = "; where blanks divide them, write it as CSV: pandas.read_csv(FILE, sep=r'\\s+').to_csv(...)"
        raise SourceError(
            f"{label}: holds one column, whether divided by {DELIMITERS_SHOWN}; a target and at least one other column"
            f" are needed{way if aligned else ''}"
        )
    return _layout(text, delimiter)


def _layout(text: str, delimiter: str) -> Layout:
    rows = _rows(text, delimiter)
    width = _width(rows)
    comment = COMMENT if any(_is_comment(row, width) for row in rows) else None
    reasons = []
    if comment:
        first = next(row for row in rows if _is_comment(row, width))
        reasons.append(("comment", f"lines such as {_quote(first, delimiter)}"))
        rows = [row for row in _rows(_uncommented(text), delimiter) if not _is_comment(row, width)]
    start = _header_row(rows, width)
    above = rows[start - 1].end if start else 0
    if start:
        title = next((row for row in rows[:start] if row.filled), None)
        reasons.append(("skip_lines", f"above the names: {_quote(title, delimiter) if title else 'nothing'}"))
    names_end = rows[start].end if rows else 0
    layout = Layout(delimiter, skip_lines=above, comment=comment, reasons=tuple(reasons), names_end=names_end)
    return _named(layout, rows[start:], width)


def _named(layout: Layout, rows: list[Row], width: int) -> Layout:
    """The layout with its names: from one line, from two, or with units below."""
    if len(rows) < 3:
        return layout
    names, second, body = rows[0], rows[1], rows[2:]
    if len(names.cells) == width - 1:
        return _with_header(layout, names, _names_of_short_line(names, rows[1:]), "the line of names is one short")
    if _is_second_level(names, second, body):
        header = combined_names(names.cells, second.cells)
        return _with_header(layout, second, header, "two lines of names, joined")
    if _is_units(second, body):
        quoted = _quote(second, layout.delimiter)
        lines = second.end - names.end
        return replace(
            layout,
            names_end=second.end,
            skip_after_header=lines,
            reasons=(*layout.reasons, ("skip_after_header", f"below the names, not a row: {quoted}")),
        )
    bare = names.cells[0].removeprefix(COMMENT).strip()
    if names.cells[0].startswith(f"{COMMENT} ") and bare and not is_data_like(names.cells, columns(body)):
        return _with_header(layout, names, (bare, *names.cells[1:]), "the line of names is marked as a comment")
    return layout


def _with_header(layout: Layout, last: Row, header: Sequence[str], reason: str) -> Layout:
    """The names in `header`, and the lines down to `last` skipped."""
    reasons = (*(pair for pair in layout.reasons if pair[0] != "skip_lines"), ("skip_lines", reason))
    return replace(layout, skip_lines=last.end, names_end=last.end, header=tuple(header), reasons=reasons)


def columns(rows: Sequence[Row]) -> list[list[str]]:
    """The cells of each column, as far as rows have them."""
    width = max((len(row.cells) for row in rows), default=0)
    return [[row.cells[index] for row in rows if index < len(row.cells)] for index in range(width)]


def _delimiter(text: str, delimiters: Sequence[str]) -> str:
    """The delimiter with which most rows have the same width; on a tie, the one with fewest lines above the names, then
    with most columns."""
    best, best_score = "", (0.0, 0, 0)
    for delimiter in delimiters:
        rows = _rows(text, delimiter)
        width = _width(rows)
        if width < 2:
            continue
        score = (round(_fits(rows), 1), -_header_row(rows, width), width)
        if score > best_score or not best:
            best, best_score = delimiter, score
    return best


def _is_divided_by_blanks(rows: Sequence[Row]) -> bool:
    """Whether all rows have the same width and no empty cell; the line of names may be one short, as R writes it."""
    width = _width(rows)
    aligned = any(row.filled < len(row.cells) for row in rows)
    return not aligned and len(rows) > 2 and width - len(rows[0].cells) in (0, 1) and _fits(rows[1:]) == 1


def _fits(rows: Sequence[Row]) -> float:
    """The share of rows that have the most common width; 0 for a single column."""
    width = _width(rows)
    return sum(len(row.cells) == width for row in rows) / len(rows) if rows and width > 1 else 0.0


def _width(rows: Sequence[Row]) -> int:
    """The most common width, notes and titles aside."""
    widths = Counter(len(row.cells) for row in rows)
    first = len(rows[0].cells) if rows else 0
    # on a tie, that of the first row: the names
    return max(widths, key=lambda width: (widths[width], width == first, width), default=0)


def _header_row(rows: Sequence[Row], width: int) -> int:
    """The index of the row of names: the first of the table's width, but for titles, of which most cells are empty."""
    full = next((index for index, row in enumerate(rows) if len(row.cells) == width), 0)
    if full and len(rows[full - 1].cells) == width - 1 and _is_short_line(rows[full - 1], rows[full:]):
        return full - 1
    while full < len(rows):
        below = next((index for index in range(full + 1, len(rows)) if rows[index].filled), len(rows))
        if below + 1 >= len(rows) or not _is_title(rows[full], rows[below], rows[below + 1 :]):
            break
        full = below
    return full


def _is_short_line(names: Row, rows: Sequence[Row]) -> bool:
    """Whether a row one cell short is the line of names, as R writes it, or of rows that end with a delimiter."""
    words = names.filled == len(names.cells) and not any(map(is_value, names.cells))
    # below a title stands the line of names, which has no values
    return words and any(map(is_value, rows[0].cells))


def _names_of_short_line(names: Row, rows: Sequence[Row]) -> tuple[str, ...]:
    at_the_end = not any(cells[-1].strip() for cells in (row.cells for row in rows) if cells)
    return (*names.cells, "") if at_the_end else ("", *names.cells)


def _is_title(row: Row, following: Row, body: Sequence[Row]) -> bool:
    """Whether a row above another one is a title or names groups of columns, and the other one has the names."""
    width = max((len(cells.cells) for cells in body), default=0)
    used = sum(any(cell.strip() for cell in cells) for cells in columns(body)[:width])
    if not row.filled:
        return True
    names = [cell.strip() for cell in following.cells if cell.strip()]
    fuller = 2 * row.filled <= used and following.filled >= min(2 * row.filled, used)
    return fuller and not any(map(is_value, names)) and len(set(names)) == len(names)


def _is_second_level(names: Row, second: Row, body: Sequence[Row]) -> bool:
    """Whether two rows together name the columns: the first repeats names, or leaves cells empty beside them."""
    first = [cell.strip() for cell in names.cells]
    filled = [cell for cell in first if cell]
    if len(second.cells) != len(first) or any(map(is_value, (*filled, *second.cells))) or second.filled < 2:
        return False
    # below a blank cell of a group, every cell has a name
    pairs = list(zip(first, (cell.strip() for cell in second.cells), strict=True))
    grouped = len(set(filled)) < len(filled) or any(not above and below for above, below in pairs[1:])
    return grouped and len(set(pairs)) == len(pairs) and _has_numbers(second, body)


def _has_numbers(row: Row, body: Sequence[Row]) -> bool:
    """Whether a row has text above columns of numbers or dates."""
    return any(cell.strip() and _all_values(cells) for cell, cells in zip(row.cells, columns(body), strict=False))


def _is_units(row: Row, body: Sequence[Row]) -> bool:
    """Whether a row has text in most columns that are otherwise numbers or dates: units, or a description."""
    pairs = zip(row.cells, columns(body), strict=False)
    above = [cell.strip() for cell, cells in pairs if len(cells) > 2 and _all_values(cells)]
    texts = [cell for cell in above if cell and cell.lower() not in NO_UNITS]
    return not any(map(is_value, above)) and len(texts) > 1 and len(texts) >= UNITS * len(above)


def _all_values(cells: Sequence[str]) -> bool:
    filled = [cell for cell in cells if cell.strip()]
    return len(filled) > 1 and all(map(is_value, filled))


def _is_comment(row: Row, width: int) -> bool:
    return row.cells[0].lstrip("\ufeff").startswith(COMMENT) and len(row.cells) != width


def _uncommented(text: str) -> str:
    lines = io.StringIO(text, newline="")
    return "".join(line for line in lines if not line.lstrip("\ufeff").startswith(COMMENT))


def _rows(text: str, delimiter: str) -> list[Row]:
    """The first rows with a delimiter; none if it yields no rows."""
    # a field cannot be longer than the sample
    csv.field_size_limit(PIECE)
    # strict would refuse files that Arrow reads; all three line ends are accepted
    reader = csv.reader(io.StringIO(text.removeprefix("\ufeff"), newline=None), delimiter=delimiter)
    try:
        rows = [Row(tuple(cells), reader.line_num) for cells in islice(reader, SAMPLE_LINES)]
    except csv.Error:
        return []
    # the sample's last row may be cut off
    return [row for row in (rows[:-1] if len(rows) > 2 else rows) if row.cells]


def _quote(row: Row, delimiter: str) -> str:
    return repr(shown(delimiter.join(row.cells).strip())[:60])
