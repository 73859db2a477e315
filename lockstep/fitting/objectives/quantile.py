"""The pinball loss of a quantile."""

from lockstep.fitting.objective import Objective


class Quantile(Objective):
    """Pinball loss: predicts the quantile `booster.quantile`."""

    target = "number"
    metric = "pinball"
    uses = ("quantile",)
    transforms = True

    @classmethod
    def xgboost_name(cls, n_classes: int) -> str:
        return "reg:quantileerror"

    @classmethod
    def keeps_monotone(cls, n_classes: int) -> bool:
        # XGBoost recomputes the leaves after the constraint.
        return False
