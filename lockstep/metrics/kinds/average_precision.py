"""Average precision."""

from typing import ClassVar

import numpy as np

from lockstep.metrics.metric import Numbers
from lockstep.metrics.ranked import RankedMetric


class AveragePrecision(RankedMetric):
    """Area under the precision-recall curve, as scikit-learn's; undefined where a class has no row.

    The mean of the precision at each probability, weighted by the gain in recall. Rows drawn at random have the share
    of the class. With more than two classes it is the mean over the classes of one against the rest. XGBoost's aucpr,
    which early stopping follows, interpolates between the points.
    """

    label = "average precision"
    greater_is_better = True
    target = "classes"
    bounds = (0.0, 1.0)
    eval_metric: ClassVar[str | None] = "aucpr"
    only_if_chosen = True
    tile: ClassVar[int | None] = 3
    order = 40

    def of_ranks(self, positives: Numbers, negatives: Numbers) -> Numbers:
        right = np.cumsum(positives, axis=1)
        chosen = right + np.cumsum(negatives, axis=1)
        precision = np.zeros_like(chosen)
        np.divide(right, chosen, out=precision, where=chosen > 0)
        area, total = np.sum(positives * precision, axis=1), right[:, -1]
        values = np.full(len(total), np.nan)
        np.divide(area, total, out=values, where=total > 0)
        return values
