"""What a person reads in a column: values, and by what changes of their form they stay the same."""

from abc import ABC, abstractmethod
from dataclasses import dataclass, replace
from typing import Any, Self

import numpy as np
import numpy.typing as npt
import pandas as pd

from tests.tables.draws import Vector

Rows = npt.NDArray[np.bool_]
NUMBER_TYPES = ("number", "integer", "boolean")
WORD_TYPES = ("category", "text", "boolean", "integer")
SPAN_TYPES = ("time", "duration", "number", "integer")
ONE_DAY = 86_400.0


@dataclass(frozen=True, kw_only=True)
class Reading(ABC):
    """One way to read a column that a person accepts.

    Attributes:
        mention: A text that a comment of the dataset file must name beside the column; "" for none.
    """

    mention: str = ""

    @abstractmethod
    def accepts(self, type_: str, values: pd.Series) -> bool:
        """Whether values of the cleaned table, shape (rows,), of a column of a type are the ones read."""

    @abstractmethod
    def without(self, rows: Rows) -> Self:
        """The same reading of a column in which the values of some rows are missing."""


@dataclass(frozen=True, kw_only=True)
class Anything(Reading):
    """Whatever is read is right: nobody could tell."""

    def accepts(self, type_: str, values: pd.Series) -> bool:
        return True

    def without(self, rows: Rows) -> Self:
        return self


@dataclass(frozen=True, kw_only=True)
class Numbers(Reading):
    """Numbers, up to a power of ten for all of them: 50.8% is 50.8 or 0.508, a column of 1.2k is 1200 or 1.2."""

    values: Vector

    def accepts(self, type_: str, values: pd.Series) -> bool:
        if type_ not in NUMBER_TYPES:
            return False
        factor = _common_factor(_floats(values), self.values)
        return factor is not None and _is_power_of_ten(factor)

    def without(self, rows: Rows) -> Self:
        return replace(self, values=np.where(rows, np.nan, self.values))


@dataclass(frozen=True, kw_only=True)
class Seconds(Reading):
    """Times of day and durations, in seconds or any other unit."""

    values: Vector

    def accepts(self, type_: str, values: pd.Series) -> bool:
        factor = _common_factor(_floats(values), self.values) if type_ in SPAN_TYPES else None
        return factor is not None and factor > 0

    def without(self, rows: Rows) -> Self:
        return replace(self, values=np.where(rows, np.nan, self.values))


@dataclass(frozen=True, kw_only=True)
class Dates(Reading):
    """Dates to the second.

    Attributes:
        values: datetime64[s], shape (rows,).
        slack: Days by which all of them may be later or earlier by the same amount: a week may begin on Sunday.
    """

    values: npt.NDArray[np.datetime64]
    slack: float = 0.0

    def accepts(self, type_: str, values: pd.Series) -> bool:
        if type_ != "date":
            return False
        dates = values.to_numpy(dtype="datetime64[s]")
        present = ~np.isnat(dates)
        if not np.array_equal(present, ~np.isnat(self.values)):
            return False
        shifts = np.unique((dates - self.values)[present].astype(np.int64))
        return len(shifts) == 1 and bool(abs(shifts[0]) <= self.slack * ONE_DAY)

    def without(self, rows: Rows) -> Self:
        return replace(self, values=np.where(rows, np.datetime64("NaT", "s"), self.values))


@dataclass(frozen=True, kw_only=True)
class Truths(Reading):
    """Truth values, 1 for true: a boolean column, or numbers 0 and 1. Two groups have lost which of them is true."""

    values: Vector

    def accepts(self, type_: str, values: pd.Series) -> bool:
        return type_ in NUMBER_TYPES and _equal(_floats(values), self.values)

    def without(self, rows: Rows) -> Self:
        return replace(self, values=np.where(rows, np.nan, self.values))


@dataclass(frozen=True, kw_only=True)
class Groups(Reading):
    """Names of groups: whatever they are called, the same rows belong together."""

    labels: pd.Series
    types: tuple[str, ...] = WORD_TYPES

    def accepts(self, type_: str, values: pd.Series) -> bool:
        return type_ in self.types and same_groups(values, self.labels)

    def without(self, rows: Rows) -> Self:
        return replace(self, labels=self.labels.mask(rows))

    def with_group(self, rows: Rows, name: str) -> Self:
        """The reading in which a word that some rows hold is a group like the others."""
        return replace(self, labels=self.labels.mask(rows, name))


@dataclass(frozen=True, kw_only=True)
class Order(Reading):
    """Ranks: numbers that rise, or fall, with them, however far apart."""

    ranks: Vector

    def accepts(self, type_: str, values: pd.Series) -> bool:
        if type_ not in ("number", "integer", "boolean"):
            return False
        given, true = pd.Series(_floats(values)), pd.Series(self.ranks).rank(method="dense")
        return any(_equal((sign * given).rank(method="dense"), true) for sign in (1, -1))

    def without(self, rows: Rows) -> Self:
        return replace(self, ranks=np.where(rows, np.nan, self.ranks))


@dataclass(frozen=True, kw_only=True)
class Prose(Reading):
    """Texts, kept as they are but for spaces and letter case."""

    texts: pd.Series

    def accepts(self, type_: str, values: pd.Series) -> bool:
        return type_ in ("text", "category") and _plain(values).equals(_plain(self.texts))

    def without(self, rows: Rows) -> Self:
        return replace(self, texts=self.texts.mask(rows))


@dataclass(frozen=True)
class Truth:
    """What is true of a column.

    Attributes:
        readings: The ways to read it that a person accepts; at least one if it may be a feature.
        feature: Whether it belongs into the recipes; None: a person might decide either way.
        reasons: The reasons for leaving it out that are true; see `lockstep`'s own words for them in reasons.py.
    """

    readings: tuple[Reading, ...]
    feature: bool | None = True
    reasons: tuple[str, ...] = ()


def same_groups(values: pd.Series, labels: pd.Series) -> bool:
    """Whether two columns, shape (rows,), are missing in the same rows and group the others alike."""
    mine, theirs = pd.factorize(values)[0], pd.factorize(labels.reset_index(drop=True))[0]
    return np.array_equal(mine, theirs)


def _floats(values: pd.Series) -> Vector:
    return np.asarray(pd.to_numeric(values, errors="coerce"), dtype=np.float64)


def _equal(given: npt.ArrayLike, true: npt.ArrayLike) -> bool:
    return bool(np.allclose(given, true, rtol=1e-9, atol=1e-12, equal_nan=True))


def _common_factor(given: Vector, true: Vector) -> float | None:
    """The factor between given and true numbers; None where there is none, or others are missing."""
    present = ~np.isnan(true)
    if len(given) != len(true) or not np.array_equal(present, ~np.isnan(given)):
        return None
    other = present & (true != 0)
    factor = float(np.median(given[other] / true[other])) if other.any() else 1.0
    return factor if np.allclose(given[present], factor * true[present], rtol=1e-9, atol=1e-12) else None


def _is_power_of_ten(factor: float) -> bool:
    return factor > 0 and bool(np.isclose(factor, 10.0 ** round(np.log10(factor)), rtol=1e-9))


def _plain(texts: Any) -> pd.Series:
    folded: pd.Series = pd.Series(texts, dtype=object).reset_index(drop=True)
    return folded.map(lambda text: " ".join(str(text).split()).casefold(), na_action="ignore").astype("str")
