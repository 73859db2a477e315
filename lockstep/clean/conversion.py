"""From the values of a column, as in the file, to values of the type that its dataset file states."""

import re
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from lockstep.clean.column_block import Column, plain_number
from lockstep.clean.date_texts import parse_dates
from lockstep.clean.location import Location, shortened
from lockstep.clean.number_texts import NumberNotation
from lockstep.clean.span_texts import parse_durations, parse_times
from lockstep.clean.word_texts import prepared_texts
from lockstep.errors import DataError
from lockstep.guards.text.messages import listed

BOOLEAN_WORDS = {"true": True, "1": True, "yes": True, "false": False, "0": False, "no": False}
# Above this, floats no longer distinguish neighbouring integers.
EXACT_INTEGERS = 2**53
WITH_COMMAS = re.compile(r"\s*+[+-]?[\d.' \u00a0\u202f]*\d,[\d.,]*\s*")
# Notations of an infinite number.
INFINITE = re.compile(r"(?i)[+-]?inf(inity)?")
DEFAULT_NOTATIONS = {
    "date": "YYYY, YYYY-MM, YYYY-MM-DD and YYYY-MM-DDTHH:MM:SS",
    "time": "H:MM and H:MM:SS, with or without am and pm",
    "duration": "1:02:03, 2 days 03:00:00, 1h 30m and PT1H30M",
}
TEXTS_AT_ONCE = 1 << 16


def typed_values(
    values: pa.ChunkedArray, column: Column, missing_values: Sequence[str], location: Location
) -> pd.Series:
    """Values of the type that a column states, one per row: float64, int64, datetime64[s] or text.

    Args:
        values: Values as in the file: text is parsed, others are cast.
        column: Facts of the column.
        missing_values: Texts of the table that mean "no value".
        location: For messages.

    Raises:
        DataError: naming column, row and value, where one does not have the type.
    """
    if pa.types.is_dictionary(values.type):
        values = pc.cast(values, values.type.value_type)
    converters: dict[str, Callable[[pa.ChunkedArray, Column, Location], pd.Series]] = {
        "number": _number,
        "integer": _integer,
        "boolean": _boolean,
        "category": _text,
        "text": _text,
        "date": _date,
        "time": _span,
        "duration": _span,
    }
    try:
        if pa.types.is_floating(values.type):
            # the text of NaN would be a word
            values = pc.if_else(pc.is_nan(values), None, values)
        if _is_other_text(values.type) or column.map:
            values = pc.cast(values, pa.string())
        missing = (*missing_values, *column.missing_values)
        if _is_text(values):
            values = prepared_texts(values, column, missing)
            column = _with_infinite(column, missing_values)
        elif _is_numeric(values.type):
            values = _without_numbers(values, missing)
        return converters[column.type](values, column, location)
    except (pa.ArrowInvalid, pa.ArrowNotImplementedError, pa.ArrowTypeError):
        kind = values.type
        advice = "state another type" if location.correctable else f"give {column.type} values"
        raise DataError(f"{location.where}: values of type {kind} cannot be read as {column.type}; {advice}") from None


def _with_infinite(column: Column, missing_values: Sequence[str]) -> Column:
    """A column of numbers in which an infinity that the table lists as missing is so in all its notations."""
    infinite = [text for text in missing_values if INFINITE.fullmatch(text.strip())]
    if column.type != "number" or not infinite:
        return column
    return column.model_copy(update={"missing_values": (*column.missing_values, *infinite)})


def _without_numbers(values: pa.ChunkedArray, missing_values: Sequence[str]) -> pa.ChunkedArray:
    """Numbers in which those are missing that `missing_values` lists in some notation, as in a text file."""
    numbers = [number for text in missing_values if (number := plain_number(text)) is not None]
    if not numbers:
        return values
    equals = pc.is_in(pc.cast(values, pa.float64(), safe=False), pa.array(numbers, pa.float64()))
    return pc.if_else(pc.and_(equals, pc.is_valid(values)), None, values)


def _is_numeric(kind: pa.DataType) -> bool:
    return bool(pa.types.is_floating(kind) or pa.types.is_integer(kind) or pa.types.is_decimal(kind))


def _is_text(values: pa.ChunkedArray) -> bool:
    return bool(pa.types.is_string(values.type) or pa.types.is_large_string(values.type))


def _is_other_text(kind: pa.DataType) -> bool:
    """Whether values have one of Parquet's other text types: string views, or binary values."""
    return bool(pa.types.is_string_view(kind) or pa.types.is_binary(kind) or pa.types.is_large_binary(kind))


def _number(values: pa.ChunkedArray, column: Column, location: Location) -> pd.Series:
    if _is_text(values) and column.notation:
        return _noted_number(values, column, location)
    if column.percent:
        remedy = "remove the key, or add a rule scale" if location.correctable else "give such texts"
        raise DataError(f"{location.where}: percent: true reads texts such as 12.5%, the values are numbers; {remedy}")
    if _is_text(values):
        values = pc.utf8_trim_whitespace(values)
        if _first_refused(values, pa.float64()) is not None:
            values = pc.replace_substring(values, "\u2212", "-")
        if (row := _first_refused(values, pa.float64())) is not None:
            text = values[row].as_py()
            remedy = location.remedy("correct the type, the file, or list the value in missing_values")
            if WITH_COMMAS.fullmatch(text):
                remedy = location.remedy('set `decimal: ","` or `thousands: ","` of the column')
            elif "\n" in text:
                remedy = "close the quote"
            elif column.map:
                words = listed(list(column.map))
                raise location.error(row, f"{shortened(text)} is none of the words of map ({words}); {remedy}")
            raise location.error(row, f"{shortened(text)} is not a number; {remedy}")
        values = _without_numbers(pc.cast(values, pa.float64(), safe=False), column.missing_values)
    series = pd.Series(pc.cast(values, pa.float64(), safe=False).to_numpy())
    infinite = np.flatnonzero(np.isinf(series.to_numpy()))
    if len(infinite):
        raise location.error(infinite[0], "the value is infinite; only finite numbers are allowed")
    return series


def _noted_number(values: pa.ChunkedArray, column: Column, location: Location) -> pd.Series:
    """Numbers in the notation that the column declares."""
    notation = NumberNotation(column)

    def parse(words: pd.Series) -> np.ndarray[Any, Any]:
        return np.array([notation.number(text) for text in words], dtype=np.float64)

    remedy = location.remedy("correct the keys, the file, or list the value in missing_values")
    numbers = _by_text(values, parse, location, f"is not a number with {notation}; {remedy}")
    # a plain number is one as in the cleaned table: -0.99 is -99%
    noted = [(notation.number(text), plain_number(text)) for text in column.missing_values]
    absent = [plain if number is None else number for number, plain in noted]
    fillers = [number for number in absent if number is not None]
    series = pd.Series(np.where(np.isin(numbers, fillers), np.nan, numbers))
    infinite = np.flatnonzero(np.isinf(numbers))
    if len(infinite):
        raise location.error(infinite[0], "the value is infinite; only finite numbers are allowed")
    return series


def _integer(values: pa.ChunkedArray, column: Column, location: Location) -> pd.Series:
    if not column.notation:
        texts = pc.utf8_trim_whitespace(values) if _is_text(values) else values
        if _first_refused(texts, pa.int64()) is None and texts.null_count == 0 and not column.missing_values:
            return pd.Series(pc.cast(texts, pa.int64()).to_numpy())
    # Missing values and text such as 3.0 need floats, which are exact up to 2^53.
    series = _number(values, column, location)
    wrong = np.flatnonzero(((series != series.round()) | (series.abs() > EXACT_INTEGERS)) & series.notna())
    if len(wrong):
        value = float(series[wrong[0]])
        remedy = location.remedy("state type number, or text for an identifier")
        raise location.error(
            wrong[0],
            f"{value!r} is not a whole number that a column with missing or decimal values can hold exactly; {remedy}",
        )
    return series if series.isna().any() else series.astype(np.int64)


def _boolean(values: pa.ChunkedArray, _: Column, location: Location) -> pd.Series:
    words = pc.utf8_lower(pc.utf8_trim_whitespace(pc.cast(values, pa.string())))
    positions = pc.index_in(words, pa.array(list(BOOLEAN_WORDS))).fill_null(-1).to_numpy()
    invalid = np.flatnonzero((positions < 0) & words.is_valid().to_numpy())
    if len(invalid):
        word = words[invalid[0]].as_py()
        allowed, remedy = ", ".join(BOOLEAN_WORDS), location.remedy("write others in `map: {WORD: true}`")
        raise location.error(invalid[0], f"{shortened(word)} is neither true nor false; allowed: {allowed}; {remedy}")
    return pd.Series(np.array([*map(float, BOOLEAN_WORDS.values()), np.nan])[positions])


def _text(values: pa.ChunkedArray, _: Column, __: Location) -> pd.Series:
    texts: pd.Series = pc.cast(values, pa.string()).to_pandas()
    return texts


def _date(values: pa.ChunkedArray, column: Column, location: Location) -> pd.Series:
    formats = column.format or ("iso",)
    allowed = listed(column.format) if column.format else DEFAULT_NOTATIONS["date"]
    in_file = "correct the format or the file, or list the value in missing_values"
    remedy = location.remedy(in_file if column.format else "others by `format`")
    dates = _by_text(
        values,
        lambda words: parse_dates(words, formats).to_numpy(),
        location,
        f"is not a date; allowed: {allowed}; {remedy}",
    )
    fillers = parse_dates(pd.Series(column.missing_values, dtype="str"), (*formats, "iso")).dropna().to_numpy()
    return pd.Series(np.where(np.isin(dates, fillers), np.datetime64("NaT", "s"), dates))


def _span(values: pa.ChunkedArray, column: Column, location: Location) -> pd.Series:
    """Times of day and durations, in seconds."""
    if pa.types.is_duration(values.type):
        return pd.Series(values.to_pandas().dt.total_seconds().to_numpy(dtype=np.float64))
    parse = parse_times if column.type == "time" else parse_durations
    allowed = listed(column.format) if column.format else DEFAULT_NOTATIONS[column.type]
    remedy = location.remedy("correct the format or the file" if column.format else "others by `format`")
    what = f"is not a {'time of day' if column.type == 'time' else 'duration'}; allowed: {allowed}; {remedy}"
    seconds = _by_text(values, lambda words: parse(words, column.format), location, what)
    fillers = [number for text in column.missing_values if (number := plain_number(text)) is not None]
    return pd.Series(np.where(np.isin(seconds, fillers), np.nan, seconds))


def _by_text(
    values: pa.ChunkedArray,
    parse: Callable[[pd.Series], np.ndarray[Any, Any]],
    location: Location,
    complaint: str,
) -> np.ndarray[Any, Any]:
    """Values parsed from their texts, each different text of a slice once; a missing one where the text is missing.

    Args:
        values: Texts, or values that become texts.
        parse: The values of different texts; missing (NaN, NaT) where a text is wrong.
        location: For messages.
        complaint: The message about a wrong text, without the text.
    """
    parsed = []
    # the groups of a regular expression take some hundred bytes per text; most tables repeat their texts
    for start in range(0, max(len(values), 1), TEXTS_AT_ONCE):
        words = pc.cast(values.slice(start, TEXTS_AT_ONCE), pa.string()).to_pandas().astype("str")
        codes, texts = pd.factorize(words)
        results = parse(pd.Series(texts, dtype="str").str.strip())
        invalid = np.flatnonzero(pd.isna(results))
        if len(invalid):
            row = int(np.argmax(codes == invalid[0]))
            raise location.error(start + row, f"{shortened(texts[invalid[0]])} {complaint}")
        missing = np.datetime64("NaT", "s") if results.dtype.kind == "M" else np.nan
        parsed.append(np.append(results, missing)[codes])
    return np.concatenate(parsed)


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
