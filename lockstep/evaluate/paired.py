"""Which of two models is better on the same rows: a paired bootstrap (Efron and Tibshirani 1993, chapter 16)."""

from dataclasses import dataclass, field, replace

import numpy as np
import pandas as pd

from lockstep.evaluate.bootstrap import Units, interval_ends, resampled_scores
from lockstep.evaluate.rows import weights_in
from lockstep.fitting.fitting import Fitting
from lockstep.fitting.folds import Vector
from lockstep.metrics.metric import Numbers
from lockstep.model.saved import Predictions
from lockstep.table.target import Target


@dataclass(frozen=True)
class PairedDifference:
    """By how much the score of one model is lower than another's.

    Attributes:
        gain: The other score minus this one: above 0 this model is better. None where the metric is undefined.
        low: Lower end of the gain's interval.
        high: Its upper end.
        p: Two-sided p-value of the hypothesis that both are equally good.
        resamples: The gain on every resample, shape (samples,); empty where the metric is undefined.
    """

    gain: float | None
    low: float | None
    high: float | None
    p: float | None = None
    resamples: Numbers = field(default_factory=lambda: np.empty(0), compare=False, repr=False)

    @property
    def better(self) -> bool:
        """Whether the whole interval lies above 0."""
        return self.low is not None and self.low > 0


def paired_bootstrap(
    fitting: Fitting,
    target: Target,
    this: pd.DataFrame,
    other: pd.DataFrame,
    *,
    samples: int,
    confidence: float,
    seed: int,
    units: Units | None = None,
    other_threshold: float | None = None,
) -> PairedDifference:
    """Compare two tables of predictions on the same resamples of their rows.

    Args:
        fitting: Whose metric is the score.
        target: What is predicted.
        this: row_id, actual and the model's prediction of each row; weight where rows have weights.
        other: The same rows with another model's predictions.
        samples: Number of resamples.
        confidence: Of the interval.
        seed: Seed of the draws.
        units: Units of resampling; None: rows.
        other_threshold: Threshold of the other model, where it has another one.
    """
    other_fitting = fitting if other_threshold is None else replace(fitting, threshold=other_threshold)
    actual, this_predicted = as_scored(target, this)
    _, other_predicted = as_scored(target, other)
    weight = weights_in(this)
    units = (units or Units.rows(len(this))).weighted(weight)
    this_losses = resampled_scores(fitting, actual, this_predicted, samples, seed, units)
    other_losses = resampled_scores(other_fitting, actual, other_predicted, samples, seed, units)
    if this_losses is None or other_losses is None:
        return PairedDifference(None, None, None)
    scores = [
        {fitting.metric: of_model.value(actual, predicted, weight)}
        for of_model, predicted in ((other_fitting, other_predicted), (fitting, this_predicted))
    ]
    if any(score[fitting.metric] is None for score in scores):
        return PairedDifference(None, None, None)
    gains = other_losses - this_losses
    interval = interval_ends(gains, confidence)
    defined = gains[np.isfinite(gains)]
    gain = fitting.loss(scores[0]) - fitting.loss(scores[1])
    return PairedDifference(
        gain, interval["low"], interval["high"], None if interval["low"] is None else p_value(defined), defined
    )


def p_value(gains: Numbers) -> float:
    """Twice the smaller share of resamples on either side of 0; both sides include 0 itself.

    One is added to numerator and denominator, so that it is never 0: the original rows count as a resample too (Davison
    and Hinkley 1997, section 4.2).
    """
    below, above = int(np.sum(gains <= 0)), int(np.sum(gains >= 0))
    return min(1.0, 2 * (1 + min(below, above)) / (1 + len(gains)))


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
