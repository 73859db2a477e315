"""Precision."""

from lockstep.metrics.confusion import AveragedMetric, ratio
from lockstep.metrics.metric import Numbers


class Precision(AveragedMetric):
    """Share of the rows predicted as a class that are of the class; 0 where no row is.

    Of two classes that of the second, of more the mean over the classes.
    """

    label = "precision"
    greater_is_better = True
    target = "classes"
    bounds = (0.0, 1.0)
    only_if_chosen = True
    order = 60

    def of_classes(self, right: Numbers, predicted: Numbers, actual: Numbers) -> Numbers:
        return ratio(right, predicted)

    def defined(self, actual: Numbers, predicted: Numbers) -> bool:
        return True
