"""Pairs of models that are equally good, and a third that is better by a known share, in every kind of test rows."""

import math
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cached_property, partial

import numpy as np
import numpy.typing as npt

from lockstep.evaluate.units import Units
from lockstep.fitting.fitting import Fitting
from lockstep.metrics.metric import Numbers

Random = np.random.Generator
# The correlation of the errors of two models of one table: what both cannot know is most of an error.
SHARED = 0.8
# The share of an error's variance that rows of a group, or of a moment, have in common.
WITHIN = 0.5
# Rows of which the true value of a metric of classes is computed.
TRUTH_ROWS = 1_000_000


@dataclass(frozen=True)
class Pair:
    """Targets, and the predictions of models.

    Attributes:
        actual: Shape (rows,).
        a: A's predictions, shape (rows,) or (rows, classes).
        b: B's, which is as good.
        better: B's if its errors are smaller.
        units: How the rows are related.
    """

    actual: Numbers
    a: Numbers
    b: Numbers
    better: Numbers
    units: Units


@dataclass(frozen=True)
class Cell:
    """A kind of test rows.

    Attributes:
        name: What it is called in the table.
        draw: A pair with errors of variance 1, and with errors of B that are smaller by a share.
        better: That share.
        metric: The metric of the score.
        exact: Whether both promises, of false verdicts and of coverage, must be kept; else the figure stands.
        fair: Whether at least the promise of false verdicts must be kept.
        many: The same with very many rows, for the true value of another metric than RMSE.
    """

    name: str
    draw: Callable[[Random, float], Pair]
    better: float
    metric: str = "rmse"
    exact: bool = True
    fair: bool = True
    many: Callable[[Random, float], Pair] | None = None

    @property
    def fitting(self) -> Fitting:
        """The objective and the metric."""
        return Fitting("classes", self.metric, 2) if self.metric in ("auc", "log_loss") else Fitting(metric=self.metric)

    @cached_property
    def truth(self) -> float:
        """The true value of A's metric: exact for RMSE, else that of very many rows."""
        if self.metric == "rmse":
            return 1.0
        pair = (self.many or self.draw)(np.random.default_rng(0), 0.0)
        value = self.fitting.value(pair.actual, pair.a)
        if value is None:
            raise ValueError(f"{self.metric} is undefined")
        return value


def errors(kind: str, random: Random, shape: tuple[int, ...]) -> Numbers:
    """Independent errors with mean 0 and variance 1: normal, t3 or lognormal."""
    if kind == "t3":
        return np.asarray(random.standard_t(3, shape) / np.sqrt(3))
    if kind == "lognormal":
        return np.asarray((np.exp(random.normal(size=shape)) - np.exp(0.5)) / np.sqrt((math.e - 1) * math.e))
    return random.normal(size=shape)


def of_errors(one: Numbers, other: Numbers, units: Units, better: float) -> Pair:
    """Two models with these errors."""
    return Pair(np.zeros(len(one)), one, other, other * (1 - better), units)


def mixed(parts: Numbers) -> tuple[Numbers, Numbers]:
    """The errors of two models of three independent ones: what they share, and each model's own."""
    shared, one, other = parts
    return (
        np.sqrt(SHARED) * shared + np.sqrt(1 - SHARED) * one,
        np.sqrt(SHARED) * shared + np.sqrt(1 - SHARED) * other,
    )


def independent(rows: int, kind: str, random: Random, better: float) -> Pair:
    """Independent rows."""
    return of_errors(*mixed(errors(kind, random, (3, rows))), Units(rows), better)


def unlike(rows: int, kind: str, random: Random, better: float) -> Pair:
    """Independent rows, with normal errors of A and others of B."""
    shared, one = random.normal(size=(2, rows))
    own = errors(kind, random, (rows,))
    a, b = mixed(np.stack([shared, one, own]))
    return of_errors(a, b, Units(rows), better)


def weighted(rows: int, kind: str, random: Random, better: float) -> Pair:
    """Independent rows with lognormal weights."""
    pair = independent(rows, kind, random, better)
    weight = np.exp(0.5 * random.normal(size=rows))
    return replace(pair, units=Units(rows, weight=weight))


def autoregressive(random: Random, correlation: float, series: int, length: int) -> Numbers:
    """First-order autoregressions of variance 1."""
    from scipy.signal import lfilter

    start = random.normal(size=(series, 1))
    steps = np.sqrt(1 - correlation**2) * random.normal(size=(series, length - 1))
    later, _ = lfilter([1.0], [1.0, -correlation], steps, axis=1, zi=correlation * start)
    return np.concatenate([start, later], axis=1)


def in_time(rows: int, correlation: float, random: Random, better: float) -> Pair:
    """Rows in the order of time with autoregressive errors."""
    series = autoregressive(random, correlation, 3, rows)
    return of_errors(*mixed(series), Units(rows, moment=np.arange(rows)), better)


def panel(moments: int, correlation: float, random: Random, better: float) -> Pair:
    """Ten rows a moment, which share a part of their errors; that part is an autoregression."""
    moment = np.repeat(np.arange(moments), 10)
    common = autoregressive(random, correlation, 3, moments)[:, moment]
    parts = np.sqrt(WITHIN) * common + np.sqrt(1 - WITHIN) * random.normal(size=(3, len(moment)))
    return of_errors(*mixed(parts), Units(len(moment), moment=moment), better)


def grouped(groups: int, spread: float, random: Random, better: float) -> Pair:
    """Some twenty rows a group, which share a part of their errors; sizes are lognormal with this spread."""
    group = group_sizes(groups, spread)
    common = random.normal(size=(3, groups))[:, group]
    parts = np.sqrt(WITHIN) * common + np.sqrt(1 - WITHIN) * random.normal(size=(3, len(group)))
    return of_errors(*mixed(parts), Units(len(group), group=group), better)


def group_sizes(groups: int, spread: float) -> npt.NDArray[np.int64]:
    """The group of each row, with sizes at the quantiles of a lognormal distribution of median 20."""
    from scipy.special import ndtri

    sizes = np.maximum(2, np.round(20 * np.exp(spread * ndtri((np.arange(groups) + 0.5) / groups))))
    return np.repeat(np.arange(groups), sizes.astype(np.int64))


def grouped_in_time(groups: int, correlation: float, random: Random, better: float) -> Pair:
    """Twenty rows a group at any of 60 moments; groups and moments share a third of the error each."""
    group, moment = np.repeat(np.arange(groups), 20), random.integers(0, 60, 20 * groups)
    of_group = random.normal(size=(3, groups))[:, group]
    of_moment = autoregressive(random, correlation, 3, 60)[:, moment]
    parts = (of_group + of_moment + random.normal(size=(3, len(group)))) / np.sqrt(3)
    return of_errors(*mixed(parts), Units(len(group), group=group, moment=moment), better)


def classes(rows: int, random: Random, better: float) -> Pair:
    """Independent rows of two classes with probabilities near the true ones."""
    logit = 1.5 * random.normal(size=rows)
    actual = (random.random(rows) < 1 / (1 + np.exp(-logit))).astype(np.float64)
    one, other = mixed(0.6 * random.normal(size=(3, rows)))
    positive = 1 / (1 + np.exp(-logit - np.stack([one, other, other * (1 - better)])))
    a, b, c = (np.column_stack([1 - share, share]) for share in positive)
    return Pair(actual, a, b, c, Units(rows))


# A share by which B's errors are smaller that about half of the pairs show, by the number of rows.
BETTER = {30: 0.2, 89: 0.12, 500: 0.05, 4000: 0.02}
# With errors of these kinds no interval of the RMSE keeps its promise.
HEAVY = ("t3", "lognormal")


def cells() -> list[Cell]:
    """All cells of the table in docs/decisions.md."""
    return [
        *(
            Cell(f"{rows:,} rows, {kind}", partial(independent, rows, kind), share, exact=kind == "normal")
            for rows, share in BETTER.items()
            for kind in ("normal", *HEAVY)
        ),
        *(
            Cell(
                *(f"{rows:,} rows, MAE, {kind}", partial(independent, rows, kind), BETTER[rows], "mae"),
                many=partial(independent, TRUTH_ROWS, kind),
            )
            for rows in (89, 500)
            for kind in ("normal", "t3")
        ),
        *(
            Cell(
                *(f"{rows:,} rows, {label}", partial(classes, rows), 0.5, metric),
                exact=rows > 89 or metric != "auc",
                many=partial(classes, TRUTH_ROWS),
            )
            for rows in (89, 500)
            for label, metric in (("log loss", "log_loss"), ("AUC", "auc"))
        ),
        Cell(
            *("500 rows, median absolute error", partial(independent, 500, "normal"), 0.1, "median_absolute_error"),
            many=partial(independent, TRUTH_ROWS, "normal"),
        ),
        *(Cell(f"{rows:,} rows, weights", partial(weighted, rows, "normal"), BETTER[rows]) for rows in (89, 500)),
        *(
            Cell(f"{rows:,} rows in time, AR {c}", partial(in_time, rows, c), share, exact=c < 0.9, fair=c < 0.9)
            for rows, share in ((89, 0.15), (500, 0.07), (4000, 0.03))
            for c in (0.0, 0.5, 0.9)
        ),
        Cell("60 moments of 10 rows, AR 0.5", partial(panel, 60, 0.5), 0.12),
        *(
            Cell(
                f"{groups} {'unequal ' if spread else ''}groups",
                partial(grouped, groups, spread),
                share,
                exact=groups >= (20 if spread else 12),
                fair=groups > 5,
            )
            for groups, share in ((3, 0.5), (5, 0.4), (8, 0.3), (12, 0.25), (20, 0.18), (50, 0.1))
            for spread in (0.0, 0.5)
        ),
        Cell("20 groups in 60 moments, AR 0.5", partial(grouped_in_time, 20, 0.5), 0.18),
        *(
            Cell(f"{rows:,} rows, A normal, B {kind}", partial(unlike, rows, kind), BETTER[rows], fair=False)
            for rows in (89, 500)
            for kind in HEAVY
        ),
    ]
