"""How sure the test metrics are: percentile bootstrap over the test rows (Efron and Tibshirani 1993, chapter 13)."""

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

from lockstep.data.tables import significant
from lockstep.model.fitting import RISING, Fitting
from lockstep.model.folds import Vector
from lockstep.model.metrics import SURE, Scores
from lockstep.model.saved import Predictions

DIGITS = 6
# Rows drawn at once, over all resamples: some 100 MB.
DRAWN_AT_ONCE = 2**22
# The area under the curve is counted per class and resample; of more classes it has no interval.
MOST_AREAS = 20

Samples = dict[str, npt.NDArray[np.float64]]


def resampled(
    fitting: Fitting, actual: Vector, predicted: Predictions, n_features: int, samples: int, seed: int
) -> Samples:
    """Every metric on resamples of the rows; the same seed draws the same rows, whatever is predicted.

    Args:
        fitting: Which metrics there are.
        actual: Targets, shape (rows,).
        predicted: Shape (rows,) or (rows, classes).
        n_features: Features of the model, for adjusted_r2.
        samples: How many resamples.
        seed: Seed of the draws.

    Returns:
        An array of shape (samples,) by the metric's name; NaN where it is undefined.
    """
    parts = []
    for rows in _draws(len(actual), samples, seed):
        if fitting.n_classes:
            parts.append(_of_classes(rows, actual.astype(np.int64), predicted))
        else:
            parts.append(_of_numbers(rows, fitting, actual, predicted, n_features))
    return {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}


def intervals(test: Scores, drawn: Samples, confidence: float) -> list[dict[str, Any]]:
    """metric, value, low and high of every test metric."""
    return [{"metric": metric, "value": value, **ends(drawn.get(metric), confidence)} for metric, value in test.items()]


def ends(drawn: npt.NDArray[np.float64] | None, confidence: float) -> dict[str, float | None]:
    """low and high: what lies outside is shared equally. None if most resamples leave the value undefined."""
    known = drawn[np.isfinite(drawn)] if drawn is not None else np.empty(0)
    if drawn is None or 2 * len(known) <= len(drawn):
        return {"low": None, "high": None}
    low, high = np.quantile(known, [(1 - confidence) / 2, (1 + confidence) / 2])
    return {"low": significant(float(low), DIGITS), "high": significant(float(high), DIGITS)}


def losses(fitting: Fitting, drawn: Mapping[str, npt.NDArray[np.float64]]) -> npt.NDArray[np.float64] | None:
    """The score of every resample, less is better; None where the metric was not resampled."""
    found = drawn.get(fitting.metric)
    return 1 - found if found is not None and fitting.metric in RISING else found


def _draws(n_rows: int, samples: int, seed: int) -> Iterator[npt.NDArray[np.int64]]:
    random = np.random.default_rng(seed)
    at_once = max(1, DRAWN_AT_ONCE // n_rows)
    for start in range(0, samples, at_once):
        yield random.integers(0, n_rows, size=(min(at_once, samples - start), n_rows))


def _of_numbers(
    rows: npt.NDArray[np.int64], fitting: Fitting, actual: Vector, predicted: Predictions, n_features: int
) -> Samples:
    residual, centred, n_rows = actual - predicted, actual - np.mean(actual), len(actual)
    squared = np.mean((residual**2)[rows], axis=1)
    spread = np.mean((centred**2)[rows], axis=1) - np.mean(centred[rows], axis=1) ** 2
    r2 = np.full(len(rows), np.nan)
    np.divide(squared, spread, out=r2, where=spread > 0)
    r2 = 1 - r2
    freedom = n_rows - n_features - 1
    found = {
        "rmse": np.sqrt(squared),
        "mae": np.mean(np.abs(residual)[rows], axis=1),
        "r2": r2,
        "adjusted_r2": 1 - (1 - r2) * (n_rows - 1) / freedom if freedom > 0 else np.full(len(rows), np.nan),
    }
    if fitting.metric == "pinball" and isinstance(fitting.quantile, float):
        loss = np.maximum(fitting.quantile * residual, (fitting.quantile - 1) * residual)
        found["pinball"] = np.mean(loss[rows], axis=1)
    if fitting.metric == "pseudo_huber":
        slope = fitting.huber_slope
        found["pseudo_huber"] = np.mean((slope**2 * (np.sqrt(1 + (residual / slope) ** 2) - 1))[rows], axis=1)
    return found


def _of_classes(rows: npt.NDArray[np.int64], actual: npt.NDArray[np.int64], predicted: Predictions) -> Samples:
    likely = np.clip(predicted[np.arange(len(actual)), actual], SURE, 1.0)
    found = {
        "accuracy": np.mean((np.argmax(predicted, axis=1) == actual)[rows], axis=1),
        "log_loss": -np.mean(np.log(likely)[rows], axis=1),
    }
    n_classes = predicted.shape[1]
    if n_classes <= MOST_AREAS:
        judged = range(1, 2) if n_classes == 2 else range(n_classes)
        counts = _counts(rows)
        found["auc"] = np.mean([_areas(counts, actual == number, predicted[:, number]) for number in judged], axis=0)
    return found


def _counts(rows: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
    """How often each row was drawn, shape (samples, rows)."""
    samples, n_rows = rows.shape
    places = rows + np.arange(samples)[:, np.newaxis] * n_rows
    return np.bincount(places.ravel(), minlength=samples * n_rows).reshape(samples, n_rows)


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
