"""MAPE."""

from collections.abc import Mapping

import numpy as np
import numpy.typing as npt

from lockstep.metrics.metric import MeanMetric, Numbers


class Mape(MeanMetric):
    """Mean absolute percentage error as a ratio, |y - p| / |y|: 0.1 is 10%; undefined where a target is 0."""

    label = "MAPE"
    greater_is_better = False
    target = "number"
    bounds = (0.0, None)
    eval_metric = "mape"
    only_if_chosen = True
    undefined_where = "a target is 0, by which the error is divided"
    order = 74

    def row_values(self, actual: Numbers, predicted: Numbers) -> Mapping[str, Numbers]:
        defined = actual != 0
        relative = np.abs(actual - predicted) / np.where(defined, np.abs(actual), 1.0)
        return {"relative": np.where(defined, relative, np.nan)}

    def of_means(self, means: Mapping[str, Numbers], n_rows: npt.NDArray[np.number]) -> Numbers:
        return means["relative"]
