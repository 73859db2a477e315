"""The base of baselines that know nothing but the time and the targets of the training rows."""

from abc import abstractmethod
from functools import cached_property

from lockstep.evaluate.baseline import Baseline, Problem
from lockstep.evaluate.best_constant import Targets
from lockstep.model.trained import Predictions


class ForwardBaseline(Baseline):
    """A baseline of splits that go forward in time, of which it uses the order alone.

    It is left out where it predicts a rate of 0 and the objective has a logarithmic link: the deviance is infinite.
    """

    role = "simple"
    steady = True
    uses_features = False

    @classmethod
    def suits(cls, problem: Problem) -> bool:
        return problem.time is not None

    @abstractmethod
    def rates(self) -> Predictions | None:
        """Predictions of the test rows per unit of exposure; None where the rows do not allow any."""

    def predict(self) -> Predictions | None:
        rates, exposure = self.rates(), self.problem.test.exposure
        if rates is None or (self.problem.fitting.objective_class.link == "log" and not (rates > 0).all()):
            return None
        return rates if exposure is None else rates * exposure

    @property
    def time(self) -> str:
        """The column that orders the rows."""
        return str(self.problem.time)

    @cached_property
    def targets(self) -> Targets:
        """Those of the training rows."""
        train = self.problem.train
        return Targets(train.y, train.weight, train.exposure)
