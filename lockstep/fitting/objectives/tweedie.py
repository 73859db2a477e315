"""The loss of the Tweedie distribution."""

import numpy as np
import numpy.typing as npt

from lockstep.fitting.objective import Lowest, Objective, mean_above_zero


class Tweedie(Objective):
    """Tweedie loss of power `booster.variance_power`, logarithmic link: predicts the mean of sums that are often 0.

    A power near 1 is close to Poisson, near 2 to gamma; the target must not be negative.
    """

    target = "number"
    metric = "tweedie_deviance"
    always_measured = ("tweedie_deviance",)
    uses = ("variance_power",)
    predicts_above_zero = True
    link = "log"
    lowest = Lowest(0.0, included=True)

    @classmethod
    def xgboost_name(cls, n_classes: int) -> str:
        return "reg:tweedie"

    @classmethod
    def keeps_monotone(cls, n_classes: int) -> bool:
        return True

    @classmethod
    def base_score(
        cls, targets: npt.NDArray[np.floating], weight: npt.NDArray[np.floating] | None = None
    ) -> float | None:
        return mean_above_zero(targets, weight)
