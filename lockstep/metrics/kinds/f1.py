"""F1."""

from lockstep.metrics.confusion import AveragedMetric, ratio
from lockstep.metrics.metric import Numbers


class F1(AveragedMetric):
    """Harmonic mean of precision and recall; undefined where two classes have no row of the second.

    Of two classes that of the second, of more the mean over the classes. It needs predicted classes and so a threshold,
    which the search cannot know: prefer average_precision there.
    """

    label = "F1"
    greater_is_better = True
    target = "classes"
    bounds = (0.0, 1.0)
    only_if_chosen = True
    order = 50

    def of_classes(self, right: Numbers, predicted: Numbers, actual: Numbers) -> Numbers:
        return ratio(2 * right, predicted + actual)
