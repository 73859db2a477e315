"""The loss of the Tweedie distribution."""

from lockstep.fitting.objective import LogLinkObjective, Lowest


class Tweedie(LogLinkObjective):
    """Tweedie loss of power `booster.variance_power`, logarithmic link: predicts the mean of sums that are often 0.

    A power near 1 is close to Poisson, near 2 to gamma; the target must not be negative. The final model's predictions
    are multiplied by one factor, which gives out-of-fold predictions the total of their targets.
    """

    metric = "tweedie_deviance"
    always_measured = ("tweedie_deviance",)
    moves_mean = True
    uses = ("variance_power",)
    lowest = Lowest(0.0, included=True)

    @classmethod
    def xgboost_name(cls, n_classes: int) -> str:
        return "reg:tweedie"
