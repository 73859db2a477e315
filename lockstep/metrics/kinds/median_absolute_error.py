"""The median absolute error."""

import numpy as np

from lockstep.metrics.metric import Counts, Metric, Numbers


class MedianAbsoluteError(Metric):
    """Median absolute error, in the unit of the target: half of the rows are predicted better."""

    label = "median absolute error"
    greater_is_better = False
    target = "number"
    unit = "of the target"
    bounds = (0.0, None)
    eval_metric = "mae"
    only_if_chosen = True
    typical_error = "median absolute error"
    order = 76

    def value(self, actual: Numbers, predicted: Numbers, weight: Numbers | None = None) -> float | None:
        weights = np.ones(len(actual)) if weight is None else weight
        value = float(_medians(np.abs(actual - predicted), weights[np.newaxis])[0])
        return value if np.isfinite(value) else None

    def resampled(self, actual: Numbers, predicted: Numbers, counts: Counts) -> Numbers | None:
        return _medians(np.abs(actual - predicted), counts)


def _medians(values: Numbers, weights: Numbers | Counts) -> Numbers:
    """Weighted medians: the mean of the two middle values where half of the weight lies on either side.

    Args:
        values: Shape (rows,).
        weights: Shape (samples, rows).
    """
    order = np.argsort(values, kind="stable")
    ordered, below = values[order], np.cumsum(weights[:, order], axis=1)
    half = below[:, -1:] / 2
    low, high = (below >= half).argmax(axis=1), (below > half).argmax(axis=1)
    medians: Numbers = (ordered[low] + ordered[high]) / 2
    return medians
