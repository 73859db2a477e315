"""How sure the test metrics are: percentile bootstrap over the test rows (Efron and Tibshirani 1993, chapter 13).

Rows that hang together, as the songs of an artist, say less than as many others: their groups are drawn, each with all
its rows (the cluster bootstrap of Davison and Hinkley 1997, section 3.8).
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Self

import numpy as np
import numpy.typing as npt
import pandas as pd

from lockstep.fitting.fitting import Fitting
from lockstep.fitting.folds import Vector
from lockstep.metrics.metrics import GREATER_IS_BETTER, PROBABILITY_EPS, Scores, pinball_losses, pseudo_huber_losses
from lockstep.model.saved import Predictions
from lockstep.storage.tables import significant

DIGITS = 6
# Rows drawn at once, over all resamples: some 100 MB.
DRAWN_AT_ONCE = 2**22
# The area under the curve is counted per class and resample; of more classes it has no interval.
MOST_AREAS = 20

Numbers = npt.NDArray[np.float64]
Samples = dict[str, Numbers]


@dataclass(frozen=True)
class Units:
    """What is drawn: rows, or groups of rows.

    Attributes:
        of_row: The unit of each row, 0, 1, ...
        sizes: Rows of each unit.
    """

    of_row: npt.NDArray[np.int64]
    sizes: npt.NDArray[np.int64]

    @classmethod
    def rows(cls, count: int) -> Self:
        """Every row is a unit."""
        return cls(np.arange(count), np.ones(count, dtype=np.int64))

    @classmethod
    def of(cls, frame: pd.DataFrame, group: str | None) -> Self:
        """The groups of a column, or the rows; a row whose group is missing is a group of its own."""
        if group is None:
            return cls.rows(len(frame))
        codes = pd.factorize(frame[group])[0].astype(np.int64)
        lonely = codes < 0
        codes[lonely] = codes.max(initial=-1) + 1 + np.arange(lonely.sum())
        return cls(codes, np.bincount(codes))

    def sums(self, values: npt.NDArray[Any]) -> Numbers:
        """Sum over the rows of each unit of a value per row."""
        return np.asarray(np.bincount(self.of_row, weights=values, minlength=len(self.sizes)), dtype=np.float64)

    def means(self, drawn: npt.NDArray[np.int64], sums: Mapping[str, Numbers]) -> Samples:
        """Means over the rows of drawn units, which have the shape (samples, units), from the units' sums."""
        counts = self.counts(drawn)
        return {name: np.sum(each[drawn], axis=1) / counts for name, each in sums.items()}

    def counts(self, drawn: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
        """Rows of each sample."""
        samples, n_units = drawn.shape
        if n_units == len(self.of_row):  # every row is a unit
            return np.full(samples, n_units, dtype=np.int64)
        found: npt.NDArray[np.int64] = np.sum(self.sizes[drawn], axis=1)
        return found


def resampled_metrics(
    fitting: Fitting,
    actual: Vector,
    predicted: Predictions,
    n_features: int,
    samples: int,
    seed: int,
    units: Units | None = None,
) -> Samples:
    """Every metric on resamples of the rows; the same seed draws the same rows, whatever is predicted.

    Args:
        fitting: Which metrics there are.
        actual: Targets, shape (rows,).
        predicted: Shape (rows,) or (rows, classes).
        n_features: Features of the model, for adjusted_r2.
        samples: How many resamples.
        seed: Seed of the draws.
        units: What is drawn; None: rows.

    Returns:
        An array of shape (samples,) by the metric's name; NaN where it is undefined.
    """
    known = units or Units.rows(len(actual))
    if fitting.n_classes:
        of_draw = _of_classes(known, actual.astype(np.int64), predicted)
    else:
        of_draw = _of_numbers(known, fitting, actual, predicted, n_features)
    parts = [of_draw(drawn) for drawn in _draws(known, samples, seed)]
    return {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}


def intervals(test: Scores, drawn: Samples, confidence: float) -> list[dict[str, Any]]:
    """metric, value, low and high of every test metric."""
    return [
        {"metric": metric, "value": value, **interval_ends(drawn.get(metric), confidence)}
        for metric, value in test.items()
    ]


def interval_ends(drawn: npt.NDArray[np.float64] | None, confidence: float) -> dict[str, float | None]:
    """low and high: what lies outside is shared equally. None if most resamples leave the value undefined."""
    known = drawn[np.isfinite(drawn)] if drawn is not None else np.empty(0)
    if drawn is None or 2 * len(known) <= len(drawn):
        return {"low": None, "high": None}
    low, high = np.quantile(known, [(1 - confidence) / 2, (1 + confidence) / 2])
    return {"low": significant(float(low), DIGITS), "high": significant(float(high), DIGITS)}


def losses(fitting: Fitting, drawn: Mapping[str, npt.NDArray[np.float64]]) -> npt.NDArray[np.float64] | None:
    """The score of every resample, less is better; None where the metric was not resampled."""
    found = drawn.get(fitting.metric)
    return 1 - found if found is not None and fitting.metric in GREATER_IS_BETTER else found


def _draws(units: Units, samples: int, seed: int) -> Iterator[npt.NDArray[np.int64]]:
    random, n_units = np.random.default_rng(seed), len(units.sizes)
    at_once = max(1, DRAWN_AT_ONCE // len(units.of_row))
    for start in range(0, samples, at_once):
        yield random.integers(0, n_units, size=(min(at_once, samples - start), n_units))


def _of_numbers(
    units: Units, fitting: Fitting, actual: Vector, predicted: Predictions, n_features: int
) -> Callable[[npt.NDArray[np.int64]], Samples]:
    """The metrics of a regression on drawn units."""
    residual, centred = actual - predicted, actual - np.mean(actual)
    values = {"squared": residual**2, "mae": np.abs(residual), "centred": centred, "spread": centred**2}
    if fitting.metric == "pinball" and isinstance(fitting.quantile, float):
        values["pinball"] = pinball_losses(residual, fitting.quantile)
    if fitting.metric == "pseudo_huber":
        values["pseudo_huber"] = pseudo_huber_losses(residual, fitting.huber_slope)
    sums = {name: units.sums(each) for name, each in values.items()}

    def of_draw(drawn: npt.NDArray[np.int64]) -> Samples:
        means = units.means(drawn, sums)
        squared, spread = means.pop("squared"), means.pop("spread") - means.pop("centred") ** 2
        r2 = np.full(len(drawn), np.nan)
        np.divide(squared, spread, out=r2, where=spread > 0)
        r2 = 1 - r2
        n_rows = units.counts(drawn)
        freedom, per_freedom = n_rows - n_features - 1, np.full(len(drawn), np.nan)
        np.divide((1 - r2) * (n_rows - 1), freedom, out=per_freedom, where=freedom > 0)
        return {"rmse": np.sqrt(squared), "r2": r2, "adjusted_r2": 1 - per_freedom, **means}

    return of_draw


def _of_classes(
    units: Units, actual: npt.NDArray[np.int64], predicted: Predictions
) -> Callable[[npt.NDArray[np.int64]], Samples]:
    """The metrics of a classification on drawn units."""
    likely, n_classes = np.clip(predicted[np.arange(len(actual)), actual], PROBABILITY_EPS, 1.0), predicted.shape[1]
    right = np.argmax(predicted, axis=1) == actual
    sums = {"accuracy": units.sums(right), "log_loss": units.sums(np.log(likely))}
    judged = range(1, 2) if n_classes == 2 else range(n_classes)

    def of_draw(drawn: npt.NDArray[np.int64]) -> Samples:
        found = units.means(drawn, sums)
        found["log_loss"] = -found["log_loss"]
        if n_classes <= MOST_AREAS:
            counts = _counts(drawn)[:, units.of_row]
            areas = [_areas(counts, actual == number, predicted[:, number]) for number in judged]
            found["auc"] = np.mean(areas, axis=0)
        return found

    return of_draw


def _counts(drawn: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
    """How often each unit was drawn, shape (samples, units)."""
    samples, n_units = drawn.shape
    places = drawn + np.arange(samples)[:, np.newaxis] * n_units
    return np.bincount(places.ravel(), minlength=samples * n_units).reshape(samples, n_units)


def _areas(
    counts: npt.NDArray[np.int64], positive: npt.NDArray[np.bool_], score: npt.NDArray[np.float64]
) -> npt.NDArray[np.float64]:
    """Area under the ROC curve of rows that count several times: pairs in the right order, ties for half."""
    order = np.argsort(score, kind="stable")
    starts = np.flatnonzero(np.r_[True, np.diff(score[order]) > 0])
    positives = np.add.reduceat(counts[:, order] * positive[order], starts, axis=1)
    negatives = np.add.reduceat(counts[:, order] * ~positive[order], starts, axis=1)
    below = np.cumsum(negatives, axis=1) - negatives
    pairs = (2 * np.sum(positives * below, axis=1) + np.sum(positives * negatives, axis=1)).astype(np.float64)
    possible = (2 * positives.sum(axis=1) * negatives.sum(axis=1)).astype(np.float64)
    areas = np.full(len(counts), np.nan)
    np.divide(pairs, possible, out=areas, where=possible > 0)
    return areas
