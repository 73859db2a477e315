"""F1, weighted by class."""

from lockstep.metrics.kinds.f1 import F1


class F1Weighted(F1):
    """Mean F1 over the classes, weighted by their rows."""

    label = "F1 (weighted)"
    greater_is_better = True
    target = "classes"
    least_classes = 3
    weighted = True
    order = 51
