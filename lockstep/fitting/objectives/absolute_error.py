"""Absolute error."""

from lockstep.fitting.objective import Objective


class AbsoluteError(Objective):
    """Absolute error: predicts the median."""

    target = "number"
    metric = "mae"
    transforms = True

    @classmethod
    def xgboost_name(cls, n_classes: int) -> str:
        return "reg:absoluteerror"

    @classmethod
    def keeps_monotone(cls, n_classes: int) -> bool:
        # XGBoost recomputes the leaves after the constraint.
        return False
