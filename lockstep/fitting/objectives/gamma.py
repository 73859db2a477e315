"""The loss of the gamma distribution."""

import numpy as np
import numpy.typing as npt

from lockstep.fitting.objective import Lowest, Objective, mean_above_zero


class Gamma(Objective):
    """Gamma loss with a logarithmic link: predicts the mean, errors as ratios; the target must be above 0."""

    target = "number"
    metric = "gamma_deviance"
    always_measured = ("gamma_deviance",)
    predicts_above_zero = True
    link = "log"
    lowest = Lowest(0.0, included=False)

    @classmethod
    def xgboost_name(cls, n_classes: int) -> str:
        return "reg:gamma"

    @classmethod
    def keeps_monotone(cls, n_classes: int) -> bool:
        return True

    @classmethod
    def base_score(
        cls, targets: npt.NDArray[np.floating], weight: npt.NDArray[np.floating] | None = None
    ) -> float | None:
        return mean_above_zero(targets, weight)
