"""Matthews correlation coefficient."""

import math

import numpy as np

from lockstep.metrics.confusion import ConfusionMetric
from lockstep.metrics.metric import Numbers


class Mcc(ConfusionMetric):
    """Matthews correlation coefficient of classes and predicted classes (Gorodkin 2004 for more than two).

    0 where every row is predicted as one class; undefined where all rows are of one class.
    """

    label = "MCC"
    greater_is_better = True
    target = "classes"
    bounds = (-1.0, 1.0)
    only_if_chosen = True
    order = 80

    def of_confusion(self, matrix: Numbers) -> float | None:
        total, right = float(matrix.sum()), float(np.trace(matrix))
        predicted, actual = matrix.sum(axis=0), matrix.sum(axis=1)
        spread_predicted = total**2 - float(np.sum(predicted**2))
        spread_actual = total**2 - float(np.sum(actual**2))
        if spread_actual <= 0:
            return None
        if spread_predicted <= 0:
            return 0.0
        covariance = right * total - float(np.sum(predicted * actual))
        # Rounding may lead beyond the bounds.
        return min(1.0, max(-1.0, covariance / (math.sqrt(spread_predicted) * math.sqrt(spread_actual))))
