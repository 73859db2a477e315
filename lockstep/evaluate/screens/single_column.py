"""How well one column alone tells the target: a column that is unknown at prediction time usually tells too well."""

from bisect import bisect_right
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from lockstep.table.filler import as_floats

Vector = npt.NDArray[np.float64]
Codes = npt.NDArray[np.intp]

SPEARMAN = EXPLAINED = 0.99
AUC = 0.995
# An outcome tells the class in this share of the rows, and at least this share of what the most frequent class leaves.
OUTCOME, OUTCOME_GAIN = 0.99, 0.75
# With fewer rows per value, chance explains the target.
ROWS_PER_VALUE, MIN_ROWS = 5, 20
BINS = 50
# With fewer rows the groups of an honest column may lie apart by luck.
MIN_BINNED = 60
# Of the rows outside the largest group, the share whose target lies where only its group's does.
APART = 0.99


@dataclass(frozen=True)
class Measure:
    """How well a column tells the target.

    Attributes:
        figure: The share that it tells, 1 for all.
        limit: Above this it is too good to be true.
        text: The figure in words, as the predicate of the column.
        accuracy: The share of the rows whose class it tells.
    """

    figure: float
    limit: float
    text: str
    accuracy: float = 0.0

    @property
    def too_good(self) -> bool:
        """Whether the column is suspicious."""
        return self.figure > self.limit

    @property
    def is_outcome(self) -> bool:
        """Whether the column tells nearly every class, as an outcome does that is known with the target."""
        return self.accuracy >= OUTCOME and self.figure >= OUTCOME_GAIN


def is_quantity(values: pd.Series) -> bool:
    """Whether the values have an order: numbers, booleans or dates."""
    return bool(pd.api.types.is_numeric_dtype(values) or pd.api.types.is_datetime64_any_dtype(values))


def number_measures(values: pd.Series, target: pd.Series) -> list[Measure]:
    """The rank correlation with a number, and the share of the variance of its ranks that the values explain.

    Args:
        values: The column, shape (rows,).
        target: The target of the same rows; rows without one are left out.
    """
    present = (values.notna() & target.notna()).to_numpy()
    if present.sum() < MIN_ROWS:
        return []
    y = _ranks(target[present])
    measures = []
    if is_quantity(values):
        correlation = _correlation(_ranks(pd.Series(as_floats(values[present]))), y)
        measures.append(Measure(abs(correlation), SPEARMAN, f"Spearman {correlation:+.3f} with the target"))
    codes, distinct = pd.factorize(values[present])
    if len(distinct) <= present.sum() / ROWS_PER_VALUE:
        means = np.bincount(codes, weights=y) / np.bincount(codes)
        explained = float(np.var(means[codes]) / np.var(y)) if np.var(y) > 0 else 0.0
        measures.append(Measure(explained, EXPLAINED, f"its values explain {100 * explained:.1f}% of the target"))
    return measures


def bins_of(values: pd.Series, target: pd.Series) -> int:
    """The number of values of a column that cut a number into bins; 0 if their targets overlap.

    The values of `level`, low, medium and high, do not overlap in the target if every low row has a smaller target than
    every medium one. A hundredth of the rows outside the largest group may lie elsewhere.

    Args:
        values: The column, shape (rows,).
        target: The target of the same rows; rows without one are left out.
    """
    present = (values.notna() & target.notna()).to_numpy()
    codes, distinct = pd.factorize(values[present])
    n_rows, n_values = len(codes), len(distinct)
    if n_rows < MIN_BINNED or not 2 <= n_values <= n_rows / ROWS_PER_VALUE:
        return 0
    y = _ranks(target[present])
    counts = np.bincount(codes)
    if np.sort(counts)[-2] < ROWS_PER_VALUE:
        return 0
    place = np.argsort(np.argsort(np.bincount(codes, weights=y) / counts, kind="stable"), kind="stable")
    # Groups that share a target overlap: of equal targets the later groups come first.
    apart = _longest_ascent(place[codes][np.lexsort((-place[codes], y))])
    others = n_rows - int(counts.max())
    return n_values if apart - counts.max() >= APART * others else 0


def class_measures(values: pd.Series, target: pd.Series) -> list[Measure]:
    """AUC for two classes, and the gain in accuracy of predicting the most frequent class per value.

    Args:
        values: The column, shape (rows,).
        target: The class of the same rows; rows without one are left out.
    """
    present = target.notna().to_numpy()
    y, names = pd.factorize(target[present], sort=True)
    known, measures = values[present].reset_index(drop=True), list[Measure]()
    if present.sum() < MIN_ROWS or known.notna().sum() == 0:
        return []
    if is_quantity(values):
        numbers = pd.Series(as_floats(known))
        if len(names) == 2:
            area = auc(numbers, y)
            measures.append(Measure(max(area, 1 - area), AUC, f"AUC {area:.3f} alone"))
        bins = min(BINS, int(present.sum()) // (2 * ROWS_PER_VALUE))
        known = numbers if numbers.nunique() <= bins else pd.qcut(numbers, bins, labels=False, duplicates="drop")
    for groups, prefix in ((known, ""), (known.isna(), "having a value ")):
        codes, distinct = pd.factorize(groups, use_na_sentinel=False)
        if 1 < len(distinct) <= present.sum() / ROWS_PER_VALUE:
            measures.append(_gain(codes, y, prefix))
    return measures


def auc(numbers: pd.Series, y: Codes) -> float:
    """Area under the ROC curve of a column for the second of two classes; 0.5 where too few rows have a value."""
    present = numbers.notna().to_numpy()
    ranks, second = numbers[present].rank().to_numpy(), y[present] == 1
    n_second, n_first = int(second.sum()), int((~second).sum())
    if min(n_first, n_second) == 0 or len(ranks) < MIN_ROWS:
        return 0.5
    return float((ranks[second].sum() - n_second * (n_second + 1) / 2) / (n_first * n_second))


def _gain(codes: Codes, y: Codes, prefix: str) -> Measure:
    """The gain in accuracy of predicting each group's most frequent class over that of all rows."""
    table = np.zeros((codes.max() + 1, y.max() + 1))
    np.add.at(table, (codes, y), 1)
    accuracy, baseline = table.max(axis=1).sum() / len(y), table.sum(axis=0).max() / len(y)
    text = f"{prefix}tells the class in {100 * accuracy:.1f}% of the rows, against {100 * baseline:.1f}% without it"
    gain = float((accuracy - baseline) / (1 - baseline)) if baseline < 1 else 0.0
    return Measure(gain, EXPLAINED, text, float(accuracy))


def _longest_ascent(places: npt.NDArray[np.int64]) -> int:
    """The length of the longest subsequence that never falls: the rows that need not be taken out to order them."""
    tails = list[int]()
    for place in places.tolist():
        position = bisect_right(tails, place)
        tails[position : position + 1] = [place]
    return len(tails)


def _ranks(values: pd.Series) -> Vector:
    return np.asarray(values.rank(), dtype=np.float64)


def _correlation(a: Vector, b: Vector) -> float:
    a, b = a - a.mean(), b - b.mean()
    size = float(np.sqrt((a @ a) * (b @ b)))
    return float(a @ b) / size if size else 0.0
