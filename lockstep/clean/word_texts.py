"""Texts before they are read as a type: missing ones, spaces, letter case and the words that stand for values."""

from collections.abc import Callable, Sequence

import pyarrow as pa
import pyarrow.compute as pc

from lockstep.clean.column_block import WORDS, Column
from lockstep.clean.number_texts import plain_digits


def prepared_texts(values: pa.ChunkedArray, column: Column, missing_values: Sequence[str]) -> pa.ChunkedArray:
    """Texts in which missing ones are null, and others are as `strip`, `case` and `map` of the column say.

    Args:
        values: Texts as in the file.
        column: Facts of the column.
        missing_values: Texts of the table and of the column that mean "no value".
    """
    as_written = pa.array(missing_values, values.type)
    is_missing = pc.is_in(values, as_written)
    if column.type not in WORDS and not pc.all(pc.string_is_ascii(values)).as_py():
        values = replace_texts(values, plain_digits)
    if column.type not in WORDS or column.strip:
        is_missing = pc.or_(is_missing, pc.is_in(pc.utf8_trim_whitespace(values), as_written))
    values = pc.if_else(is_missing, None, values)
    if not (column.strip or column.case or column.map):
        return values
    return replace_texts(values, _replacement(column))


def replace_texts(values: pa.ChunkedArray, replacement: Callable[[str], str]) -> pa.ChunkedArray:
    """The texts replaced one by one, each different text once."""
    encoded = pc.dictionary_encode(values).unify_dictionaries()
    chunks = []
    for chunk in encoded.chunks:
        texts = pa.array([replacement(text) for text in chunk.dictionary.to_pylist()], values.type)
        chunks.append(texts.take(chunk.indices))
    return pa.chunked_array(chunks, values.type)


def _replacement(column: Column) -> Callable[[str], str]:
    words = {text: _text_of(value) for text, value in column.map.items()}

    def replacement(text: str) -> str:
        for form in (text, text.strip(), _cased(" ".join(text.split()), column.case)):
            if form in words:
                return words[form]
        text = " ".join(text.split()) if column.strip else text
        return _cased(text, column.case)

    return replacement


def _cased(text: str, case: str | None) -> str:
    return text.lower() if case == "lower" else text.upper() if case == "upper" else text


def _text_of(value: bool | float | str) -> str:
    """A value of `map` as a text that its type reads."""
    return str(value).lower() if isinstance(value, bool) else str(value)
