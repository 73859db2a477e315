"""Confidence intervals of test metrics: percentile bootstrap over test rows (Efron and Tibshirani 1993, chapter 13).

Rows that belong together, such as the songs of an artist, carry less information than independent rows: whole groups
are drawn (the cluster bootstrap of Davison and Hinkley 1997, section 3.8).
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
# AUC is computed per class and resample; with more classes it has no interval.
MAX_AUC_CLASSES = 20

Numbers = npt.NDArray[np.float64]
Samples = dict[str, Numbers]


@dataclass(frozen=True)
class Units:
    """The units of resampling: rows, or groups of rows.

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
        ungrouped = codes < 0
        codes[ungrouped] = codes.max(initial=-1) + 1 + np.arange(ungrouped.sum())
        return cls(codes, np.bincount(codes))

    def sums(self, values: npt.NDArray[Any]) -> Numbers:
        """Sum over the rows of each unit of a value per row."""
        return np.asarray(np.bincount(self.of_row, weights=values, minlength=len(self.sizes)), dtype=np.float64)

    def means(self, draws: npt.NDArray[np.int64], sums: Mapping[str, Numbers]) -> Samples:
        """Means over the rows of drawn units from the units' sums; `draws` has the shape (samples, units)."""
        counts = self.counts(draws)
        return {name: np.sum(unit_sums[draws], axis=1) / counts for name, unit_sums in sums.items()}

    def counts(self, draws: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
        """Rows of each sample."""
        samples, n_units = draws.shape
        if n_units == len(self.of_row):  # every row is a unit
            return np.full(samples, n_units, dtype=np.int64)
        n_rows: npt.NDArray[np.int64] = np.sum(self.sizes[draws], axis=1)
        return n_rows


def resampled_metrics(
    fitting: Fitting,
    actual: Vector,
    predicted: Predictions,
    n_features: int,
    samples: int,
    seed: int,
    units: Units | None = None,
) -> Samples:
    """Every metric on resamples of the rows; the same seed draws the same rows for any predictions.

    Args:
        fitting: Defines the metrics.
        actual: Targets, shape (rows,).
        predicted: Shape (rows,) or (rows, classes).
        n_features: Features of the model, for adjusted_r2.
        samples: Number of resamples.
        seed: Seed of the draws.
        units: Units of resampling; None: rows.

    Returns:
        An array of shape (samples,) by the metric's name; NaN where it is undefined.
    """
    drawn_units = units or Units.rows(len(actual))
    if fitting.n_classes:
        metrics_on = _classification_metrics(drawn_units, actual.astype(np.int64), predicted)
    else:
        metrics_on = _regression_metrics(drawn_units, fitting, actual, predicted, n_features)
    parts = [metrics_on(draws) for draws in _draws(drawn_units, samples, seed)]
    return {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}


def intervals(test: Scores, resamples: Samples, confidence: float) -> list[dict[str, Any]]:
    """metric, value, low and high of every test metric."""
    return [
        {"metric": metric, "value": value, **interval_ends(resamples.get(metric), confidence)}
        for metric, value in test.items()
    ]


def interval_ends(values: npt.NDArray[np.float64] | None, confidence: float) -> dict[str, float | None]:
    """low and high, with equal shares of the resamples outside; None if the value is undefined on most resamples."""
    defined = values[np.isfinite(values)] if values is not None else np.empty(0)
    if values is None or 2 * len(defined) <= len(values):
        return {"low": None, "high": None}
    low, high = np.quantile(defined, [(1 - confidence) / 2, (1 + confidence) / 2])
    return {"low": significant(float(low), DIGITS), "high": significant(float(high), DIGITS)}


def losses(fitting: Fitting, resamples: Mapping[str, npt.NDArray[np.float64]]) -> npt.NDArray[np.float64] | None:
    """The score of every resample (less is better); None if the metric was not resampled."""
    scores = resamples.get(fitting.metric)
    return 1 - scores if scores is not None and fitting.metric in GREATER_IS_BETTER else scores


def _draws(units: Units, samples: int, seed: int) -> Iterator[npt.NDArray[np.int64]]:
    generator, n_units = np.random.default_rng(seed), len(units.sizes)
    batch_size = max(1, DRAWN_AT_ONCE // len(units.of_row))
    for start in range(0, samples, batch_size):
        yield generator.integers(0, n_units, size=(min(batch_size, samples - start), n_units))


def _regression_metrics(
    units: Units, fitting: Fitting, actual: Vector, predicted: Predictions, n_features: int
) -> Callable[[npt.NDArray[np.int64]], Samples]:
    """The metrics of a regression on drawn units."""
    residual, centred = actual - predicted, actual - np.mean(actual)
    values = {"squared": residual**2, "mae": np.abs(residual), "centred": centred, "spread": centred**2}
    if fitting.metric == "pinball" and isinstance(fitting.quantile, float):
        values["pinball"] = pinball_losses(residual, fitting.quantile)
    if fitting.metric == "pseudo_huber":
        values["pseudo_huber"] = pseudo_huber_losses(residual, fitting.huber_slope)
    sums = {name: units.sums(value) for name, value in values.items()}

    def metrics_on(draws: npt.NDArray[np.int64]) -> Samples:
        means = units.means(draws, sums)
        squared, spread = means.pop("squared"), means.pop("spread") - means.pop("centred") ** 2
        r2 = np.full(len(draws), np.nan)
        np.divide(squared, spread, out=r2, where=spread > 0)
        r2 = 1 - r2
        n_rows = units.counts(draws)
        freedom, per_freedom = n_rows - n_features - 1, np.full(len(draws), np.nan)
        np.divide((1 - r2) * (n_rows - 1), freedom, out=per_freedom, where=freedom > 0)
        return {"rmse": np.sqrt(squared), "r2": r2, "adjusted_r2": 1 - per_freedom, **means}

    return metrics_on


def _classification_metrics(
    units: Units, actual: npt.NDArray[np.int64], predicted: Predictions
) -> Callable[[npt.NDArray[np.int64]], Samples]:
    """The metrics of a classification on drawn units."""
    likelihood, n_classes = np.clip(predicted[np.arange(len(actual)), actual], PROBABILITY_EPS, 1.0), predicted.shape[1]
    correct = np.argmax(predicted, axis=1) == actual
    sums = {"accuracy": units.sums(correct), "log_loss": units.sums(np.log(likelihood))}
    positive_classes = range(1, 2) if n_classes == 2 else range(n_classes)

    def metrics_on(draws: npt.NDArray[np.int64]) -> Samples:
        metrics = units.means(draws, sums)
        metrics["log_loss"] = -metrics["log_loss"]
        if n_classes <= MAX_AUC_CLASSES:
            counts = _counts(draws)[:, units.of_row]
            areas = [_areas(counts, actual == number, predicted[:, number]) for number in positive_classes]
            metrics["auc"] = np.mean(areas, axis=0)
        return metrics

    return metrics_on


def _counts(draws: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
    """How often each unit was drawn, shape (samples, units)."""
    samples, n_units = draws.shape
    cells = draws + np.arange(samples)[:, np.newaxis] * n_units
    return np.bincount(cells.ravel(), minlength=samples * n_units).reshape(samples, n_units)


def _areas(
    counts: npt.NDArray[np.int64], positive: npt.NDArray[np.bool_], score: npt.NDArray[np.float64]
) -> npt.NDArray[np.float64]:
    """Area under the ROC curve of weighted rows: the share of pairs in the right order, ties count half."""
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
