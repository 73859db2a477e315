"""Search spaces: what Optuna is asked, and what the booster is given.

Suggestions must not depend on the CPU. Two things would make them: the last bit of log() and exp() differs between
CPUs, and TPE sorts the values it has seen with numpy's unstable argsort, which orders tied values by CPU. So every
number is cut to four significant digits, which hides the last bit, and is then set apart from all others by a
billionth per trial, which breaks ties; whole-number and stepped parameters, which tie most, are asked as continuous
numbers. The booster gets the value cut, or rounded to its grid, once more.
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
    """One parameter of a space, seen from both sides."""

    name: str
    range: Range

    def sampling_distribution(self) -> BaseDistribution:
        """The distribution Optuna samples: continuous, or categorical for choices."""
        if self.range.choices is not None:
            return CategoricalDistribution(self.range.choices)
        low, high = self._bounds()
        grid = self._grid()
        if grid is None:
            return FloatDistribution(low, high, log=self.range.log)
        # Half a step beyond each end gives the end points the same share as the others.
        top = low + grid * math.floor((high - low) / grid + 1e-9)
        return FloatDistribution(low - grid / 2, top + grid / 2, log=self.range.log)

    def distribution(self) -> BaseDistribution:
        """The distribution as params.yaml states it, for studies that people look at."""
        if self.range.choices is not None:
            return CategoricalDistribution(self.range.choices)
        low, high = self._bounds()
        if self.range.is_integer:
            return IntDistribution(int(low), int(high), log=self.range.log, step=int(self.range.step or 1))
        return FloatDistribution(low, high, log=self.range.log, step=self.range.step)

    def booster_value(self, suggested: Value) -> Value:
        """The value the booster gets for a suggestion."""
        if self.range.choices is not None:
            return suggested
        low, high = self._bounds()
        grid = self._grid()
        if grid is None:
            return cut(float(suggested), low, high, log=self.range.log)
        last = math.floor((high - low) / grid + 1e-9)
        position = min(max(round((float(suggested) - low) / grid), 0), last)
        value = low + grid * position
        return int(value) if self.range.is_integer else significant(value, 12)

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
        """What Optuna samples."""
        return {name: parameter.sampling_distribution() for name, parameter in self.parameters.items()}

    def distributions(self) -> dict[str, BaseDistribution]:
        """What params.yaml states."""
        return {name: parameter.distribution() for name, parameter in self.parameters.items()}

    def booster_params(self, suggested: Mapping[str, Value]) -> dict[str, Value]:
        """What the booster gets."""
        return {name: parameter.booster_value(suggested[name]) for name, parameter in self.parameters.items()}


def cut(value: float, low: float, high: float, *, log: bool) -> float:
    """Four significant digits, but none below a millionth of a linear range, inside [low, high]."""
    if not log and high > low:
        finest = (high - low) * FINEST
        value = round(value / finest) * finest
    return min(max(significant(value, DIGITS), low), high)


def distinct(value: float, number: int, distribution: FloatDistribution) -> float:
    """The value cut, plus a trace of the trial's number, inside the distribution's bounds.

    The trace is too small to change what the booster gets, for searches of up to 40,000 trials.
    """
    low, high = distribution.low, distribution.high
    plain = cut(value, low, high, log=distribution.log)
    trace = (number + 1) * TRACE * max(abs(plain), 0.0 if distribution.log else (high - low) * FINEST)
    return plain + trace if plain + trace <= high else plain - trace
