"""The Poisson deviance of counts."""

from lockstep.fitting.objective import Objective


class Poisson(Objective):
    """Poisson deviance: predicts the mean of a count, with a log link."""

    target = "number"
    metric = "rmse"
    link = "log"

    @classmethod
    def xgboost_name(cls, n_classes: int) -> str:
        return "count:poisson"

    @classmethod
    def keeps_monotone(cls, n_classes: int) -> bool:
        return True
