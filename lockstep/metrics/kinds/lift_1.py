"""Lift in the first percent."""

import numpy as np

from lockstep.metrics.metric import Numbers
from lockstep.metrics.ranked import RankedMetric


class Lift1(RankedMetric):
    """Share of the class in the 1% of rows with its highest probabilities, divided by its share in all rows.

    Rows drawn at random have a lift of 1. The last row counts in part if 1% is no whole number of rows, and rows of
    equal probability count in equal parts, so that their order does not matter. Undefined where a class has no row.
    """

    label = "lift (top 1%)"
    greater_is_better = True
    target = "classes"
    bounds = (0.0, None)
    only_if_chosen = True
    order = 90
    # The share of the rows on top.
    top = 0.01

    def of_ranks(self, positives: Numbers, negatives: Numbers) -> Numbers:
        rows = positives + negatives
        total, n_rows = positives.sum(axis=1), rows.sum(axis=1)
        on_top = self.top * n_rows
        above = np.cumsum(rows, axis=1) - rows
        share = np.zeros_like(rows)
        np.divide(on_top[:, np.newaxis] - above, rows, out=share, where=rows > 0)
        right = np.sum(positives * np.clip(share, 0.0, 1.0), axis=1)
        values = np.full(len(total), np.nan)
        np.divide(right / on_top, total / n_rows, out=values, where=total > 0)
        return values
