"""The type of a column: the first one to which the clean stage can convert every value."""

import re
from dataclasses import dataclass

import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from lockstep.clean.column_block import Column
from lockstep.clean.columns import convert_columns
from lockstep.clean.conversion import BOOLEAN_WORDS
from lockstep.clean.date_texts import DATE, parse_dates
from lockstep.errors import DataError
from lockstep.guards.text.messages import shown
from lockstep.inspect.findings import Type
from lockstep.inspect.missing import NUMBER, text_counts

LEADING_ZERO = re.compile(r"0\d+")
LONG_WHOLE = re.compile(r"[+-]?\d{16,}")
COMPACT_DAYS = (19_000_101, 21_001_231)


@dataclass(frozen=True)
class ReadColumn:
    """One column as the clean stage reads it: float64, int64, datetime64[s] or text, depending on its type.

    `problem` is the reason why no type fits; `code` marks digits that are a code, not a quantity.
    """

    name: str
    type: Type
    values: pd.Series
    problem: str = ""
    code: bool = False

    @property
    def missing(self) -> int:
        """Number of rows without a value."""
        return int(self.values.isna().sum())

    @property
    def distinct(self) -> int:
        """Number of different values."""
        return int(self.values.nunique())

    @property
    def present(self) -> int:
        """Number of rows with a value."""
        return len(self.values) - self.missing


def read_column(name: str, column: pa.ChunkedArray, missing: tuple[str, ...]) -> ReadColumn:
    """Read a column with the first type to which all its values can be converted."""
    column = decode_dictionary(column)
    texts = [text for text in text_counts(column) if text not in missing]
    empty = pd.Series([None] * len(column), dtype=object)
    if column.null_count == len(column) or (_is_text(column) and not texts):
        return ReadColumn(name, "ignore", empty)
    problem = ""
    for kind in _candidates(column, texts):
        try:
            frame, _ = convert_columns(pa.table({name: column}), {name: Column(type=kind, missing=True)}, missing, name)
        except DataError as error:
            problem = str(error)
            continue
        if kind == "number" and _loses_digits(texts):
            continue
        code = kind == "text" and all(text.strip().isdigit() for text in texts)
        return ReadColumn(name, kind, frame[name], code=code)
    return ReadColumn(
        name, "ignore", empty, problem.removeprefix(f"{name}: columns.{shown(name)}: ") or _unknown(column)
    )


def _loses_digits(texts: list[str]) -> bool:
    """Whether different long integers became one float: they are codes, not quantities."""
    long = {text.strip() for text in texts if LONG_WHOLE.fullmatch(text.strip())}
    return len(long) > 1 and len({float(text) for text in long}) < len(long)


def decode_dictionary(column: pa.ChunkedArray) -> pa.ChunkedArray:
    """A column without dictionary encoding."""
    return pc.cast(column, column.type.value_type) if pa.types.is_dictionary(column.type) else column


def _is_text(column: pa.ChunkedArray) -> bool:
    return bool(pa.types.is_string(column.type) or pa.types.is_large_string(column.type))


def _candidates(column: pa.ChunkedArray, texts: list[str]) -> list[Type]:
    kind = column.type
    if _is_text(column):
        words = {text.strip().lower() for text in texts}
        if words <= BOOLEAN_WORDS.keys() and len({BOOLEAN_WORDS[word] for word in words}) == 2:
            return ["boolean"]
        if any(LEADING_ZERO.fullmatch(word) for word in words):
            return ["text"]
        if all(re.fullmatch(r"\d{8}", word) and _is_compact_day(int(word)) for word in words):
            return ["date", "integer"]
        # a sample shows which conversions are worth trying on all texts
        sample = [text.strip() for text in sorted(texts)[:: max(1, len(texts) // 200)]]
        numbers: list[Type] = ["integer", "number"] if all(NUMBER.fullmatch(text) for text in sample) else []
        dates: list[Type] = ["date"] if _are_dates(sample) else []
        return [*numbers, *dates, "text"]
    if pa.types.is_boolean(kind):
        return ["boolean"]
    if pa.types.is_integer(kind):
        bounds = pc.min_max(column).as_py()
        if bounds == {"min": 0, "max": 1}:
            return ["boolean"]
        days = all(_is_compact_day(bounds[end]) for end in ("min", "max"))
        return ["date", "integer"] if days else ["integer", "number"]
    if pa.types.is_floating(kind) or pa.types.is_decimal(kind):
        return ["integer", "number"]
    return ["date"] if pa.types.is_date(kind) or pa.types.is_timestamp(kind) else []


def _are_dates(texts: list[str]) -> bool:
    # one text decides for most columns, which is much cheaper
    return bool(re.match(DATE, texts[0])) and bool(parse_dates(pd.Series(texts, dtype="str")).notna().all())


def _is_compact_day(number: int) -> bool:
    first, last = COMPACT_DAYS
    return first <= number <= last and 1 <= number // 100 % 100 <= 12 and 1 <= number % 100 <= 31


def _unknown(column: pa.ChunkedArray) -> str:
    return f"values of type {column.type} are no number, text or date"
