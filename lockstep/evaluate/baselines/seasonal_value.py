"""The value of the same season."""

from functools import cached_property

import numpy as np

from lockstep.evaluate.forward_baseline import ForwardBaseline
from lockstep.evaluate.seasons import Season, chosen_season, seasonal_values
from lockstep.model.trained import Predictions


class SeasonalValue(ForwardBaseline):
    """The target in the same season, such as the weekday, where the split goes forward in time.

    The season is the one that predicts the last fifth of the training rows best from the others.
    """

    def rates(self) -> Predictions | None:
        if self._season is None:
            return None
        training, n_test = np.arange(len(self.targets)), len(self.problem.test)
        new = len(training) + np.arange(n_test)
        return seasonal_values(self.problem.fitting, self.targets, self._season, training, new)

    def about(self) -> str:
        return "" if self._season is None else self._season.about()

    @cached_property
    def _season(self) -> Season | None:
        train, test = self.problem.train.frame, self.problem.test.frame
        return chosen_season(self.problem.fitting, self.targets, train, test, self.time)
