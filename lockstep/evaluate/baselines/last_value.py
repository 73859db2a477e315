"""The last value."""

import numpy as np

from lockstep.evaluate.baseline import Baseline, Problem
from lockstep.evaluate.best_constant import Targets, typical
from lockstep.model.saved import Predictions
from lockstep.table.timeline import Timeline


class LastValue(Baseline):
    """The target at the last moment of the training rows, where the split goes forward in time."""

    role = "simple"
    steady = True
    uses_features = False

    @classmethod
    def suits(cls, problem: Problem) -> bool:
        return bool(problem.time)

    def predict(self) -> Predictions | None:
        train, test = self.problem.train, self.problem.test
        moment = Timeline.of(train.frame, self.problem.time).moment
        last = Targets(train.y, train.weight, train.exposure)[np.flatnonzero(moment == moment.max())]
        value = typical(self.problem.fitting, last)
        if self.problem.fitting.objective_class.link == "log" and not value.value > 0:
            return None  # the deviance of a prediction of 0 is infinite
        return value.repeated(len(test), test.exposure)

    def about(self) -> str:
        return f"the target of the training rows at their last {self.problem.time}, the last one that is known"
