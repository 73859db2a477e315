"""A figure with its sampling error: its confidence interval, and the p-value that agrees with it.

The interval is the wider one, at each end, of Student's t and of the same with the cubic correction for skewness of
Hall (1992, On the removal of skewness by transformation, J. R. Stat. Soc. B 54, 221-228). The first keeps its promise
for differences of two models, whose skewness is mostly noise, the second for errors, whose squares are skewed;
docs/decisions.md has the simulation.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from lockstep.evaluate.dependence_in_time import long_run
from lockstep.evaluate.units import Clustering
from lockstep.metrics.metric import Numbers
from lockstep.storage.tables import significant

# Digits of the ends of an interval and of a p-value.
DIGITS = 6
# Below this skewness, already divided by the root of the count, the correction is less than the digits that are kept.
NO_SKEWNESS = 1e-9


@dataclass(frozen=True)
class Spread:
    """How far a figure may be from its true value.

    Attributes:
        error: The standard error.
        freedom: The degrees of freedom of its estimate.
        skewness: The skewness of the units' influence, divided by the root of their effective number.
    """

    error: float
    freedom: float
    skewness: float = 0.0

    @property
    def units(self) -> float:
        """The number of independent units of equal size that would say as much."""
        return self.freedom + 1


@dataclass(frozen=True)
class Estimate:
    """A figure and its spread.

    Attributes:
        value: The figure.
        spread: Its spread.
    """

    value: float
    spread: Spread

    def interval(self, confidence: float) -> tuple[float, float]:
        """The ends of the confidence interval, rounded."""
        from scipy.special import stdtrit

        reach = float(stdtrit(self.spread.freedom, (1 + confidence) / 2))
        low = self.value - self.spread.error * max(reach, self._corrected(reach))
        high = self.value + self.spread.error * max(reach, -self._corrected(-reach))
        return significant(low, DIGITS), significant(high, DIGITS)

    def p_value(self, true: float = 0.0) -> float:
        """The two-sided p-value of a true value: the interval excludes it at every confidence below 1 - p."""
        from scipy.special import stdtr

        if self.spread.error == 0:
            return float(self.value == true)
        distance = (self.value - true) / self.spread.error
        least = min(abs(distance), abs(self._cubic(distance)))
        return significant(2 * float(stdtr(self.spread.freedom, -least)), DIGITS)

    def _cubic(self, distance: float) -> float:
        """Hall's transformation: the distance in standard errors, without its skewness."""
        a = self.spread.skewness
        return distance + a * distance**2 / 3 + a**2 * distance**3 / 27 + a / 6

    def _corrected(self, distance: float) -> float:
        """The inverse of Hall's transformation."""
        a = self.spread.skewness
        if abs(a) < NO_SKEWNESS:
            return distance
        return float(3 / a * (np.cbrt(1 + a * (distance - a / 6)) - 1))


def estimate(value: float, influences: Sequence[Numbers], clusterings: Sequence[Clustering]) -> Estimate | None:
    """A figure with the spread that the influences of its units have.

    Of rows that are related in two ways the squared errors of both are added, less that of single rows, which both
    contain (Cameron, Gelbach and Miller 2011, section 2.3), but never less than the larger one.

    Args:
        value: The figure.
        influences: For each clustering the influence of its units, with mean 0; each of shape (units,).
        clusterings: One, or those of groups, of moments and of rows.

    Returns:
        None if the units are too few for any interval.
    """
    spreads = [_spread(values, units) for values, units in zip(influences, clusterings, strict=True)]
    if min(spread.freedom for spread in spreads) < 1:
        return None
    if len(spreads) == 1:
        return Estimate(value, spreads[0])
    *related, single = spreads
    squares = [spread.error**2 for spread in related]
    error = float(np.sqrt(max(*squares, sum(squares) - single.error**2)))
    freedom = min(spread.freedom for spread in related)
    return Estimate(value, Spread(error, freedom, max((spread.skewness for spread in related), key=abs)))


def _spread(influence: Numbers, units: Clustering) -> Spread:
    count, effective = len(influence), units.effective
    if not influence.any():
        return Spread(0.0, effective - 1)
    if units.ordered:
        run = long_run(influence)
        freedom = min(run.freedom, effective - 1)
        return Spread(float(np.sqrt(run.variance / count)), freedom, _skewness(run.stretches) / np.sqrt(freedom + 1))
    error = float(np.sqrt(np.sum(influence**2) / (count * (count - 1))))
    return Spread(error, effective - 1, _skewness(influence) / np.sqrt(effective))


def _skewness(values: Numbers) -> float:
    centred = values - values.mean()
    squares = centred * centred
    square = float(np.mean(squares))
    return float(np.mean(squares * centred)) / square**1.5 if square > 0 else 0.0
