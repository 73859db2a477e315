"""The loss of the Poisson distribution."""

from lockstep.fitting.objective import LogLinkObjective, Lowest


class Poisson(LogLinkObjective):
    """Poisson loss with a logarithmic link: predicts the mean of a count or a rate; the target must not be negative."""

    metric = "poisson_deviance"
    always_measured = ("poisson_deviance",)
    variance_power = 1.0
    lowest = Lowest(0.0, included=True)

    @classmethod
    def xgboost_name(cls, n_classes: int) -> str:
        return "count:poisson"
