"""From text to types: give each column the type its dataset file states, and check its values."""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from lockstep.clean.table_blocks import Column
from lockstep.errors import DataError
from lockstep.guards.text.messages import listed, shown
from lockstep.storage.tables import release_memory

BOOLEAN_WORDS = {"true": True, "1": True, "yes": True, "false": False, "0": False, "no": False}
# Above this, a float no longer tells neighbouring whole numbers apart.
EXACT_INTEGERS = 2**53
# YYYY, YYYY-MM, YYYY-MM-DD or YYYYMMDD; a whole day may be followed by a time, whose fraction and zone are left aside.
DATE = (
    r"^(\d{4})(?:-(\d{2}))?$|^(\d{4})(-?)(\d{2})\4(\d{2})"
    r"(?:[T ](\d{2}):?(\d{2})(?::?(\d{2})(?:[.,]\d+)?)?(?: ?Z| ?[+-]\d{2}:?\d{2})?)?$"
)
WITH_COMMAS = re.compile(r"\s*+[+-]?[\d.' \u00a0\u202f]*\d,[\d.,]*\s*")
# An infinite number, as programs write it.
INFINITE = re.compile(r"(?i)[+-]?inf(inity)?")
LONGEST_SHOWN = 80
DATES_AT_ONCE = 1 << 16


@dataclass(frozen=True)
class Location:
    """Where a column's values stand, for messages.

    Attributes:
        where: The file and the column.
        first_row: 0-based row of the file that the first value stands in.
        mendable: Whether what is known of the column can still be changed; of a trained model's it cannot.
    """

    where: str
    first_row: int = 0
    mendable: bool = True

    def refused(self, row: int, text: str) -> DataError:
        """The error for the value in a row, counted from 0 at the first value."""
        return DataError(f"{self.where}: row {self.first_row + row + 1}: {text}")

    def remedy(self, mending: str) -> str:
        """What to do: mend the dataset file or, where that is too late, the value."""
        return mending if self.mendable else "correct the value"


class RawTable(Protocol):
    """A table's columns by their names; a pyarrow.Table is one."""

    @property
    def column_names(self) -> list[str]:
        """The columns."""

    @property
    def num_rows(self) -> int:
        """Number of rows."""

    def column(self, name: str, /) -> pa.ChunkedArray:
        """The values of one column."""


def convert_columns(
    raw: RawTable, columns: Mapping[str, Column], missing_values: Sequence[str], file: str
) -> tuple[pd.DataFrame, dict[str, int]]:
    """Convert and check every described column.

    Args:
        raw: The fetched table, asked for one column after the other; text is parsed, other values are cast.
        columns: Facts per column; those of type ignore are left out.
        missing_values: Texts that mean "no value".
        file: The dataset file, as messages call it.

    Returns:
        The frame, led by an integer `row_id` (0-based row of the raw table), and the missing values per column.

    Raises:
        DataError: naming column, row and value for a missing column, a value of another type, a value out of
            range, or a missing value where none is allowed.
    """
    _same_columns(raw.column_names, list(columns), file)
    frame = {"row_id": pd.Series(np.arange(raw.num_rows, dtype=np.int64))}
    missing = {}
    for name, column in columns.items():
        if column.type == "ignore":
            continue
        place = Location(f"{file}: columns.{shown(name)}")
        series = _convert(raw.column(name), column, missing_values, place)
        missing[name] = int(series.isna().sum())
        if missing[name] == len(series):
            raise DataError(f"{place.where}: every value is missing; leave the column out with {{type: ignore}}")
        _check(series, column, place)
        frame[name] = series
        release_memory()
    # a copy would double what the table takes in memory
    return pd.DataFrame(frame, copy=False), missing


def convert_values(
    values: pa.ChunkedArray, column: Column, missing_values: Sequence[str], place: Location
) -> pd.Series:
    """Convert and check one column's values as `convert_columns` does, but all of them may be missing.

    Raises:
        DataError: naming the place, row and value, as `convert_columns` does.
    """
    series = _convert(values, column, missing_values, place)
    _check(series, column, place)
    return series


def _same_columns(found: list[str], described: list[str], file: str) -> None:
    present, known = set(found), set(described)
    absent = [name for name in described if name not in present]
    if absent:
        raise DataError(f"{file}: columns.{shown(absent[0])}: the table has no such column; it has: {listed(found)}")
    extra = [name for name in found if name not in known]
    if extra:
        raise DataError(
            f"{file}: columns: the table also has {listed(extra)};"
            " describe them, or leave them out with {type: ignore}"
        )


def _convert(values: pa.ChunkedArray, column: Column, missing_values: Sequence[str], place: Location) -> pd.Series:
    if pa.types.is_dictionary(values.type):
        values = pc.cast(values, values.type.value_type)
    converters: dict[str, Callable[[pa.ChunkedArray, Location], pd.Series]] = {
        "number": _number,
        "integer": _integer,
        "boolean": _boolean,
        "category": _text,
        "text": _text,
        "date": _date,
    }
    try:
        if _is_other_text(values.type):
            values = pc.cast(values, pa.string())
        if _is_text(values):
            values = pc.if_else(pc.is_in(values, pa.array(missing_values, values.type)), None, values)
        elif pa.types.is_floating(values.type):
            values = _without_infinite(values, missing_values)
        return converters[column.type](values, place)
    except (pa.ArrowInvalid, pa.ArrowNotImplementedError, pa.ArrowTypeError):
        kind = values.type
        advice = "state another type" if place.mendable else f"give {column.type} values"
        raise DataError(f"{place.where}: values of type {kind} cannot be read as {column.type}; {advice}") from None


def _without_infinite(values: pa.ChunkedArray, missing_values: Sequence[str]) -> pa.ChunkedArray:
    """Floats without those infinite ones that are missing values, as their words are in a text file."""
    ends = [float(text) for text in missing_values if INFINITE.fullmatch(text.strip())]
    if not ends:
        return values
    values = pc.cast(values, pa.float64())
    return pc.if_else(pc.is_in(values, pa.array(ends, pa.float64())), None, values)


def _is_text(values: pa.ChunkedArray) -> bool:
    return bool(pa.types.is_string(values.type) or pa.types.is_large_string(values.type))


def _is_other_text(kind: pa.DataType) -> bool:
    """Texts as other programs write them to Parquet: views, or bytes that nothing marks as text."""
    return bool(pa.types.is_string_view(kind) or pa.types.is_binary(kind) or pa.types.is_large_binary(kind))


def _number(values: pa.ChunkedArray, place: Location) -> pd.Series:
    if _is_text(values):
        values = pc.utf8_trim_whitespace(values)
        if (row := _first_refused(values, pa.float64())) is not None:
            text = values[row].as_py()
            remedy = place.remedy("mend the file, or list it in missing_values")
            if WITH_COMMAS.fullmatch(text):
                remedy = "write a point for decimals and nothing between thousands"
            elif "\n" in text:
                remedy = "close the quote"
            raise place.refused(row, f"{_brief(text)} is not a number; {remedy}")
    series = pd.Series(pc.cast(values, pa.float64(), safe=False).to_numpy())
    infinite = np.flatnonzero(np.isinf(series.to_numpy()))
    if len(infinite):
        raise place.refused(infinite[0], "the value is infinite; only finite numbers are allowed")
    return series


def _integer(values: pa.ChunkedArray, place: Location) -> pd.Series:
    if _is_text(values):
        values = pc.utf8_trim_whitespace(values)
    if _first_refused(values, pa.int64()) is None and values.null_count == 0:
        return pd.Series(pc.cast(values, pa.int64()).to_numpy())
    # Missing values need floats, and so does text such as 3.0; both are exact up to 2^53.
    series = _number(values, place)
    wrong = np.flatnonzero(((series != series.round()) | (series.abs() > EXACT_INTEGERS)) & series.notna())
    if len(wrong):
        value = float(series[wrong[0]])
        remedy = place.remedy("state type number, or text for an identifier")
        raise place.refused(
            wrong[0],
            f"{value!r} is not a whole number that a column with missing or decimal values can hold exactly; {remedy}",
        )
    return series if series.isna().any() else series.astype(np.int64)


def _boolean(values: pa.ChunkedArray, place: Location) -> pd.Series:
    words = pc.utf8_lower(pc.utf8_trim_whitespace(pc.cast(values, pa.string())))
    known = pc.index_in(words, pa.array(list(BOOLEAN_WORDS))).fill_null(-1).to_numpy()
    strange = np.flatnonzero((known < 0) & words.is_valid().to_numpy())
    if len(strange):
        word = words[strange[0]].as_py()
        raise place.refused(
            strange[0], f"{_brief(word)} is neither true nor false; allowed: {', '.join(BOOLEAN_WORDS)}"
        )
    return pd.Series(np.array([*map(float, BOOLEAN_WORDS.values()), np.nan])[known])


def _text(values: pa.ChunkedArray, _: Location) -> pd.Series:
    texts: pd.Series = pc.cast(values, pa.string()).to_pandas()
    return texts


def _date(values: pa.ChunkedArray, place: Location) -> pd.Series:
    dates = np.empty(len(values), dtype="datetime64[s]")
    # a regular expression's groups take some hundred bytes per text; most tables repeat their dates
    for start in range(0, len(values), DATES_AT_ONCE):
        words = pc.cast(values.slice(start, DATES_AT_ONCE), pa.string()).to_pandas().astype("str")
        codes, texts = pd.factorize(words)
        found = parse_dates(pd.Series(texts, dtype="str")).to_numpy()
        bad = np.flatnonzero(np.isnat(found))
        if len(bad):
            row, allowed = int(np.argmax(codes == bad[0])), "allowed: YYYY, YYYY-MM, YYYY-MM-DD and YYYY-MM-DDTHH:MM:SS"
            raise place.refused(start + row, f"{_brief(texts[bad[0]])} is no date; {allowed}")
        dates[start : start + len(words)] = np.append(found, np.datetime64("NaT", "s"))[codes]
    return pd.Series(dates)


def parse_dates(words: pd.Series) -> pd.Series:
    """Dates and date-times as clock times to the second; missing where a text is none.

    The zone behind a time is not applied: the clock's hour, not the hour in Greenwich, is what a table is about.
    """
    parts = words.str.extract(DATE)
    # the calendar has no year 0, and Python's dates begin with year 1
    year, month, day = (
        parts[0].fillna(parts[2]).where(lambda years: years != "0000"),
        parts[1].fillna(parts[4]).fillna("01"),
        parts[5].fillna("01"),
    )
    hour, minute, second = (parts[group].fillna("00") for group in (6, 7, 8))
    iso = year + "-" + month + "-" + day + " " + hour + ":" + minute + ":" + second
    dates: pd.Series = pd.to_datetime(iso, format="%Y-%m-%d %H:%M:%S", errors="coerce").astype("datetime64[s]")
    return dates


def _brief(text: str) -> str:
    return repr(text if len(text) <= LONGEST_SHOWN else f"{text[:LONGEST_SHOWN]}...")


def _first_refused(values: pa.ChunkedArray, kind: pa.DataType) -> int | None:
    """The first row that Arrow cannot cast to a type, or None; found by halving."""

    def casts(start: int, stop: int) -> bool:
        try:
            pc.cast(values.slice(start, stop - start), kind)
        except pa.ArrowInvalid:
            return False
        return True

    low, high = 0, len(values)
    if casts(low, high):
        return None
    while high - low > 1:
        middle = (low + high) // 2
        if casts(low, middle):
            low = middle
        else:
            high = middle
    return low


def _check(series: pd.Series, column: Column, place: Location) -> None:
    absent = np.flatnonzero(series.isna())
    if len(absent) and not column.missing:
        in_all = f" ({len(absent)} in all)" if place.mendable else ""
        remedy = place.remedy("set `missing: true` to allow it")
        raise place.refused(absent[0], f"the value is missing{in_all}; {remedy}")
    for bound, beyond in ((column.min, np.less), (column.max, np.greater)):
        if bound is None:
            continue
        outside = np.flatnonzero(beyond(series.to_numpy(dtype=np.float64, na_value=np.nan), bound))
        if len(outside):
            low, high = "-inf" if column.min is None else column.min, "inf" if column.max is None else column.max
            rows = f" ({len(outside)} rows)" if place.mendable else ""
            remedy = place.remedy("mend the file or widen the range")
            raise place.refused(outside[0], f"{series[outside[0]]} is outside {low} to {high}{rows}; {remedy}")
