"""The pseudo-Huber loss."""

from collections.abc import Mapping

import numpy as np
import numpy.typing as npt

from lockstep.metrics.metric import MeanMetric, Numbers


class PseudoHuberLoss(MeanMetric):
    """Mean pseudo-Huber loss slope² (sqrt(1 + (residual / slope)²) - 1), as XGBoost's mphe."""

    label = "pseudo-Huber"
    greater_is_better = False
    target = "number"
    bounds = (0.0, None)
    eval_metric = "mphe"
    uses = ("huber_slope",)
    only_if_chosen = True
    order = 60

    def row_values(self, actual: Numbers, predicted: Numbers) -> Mapping[str, Numbers]:
        residual, slope = actual - predicted, self.settings.huber_slope
        # Computing the root minus 1 would lose digits where the slope is large.
        return {"loss": residual**2 / (np.sqrt(1 + (residual / slope) ** 2) + 1)}

    def of_means(self, means: Mapping[str, Numbers], n_rows: npt.NDArray[np.number]) -> Numbers:
        return means["loss"]
