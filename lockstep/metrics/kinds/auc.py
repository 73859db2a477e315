"""AUC."""

import numpy as np
import numpy.typing as npt

from lockstep.metrics.metric import Counts, Metric, Numbers

# The area is computed per class and resample; with more classes it has no interval.
MAX_RESAMPLED_CLASSES = 20


class Auc(Metric):
    """Area under the ROC curve; undefined where a class has no row or every row.

    With more than two classes it is the mean over the classes of one against the rest.
    """

    label = "AUC"
    greater_is_better = True
    target = "classes"
    bounds = (0.0, 1.0)
    eval_metric = "auc"
    tile = 2
    order = 30

    def value(self, actual: Numbers, predicted: Numbers, weight: Numbers | None = None) -> float | None:
        areas = [
            _area(actual == number, predicted[:, number], weight) for number in _scored_classes(predicted.shape[1])
        ]
        defined = [area for area in areas if area is not None]
        return sum(defined) / len(defined) if len(defined) == len(areas) else None

    def resampled(self, actual: Numbers, predicted: Numbers, counts: Counts) -> Numbers | None:
        n_classes = predicted.shape[1]
        if n_classes > MAX_RESAMPLED_CLASSES:
            return None
        areas = [_areas(counts, actual == number, predicted[:, number]) for number in _scored_classes(n_classes)]
        return np.asarray(np.mean(areas, axis=0))


def _scored_classes(n_classes: int) -> range:
    return range(1, 2) if n_classes == 2 else range(n_classes)


def _area(positive: npt.NDArray[np.bool_], score: Numbers, weight: Numbers | None) -> float | None:
    if positive.all() or not positive.any():
        return None
    if weight is not None:
        area = float(_areas(weight[np.newaxis], positive, score)[0])
        return area if np.isfinite(area) else None
    # Imported here: scikit-learn's metrics take 0.3 s to import, which a regression does not need.
    from sklearn.metrics import roc_auc_score

    return float(roc_auc_score(positive, score))


def _areas(weights: npt.NDArray[np.number], positive: npt.NDArray[np.bool_], score: Numbers) -> Numbers:
    """Area under the ROC curve of weighted rows: the share of pairs in the right order, ties count half.

    Args:
        weights: Weight of each row in each sample, shape (samples, rows).
        positive: Whether each row is of the class, shape (rows,).
        score: Its probability of the class, shape (rows,).
    """
    order = np.argsort(score, kind="stable")
    starts = np.flatnonzero(np.r_[True, np.diff(score[order]) > 0])
    positives = np.add.reduceat(weights[:, order] * positive[order], starts, axis=1)
    negatives = np.add.reduceat(weights[:, order] * ~positive[order], starts, axis=1)
    below = np.cumsum(negatives, axis=1) - negatives
    pairs = (2 * np.sum(positives * below, axis=1) + np.sum(positives * negatives, axis=1)).astype(np.float64)
    possible = (2 * positives.sum(axis=1) * negatives.sum(axis=1)).astype(np.float64)
    areas = np.full(len(weights), np.nan)
    np.divide(pairs, possible, out=areas, where=possible > 0)
    return areas
