"""The deviance of the Tweedie distribution."""

from collections.abc import Mapping

import numpy as np
import numpy.typing as npt

from lockstep.metrics.metric import MeanMetric, Numbers, steady


class TweedieDeviance(MeanMetric):
    """Mean Tweedie deviance of power `booster.variance_power` (Jørgensen 1987), for sums that are often 0.

    2 (y^(2 - power) / ((1 - power) (2 - power)) - y p^(1 - power) / (1 - power) + p^(2 - power) / (2 - power)).
    """

    label = "Tweedie deviance"
    greater_is_better = False
    target = "number"
    bounds = (0.0, None)
    elicits = "mean"
    eval_metric = "tweedie-nloglik@{variance_power}"
    uses = ("variance_power",)
    only_if_chosen = True
    undefined_where = "a target is negative, or a prediction is not above 0"
    order = 72

    def row_values(self, actual: Numbers, predicted: Numbers) -> Mapping[str, Numbers]:
        power = self.settings.variance_power
        defined = (actual >= 0) & (predicted > 0)
        y, p = np.where(defined, actual, 1.0), np.where(defined, predicted, 1.0)
        deviance = 2 * (
            steady(y ** (2 - power)) / ((1 - power) * (2 - power))
            - y * steady(p ** (1 - power)) / (1 - power)
            + steady(p ** (2 - power)) / (2 - power)
        )
        return {"deviance": np.where(defined, np.maximum(deviance, 0.0), np.nan)}

    def of_means(self, means: Mapping[str, Numbers], n_rows: npt.NDArray[np.number]) -> Numbers:
        return means["deviance"]
