"""The threshold above which the second of two classes is predicted, chosen on out-of-fold probabilities."""

from dataclasses import dataclass
from typing import Annotated, Literal, Self

import numpy as np
import numpy.typing as npt
from pydantic import Field

from lockstep.metrics.confusion import ratio
from lockstep.metrics.metric import DIGITS
from lockstep.project.settings import Settings
from lockstep.storage.tables import significant

Numbers = npt.NDArray[np.float64]


class Costs(Settings):
    """What a mistake costs, in any unit; the right class costs nothing.

    Attributes:
        false_positive: A row of the first class that is predicted as the second.
        false_negative: A row of the second class that is predicted as the first.
    """

    false_positive: Annotated[float, Field(gt=0, allow_inf_nan=False)]
    false_negative: Annotated[float, Field(gt=0, allow_inf_nan=False)]


Chosen = Literal["max_f1", "max_mcc"] | Costs


@dataclass(frozen=True)
class Tally:
    """Rows, or their weights, by class and predicted class at rising thresholds, each of shape (thresholds,).

    Attributes:
        probabilities: The distinct ones, rising.
        thresholds: One below all probabilities, one between each two, one above them all.
        true_positive: Rows of the second class above the threshold.
        false_positive: Rows of the first class above it.
        false_negative: Rows of the second class below it.
        true_negative: Rows of the first class below it.
    """

    probabilities: Numbers
    thresholds: Numbers
    true_positive: Numbers
    false_positive: Numbers
    false_negative: Numbers
    true_negative: Numbers

    @classmethod
    def of(cls, positive: npt.NDArray[np.bool_], probability: Numbers, weight: Numbers | None = None) -> Self:
        """Count the rows.

        Args:
            positive: Whether each row is of the second class, shape (rows,).
            probability: Its probability of it, shape (rows,).
            weight: How much each row counts, shape (rows,).
        """
        rows = np.ones(len(positive)) if weight is None else weight
        distinct, group = np.unique(probability, return_inverse=True)
        positives = np.bincount(group, weights=rows * positive, minlength=len(distinct))
        negatives = np.bincount(group, weights=rows * ~positive, minlength=len(distinct))
        below = [np.r_[0.0, np.cumsum(counts)] for counts in (positives, negatives)]
        ends = np.r_[0.0, distinct, 1.0]
        return cls(
            probabilities=distinct,
            thresholds=(ends[:-1] + ends[1:]) / 2,
            true_positive=below[0][-1] - below[0],
            false_positive=below[1][-1] - below[1],
            false_negative=below[0],
            true_negative=below[1],
        )

    def values(self, chosen: Chosen) -> Numbers:
        """What is sought at each threshold, greater is better."""
        if isinstance(chosen, Costs):
            return -self.cost(chosen)
        return self.f1() if chosen == "max_f1" else self.mcc()

    def f1(self) -> Numbers:
        """F1 at each threshold; 0 without a row above it, or of the second class."""
        return ratio(2 * self.true_positive, 2 * self.true_positive + self.false_positive + self.false_negative)

    def mcc(self) -> Numbers:
        """Matthews correlation coefficient at each threshold; 0 where all rows are on one side."""
        above, below = self.true_positive + self.false_positive, self.false_negative + self.true_negative
        positive, negative = self.true_positive + self.false_negative, self.false_positive + self.true_negative
        covariance = self.true_positive * self.true_negative - self.false_positive * self.false_negative
        spread = np.sqrt(above) * np.sqrt(below) * np.sqrt(positive) * np.sqrt(negative)
        values = np.zeros(len(spread))
        np.divide(covariance, spread, out=values, where=spread > 0)
        return values

    def cost(self, costs: Costs) -> Numbers:
        """Mean cost of a row at each threshold."""
        total = costs.false_positive * self.false_positive + costs.false_negative * self.false_negative
        return total / (self.true_positive + self.false_positive + self.false_negative + self.true_negative)


def choose_threshold(chosen: Chosen, actual: Numbers, probabilities: Numbers, weight: Numbers | None = None) -> float:
    """The threshold with the highest F1, the highest MCC or the lowest mean cost, halfway between two probabilities.

    Of equally good ones the highest, which predicts the fewest rows as the second class.

    Args:
        chosen: What is sought.
        actual: Numbers of the classes, shape (rows,).
        probabilities: Calibrated ones of rows that the boosters were not trained on, shape (rows, 2).
        weight: How much each row counts, shape (rows,).
    """
    tally = Tally.of(actual == 1, probabilities[:, 1], weight)
    values = tally.values(chosen)
    # Equal values differ in their last digits, and so may those of two CPUs.
    rounded = np.array([significant(float(value), DIGITS) for value in values])
    best = np.flatnonzero(rounded == rounded.max())[-1]
    return significant(float(tally.thresholds[best]), DIGITS)
