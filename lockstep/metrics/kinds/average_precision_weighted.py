"""Average precision, weighted by class."""

from lockstep.metrics.kinds.average_precision import AveragePrecision


class AveragePrecisionWeighted(AveragePrecision):
    """Mean average precision over the classes of one against the rest, weighted by their rows."""

    label = "average precision (weighted)"
    greater_is_better = True
    target = "classes"
    weighted = True
    least_classes = 3
    eval_metric = None
    tile = None
    order = 41
