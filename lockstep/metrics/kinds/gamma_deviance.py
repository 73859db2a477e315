"""The deviance of the gamma distribution."""

from collections.abc import Mapping

import numpy as np
import numpy.typing as npt

from lockstep.metrics.metric import MeanMetric, Numbers, steady


class GammaDeviance(MeanMetric):
    """Mean gamma deviance 2 (log(p / y) + y / p - 1) (McCullagh and Nelder 1989): errors relative to the prediction."""

    label = "gamma deviance"
    greater_is_better = False
    target = "number"
    bounds = (0.0, None)
    elicits = "mean"
    eval_metric = "gamma-deviance"
    only_if_chosen = True
    undefined_where = "a target or a prediction is not above 0"
    order = 71

    def row_values(self, actual: Numbers, predicted: Numbers) -> Mapping[str, Numbers]:
        defined = (actual > 0) & (predicted > 0)
        ratio = np.where(defined, actual, 1.0) / np.where(defined, predicted, 1.0)
        deviance = 2 * (ratio - 1 - steady(np.log(ratio)))
        return {"deviance": np.where(defined, np.maximum(deviance, 0.0), np.nan)}

    def of_means(self, means: Mapping[str, Numbers], n_rows: npt.NDArray[np.number]) -> Numbers:
        return means["deviance"]
