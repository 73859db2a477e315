"""The last value."""

import numpy as np

from lockstep.evaluate.best_constant import typical
from lockstep.evaluate.forward_baseline import ForwardBaseline
from lockstep.model.trained import Predictions
from lockstep.table.timeline import Timeline


class LastValue(ForwardBaseline):
    """The target at the last moment of the training rows, where the split goes forward in time."""

    def rates(self) -> Predictions:
        moment = Timeline.of(self.problem.train.frame, self.time).moment
        last = self.targets[np.flatnonzero(moment == moment.max())]
        return typical(self.problem.fitting, last).repeated(len(self.problem.test))

    def about(self) -> str:
        return f"the target of the training rows at their last {self.time}, the last one that is known"
