"""By how much each unit of test rows moves a metric."""

from typing import TypeGuard

import numpy as np

from lockstep.evaluate.units import Clustering
from lockstep.metrics.measure import mistakes_of, resampled
from lockstep.metrics.metric import MeanMetric, Metric, Numbers
from lockstep.model.trained import Predictions

# Units of a metric that is no function of means: it is computed twice for each of them but one.
MOST_UNITS = 64
# How far a weight is moved: nearly all of it, so that a median moves past many rows, and none vanishes.
STEP = 0.9
# Weights at once, over all sets of them: some 30 MB.
WEIGHTS_AT_ONCE = 2**22


def units_of(metric: Metric, units: Clustering) -> Clustering:
    """The units whose influence on a metric can be computed: all on a function of means, on others at most a few."""
    return units if _is_of_means(metric) else units.merged(MOST_UNITS)


def influence(metric: Metric, actual: Numbers, predicted: Predictions, units: Clustering) -> Numbers | None:
    """The influence of every unit on a metric: their mean has the metric's error, to first order.

    Of a function of means these are jackknife values, (units - 1) times what the metric loses when the unit is left out
    (Efron and Tibshirani 1993, chapter 11), less their mean. Of other metrics the weights of the units are moved along
    cosines, whose orthogonality gives each unit's influence: leaving out one unit at a time does not measure the
    variation of medians and ranks (Efron and Tibshirani 1993, section 11.6).

    Returns:
        Shape (units,), in the unit of the metric; None if the metric gets no interval, or is undefined without a unit.
    """
    if units.count < 2:
        return np.zeros(units.count)
    if _is_of_means(metric):
        values = _jackknife(metric, actual, predicted, units)
    else:
        values = _by_cosines(metric, actual, predicted, units)
    return None if values is None or not np.isfinite(values).all() else values - values.mean()


def _is_of_means(metric: Metric) -> TypeGuard[MeanMetric]:
    return isinstance(metric, MeanMetric) and type(metric).resampled is MeanMetric.resampled


def _jackknife(metric: MeanMetric, actual: Numbers, predicted: Predictions, units: Clustering) -> Numbers | None:
    with mistakes_of(metric):
        sums = {name: units.sums(values) for name, values in metric.row_values(actual, predicted).items()}
        sizes = units.sizes
        others = sizes.sum() - sizes
        if not (others > 0).all():
            return None
        without = metric.of_means({name: (each.sum() - each) / others for name, each in sums.items()}, others)
        if np.shape(without) != others.shape:
            raise TypeError(f"of_means returned values of shape {np.shape(without)}, not {others.shape}")
    return np.asarray(-(len(sizes) - 1) * (without - without.mean()))


def _by_cosines(metric: Metric, actual: Numbers, predicted: Predictions, units: Clustering) -> Numbers | None:
    """With the cosines c_j of the count K of units: their sum over j of the derivative along c_j times c_j."""
    count, weight = units.count, 1.0 if units.weight is None else units.weight
    frequencies = np.arange(1, count)[:, np.newaxis]
    cosines = np.cos(np.pi * frequencies * (np.arange(count) + 0.5) / count)
    slopes = list[Numbers]()
    at_once = max(1, WEIGHTS_AT_ONCE // len(actual))
    for start in range(0, count - 1, at_once):
        moves = STEP * cosines[start : start + at_once, units.of_row]
        up = resampled(metric, actual, predicted, (1 + moves) * weight)
        down = resampled(metric, actual, predicted, (1 - moves) * weight)
        if up is None or down is None:
            return None
        slopes.append((up - down) / (2 * STEP))
    return np.asarray(2 * np.sum(np.concatenate(slopes)[:, np.newaxis] * cosines, axis=0))
