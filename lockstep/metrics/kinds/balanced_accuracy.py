"""Balanced accuracy."""

import numpy as np

from lockstep.metrics.confusion import ConfusionMetric
from lockstep.metrics.metric import Numbers


class BalancedAccuracy(ConfusionMetric):
    """Mean recall over the classes that have rows, so that a rare class counts as much as a frequent one."""

    label = "balanced accuracy"
    greater_is_better = True
    target = "classes"
    bounds = (0.0, 1.0)
    only_if_chosen = True
    order = 15

    def of_confusion(self, matrix: Numbers) -> float | None:
        actual = matrix.sum(axis=1)
        present = actual > 0
        return float(np.mean(np.diagonal(matrix)[present] / actual[present]))
