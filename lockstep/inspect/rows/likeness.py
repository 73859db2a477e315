"""How much the targets of related rows resemble one another: neighbours in an order, members of a group."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

Vector = npt.NDArray[np.float64]
Codes = npt.NDArray[np.int64]
Rows = npt.NDArray[np.intp]


@dataclass(frozen=True)
class ComparedTarget:
    """The target for comparisons of rows: ranks of a number, or codes of classes.

    Attributes:
        values: Shape (rows,).
        classes: Whether they are codes.
    """

    values: Vector
    classes: bool

    @classmethod
    def of(cls, target: pd.Series, *, classes: bool) -> "ComparedTarget":
        """The outcome of a target without missing values."""
        if classes:
            return cls(pd.factorize(target)[0].astype(np.float64), classes=True)
        return cls(np.asarray(target.rank(), dtype=np.float64), classes=False)

    def likeness(self, one: Rows, other: Rows) -> float:
        """The correlation of the targets of pairs of rows; of classes the agreement beyond chance (Cohen 1960)."""
        if not len(one):
            return 0.0
        if self.classes:
            chance = float((np.bincount(self.values.astype(np.int64)) / len(self.values)) @ _shares(self.values))
            agreement = float((self.values[one] == self.values[other]).mean())
            return (agreement - chance) / (1 - chance) if chance < 1 else 0.0
        centred, variance = self.values - self.values.mean(), float(self.values.var())
        return float((centred[one] * centred[other]).mean()) / variance if variance else 0.0

    def within(self, groups: Codes) -> float:
        """The share of the variance between groups (intraclass correlation); of classes the agreement beyond chance."""
        if self.classes:
            return agreement_within(self.values.astype(np.int64), groups)
        n_rows, sizes = len(groups), np.bincount(groups)
        means = np.bincount(groups, weights=self.values) / sizes
        between = float(sizes @ (means - self.values.mean()) ** 2) / max(len(sizes) - 1, 1)
        inside = float(((self.values - means[groups]) ** 2).sum()) / max(n_rows - len(sizes), 1)
        usual = (n_rows - float(sizes @ sizes) / n_rows) / max(len(sizes) - 1, 1)
        whole = between + (usual - 1) * inside
        return max((between - inside) / whole, 0.0) if whole > 0 else 0.0


def codes_of(values: pd.Series) -> Codes:
    """A number per row that equal values share, missing ones too."""
    return pd.factorize(values, use_na_sentinel=False)[0].astype(np.int64)


def agreement_within(values: Codes, groups: Codes) -> float:
    """The agreement of pairs of rows of a group beyond that of any two rows, 1 where a group has one value."""
    chance = _pairs(values) / max(len(values) * (len(values) - 1), 1)
    pairs = _pairs(groups)
    agreement = _pairs(codes_of(pd.Series(groups * (int(values.max()) + 1) + values))) / pairs if pairs else 0.0
    return float((agreement - chance) / (1 - chance)) if chance < 1 else 0.0


def _pairs(codes: Codes) -> float:
    counts = np.bincount(codes).astype(np.float64)
    return float((counts * (counts - 1)).sum())


def _shares(values: Vector) -> Vector:
    return np.bincount(values.astype(np.int64)) / len(values)
