"""AUC, weighted by class."""

import numpy as np

from lockstep.metrics.metric import Numbers
from lockstep.metrics.ranked import RankedMetric


class AucWeighted(RankedMetric):
    """Mean area under the ROC curve over the classes of one against the rest, weighted by their rows."""

    label = "AUC (weighted)"
    greater_is_better = True
    target = "classes"
    bounds = (0.0, 1.0)
    eval_metric = "auc"
    only_if_chosen = True
    least_classes = 3
    weighted = True
    order = 31

    def of_ranks(self, positives: Numbers, negatives: Numbers) -> Numbers:
        above = np.cumsum(positives, axis=1) - positives
        pairs = np.sum(negatives * above, axis=1) + np.sum(positives * negatives, axis=1) / 2
        possible = positives.sum(axis=1) * negatives.sum(axis=1)
        values = np.full(len(pairs), np.nan)
        np.divide(pairs, possible, out=values, where=possible > 0)
        return values
