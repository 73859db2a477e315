"""The base class of every metric: its direction, its value, and its values on resamples of the rows."""

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar, Literal, TypeVar

import numpy as np
import numpy.typing as npt

from lockstep.project.kinds import Kind, OneOfKind

# Digits of every metric in outputs: the same predictions give the same digits on every CPU.
DIGITS = 10
# Above this probability the second of two classes is predicted, unless the model has a threshold of its own.
THRESHOLD = 0.5

Vector = npt.NDArray[np.floating]
Numbers = npt.NDArray[np.float64]
Counts = npt.NDArray[np.int64] | Numbers
# Values by the metric's name; None where a metric is undefined.
Scores = Mapping[str, float | None]
TargetKind = Literal["number", "classes"]
Statistic = Literal["mean", "median", "quantile"]

Value = TypeVar("Value", float, Numbers)


@dataclass(frozen=True)
class MetricSettings:
    """Settings that some metrics need.

    Attributes:
        quantile: The predicted quantile.
        huber_slope: The residual at which pseudo-Huber changes from squared to absolute, in the unit of the target.
        variance_power: Power of the mean in the variance of a Tweedie distribution.
        n_features: Features of the model; 0 for a fold's score and for the mean.
        n_classes: Classes of the target; 0 for a number.
        threshold: Above this probability the second of two classes is predicted.
    """

    quantile: float = 0.5
    huber_slope: float = 1.0
    variance_power: float = 1.5
    n_features: int = 0
    n_classes: int = 0
    threshold: float = THRESHOLD


class Metric(OneOfKind, ABC):
    """A measure of predictions; its name is that of its file.

    Attributes:
        label: What people call it, such as `RMSE`.
        greater_is_better: Whether a greater value is better.
        target: Whether it measures predicted numbers or probabilities of classes.
        unit: Its unit as the rest of a sentence, such as `of the target`; empty if it has none.
        bounds: The lowest and the highest possible value; None where there is none.
        eval_metric: XGBoost's metric for early stopping when this one scores the folds, or a pair: for two classes and
            for more. `{variance_power}` in it stands for the setting. None: that of the objective's own metric.
        uses: The settings that it needs: of the block `booster`, or the model's number of features or classes.
        in_folds: Whether every fold is measured by it.
        in_results: Whether training rows, cross-validation, test rows and baselines are measured by it.
        only_if_chosen: Whether it is left out of folds and of metrics.json unless it scores the folds.
        undefined_where: Why it may be undefined, as the end of a sentence: `a target is 0`; empty if never or rarely.
        least_classes: Of a target with fewer classes it says nothing that another metric does not.
        elicits: The statistic of the targets that is their best constant prediction (Gneiting 2011). For classes, the
            mean is the share of each class. None: the best constant is found by search.
        relative_to_spread: Whether it compares the error with the spread of the measured rows' own targets, which says
            little about rows that were chosen by their target.
        typical_error: What it is, if it is an error as a row typically has it; for the page's first sentence.
        tile: Its place among the tiles on top of the page; None: it gets none.
        needs_classes: Whether it measures predicted classes, which a threshold decides, and not probabilities.
        order: Its place among the built-in metrics of a result.
        fold_order: Its place among the metrics of a fold; None: the same.
    """

    STATED = ("label", "greater_is_better", "target")

    label: ClassVar[str]
    greater_is_better: ClassVar[bool]
    target: ClassVar[TargetKind]
    unit: ClassVar[str] = ""
    bounds: ClassVar[tuple[float | None, float | None]] = (None, None)
    eval_metric: ClassVar[str | tuple[str, str] | None] = None
    uses: ClassVar[tuple[str, ...]] = ()
    in_folds: ClassVar[bool] = True
    in_results: ClassVar[bool] = True
    only_if_chosen: ClassVar[bool] = False
    undefined_where: ClassVar[str] = ""
    least_classes: ClassVar[int] = 2
    elicits: ClassVar[Statistic | None] = None
    relative_to_spread: ClassVar[bool] = False
    typical_error: ClassVar[str] = ""
    tile: ClassVar[int | None] = None
    needs_classes: ClassVar[bool] = False
    order: ClassVar[int] = 1000
    fold_order: ClassVar[int | None] = None

    def __init__(self, settings: MetricSettings | None = None) -> None:
        self.settings = settings or MetricSettings()

    @abstractmethod
    def value(self, actual: Numbers, predicted: Numbers, weight: Numbers | None = None) -> float | None:
        """The metric of these predictions.

        Args:
            actual: Numbers, or numbers of classes, shape (rows,).
            predicted: Numbers, shape (rows,), or probabilities, shape (rows, classes).
            weight: How much each row counts, shape (rows,): a row of weight 2 counts as two rows. None: all the same.

        Returns:
            None where the metric is undefined, such as R² of a constant target; never NaN.
        """

    def resampled(self, actual: Numbers, predicted: Numbers, counts: Counts) -> Numbers | None:
        """The metric on resamples of the rows.

        Args:
            actual: As for `value`.
            predicted: As for `value`.
            counts: How often each row is in each resample, times its weight where rows have weights, shape (samples,
                rows).

        Returns:
            Shape (samples,), NaN where the metric is undefined; None if it gets no intervals.
        """
        values = np.full(len(counts), np.nan)
        for sample, times in enumerate(counts):
            drawn = times > 0
            value = self.value(actual[drawn], predicted[drawn], times[drawn].astype(np.float64))
            values[sample] = np.nan if value is None else value
        return values

    def of_folds(self, means: Scores, n_rows: float) -> float | None:
        """The metric of cross-validation.

        Args:
            means: The mean of every metric over the folds.
            n_rows: Rows that were predicted in all folds; where rows have weights, the sum of theirs.
        """
        return means.get(self.kind_name())

    @classmethod
    def loss(cls, value: Value) -> Value:
        """The value so that smaller is better: what the search minimises and tables call the score."""
        if not cls.greater_is_better:
            return value
        high = cls.bounds[1]
        return -value if high is None else high - value

    @classmethod
    def score_label(cls) -> str:
        """What people call the score: `RMSE`, `1 - AUC`."""
        if not cls.greater_is_better:
            return cls.label
        high = cls.bounds[1]
        return f"-{cls.label}" if high is None else f"{high:g} - {cls.label}"

    @classmethod
    def measures(cls, n_classes: int) -> bool:
        """Whether it measures a target with that many classes; 0 means a number."""
        return n_classes >= cls.least_classes if cls.target == "classes" else not n_classes

    @classmethod
    def xgboost_metric(cls, n_classes: int) -> str | None:
        """XGBoost's metric for early stopping; None: that of the objective's own metric."""
        if isinstance(cls.eval_metric, tuple):
            return cls.eval_metric[n_classes > 2]
        return cls.eval_metric

    @classmethod
    def place_in_fold(cls) -> tuple[bool, int]:
        """Sort key among the metrics of a fold; the project's own are last."""
        return cls.is_custom(), cls.order if cls.fold_order is None else cls.fold_order

    @classmethod
    def can_be_chosen(cls) -> bool:
        """Whether it can score the folds."""
        return cls.in_folds and cls.in_results


class MeanMetric(Metric):
    """A metric that is a function of means of one or more values per row, which makes it fast to resample."""

    @abstractmethod
    def row_values(self, actual: Numbers, predicted: Numbers) -> Mapping[str, Numbers]:
        """The values of each row whose means determine the metric, each of shape (rows,), by any names."""

    @abstractmethod
    def of_means(self, means: Mapping[str, Numbers], n_rows: npt.NDArray[np.number]) -> Numbers:
        """The metric from the means of the values, on several samples at once.

        Args:
            means: Mean of each of the values on every sample, each of shape (samples,).
            n_rows: Rows of every sample, shape (samples,).

        Returns:
            Shape (samples,), NaN where the metric is undefined.
        """

    def value(self, actual: Numbers, predicted: Numbers, weight: Numbers | None = None) -> float | None:
        values = self.row_values(actual, predicted)
        if weight is None:
            n_rows = float(len(actual))
            means = {name: np.array([np.mean(rows)]) for name, rows in values.items()}
        else:
            n_rows = float(np.sum(weight))
            means = {name: np.array([np.sum(weight * rows) / n_rows]) for name, rows in values.items()}
        value = float(self.of_means(means, np.array([n_rows]))[0])
        return value if np.isfinite(value) else None

    def resampled(self, actual: Numbers, predicted: Numbers, counts: Counts) -> Numbers | None:
        n_rows = counts.sum(axis=1)
        return self.of_means(
            {name: np.sum(counts * rows, axis=1) / n_rows for name, rows in self.row_values(actual, predicted).items()},
            n_rows,
        )


def steady(values: Numbers) -> Numbers:
    """Logarithms or powers rounded to a mantissa of 40 bits (12 digits): their last bits differ between CPUs."""
    mantissa, exponent = np.frexp(values)
    return np.ldexp(np.round(mantissa * 2**40) / 2**40, exponent)


METRICS: Kind[Metric] = Kind(
    name="metric", base=Metric, package="lockstep.metrics.kinds", key="metric", folder="metrics"
)
