"""The same prediction for every row: the best one of a metric, from training rows."""

from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt

from lockstep.evaluate.rows import sample_rows
from lockstep.fitting.fitting import Fitting
from lockstep.fitting.weighting import Vector, median, selected
from lockstep.metrics.measure import measured
from lockstep.metrics.metric import Metric
from lockstep.model.trained import Predictions
from lockstep.table.row_weights import mean

Name = Literal["mean", "median", "quantile", "class_shares", "one_class", "constant"]

# The search evaluates the metric on a sample if there are more rows, first at so many values of the rows, then in
# ever narrower steps between the neighbours of the best one.
MAX_ROWS, N_VALUES, N_STEPS, N_ROUNDS = 20_000, 101, 20, 4
# Single classes that are tried, the most frequent ones.
MAX_CLASSES = 20


@dataclass(frozen=True)
class Targets:
    """Targets of some rows.

    Attributes:
        y: Numbers, or numbers of classes, shape (rows,).
        weight: How much each row counts; None: all the same.
        exposure: Their exposures; None: the same for all.
    """

    y: Vector
    weight: Vector | None = None
    exposure: Vector | None = None

    def __len__(self) -> int:
        return len(self.y)

    def __getitem__(self, rows: npt.NDArray[np.integer] | npt.NDArray[np.bool_]) -> "Targets":
        return Targets(self.y[rows], selected(self.weight, rows), selected(self.exposure, rows))

    @property
    def per_unit(self) -> Vector:
        """Targets per unit of exposure, shape (rows,)."""
        return self.y if self.exposure is None else self.y / self.exposure

    @property
    def unit_weight(self) -> Vector | None:
        """Weights of the targets per unit: a row counts by its exposure too."""
        if self.exposure is None:
            return self.weight
        return self.exposure if self.weight is None else self.weight * self.exposure


@dataclass(frozen=True)
class BestConstant:
    """A constant.

    Attributes:
        name: The statistic that it is; `constant` if it was found by search.
        value: A number per unit of exposure, or the probability of every class, shape (classes,).
    """

    name: Name
    value: float | Vector

    def repeated(self, n_rows: int, exposure: Vector | None = None) -> Predictions:
        """The prediction of every row, shape (rows,) or (rows, classes)."""
        if isinstance(self.value, np.ndarray):
            return np.tile(self.value, (n_rows, 1))
        return np.full(n_rows, self.value) * (1.0 if exposure is None else exposure)


def best_constant(fitting: Fitting, rows: Targets, seed: int) -> BestConstant:
    """The constant with the best value of the metric that scores the folds.

    Numbers: the statistic that the metric elicits, else the result of a search over the rows' own values and between
    them. With exposures it is a rate, and the mean is the sum of the targets per unit of exposure. Classes: their
    shares, or always the same class where the metric prefers it, as F1 does.

    Args:
        fitting: Objective and metric.
        rows: Training rows.
        seed: Of the sample that is searched.
    """
    usual, metric = typical(fitting, rows), fitting.scoring_metric()
    if metric.elicits is not None and (metric.elicits == "mean" or rows.exposure is None):
        return usual
    sample = rows[sample_rows(len(rows), MAX_ROWS, seed)]
    return _best_class(metric, usual, sample) if fitting.n_classes else _best_number(metric, usual, sample)


def typical(fitting: Fitting, rows: Targets) -> BestConstant:
    """What the metric elicits of the rows, without a search: shares of classes, mean, median or quantile.

    The median stands for what a metric that elicits nothing known would choose.
    """
    if fitting.n_classes:
        return BestConstant("class_shares", class_shares(rows.y, fitting.n_classes, rows.weight))
    statistic, values, weight = fitting.metric_class.elicits or "median", rows.per_unit, rows.unit_weight
    if statistic == "mean":
        return BestConstant("mean", mean(values, weight))
    if statistic == "median":
        return BestConstant("median", median(values, weight))
    quantile = fitting.scoring_metric().settings.quantile
    return BestConstant("quantile", float(np.quantile(values, quantile, weights=weight, method="inverted_cdf")))


def class_shares(y: Vector, n_classes: int, weight: Vector | None = None) -> Vector:
    """Shares of the classes, shape (classes,), smoothed by Laplace's rule, (count + 1) / (rows + classes).

    They are the posterior mean under a uniform prior (Gelman et al. 2013, Bayesian Data Analysis, section 3.4). A class
    without a training row is rare, not impossible: with a share of 0 its first test row would add so much log loss that
    a useless model wins. The unit of the weights does not matter: the row that smoothing adds has their mean.
    """
    counts = np.bincount(y.astype(np.int64), weights=weight, minlength=n_classes)
    added = 1.0 if weight is None else counts.sum() / len(y)
    shares: Vector = (counts + added) / (counts.sum() + n_classes * added)
    return shares


def _best_class(metric: Metric, shares: BestConstant, rows: Targets) -> BestConstant:
    """The shares, unless always predicting one class does better."""
    values = np.asarray(shares.value)
    n_classes = len(values)
    frequent = np.argsort(-values, kind="stable")[:MAX_CLASSES]
    candidates = [shares, *(BestConstant("one_class", np.eye(n_classes)[number]) for number in frequent)]
    losses = [_loss(metric, each, rows) for each in candidates]
    return candidates[int(np.argmin(losses))]


def _best_number(metric: Metric, usual: BestConstant, rows: Targets) -> BestConstant:
    points = np.quantile(rows.per_unit, np.linspace(0, 1, N_VALUES), method="nearest")
    points = np.unique(np.append(points, usual.value))
    for _ in range(N_ROUNDS):
        losses = np.array([_loss(metric, BestConstant("constant", float(point)), rows) for point in points])
        if not np.isfinite(losses).any():
            return usual
        best = int(np.argmin(losses))
        ends = points[max(best - 1, 0)], points[min(best + 1, len(points) - 1)]
        lowest = float(points[best])
        points = np.unique(np.append(np.linspace(*ends, N_STEPS + 1), lowest))
    return BestConstant("constant", lowest)


def _loss(metric: Metric, constant: BestConstant, rows: Targets) -> float:
    """The score of a constant; infinite where the metric is undefined."""
    predicted = constant.repeated(len(rows), rows.exposure)
    value = measured([metric], rows.y, predicted, rows.weight)[metric.kind_name()]
    return float("inf") if value is None else metric.loss(value)
