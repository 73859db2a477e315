"""Accuracy."""

from collections.abc import Mapping

import numpy as np
import numpy.typing as npt

from lockstep.metrics.labels import predicted_classes
from lockstep.metrics.metric import MeanMetric, Numbers


class Accuracy(MeanMetric):
    """Share of rows whose predicted class is the actual one.

    It changes in steps, too coarse for early stopping, which therefore follows the objective's own metric.
    """

    label = "accuracy"
    greater_is_better = True
    target = "classes"
    bounds = (0.0, 1.0)
    tile = 1
    needs_classes = True
    order = 10
    fold_order = 20

    def row_values(self, actual: Numbers, predicted: Numbers) -> Mapping[str, Numbers]:
        return {"correct": (predicted_classes(predicted, self.settings.threshold) == actual).astype(np.float64)}

    def of_means(self, means: Mapping[str, Numbers], n_rows: npt.NDArray[np.number]) -> Numbers:
        return means["correct"]
