"""Recall."""

from lockstep.metrics.confusion import AveragedMetric, ratio
from lockstep.metrics.metric import Numbers


class Recall(AveragedMetric):
    """Share of the rows of a class that are predicted as it; undefined where two classes have no row of the second.

    Of two classes that of the second, of more the mean over the classes; weighted by their rows it would be accuracy.
    """

    label = "recall"
    greater_is_better = True
    target = "classes"
    bounds = (0.0, 1.0)
    only_if_chosen = True
    order = 70

    def of_classes(self, right: Numbers, predicted: Numbers, actual: Numbers) -> Numbers:
        return ratio(right, actual)
