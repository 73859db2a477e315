"""RMSLE."""

from collections.abc import Mapping

import numpy as np
import numpy.typing as npt

from lockstep.metrics.metric import MeanMetric, Numbers, steady


class Rmsle(MeanMetric):
    """Root mean squared error of log(1 + value): the same for an error by the same factor, high or low."""

    label = "RMSLE"
    greater_is_better = False
    target = "number"
    bounds = (0.0, None)
    eval_metric = "rmsle"
    only_if_chosen = True
    undefined_where = "a target or a prediction is -1 or less, which has no logarithm"
    order = 73

    def row_values(self, actual: Numbers, predicted: Numbers) -> Mapping[str, Numbers]:
        defined = (actual > -1) & (predicted > -1)
        ratio = (1 + np.where(defined, actual, 0.0)) / (1 + np.where(defined, predicted, 0.0))
        return {"squared": np.where(defined, steady(np.log(ratio)) ** 2, np.nan)}

    def of_means(self, means: Mapping[str, Numbers], n_rows: npt.NDArray[np.number]) -> Numbers:
        return np.sqrt(means["squared"])
