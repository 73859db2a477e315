"""The best constant."""

from functools import cached_property

from lockstep.evaluate.baseline import Baseline, Problem
from lockstep.evaluate.best_constant import BestConstant, Targets, best_constant
from lockstep.metrics.names import metric_label
from lockstep.model.trained import Predictions
from lockstep.storage.tables import significant

WORDS = {
    "mean": "the mean of the training rows",
    "median": "the median of the training rows",
    "quantile": "the quantile {quantile:g} of the training rows",
    "constant": "the number",
    "class_shares": "the shares of the classes in the training rows",
    "one_class": "always the class {label}",
}


class Constant(Baseline):
    """The same prediction for every row, the best one for the metric; its name says what it is, such as `mean`."""

    role = "constant"
    steady = True
    uses_features = False

    @classmethod
    def suits(cls, problem: Problem) -> bool:
        return True

    def name(self) -> str:
        return self._constant.name

    def predict(self) -> Predictions:
        test = self.problem.test
        return self._constant.repeated(len(test), test.exposure)

    def about(self) -> str:
        value, fitting = self._constant.value, self.problem.fitting
        label = self.problem.model.target.labels[int(value.argmax())] if not isinstance(value, float) else ""
        words = WORDS[self._constant.name].format(quantile=fitting.quantile, label=label)
        if isinstance(value, float):
            words += f", {significant(value, 4):g}"
        if self.problem.train.exposure is not None:
            words += " per unit of exposure"
        return f"{words}, the best constant for {metric_label(fitting.metric)}"

    @cached_property
    def _constant(self) -> BestConstant:
        train = self.problem.train
        rows = Targets(train.y, train.weight, train.exposure)
        return best_constant(self.problem.fitting, rows, self.problem.seed)
