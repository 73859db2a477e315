"""MAE."""

from collections.abc import Mapping

import numpy as np
import numpy.typing as npt

from lockstep.metrics.metric import MeanMetric, Numbers


class Mae(MeanMetric):
    """Mean absolute error, in the unit of the target."""

    label = "MAE"
    greater_is_better = False
    target = "number"
    unit = "of the target"
    bounds = (0.0, None)
    elicits = "median"
    eval_metric = "mae"
    typical_error = "mean absolute error"
    tile = 4
    order = 20

    def row_values(self, actual: Numbers, predicted: Numbers) -> Mapping[str, Numbers]:
        return {"absolute": np.abs(actual - predicted)}

    def of_means(self, means: Mapping[str, Numbers], n_rows: npt.NDArray[np.number]) -> Numbers:
        return means["absolute"]
