"""The base class of metrics of predicted classes: functions of the confusion matrix."""

from abc import abstractmethod

import numpy as np

from lockstep.metrics.labels import predicted_classes
from lockstep.metrics.metric import Counts, Metric, Numbers


class ConfusionMetric(Metric):
    """A metric that is a function of the rows, or their weights, by class and predicted class."""

    needs_classes = True

    @abstractmethod
    def of_confusion(self, matrix: Numbers) -> float | None:
        """The metric, or None where it is undefined.

        Args:
            matrix: Weight by class (first axis) and predicted class (second axis), shape (classes, classes).
        """

    def value(self, actual: Numbers, predicted: Numbers, weight: Numbers | None = None) -> float | None:
        return self._of_cells(self._cells(actual, predicted), predicted.shape[1], weight)

    def resampled(self, actual: Numbers, predicted: Numbers, counts: Counts) -> Numbers | None:
        cells, n_classes = self._cells(actual, predicted), predicted.shape[1]
        values = [self._of_cells(cells, n_classes, times.astype(np.float64)) for times in counts]
        return np.array([np.nan if value is None else value for value in values])

    def _cells(self, actual: Numbers, predicted: Numbers) -> Counts:
        classes = predicted_classes(predicted, self.settings.threshold)
        return np.asarray(actual.astype(np.int64) * predicted.shape[1] + classes)

    def _of_cells(self, cells: Counts, n_classes: int, weight: Numbers | None) -> float | None:
        matrix = np.bincount(cells, weights=weight, minlength=n_classes**2).astype(np.float64)
        return self.of_confusion(matrix.reshape(n_classes, n_classes))


class AveragedMetric(ConfusionMetric):
    """A metric of each class: of two classes that of the second, of more the mean over the classes.

    Classes without a row and without a prediction are left out of the mean; 0 / 0 is 0, as scikit-learn's default.
    """

    # Whether the classes count by their rows; else equally.
    weighted = False

    @abstractmethod
    def of_classes(self, right: Numbers, predicted: Numbers, actual: Numbers) -> Numbers:
        """The metric of each class, shape (classes,).

        Args:
            right: Weight of the rows that are predicted as their class, the class.
            predicted: Weight of the rows that are predicted as the class.
            actual: Weight of the rows of the class.
        """

    def defined(self, actual: Numbers, predicted: Numbers) -> bool:
        """Whether the metric of the second of two classes is defined, of weights by class."""
        return bool(actual[1] > 0)

    def class_weights(self, actual: Numbers, predicted: Numbers) -> Numbers:
        """How much each of several classes counts in the mean."""
        return ((actual > 0) | (predicted > 0)).astype(np.float64)

    def of_confusion(self, matrix: Numbers) -> float | None:
        right, predicted, actual = np.diagonal(matrix), matrix.sum(axis=0), matrix.sum(axis=1)
        values = self.of_classes(right, predicted, actual)
        if len(matrix) == 2 and not self.weighted:
            return float(values[1]) if self.defined(actual, predicted) else None
        weights = actual if self.weighted else self.class_weights(actual, predicted)
        return float(np.sum(weights * values) / np.sum(weights))


def ratio(above: Numbers, below: Numbers) -> Numbers:
    """The quotients; 0 / 0 is 0."""
    values = np.zeros(len(above))
    np.divide(above, below, out=values, where=below > 0)
    return values
