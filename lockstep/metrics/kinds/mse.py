"""MSE of the folds."""

from collections.abc import Mapping

import numpy as np
import numpy.typing as npt

from lockstep.metrics.metric import DIGITS, MeanMetric, Numbers
from lockstep.storage.tables import significant


class Mse(MeanMetric):
    """Mean squared error, in the squared unit of the target: the square of RMSE as it is written."""

    label = "MSE"
    greater_is_better = False
    target = "number"
    unit = "of the target, squared"
    bounds = (0.0, None)
    elicits = "mean"
    in_results = False
    order = 15

    def row_values(self, actual: Numbers, predicted: Numbers) -> Mapping[str, Numbers]:
        return {"squared": (actual - predicted) ** 2}

    def of_means(self, means: Mapping[str, Numbers], n_rows: npt.NDArray[np.number]) -> Numbers:
        return np.array([significant(float(root), DIGITS) ** 2 for root in np.sqrt(means["squared"])])
