"""The loss of the gamma distribution."""

from lockstep.fitting.objective import LogLinkObjective, Lowest


class Gamma(LogLinkObjective):
    """Gamma loss with a logarithmic link: predicts the mean, errors as ratios; the target must be above 0.

    The final model's predictions are multiplied by one factor, which gives out-of-fold predictions the total of their
    targets.
    """

    metric = "gamma_deviance"
    always_measured = ("gamma_deviance",)
    variance_power = 2.0
    moves_mean = True
    lowest = Lowest(0.0, included=False)

    @classmethod
    def xgboost_name(cls, n_classes: int) -> str:
        return "reg:gamma"
