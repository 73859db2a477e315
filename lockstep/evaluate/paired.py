"""Which of two models is better on the same rows: the difference of their scores with its confidence interval.

Paired, because models err on the same rows: errors of both cancel.
"""

from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from lockstep.evaluate.estimate import Estimate
from lockstep.evaluate.uncertainty import sampled_score, score_lead
from lockstep.evaluate.units import Units
from lockstep.fitting.fitting import Fitting
from lockstep.fitting.folds import Vector
from lockstep.model.trained import Predictions
from lockstep.table.target import Target


@dataclass(frozen=True)
class PairedDifference:
    """By how much the score of one model is lower than another's.

    Attributes:
        gain: The other score minus this one: above 0 this model is better. None where the metric is undefined.
        low: Lower end of the gain's interval; None where there is none.
        high: Its upper end.
        p: Two-sided p-value of the hypothesis that both are equally good; it agrees with the interval.
        estimate: The gain with its sampling error.
    """

    gain: float | None
    low: float | None
    high: float | None
    p: float | None = None
    estimate: Estimate | None = None

    @property
    def better(self) -> bool:
        """Whether the whole interval lies above 0."""
        return self.low is not None and self.low > 0


NO_DIFFERENCE = PairedDifference(None, None, None)


def paired_difference(
    fitting: Fitting,
    target: Target,
    this: pd.DataFrame,
    other: pd.DataFrame,
    *,
    confidence: float,
    units: Units | None = None,
    other_threshold: float | None = None,
) -> PairedDifference:
    """Compare two tables of predictions on their common rows.

    Args:
        fitting: Whose metric is the score.
        target: What is predicted.
        this: row_id, actual and the model's prediction of each row; weight where rows have weights, group and moment
            where the split relates them.
        other: The same rows with another model's predictions.
        confidence: Of the interval.
        units: How the rows are related; None: as the columns of `this` say.
        other_threshold: Threshold of the other model, where it has another one.
    """
    other_fitting = fitting if other_threshold is None else replace(fitting, threshold=other_threshold)
    actual, this_predicted = as_scored(target, this)
    _, other_predicted = as_scored(target, other)
    related = units or Units.of(this)
    own = sampled_score(fitting, actual, this_predicted, related)
    found = score_lead(own, sampled_score(other_fitting, actual, other_predicted, related))
    if found is None:
        return NO_DIFFERENCE
    low, high = found.interval(confidence)
    return PairedDifference(found.value, low, high, found.p_value(), found)


def as_scored(target: Target, predictions: pd.DataFrame) -> tuple[Vector, Predictions]:
    """Targets and predictions of a table of predictions, as metrics take them.

    Returns:
        Two arrays of shape (rows,), or class numbers (rows,) and probabilities (rows, classes).
    """
    if not target.classes:
        return predictions["actual"].to_numpy(dtype=np.float64), predictions["predicted"].to_numpy(dtype=np.float64)
    actual = pd.Index(target.labels).get_indexer(pd.Index(predictions["actual"])).astype(np.float64)
    columns = [f"probability_{label}" for label in target.labels]
    return actual, predictions[columns].to_numpy(dtype=np.float64)
