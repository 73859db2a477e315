"""Which of two models is better on the same rows: a paired bootstrap (Efron and Tibshirani 1993, chapter 16)."""

from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from lockstep.evaluate.bootstrap import Numbers, Units, interval_ends, losses, resampled_metrics
from lockstep.fitting.fitting import Fitting
from lockstep.fitting.folds import Vector
from lockstep.model.saved import Predictions
from lockstep.project.target import Target


@dataclass(frozen=True)
class PairedDifference:
    """How much lower the score of one model is than another's.

    Attributes:
        gain: The other's score less this one's: above 0 this model is better. None where the metric is undefined.
        low: Lower end of the gain's interval.
        high: Its upper end.
        p: Two-sided p-value of the hypothesis that both are equally good.
        drawn: The gain on every resample, shape (samples,); empty where the metric is undefined.
    """

    gain: float | None
    low: float | None
    high: float | None
    p: float | None = None
    drawn: Numbers = field(default_factory=lambda: np.empty(0), compare=False, repr=False)

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
) -> PairedDifference:
    """Compare two tables of predictions on the same resamples of their rows.

    Args:
        fitting: Whose metric is the score.
        target: What is predicted.
        this: row_id, actual and what the model says of each row.
        other: The same rows with another model's predictions.
        samples: How many resamples.
        confidence: Of the interval.
        seed: Seed of the draws.
        units: What is drawn; None: rows.
    """
    actual, one = as_scored(target, this)
    _, two = as_scored(target, other)
    gains = losses(fitting, resampled_metrics(fitting, actual, one, 0, samples, seed, units))
    theirs = losses(fitting, resampled_metrics(fitting, actual, two, 0, samples, seed, units))
    if gains is None or theirs is None:
        return PairedDifference(None, None, None)
    scores = [fitting.scores(actual, predicted) for predicted in (two, one)]
    if any(score[fitting.metric] is None for score in scores):
        return PairedDifference(None, None, None)
    drawn = theirs - gains
    interval = interval_ends(drawn, confidence)
    known = drawn[np.isfinite(drawn)]
    gain = fitting.loss(scores[0]) - fitting.loss(scores[1])
    return PairedDifference(
        gain, interval["low"], interval["high"], None if interval["low"] is None else p_value(known), known
    )


def p_value(drawn: Numbers) -> float:
    """Twice the smaller share of resamples on either side of 0, both ends of which count 0 itself.

    One is added to count and number, so that it is never 0: the rows as they are count as a resample too (Davison and
    Hinkley 1997, section 4.2).
    """
    below, above = int(np.sum(drawn <= 0)), int(np.sum(drawn >= 0))
    return min(1.0, 2 * (1 + min(below, above)) / (1 + len(drawn)))


def as_scored(target: Target, said: pd.DataFrame) -> tuple[Vector, Predictions]:
    """Targets and predictions of a table of predictions, as metrics take them.

    Returns:
        Numbers of shape (rows,) twice, or numbers of classes (rows,) and probabilities (rows, classes).
    """
    if not target.classes:
        return said["actual"].to_numpy(dtype=np.float64), said["predicted"].to_numpy(dtype=np.float64)
    actual = pd.Index(target.labels).get_indexer(pd.Index(said["actual"])).astype(np.float64)
    columns = [f"probability_{label}" for label in target.labels]
    return actual, said[columns].to_numpy(dtype=np.float64)
