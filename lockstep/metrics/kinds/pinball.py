"""The pinball loss."""

from collections.abc import Mapping

import numpy as np
import numpy.typing as npt

from lockstep.metrics.metric import MeanMetric, Numbers


class Pinball(MeanMetric):
    """Mean pinball loss of a predicted quantile (Koenker and Bassett 1978), in the unit of the target."""

    label = "pinball"
    greater_is_better = False
    target = "number"
    unit = "of the target"
    bounds = (0.0, None)
    elicits = "quantile"
    eval_metric = "quantile"
    uses = ("quantile",)
    only_if_chosen = True
    order = 50

    def row_values(self, actual: Numbers, predicted: Numbers) -> Mapping[str, Numbers]:
        residual, quantile = actual - predicted, self.settings.quantile
        return {"loss": np.maximum(quantile * residual, (quantile - 1) * residual)}

    def of_means(self, means: Mapping[str, Numbers], n_rows: npt.NDArray[np.number]) -> Numbers:
        return means["loss"]
