"""Texts that are of nobody, which stand for the values of a personal column and are read as they are."""

import math
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta

import pyarrow as pa

from lockstep.clean.column_block import SPANS, Column
from lockstep.clean.columns import convert_values
from lockstep.clean.location import Location
from lockstep.clean.span_texts import UNITS
from lockstep.errors import DataError
from lockstep.model.trained import HIDDEN
from lockstep.table.table_columns import NUMBERS

ONE, NOON = 1.0, 43_200.0
DATES = (datetime(2000, 1, 1), datetime(2000, 1, 2))
# The same dates in the formats that are no pattern of strptime.
NAMED_DATES = {
    "iso": ("2000-01-01", "2000-01-02"),
    "quarter": ("2000-Q1", "2000-Q2"),
    "week": ("2000-W01", "2000-W02"),
    "unix": ("946684800", "946771200"),
    "unix_ms": ("946684800000", "946771200000"),
}


def made_text(column: Column, missing_values: Sequence[str] = ()) -> str:
    """A text that the column reads as a value: within its bounds, in its notation, and not one that means "no value".

    Args:
        column: Facts of the column.
        missing_values: Texts of the table that mean "no value".
    """
    texts = list(_candidates(column))
    return next((text for text in texts if _is_read(text, column, missing_values)), texts[-1])


def _is_read(text: str, column: Column, missing_values: Sequence[str]) -> bool:
    required = column.model_copy(update={"missing": False})
    try:
        convert_values(pa.chunked_array([[text]], pa.string()), required, missing_values, Location(""))
    except DataError:
        return False
    return True


def _candidates(column: Column) -> Iterator[str]:
    if column.type in NUMBERS:
        yield from (_number(amount, column) for amount in _amounts(column, ONE))
    elif column.type in SPANS:
        yield from (text for seconds in _amounts(column, NOON) for text in _span(seconds, column))
    elif column.type == "date":
        for layout in column.format or ("iso",):
            yield from NAMED_DATES.get(layout, [date.strftime(layout) for date in DATES])
    else:
        yield from (HIDDEN, f"{HIDDEN}*")
    yield from column.map


def _amounts(column: Column, usual: float) -> list[float]:
    """The usual amount, or the numbers nearest to it that the bounds allow, rounded ones first."""
    least = -math.inf if column.min is None else column.min
    most = math.inf if column.max is None else column.max
    nearest = min(max(usual, least), most)
    # a format without seconds, or without minutes, shows only some of the amounts
    steps = (nearest + sign * step for step in (1, 60, 3600) for sign in (1, -1))
    near = [math.ceil(nearest), math.floor(nearest), nearest, (least + most) / 2, *steps]
    return [float(amount) for amount in near if least <= amount <= most and math.isfinite(amount)]


def _number(amount: float, column: Column) -> str:
    shown = f"{amount * 100:.15g}%" if column.percent else f"{amount:.15g}"
    return shown.replace(".", column.decimal)


def _span(seconds: float, column: Column) -> Iterator[str]:
    if column.type == "time":
        yield from ((datetime(2000, 1, 1) + timedelta(seconds=seconds)).strftime(form) for form in column.format)
    else:
        yield from (_in_units_of(form, seconds) for form in column.format)
    minutes, rest = divmod(abs(seconds), 60)
    sign, fraction = "-" if seconds < 0 else "", f"{rest % 1:.9f}".strip("0") if rest % 1 else ""
    yield f"{sign}{minutes // 60:.0f}:{minutes % 60:02.0f}:{int(rest):02}{fraction}"


def _in_units_of(pattern: str, seconds: float) -> str:
    """A duration by a pattern of %d, %H, %M and %S."""
    for directive, size in (("%d", UNITS["d"]), ("%H", UNITS["h"]), ("%M", UNITS["m"]), ("%S", UNITS["s"])):
        if directive in pattern:
            pattern = pattern.replace(directive, f"{seconds // size:.0f}")
            seconds %= size
    return pattern
