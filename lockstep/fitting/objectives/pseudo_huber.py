"""The pseudo-Huber loss."""

import numpy as np
import numpy.typing as npt

from lockstep.fitting.objective import Objective
from lockstep.fitting.weighting import median


class PseudoHuber(Objective):
    """Pseudo-Huber loss: squared error up to residuals of about `booster.huber_slope`, absolute error beyond."""

    target = "number"
    metric = "pseudo_huber"
    uses = ("huber_slope",)

    @classmethod
    def xgboost_name(cls, n_classes: int) -> str:
        return "reg:pseudohubererror"

    @classmethod
    def keeps_monotone(cls, n_classes: int) -> bool:
        return True

    @classmethod
    def base_score(
        cls, targets: npt.NDArray[np.floating], weight: npt.NDArray[np.floating] | None = None
    ) -> float | None:
        # XGBoost's own estimate is one Newton step from 0, which is wrong when the target is far from 0.
        return median(targets, weight)
