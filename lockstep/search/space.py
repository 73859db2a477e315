"""Search spaces: the distributions that Optuna samples, and the values that the booster gets.

Suggestions must not depend on the CPU. Two things would make them depend on it: the last bit of log() and exp() differs
between CPUs, and TPE sorts earlier values with numpy's unstable argsort, which orders tied values by CPU. So every
number is cut to four significant digits, which removes the last bit, and a billionth per trial is added, which breaks
ties. Integer and stepped parameters, which tie most often, are sampled as continuous numbers. The booster gets the
value without the trace, rounded to its grid.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass

from optuna.distributions import BaseDistribution, CategoricalDistribution, FloatDistribution, IntDistribution

from lockstep.fitting.fitting import Value
from lockstep.search.tune_blocks import Range, Space
from lockstep.storage.tables import significant

DIGITS = 4
FINEST = 1e-6
TRACE = 1e-9


@dataclass(frozen=True)
class Parameter:
    """One parameter of a space: its distributions and its values."""

    name: str
    range: Range

    def sampling_distribution(self) -> BaseDistribution:
        """The distribution that Optuna samples: continuous, or categorical for choices."""
        if self.range.choices is not None:
            return CategoricalDistribution(self.range.choices)
        low, high = self._bounds()
        grid = self._grid()
        if grid is None:
            return FloatDistribution(low, high, log=self.range.log)
        # Half a step beyond each end gives the end points the same share as the others.
        top = low + grid * self._last()
        return FloatDistribution(low - grid / 2, top + grid / 2, log=self.range.log)

    def distribution(self) -> BaseDistribution:
        """The distribution as params.yaml states it, for studies that people view."""
        if self.range.choices is not None:
            return CategoricalDistribution(self.range.choices)
        low, high = self._bounds()
        if self.range.is_integer:
            return IntDistribution(int(low), int(high), log=self.range.log, step=int(self.range.step or 1))
        return FloatDistribution(low, high, log=self.range.log, step=self.range.step)

    def booster_value(self, suggested: Value) -> Value:
        """The booster's value for a suggestion."""
        if self.range.choices is not None:
            return suggested
        low, high = self._bounds()
        grid = self._grid()
        if grid is None:
            return cut(float(suggested), low, high, log=self.range.log)
        position = min(max(round((float(suggested) - low) / grid), 0), self._last())
        value = low + grid * position
        return int(value) if self.range.is_integer else significant(value, 12)

    def n_values(self) -> int | None:
        """Number of the booster's values; None of a continuous range."""
        if self.range.choices is not None:
            return len(set(self.range.choices))
        low, high = self._bounds()
        grid = self._grid()
        if grid is None:
            return 1 if low == high else None
        return self._last() + 1

    def suggestion(self, index: int) -> Value:
        """A suggestion for the booster's value number `index` of `n_values`."""
        if self.range.choices is not None:
            return list(dict.fromkeys(self.range.choices))[index]
        return self._bounds()[0] + (self._grid() or 0.0) * index

    def _last(self) -> int:
        """The number of the last value of a grid."""
        low, high = self._bounds()
        return math.floor((high - low) / (self._grid() or 1.0) + 1e-9)

    def _bounds(self) -> tuple[float, float]:
        if self.range.low is None or self.range.high is None:
            raise ValueError(f"{self.name} is a list of choices")
        return float(self.range.low), float(self.range.high)

    def _grid(self) -> float | None:
        if self.range.step is not None:
            return float(self.range.step)
        return 1.0 if self.range.is_integer else None


class SearchSpace:
    """All parameters of a space, in alphabetical order."""

    def __init__(self, space: Space) -> None:
        self.parameters = {name: Parameter(name, space[name]) for name in sorted(space)}

    def sampling_distributions(self) -> dict[str, BaseDistribution]:
        """The distributions that Optuna samples."""
        return {name: parameter.sampling_distribution() for name, parameter in self.parameters.items()}

    def distributions(self) -> dict[str, BaseDistribution]:
        """The distributions as params.yaml states them."""
        return {name: parameter.distribution() for name, parameter in self.parameters.items()}

    def booster_params(self, suggested: Mapping[str, Value]) -> dict[str, Value]:
        """The booster's values for a suggestion."""
        return {name: parameter.booster_value(suggested[name]) for name, parameter in self.parameters.items()}


def cut(value: float, low: float, high: float, *, log: bool) -> float:
    """The value in [low, high] with four significant digits, none of them below a millionth of a linear range."""
    if not log and high > low:
        finest = (high - low) * FINEST
        value = round(value / finest) * finest
    return min(max(significant(value, DIGITS), low), high)


def distinct(value: float, number: int, distribution: FloatDistribution) -> float:
    """The value after `cut` plus a trace of the trial's number, inside the distribution's bounds.

    In searches of up to 40,000 trials the trace is too small to change the booster's value.
    """
    low, high = distribution.low, distribution.high
    plain = cut(value, low, high, log=distribution.log)
    trace = (number + 1) * TRACE * max(abs(plain), 0.0 if distribution.log else (high - low) * FINEST)
    return plain + trace if plain + trace <= high else plain - trace
