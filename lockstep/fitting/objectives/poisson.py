"""The loss of the Poisson distribution."""

import numpy as np
import numpy.typing as npt

from lockstep.fitting.objective import Lowest, Objective, mean_above_zero


class Poisson(Objective):
    """Poisson loss with a logarithmic link: predicts the mean of a count or a rate; the target must not be negative."""

    target = "number"
    metric = "poisson_deviance"
    always_measured = ("poisson_deviance",)
    predicts_above_zero = True
    link = "log"
    lowest = Lowest(0.0, included=True)

    @classmethod
    def xgboost_name(cls, n_classes: int) -> str:
        return "count:poisson"

    @classmethod
    def keeps_monotone(cls, n_classes: int) -> bool:
        return True

    @classmethod
    def base_score(
        cls, targets: npt.NDArray[np.floating], weight: npt.NDArray[np.floating] | None = None
    ) -> float | None:
        return mean_above_zero(targets, weight)
