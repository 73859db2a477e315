"""A greedy ensemble: configurations chosen one booster at a time, by the loss of their averaged predictions.

Selection with replacement (Caruana, Niculescu-Mizil, Crew and Ksikes 2004, Ensemble selection from libraries of models,
ICML): every step adds the configuration with which the average of all boosters so far predicts the validation rows
best. One that is added several times has as many boosters, and so a greater weight.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from lockstep.fitting.fitting import Fitting
from lockstep.metrics.metric import DIGITS
from lockstep.storage.tables import significant
from lockstep.table.target import Vector

Predictions = npt.NDArray[np.float64]


@dataclass(frozen=True)
class ValidationRows:
    """The validation rows of a fold.

    Attributes:
        actual: Their targets, shape (rows,).
        weight: How much each counts, shape (rows,); None: all the same.
    """

    actual: Vector
    weight: Vector | None = None

    def loss(self, predictions: Predictions, fitting: Fitting) -> float:
        """What the search minimises, of predictions of these rows; infinite where it is undefined."""
        value = fitting.value(self.actual, predictions, self.weight)
        return float("inf") if value is None else fitting.loss({fitting.metric: value})


def chosen_counts(
    predictions: Sequence[Sequence[Predictions]],
    folds: Sequence[ValidationRows],
    n_boosters: int,
    most: int,
    fitting: Fitting,
) -> list[int]:
    """The number of boosters of every configuration in the ensemble.

    Args:
        predictions: Of each configuration, for each fold, those of its validation rows, in the unit of the target or as
            probabilities.
        folds: The validation rows of these folds.
        n_boosters: Boosters of the ensemble.
        most: The most configurations in it.
        fitting: Its metric is the loss, whose mean over the folds is minimised; of equals the first is chosen.
    """
    counts, totals = [0] * len(predictions), [np.zeros_like(fold) for fold in predictions[0]]
    for size in range(1, n_boosters + 1):
        full = np.count_nonzero(counts) == most
        losses = [
            float("inf")
            if full and not count
            else mean_loss([(total + fold) / size for total, fold in zip(totals, own, strict=True)], folds, fitting)
            for count, own in zip(counts, predictions, strict=True)
        ]
        best = losses.index(min(losses))
        counts[best] += 1
        totals = [total + fold for total, fold in zip(totals, predictions[best], strict=True)]
    return counts


def mean_loss(predictions: Sequence[Predictions], folds: Sequence[ValidationRows], fitting: Fitting) -> float:
    """The mean over the folds of the loss, summed from left to right and rounded as the search rounds it."""
    losses = [rows.loss(fold, fitting) for fold, rows in zip(predictions, folds, strict=True)]
    return significant(sum(losses) / len(losses), DIGITS)
