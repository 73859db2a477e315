"""Converting each column to the type that its dataset file states, and checking its values."""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from lockstep.clean.column_block import Column
from lockstep.errors import DataError
from lockstep.guards.text.messages import listed, shown
from lockstep.storage.tables import release_memory

BOOLEAN_WORDS = {"true": True, "1": True, "yes": True, "false": False, "0": False, "no": False}
# Above this, floats no longer distinguish neighbouring integers.
EXACT_INTEGERS = 2**53
# YYYY, YYYY-MM, YYYY-MM-DD or YYYYMMDD; a day may be followed by a time, whose fraction and zone are ignored.
DATE = (
    r"^(\d{4})(?:-(\d{2}))?$|^(\d{4})(-?)(\d{2})\4(\d{2})"
    r"(?:[T ](\d{2}):?(\d{2})(?::?(\d{2})(?:[.,]\d+)?)?(?: ?Z| ?[+-]\d{2}:?\d{2})?)?$"
)
WITH_COMMAS = re.compile(r"\s*+[+-]?[\d.' \u00a0\u202f]*\d,[\d.,]*\s*")
# Notations of an infinite number.
INFINITE = re.compile(r"(?i)[+-]?inf(inity)?")
MAX_SHOWN_CHARACTERS = 80
DATES_AT_ONCE = 1 << 16


@dataclass(frozen=True)
class Location:
    """The location of a column's values, for messages.

    Attributes:
        where: The file and the column.
        first_row: 0-based row of the first value in the file.
        correctable: Whether the column's facts can still be changed; a trained model's cannot.
    """

    where: str
    first_row: int = 0
    correctable: bool = True

    def error(self, row: int, text: str) -> DataError:
        """The error for the value in a row, counted from 0 at the first value."""
        return DataError(f"{self.where}: row {self.first_row + row + 1}: {text}")

    def remedy(self, correction: str) -> str:
        """The next step: the correction of the dataset file or, for a trained model, of the value."""
        return correction if self.correctable else "correct the value"


class RawTable(Protocol):
    """A table with columns by name, such as a pyarrow.Table."""

    @property
    def column_names(self) -> list[str]:
        """Names of the columns."""

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
        raw: The fetched table, read column by column; text is parsed, other values are cast.
        columns: Facts per column; those of type ignore are left out.
        missing_values: Texts that mean "no value".
        file: The dataset file's name in messages.

    Returns:
        The frame, with an integer `row_id` (0-based row of the raw table) first, and the missing values per column.

    Raises:
        DataError: naming column, row and value, for a missing column, a value of the wrong type or out of range, or a
            missing value where none is allowed.
    """
    _check_column_names(raw.column_names, list(columns), file)
    frame = {"row_id": pd.Series(np.arange(raw.num_rows, dtype=np.int64))}
    missing = {}
    for name, column in columns.items():
        if column.type == "ignore":
            continue
        location = Location(f"{file}: columns.{shown(name)}")
        series = _convert(raw.column(name), column, missing_values, location)
        missing[name] = int(series.isna().sum())
        if missing[name] == len(series):
            raise DataError(f"{location.where}: every value is missing; leave the column out with {{type: ignore}}")
        _check(series, column, location)
        frame[name] = series
        release_memory()
    # a copy would double the table's memory
    return pd.DataFrame(frame, copy=False), missing


def convert_values(
    values: pa.ChunkedArray, column: Column, missing_values: Sequence[str], location: Location
) -> pd.Series:
    """Convert and check one column's values like `convert_columns`; all of them may be missing.

    Raises:
        DataError: naming the column, row and value, like `convert_columns`.
    """
    series = _convert(values, column, missing_values, location)
    _check(series, column, location)
    return series


def _check_column_names(names: list[str], described_names: list[str], file: str) -> None:
    present, described = set(names), set(described_names)
    missing = [name for name in described_names if name not in present]
    if missing:
        raise DataError(f"{file}: columns.{shown(missing[0])}: the table has no such column; it has: {listed(names)}")
    extra = [name for name in names if name not in described]
    if extra:
        raise DataError(
            f"{file}: columns: the table also has {listed(extra)};"
            " describe them, or leave them out with {type: ignore}"
        )


def _convert(values: pa.ChunkedArray, column: Column, missing_values: Sequence[str], location: Location) -> pd.Series:
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
        return converters[column.type](values, location)
    except (pa.ArrowInvalid, pa.ArrowNotImplementedError, pa.ArrowTypeError):
        kind = values.type
        advice = "state another type" if location.correctable else f"give {column.type} values"
        raise DataError(f"{location.where}: values of type {kind} cannot be read as {column.type}; {advice}") from None


def _without_infinite(values: pa.ChunkedArray, missing_values: Sequence[str]) -> pa.ChunkedArray:
    """Floats in which those infinities are missing that `missing_values` lists, as in a text file."""
    infinities = [float(text) for text in missing_values if INFINITE.fullmatch(text.strip())]
    if not infinities:
        return values
    values = pc.cast(values, pa.float64())
    return pc.if_else(pc.is_in(values, pa.array(infinities, pa.float64())), None, values)


def _is_text(values: pa.ChunkedArray) -> bool:
    return bool(pa.types.is_string(values.type) or pa.types.is_large_string(values.type))


def _is_other_text(kind: pa.DataType) -> bool:
    """Whether values have one of Parquet's other text types: string views, or binary values."""
    return bool(pa.types.is_string_view(kind) or pa.types.is_binary(kind) or pa.types.is_large_binary(kind))


def _number(values: pa.ChunkedArray, location: Location) -> pd.Series:
    if _is_text(values):
        values = pc.utf8_trim_whitespace(values)
        if (row := _first_refused(values, pa.float64())) is not None:
            text = values[row].as_py()
            remedy = location.remedy("correct the file, or list the value in missing_values")
            if WITH_COMMAS.fullmatch(text):
                remedy = "write a point for decimals and nothing between thousands"
            elif "\n" in text:
                remedy = "close the quote"
            raise location.error(row, f"{_brief(text)} is not a number; {remedy}")
    series = pd.Series(pc.cast(values, pa.float64(), safe=False).to_numpy())
    infinite = np.flatnonzero(np.isinf(series.to_numpy()))
    if len(infinite):
        raise location.error(infinite[0], "the value is infinite; only finite numbers are allowed")
    return series


def _integer(values: pa.ChunkedArray, location: Location) -> pd.Series:
    if _is_text(values):
        values = pc.utf8_trim_whitespace(values)
    if _first_refused(values, pa.int64()) is None and values.null_count == 0:
        return pd.Series(pc.cast(values, pa.int64()).to_numpy())
    # Missing values and text such as 3.0 need floats, which are exact up to 2^53.
    series = _number(values, location)
    wrong = np.flatnonzero(((series != series.round()) | (series.abs() > EXACT_INTEGERS)) & series.notna())
    if len(wrong):
        value = float(series[wrong[0]])
        remedy = location.remedy("state type number, or text for an identifier")
        raise location.error(
            wrong[0],
            f"{value!r} is not a whole number that a column with missing or decimal values can hold exactly; {remedy}",
        )
    return series if series.isna().any() else series.astype(np.int64)


def _boolean(values: pa.ChunkedArray, location: Location) -> pd.Series:
    words = pc.utf8_lower(pc.utf8_trim_whitespace(pc.cast(values, pa.string())))
    positions = pc.index_in(words, pa.array(list(BOOLEAN_WORDS))).fill_null(-1).to_numpy()
    invalid = np.flatnonzero((positions < 0) & words.is_valid().to_numpy())
    if len(invalid):
        word = words[invalid[0]].as_py()
        raise location.error(
            invalid[0], f"{_brief(word)} is neither true nor false; allowed: {', '.join(BOOLEAN_WORDS)}"
        )
    return pd.Series(np.array([*map(float, BOOLEAN_WORDS.values()), np.nan])[positions])


def _text(values: pa.ChunkedArray, _: Location) -> pd.Series:
    texts: pd.Series = pc.cast(values, pa.string()).to_pandas()
    return texts


def _date(values: pa.ChunkedArray, location: Location) -> pd.Series:
    dates = np.empty(len(values), dtype="datetime64[s]")
    # the groups of the regular expression take some hundred bytes per text; most tables repeat their dates
    for start in range(0, len(values), DATES_AT_ONCE):
        words = pc.cast(values.slice(start, DATES_AT_ONCE), pa.string()).to_pandas().astype("str")
        codes, texts = pd.factorize(words)
        parsed = parse_dates(pd.Series(texts, dtype="str")).to_numpy()
        invalid = np.flatnonzero(np.isnat(parsed))
        if len(invalid):
            row, allowed = (
                int(np.argmax(codes == invalid[0])),
                "allowed: YYYY, YYYY-MM, YYYY-MM-DD and YYYY-MM-DDTHH:MM:SS",
            )
            raise location.error(start + row, f"{_brief(texts[invalid[0]])} is not a date; {allowed}")
        dates[start : start + len(words)] = np.append(parsed, np.datetime64("NaT", "s"))[codes]
    return pd.Series(dates)


def parse_dates(words: pd.Series) -> pd.Series:
    """Dates and date-times as local times to the second; missing where a text is neither.

    The zone behind a time is ignored: tables are about the local hour, not the hour in Greenwich.
    """
    parts = words.str.extract(DATE)
    # the calendar has no year 0; Python's dates begin with year 1
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
    return repr(text if len(text) <= MAX_SHOWN_CHARACTERS else f"{text[:MAX_SHOWN_CHARACTERS]}...")


def _first_refused(values: pa.ChunkedArray, kind: pa.DataType) -> int | None:
    """The first row that Arrow cannot cast to a type, or None; found by binary search."""

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


def _check(series: pd.Series, column: Column, location: Location) -> None:
    missing = np.flatnonzero(series.isna())
    if len(missing) and not column.missing:
        total = f" ({len(missing)} in all)" if location.correctable else ""
        remedy = location.remedy("set `missing: true` to allow it")
        raise location.error(missing[0], f"the value is missing{total}; {remedy}")
    for bound, compare in ((column.min, np.less), (column.max, np.greater)):
        if bound is None:
            continue
        outside = np.flatnonzero(compare(series.to_numpy(dtype=np.float64, na_value=np.nan), bound))
        if len(outside):
            low, high = "-inf" if column.min is None else column.min, "inf" if column.max is None else column.max
            rows = f" ({len(outside)} rows)" if location.correctable else ""
            remedy = location.remedy("correct the file or widen the range")
            raise location.error(outside[0], f"{series[outside[0]]} is outside {low} to {high}{rows}; {remedy}")
