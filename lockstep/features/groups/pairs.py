"""Ratios, differences and products of pairs of numbers."""

import itertools
from collections.abc import Iterator

import numpy as np

from lockstep.features.arrays import Numbers, numbers
from lockstep.features.group import FeatureGroup, StepSettings, TrainingRows
from lockstep.table.timeline import Rows

# Columns whose pairs are screened, pairs that are kept, and rows that screen.
MAX_COLUMNS, MAX_PAIRS, MAX_ROWS = 12, 6, 10_000
# Equal parts of a feature's values, whose mean residuals say what it explains.
BINS = 16
# Results of numbers within these limits are far from those of single precision.
SMALLEST, LARGEST = 1e-12, 1e12


class Pairs(FeatureGroup):
    """Ratios, differences and products of two numbers that explain most of what a small model leaves unexplained."""

    made_of = ("number",)

    @classmethod
    def steps(cls, rows: TrainingRows) -> list[StepSettings]:
        columns = [column for column in rows.numbers() if rows.largest(column) < LARGEST]
        columns = rows.by_importance(columns, MAX_COLUMNS)
        known = np.flatnonzero(~np.isnan(rows.residuals).any(axis=1))
        if len(known) > MAX_ROWS:
            known = known[:: -(-len(known) // MAX_ROWS)]
        values = {column: numbers(rows.frame.iloc[known], column) for column in columns}
        made = [(step, bins_of(feature)) for step, feature in _made(values)]
        residuals = rows.residuals[known]
        chosen = list[StepSettings]()
        while made and len(chosen) < MAX_PAIRS:
            explained = [_explained(bins, residuals) for _, bins in made]
            best = int(np.argmax(explained))
            if explained[best] <= 0:
                break
            step, bins = made.pop(best)
            chosen.append(step)
            residuals = residuals - _means(bins, residuals)[bins]
        return chosen


def _made(values: dict[str, Numbers]) -> Iterator[tuple[StepSettings, Numbers]]:
    """Every feature of two columns with its values; a ratio in both directions, as neither orders the rows alike."""
    for first, second in itertools.combinations(values, 2):
        one, two = values[first], values[second]
        for above, below, top, bottom in ((first, second, one, two), (second, first, two, one)):
            smallest = np.min(np.abs(bottom), where=np.isfinite(bottom) & (bottom != 0), initial=np.inf)
            if smallest > SMALLEST:
                quotient = np.divide(top, bottom, out=np.full(len(top), np.nan), where=bottom != 0)
                name = f"{above}_per_{below}"
                yield {"step": "ratio", "name": name, "numerator": above, "denominator": below}, quotient
        for operation, word, result in (("difference", "minus", one - two), ("product", "times", one * two)):
            yield (
                {
                    "step": "interaction",
                    "name": f"{first}_{word}_{second}",
                    "operation": operation,
                    "columns": [first, second],
                },
                result,
            )


def bins_of(feature: Numbers) -> Rows:
    """The part of each value when they are divided into BINS equal parts; missing values are a part of their own."""
    missing = np.isnan(feature)
    if missing.all():
        return np.full(len(feature), BINS, dtype=np.int64)
    edges = np.unique(np.nanquantile(feature, np.arange(1, BINS) / BINS))
    return np.where(missing, BINS, np.searchsorted(edges, feature, side="right")).astype(np.int64)


def _explained(bins: Rows, residuals: Numbers) -> float:
    """The squared residuals that the parts' means explain, less what as many parts explain by chance."""
    means = _means(bins, residuals)
    counts = np.bincount(bins, minlength=BINS + 1)[:, np.newaxis]
    explained = float((counts * means**2).sum())
    by_chance = np.count_nonzero(counts) / max(len(bins), 1) * float((residuals**2).sum())
    return explained - by_chance


def _means(bins: Rows, residuals: Numbers) -> Numbers:
    counts = np.maximum(np.bincount(bins, minlength=BINS + 1), 1)
    sums = [np.bincount(bins, weights=column, minlength=BINS + 1) for column in residuals.T]
    return np.column_stack(sums) / counts[:, np.newaxis]
