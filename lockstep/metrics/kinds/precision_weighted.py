"""Precision, weighted by class."""

from lockstep.metrics.kinds.precision import Precision


class PrecisionWeighted(Precision):
    """Mean precision over the classes, weighted by their rows."""

    label = "precision (weighted)"
    greater_is_better = True
    target = "classes"
    least_classes = 3
    weighted = True
    order = 61
