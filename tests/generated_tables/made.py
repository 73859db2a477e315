"""A made column, and the register of kinds."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
import pandas as pd

from tests.generated_tables.readings import Groups, Order, Prose, Reading, Truth
from tests.tables.draws import Random, Vector, Words

# What a word such as "unknown" means in a column: a missing value for certain; either that or a value; it never occurs.
Missing = Literal["missing", "either", "never"]


@dataclass(frozen=True)
class Made:
    """A column as a file holds it, and what it is.

    Attributes:
        texts: The cells of a text file, shape (rows,); "" for a blank one.
        truth: What a person reads in it.
        names: Names that it may have.
        missing: What a word for "missing" means in it.
        typed: Its values in a typed file, shape (rows,); None where it is text there too.
        signal: Numbers that a target may be made of, shape (rows,); None where there are none.
        far: Whether a far value such as 9999 may be put into it.
    """

    texts: Words
    truth: Truth
    names: Sequence[str]
    missing: Missing = "missing"
    typed: pd.Series | None = None
    signal: Vector | None = None
    far: bool = False


Kind = Callable[[Random, int], Made]
KINDS: dict[str, Kind] = {}


def kind(function: Kind) -> Kind:
    """Register a kind under its function's name."""
    KINDS[function.__name__] = function
    return function


def words(texts: Sequence[str]) -> Words:
    """Texts as an array of objects."""
    return np.array(list(texts), dtype=object)


def one_of(random: Random, options: Sequence[str]) -> str:
    """One of several texts."""
    return options[int(random.integers(len(options)))]


def chance(random: Random, share: float) -> bool:
    """True with a probability."""
    return bool(random.random() < share)


def read(*readings: Reading, feature: bool | None = True, reasons: Sequence[str] = ()) -> Truth:
    """A truth."""
    return Truth(readings, feature, tuple(reasons))


def left_out(*reasons: str) -> Truth:
    """The truth of a column that belongs into no recipe."""
    return Truth((), False, reasons)


def with_missing(made: Made, rows: Vector, word: str) -> Made:
    """The column with a word, or nothing, in place of the values of some rows.

    Args:
        made: The column.
        rows: Whether a row's value is missing, shape (rows,).
        word: What stands there; "" for nothing.
    """
    mask = rows.astype(bool)
    texts = np.where(mask, word, made.texts)
    readings = [reading.without(mask) for reading in made.truth.readings]
    if word and made.missing == "either":
        readings += [_with_word(reading, made, texts, mask, word) for reading in made.truth.readings]
    truth = Truth(tuple(readings), made.truth.feature, made.truth.reasons)
    typed = None if made.typed is None or word else made.typed.astype(object).mask(mask).convert_dtypes()
    signal = None if made.signal is None else np.where(mask, made.signal[~mask].mean(), made.signal)
    return Made(texts, truth, made.names, made.missing, typed, signal)


def _with_word(reading: Reading, made: Made, texts: Words, mask: Vector, word: str) -> Reading:
    """The reading in which the word is a value of the column."""
    if isinstance(reading, Groups):
        return reading.with_group(mask.astype(bool), word)
    if isinstance(reading, Prose):
        return Prose(texts=pd.Series(texts, dtype=object))
    if isinstance(reading, Order):
        return reading.without(mask.astype(bool))
    return Groups(labels=pd.Series(made.texts, dtype=object).str.strip().str.casefold().mask(mask.astype(bool), word))
