"""sMAPE."""

from collections.abc import Mapping

import numpy as np
import numpy.typing as npt

from lockstep.metrics.metric import MeanMetric, Numbers


class Smape(MeanMetric):
    """Symmetric mean absolute percentage error 2 |y - p| / (|y| + |p|) (Makridakis 1993); a row of 0 and 0 counts 0."""

    label = "sMAPE"
    greater_is_better = False
    target = "number"
    bounds = (0.0, 2.0)
    only_if_chosen = True
    order = 75

    def row_values(self, actual: Numbers, predicted: Numbers) -> Mapping[str, Numbers]:
        size = np.abs(actual) + np.abs(predicted)
        return {"relative": 2 * np.abs(actual - predicted) / np.where(size > 0, size, 1.0)}

    def of_means(self, means: Mapping[str, Numbers], n_rows: npt.NDArray[np.number]) -> Numbers:
        return means["relative"]
