"""The base class of metrics of a ranking: rows of a class against the rest, in the order of its probability."""

from abc import abstractmethod

import numpy as np
import numpy.typing as npt

from lockstep.metrics.metric import Counts, Metric, Numbers

# The rows are ranked per class; with more classes such a metric has no interval.
MAX_RESAMPLED_CLASSES = 20


class RankedMetric(Metric):
    """A metric of a ranking: of two classes for the second, of more the mean over one against the rest."""

    # Whether the classes count by their rows; else equally.
    weighted = False

    @abstractmethod
    def of_ranks(self, positives: Numbers, negatives: Numbers) -> Numbers:
        """The metric on several samples, shape (samples,), NaN where it is undefined.

        Args:
            positives: Weight of the rows of the class at each distinct probability, the highest first, shape (samples,
                distinct).
            negatives: The same of the other rows.
        """

    def value(self, actual: Numbers, predicted: Numbers, weight: Numbers | None = None) -> float | None:
        weights = np.ones((1, len(actual))) if weight is None else weight[np.newaxis]
        value = float(self._means(actual, predicted, weights)[0])
        return value if np.isfinite(value) else None

    def resampled(self, actual: Numbers, predicted: Numbers, counts: Counts) -> Numbers | None:
        if predicted.shape[1] > MAX_RESAMPLED_CLASSES:
            return None
        return self._means(actual, predicted, counts)

    def _means(self, actual: Numbers, predicted: Numbers, weights: npt.NDArray[np.number]) -> Numbers:
        n_classes = predicted.shape[1]
        numbers = range(1, 2) if n_classes == 2 and not self.weighted else range(n_classes)
        values, totals = np.empty((len(numbers), len(weights))), np.ones((len(numbers), len(weights)))
        for place, number in enumerate(numbers):
            positive = actual == number
            values[place] = self.of_ranks(*ranks(weights, positive, predicted[:, number]))
            if self.weighted:
                totals[place] = weights[:, positive].sum(axis=1)
        # A class without a row has the weight 0, whatever its value.
        weighed = np.where(totals > 0, totals * values, 0.0)
        return np.asarray(weighed.sum(axis=0) / totals.sum(axis=0))


def ranks(weights: npt.NDArray[np.number], positive: npt.NDArray[np.bool_], score: Numbers) -> tuple[Numbers, Numbers]:
    """Weight of positive and of negative rows at each distinct score, the highest first, each (samples, distinct).

    Args:
        weights: Weight of each row in each sample, shape (samples, rows).
        positive: Whether each row is of the class, shape (rows,).
        score: Its probability of the class, shape (rows,).
    """
    order = np.argsort(-score, kind="stable")
    starts = np.flatnonzero(np.r_[True, np.diff(score[order]) < 0])
    ordered = weights[:, order]
    sums = [np.add.reduceat(ordered * chosen[order], starts, axis=1) for chosen in (positive, ~positive)]
    return sums[0].astype(np.float64), sums[1].astype(np.float64)
