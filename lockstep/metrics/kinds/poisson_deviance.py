"""The deviance of the Poisson distribution."""

from collections.abc import Mapping

import numpy as np
import numpy.typing as npt

from lockstep.metrics.metric import MeanMetric, Numbers, steady


class PoissonDeviance(MeanMetric):
    """Mean Poisson deviance 2 (y log(y / p) - y + p) (McCullagh and Nelder 1989), for counts and rates."""

    label = "Poisson deviance"
    greater_is_better = False
    target = "number"
    bounds = (0.0, None)
    elicits = "mean"
    eval_metric = "poisson-nloglik"
    only_if_chosen = True
    undefined_where = "a target is negative, or a prediction is not above 0"
    order = 70

    def row_values(self, actual: Numbers, predicted: Numbers) -> Mapping[str, Numbers]:
        defined = (actual >= 0) & (predicted > 0)
        y, p = np.where(defined, actual, 1.0), np.where(defined, predicted, 1.0)
        # The limit of y log(y) at 0 is 0.
        deviance = 2 * (y * steady(np.log(np.where(y > 0, y, 1.0) / p)) - y + p)
        deviance[y == 0] = 2 * p[y == 0]
        return {"deviance": np.where(defined, np.maximum(deviance, 0.0), np.nan)}

    def of_means(self, means: Mapping[str, Numbers], n_rows: npt.NDArray[np.number]) -> Numbers:
        return means["deviance"]
