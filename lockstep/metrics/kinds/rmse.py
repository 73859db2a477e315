"""RMSE."""

from collections.abc import Mapping

import numpy as np
import numpy.typing as npt

from lockstep.metrics.metric import MeanMetric, Numbers


class Rmse(MeanMetric):
    """Root mean squared error, in the unit of the target."""

    label = "RMSE"
    greater_is_better = False
    target = "number"
    unit = "of the target"
    bounds = (0.0, None)
    elicits = "mean"
    eval_metric = "rmse"
    typical_error = "root mean squared error"
    order = 10

    def row_values(self, actual: Numbers, predicted: Numbers) -> Mapping[str, Numbers]:
        return {"squared": (actual - predicted) ** 2}

    def of_means(self, means: Mapping[str, Numbers], n_rows: npt.NDArray[np.number]) -> Numbers:
        return np.sqrt(means["squared"])
