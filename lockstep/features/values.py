"""Values as codes: their positions among the sorted values of the training rows."""

import re
from collections.abc import Sequence
from typing import Any, TypedDict

import numpy as np
import numpy.typing as npt
import pandas as pd

from lockstep.errors import DataError

Codes = npt.NDArray[np.int64]
UNSEEN = -1


class Vocabulary(TypedDict):
    """The values, or combinations of values, of training rows; plain JSON.

    A missing value counts as one more value of its column, after the others. Combinations of more than two columns are
    nested pairs: a combination of the columns before, and a value of the next column.
    """

    columns: list[str]
    values: list[list[Any]]
    pairs: list[list[int]]


def learn_vocabulary(frame: pd.DataFrame, columns: Sequence[str]) -> Vocabulary:
    """The vocabulary of training rows."""
    values = [sorted(_keys(frame, column).dropna().unique().tolist()) for column in columns]
    vocabulary = Vocabulary(columns=list(columns), values=values, pairs=[])
    for number in range(1, len(columns)):
        pairs = np.unique(_pairs(frame, vocabulary, number))
        vocabulary["pairs"].append(pairs.tolist())
    return vocabulary


def codes_of(frame: pd.DataFrame, vocabulary: Vocabulary) -> Codes:
    """The code of each row, shape (rows,): 0 .. size_of(vocabulary) - 1, or UNSEEN."""
    return _codes(frame, vocabulary, len(vocabulary["columns"]))


def size_of(vocabulary: Vocabulary) -> int:
    """The number of codes."""
    return len(vocabulary["pairs"][-1]) if vocabulary["pairs"] else len(vocabulary["values"][0]) + 1


def is_missing(frame: pd.DataFrame, columns: Sequence[str]) -> npt.NDArray[np.bool_]:
    """A mask of the rows in which one of the columns is missing, shape (rows,)."""
    missing = np.zeros(len(frame), dtype=np.bool_)
    for column in columns:
        missing |= frame[column].isna().to_numpy(dtype=np.bool_)
    return missing


def text_values(frame: pd.DataFrame, column: str, step: str) -> list[str | None]:
    """A column of text, None where missing.

    Raises:
        DataError: if the column contains numbers or dates.
    """
    texts: list[Any] = frame[column].astype(object).where(frame[column].notna(), None).tolist()
    invalid = next((text for text in texts if text is not None and not isinstance(text, str)), None)
    if invalid is not None:
        raise DataError(
            f"features: {step}: column {column!r} contains {invalid!r}; text is needed, name another column"
        )
    return texts


def names_of_values(stem: str, values: Sequence[str], size: int) -> list[str]:
    """Names of so many features: of each value the stem and the value, of those without a value `STEMunused`.

    White space and the characters that XGBoost refuses become _; a number is appended to repeated names.
    """
    words = [re.sub(r"[\[\]<\s]", "_", value) for value in values]
    unique, taken, last = list[str](), set[str](), dict[str, int]()
    for name in (f"{stem}{word}" for word in [*words, *["unused"] * (size - len(words))]):
        candidate = name
        while candidate in taken:
            last[name] = last.get(name, 1) + 1
            candidate = f"{name}_{last[name]}"
        unique.append(candidate)
        taken.add(candidate)
    return unique


def _codes(frame: pd.DataFrame, vocabulary: Vocabulary, n_columns: int) -> Codes:
    """Codes of the combinations of the first columns."""
    if n_columns == 1:
        return _column_codes(frame, vocabulary, 0)
    index = pd.Index(vocabulary["pairs"][n_columns - 2], dtype=np.int64)
    codes: Codes = index.get_indexer(pd.Index(_pairs(frame, vocabulary, n_columns - 1))).astype(np.int64)
    return codes


def _pairs(frame: pd.DataFrame, vocabulary: Vocabulary, number: int) -> Codes:
    """A number for each combination of the first columns with column `number`; below 2^62 for up to 2^31 rows."""
    first, second = _codes(frame, vocabulary, number), _column_codes(frame, vocabulary, number)
    pairs = first * (len(vocabulary["values"][number]) + 1) + second
    return np.where((first == UNSEEN) | (second == UNSEEN), UNSEEN, pairs)


def _column_codes(frame: pd.DataFrame, vocabulary: Vocabulary, number: int) -> Codes:
    keys, values = _keys(frame, vocabulary["columns"][number]), vocabulary["values"][number]
    index = pd.Index(values, dtype="str" if values and isinstance(values[0], str) else np.float64)
    return np.where(keys.isna(), len(values), index.get_indexer(keys)).astype(np.int64)


def _keys(frame: pd.DataFrame, column: str) -> pd.Index:
    """Text unchanged, numbers and booleans as float64, dates as days since 1970-01-01."""
    values = frame[column]
    if pd.api.types.is_numeric_dtype(values):
        keys: pd.Index = pd.Index(values.to_numpy(dtype=np.float64, na_value=np.nan))
    elif pd.api.types.is_datetime64_any_dtype(values):
        days = values.to_numpy(dtype="datetime64[D]")
        keys = pd.Index(np.where(np.isnat(days), np.nan, days.astype(np.int64).astype(np.float64)))
    else:
        keys = pd.Index(values.astype("str"))
    return keys
