"""How far metrics of test rows, and differences of two models' scores, may be from their true values.

The one code for the intervals of metrics and of leads over baselines, for `lockstep compare` and for the registry.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from lockstep.evaluate.estimate import DIGITS, Estimate, estimate
from lockstep.evaluate.influence import influence, units_of
from lockstep.evaluate.units import Clustering, Units
from lockstep.fitting.fitting import Fitting
from lockstep.fitting.folds import Vector
from lockstep.metrics.measure import measured
from lockstep.metrics.metric import Metric, Numbers
from lockstep.model.trained import Predictions
from lockstep.storage.tables import significant

Ends = dict[str, float | None]
NO_ENDS: Ends = {"low": None, "high": None}
# Influences smaller than this share of the metric are what rounding leaves of none.
ROUNDING = 1e-11


@dataclass(frozen=True)
class Sampled:
    """A metric of test rows and what each unit contributes to its error.

    Attributes:
        metric: The metric.
        value: Its value.
        influences: For each clustering the influence of its units, each of shape (units,).
        clusterings: The divisions of the rows into units.
    """

    metric: type[Metric]
    value: float
    influences: Sequence[Numbers]
    clusterings: Sequence[Clustering]

    @property
    def estimate(self) -> Estimate | None:
        """The metric with its sampling error; None if the units are too few."""
        return estimate(self.value, self.influences, self.clusterings)

    def ends(self, confidence: float) -> Ends:
        """low and high of the metric's interval, within its bounds; None where there is no interval.

        Rows of which each has the same error, such as 12 right ones of 12, show no spread, but do not prove that there
        is none.
        """
        found, (least, most) = self.estimate, self.metric.bounds
        if found is None or found.spread.error == 0:
            return dict(NO_ENDS)
        low, high = found.interval(confidence)
        return {
            "low": low if least is None else max(low, float(least)),
            "high": high if most is None else min(high, float(most)),
        }

    def score_ends(self, confidence: float) -> Ends:
        """low and high of the score, which is less where the metric is better."""
        ends = self.ends(confidence)
        if ends["low"] is None or ends["high"] is None:
            return dict(NO_ENDS)
        low, high = sorted(significant(self.metric.loss(end), DIGITS) for end in (ends["low"], ends["high"]))
        return {"low": low, "high": high}


def sampled_metrics(
    fitting: Fitting, actual: Vector, predicted: Predictions, n_features: int, units: Units | None = None
) -> dict[str, Sampled | None]:
    """Every metric of test rows, with what each unit contributes to its error.

    Args:
        fitting: Defines the metrics.
        actual: Targets, shape (rows,).
        predicted: Shape (rows,) or (rows, classes).
        n_features: Features of the model, for adjusted_r2.
        units: How the rows are related, with their weights; None: independent rows, which count the same.

    Returns:
        By the metric's name; None where it is undefined or gets no interval.
    """
    related = units or Units(len(actual))
    return {metric.kind_name(): sampled(metric, actual, predicted, related) for metric in fitting.metrics(n_features)}


def sampled_score(
    fitting: Fitting, actual: Vector, predicted: Predictions, units: Units | None = None
) -> Sampled | None:
    """The metric that scores the folds, as in `sampled_metrics`."""
    return sampled(fitting.scoring_metric(), actual, predicted, units or Units(len(actual)))


def sampled(metric: Metric, actual: Vector, predicted: Predictions, units: Units) -> Sampled | None:
    """One metric, as `sampled_metrics`."""
    y, predictions = actual.astype(np.float64), np.asarray(predicted, dtype=np.float64)
    value = measured([metric], y, predictions, units.weight)[metric.kind_name()]
    clusterings = [units_of(metric, clustering) for clustering in units.clusterings]
    influences = [influence(metric, y, predictions, clustering) for clustering in clusterings]
    defined = [each for each in influences if each is not None]
    if value is None or len(defined) < len(influences):
        return None
    least = ROUNDING * abs(value)
    return Sampled(type(metric), value, [np.where(np.abs(each) > least, each, 0.0) for each in defined], clusterings)


def score_lead(this: Sampled | None, other: Sampled | None) -> Estimate | None:
    """The other's score minus this one's on the same rows, with its sampling error: above 0 this one is better.

    Returns:
        None if one of the two has no interval, or the units are too few.
    """
    if this is None or other is None:
        return None
    towards = -1.0 if this.metric.greater_is_better else 1.0
    gains = [towards * (theirs - own) for own, theirs in zip(this.influences, other.influences, strict=True)]
    return estimate(towards * (other.value - this.value), gains, this.clusterings)


def ends_of(found: Estimate | None, confidence: float) -> Ends:
    """low and high of an estimate's interval; None where there is none."""
    if found is None:
        return dict(NO_ENDS)
    low, high = found.interval(confidence)
    return {"low": low, "high": high}
