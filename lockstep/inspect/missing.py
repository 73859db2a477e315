"""Texts that mean "no value"."""

import math
import re
from collections.abc import Sequence

import pyarrow as pa
import pyarrow.compute as pc

from lockstep.clean.conversion import INFINITE

MARKERS = frozenset(["", "na", "n/a", "nan", "null", "none", "?", "-"])
# In a target of words these are classes: credit "+" or "-", disorder "None".
CLASS_WORDS = frozenset(["none", "-"])
# Matches digits in one way only: with \d+\.?\d* the time would grow with the square of the text's length.
NUMBER = re.compile(r"[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d+)?")
# In a column of words these may be values (an album "?"), unless this share of the rows has them.
WORDS, WORD_SHARE = frozenset(["?", "-", "none"]), 0.005
# A column of numbers may contain this share of other words (unknown, n.a., inf), if they are few.
OTHER_SHARE, MAX_OTHERS = 0.05, 3
# A longer text is neither a number nor a marker.
LONGEST_NUMBER = 400


def missing_texts(table: pa.Table, target: str) -> tuple[str, ...]:
    """The texts of a table that mean "no value", sorted, without those that are classes of a text target."""
    per_column = [text_counts(table.column(name)) for name in table.column_names]
    infinite = {text for name in table.column_names for text in _infinite(table.column(name))}
    texts = {text for counts in per_column for text in _marked(counts)} | _intruders(per_column, infinite)
    return tuple(sorted(texts - _class_words(table.column(target))))


def _intruders(per_column: Sequence[dict[str, int]], infinite: set[str]) -> set[str]:
    """Words among numbers that are a value in no column: missing values apply to all columns, and F may be a grade."""
    columns = [(counts, _not_numbers(counts)) for counts in per_column]
    words = {word for _, intruders in columns for word in intruders} | infinite
    return {word for word in words if all(word in intruders or word not in counts for counts, intruders in columns)}


def _marked(counts: dict[str, int]) -> set[str]:
    marked = {text for text in counts if text.strip().lower() in MARKERS}
    if all(NUMBER.fullmatch(text.strip()) for text in counts.keys() - marked):
        return marked
    min_count = WORD_SHARE * sum(counts.values())
    return {text for text in marked if text.strip().lower() not in WORDS or counts[text] >= min_count}


def text_counts(column: pa.ChunkedArray) -> dict[str, int]:
    """The count of each text in a text column; empty for other columns."""
    kind = column.type.value_type if pa.types.is_dictionary(column.type) else column.type
    if not (pa.types.is_string(kind) or pa.types.is_large_string(kind)):
        return {}
    pairs = pc.value_counts(pc.cast(column, kind))
    values, counts = pairs.field("values").to_pylist(), pairs.field("counts").to_pylist()
    return {value: count for value, count in zip(values, counts, strict=True) if value is not None}


def _infinite(column: pa.ChunkedArray) -> set[str]:
    """The infinite values of a float column, as text."""
    if not pa.types.is_floating(column.type):
        return set()
    values = pc.unique(pc.cast(column, pa.float64()))
    return {str(value) for value in pc.filter(values, pc.is_inf(values)).to_pylist() if value is not None}


def _not_numbers(counts: dict[str, int]) -> set[str]:
    """The few words in a column of numbers, and numbers that are infinite or too large for a float."""
    if max(map(len, counts), default=0) > LONGEST_NUMBER:
        return set()
    present = {text: count for text, count in counts.items() if text.strip().lower() not in MARKERS}
    infinite = {text for text in present if INFINITE.fullmatch(text.strip())}
    words = {text for text in present if not NUMBER.fullmatch(text.strip())} - infinite
    if len(words) + len(infinite) == len(present):
        return set()
    few = len(words) <= MAX_OTHERS and not any(re.search(r"\d", text) for text in words)
    if not few or sum(present[text] for text in words) > OTHER_SHARE * sum(present.values()):
        return set()
    return words | {text for text in present.keys() - words if math.isinf(float(text.strip()))}


def _class_words(target: pa.ChunkedArray) -> set[str]:
    texts = [text for text in text_counts(target) if text.strip().lower() not in MARKERS - CLASS_WORDS]
    if any(NUMBER.fullmatch(text.strip()) for text in texts):
        return set()
    return {text for text in texts if text.strip().lower() in CLASS_WORDS}
