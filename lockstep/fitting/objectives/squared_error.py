"""Squared error."""

from lockstep.fitting.objective import Objective


class SquaredError(Objective):
    """Squared error: predicts the mean."""

    target = "number"
    metric = "rmse"
    is_default = True
    transforms = True
    predicts_mean = True

    @classmethod
    def xgboost_name(cls, n_classes: int) -> str:
        return "reg:squarederror"

    @classmethod
    def keeps_monotone(cls, n_classes: int) -> bool:
        return True
