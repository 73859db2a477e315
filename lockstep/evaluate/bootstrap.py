"""Confidence intervals of test metrics: percentile bootstrap over test rows (Efron and Tibshirani 1993, chapter 13).

Rows that belong together, such as the songs of an artist, carry less information than independent rows: whole groups
are drawn (the cluster bootstrap of Davison and Hinkley 1997, section 3.8).
"""

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Self, TypeGuard

import numpy as np
import numpy.typing as npt
import pandas as pd

from lockstep.fitting.fitting import Fitting
from lockstep.fitting.folds import Vector
from lockstep.metrics.measure import mistakes_of, resampled
from lockstep.metrics.metric import MeanMetric, Metric, Numbers, Scores
from lockstep.model.saved import Predictions
from lockstep.storage.tables import significant

DIGITS = 6
# Rows drawn at once, over all resamples: some 100 MB.
DRAWN_AT_ONCE = 2**22

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
    return _resampled(fitting.metrics(n_features), actual, predicted, samples, seed, units)


def resampled_scores(
    fitting: Fitting, actual: Vector, predicted: Predictions, samples: int, seed: int, units: Units | None = None
) -> Numbers | None:
    """The score (less is better) on the resamples of `resampled_metrics`; None if its metric has no intervals."""
    return losses(fitting, _resampled([fitting.scoring_metric()], actual, predicted, samples, seed, units))


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
    return None if scores is None else fitting.metric_class.loss(scores)


def _resampled(
    metrics: Sequence[Metric],
    actual: Vector,
    predicted: Predictions,
    samples: int,
    seed: int,
    units: Units | None,
) -> Samples:
    drawn_units, y = units or Units.rows(len(actual)), actual.astype(np.float64)
    by_means = _MeanResampler(drawn_units, [metric for metric in metrics if _is_of_means(metric)], y, predicted)
    others = [metric for metric in metrics if not _is_of_means(metric)]
    parts = list[Samples]()
    for draws in _draws(drawn_units, samples, seed):
        part = by_means(draws)
        if others:
            counts = _counts(draws)[:, drawn_units.of_row]
            values = {metric.kind_name(): resampled(metric, y, predicted, counts) for metric in others}
            part |= {name: metric_values for name, metric_values in values.items() if metric_values is not None}
        parts.append(part)
    return {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}


def _is_of_means(metric: Metric) -> TypeGuard[MeanMetric]:
    """Whether sums over the rows of each unit are enough to resample a metric."""
    return isinstance(metric, MeanMetric) and type(metric).resampled is MeanMetric.resampled


def _draws(units: Units, samples: int, seed: int) -> Iterator[npt.NDArray[np.int64]]:
    generator, n_units = np.random.default_rng(seed), len(units.sizes)
    batch_size = max(1, DRAWN_AT_ONCE // len(units.of_row))
    for start in range(0, samples, batch_size):
        yield generator.integers(0, n_units, size=(min(batch_size, samples - start), n_units))


class _MeanResampler:
    """Resamples metrics that are functions of means, from the sums of their values over the rows of each unit.

    Args:
        units: Units of resampling.
        metrics: The metrics.
        actual: Targets.
        predicted: Predictions.
    """

    def __init__(self, units: Units, metrics: Sequence[MeanMetric], actual: Numbers, predicted: Predictions) -> None:
        self._units, self._metrics = units, metrics
        # Metrics share values, such as squared errors: each is summed once.
        self._sums = dict[str, Numbers]()
        self._keys = list[dict[str, str]]()
        for metric in metrics:
            with mistakes_of(metric):
                sums = {name: units.sums(values) for name, values in metric.row_values(actual, predicted).items()}
            keys = {name: hashlib.sha256(values.tobytes()).hexdigest() for name, values in sums.items()}
            self._keys.append(keys)
            self._sums |= {keys[name]: values for name, values in sums.items()}

    def __call__(self, draws: npt.NDArray[np.int64]) -> Samples:
        """The metrics on drawn units, shape (samples, units)."""
        means, n_rows = self._units.means(draws, self._sums), self._units.counts(draws)
        samples = Samples()
        for metric, keys in zip(self._metrics, self._keys, strict=True):
            with mistakes_of(metric):
                values = metric.of_means({name: means[key] for name, key in keys.items()}, n_rows)
                if np.shape(values) != n_rows.shape:
                    raise TypeError(f"of_means returned values of shape {np.shape(values)}, not {n_rows.shape}")
                samples[metric.kind_name()] = values
        return samples


def _counts(draws: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
    """How often each unit was drawn, shape (samples, units)."""
    samples, n_units = draws.shape
    cells = draws + np.arange(samples)[:, np.newaxis] * n_units
    return np.bincount(cells.ravel(), minlength=samples * n_units).reshape(samples, n_units)
