"""The value of the same season."""

from functools import cached_property

import numpy as np

from lockstep.evaluate.baseline import Baseline, Problem
from lockstep.evaluate.best_constant import Targets
from lockstep.evaluate.seasons import Season, chosen_season, seasonal_values
from lockstep.model.saved import Predictions


class SeasonalValue(Baseline):
    """The target in the same season, such as the weekday, where the split goes forward in time.

    The season is the one that predicts the last fifth of the training rows best from the others.
    """

    role = "simple"
    steady = True
    uses_features = False

    @classmethod
    def suits(cls, problem: Problem) -> bool:
        return bool(problem.time)

    def predict(self) -> Predictions | None:
        season, test = self._season, self.problem.test
        if season is None:
            return None
        training = np.arange(len(self._targets))
        rates = seasonal_values(
            self.problem.fitting, self._targets, season, training, len(training) + np.arange(len(test))
        )
        if self.problem.fitting.objective_class.link == "log" and not (rates > 0).all():
            return None  # the deviance of a prediction of 0 is infinite
        return rates if test.exposure is None else rates * test.exposure

    def about(self) -> str:
        return "" if self._season is None else self._season.about()

    @cached_property
    def _targets(self) -> Targets:
        train = self.problem.train
        return Targets(train.y, train.weight, train.exposure)

    @cached_property
    def _season(self) -> Season | None:
        train, test = self.problem.train.frame, self.problem.test.frame
        return chosen_season(self.problem.fitting, self._targets, train, test, self.problem.time)
