"""The configurations that a search has asked, so that none is suggested twice."""

import math
from collections.abc import Mapping
from typing import Any

from optuna.distributions import FloatDistribution

from lockstep.fitting.fitting import Value
from lockstep.search.space import SearchSpace, distinct


class Asked:
    """Booster parameters of all asked trials.

    Args:
        space: The search's space.

    Attributes:
        distributions: What Optuna samples, in the order in which it is asked.
        n_configurations: Number of different configurations of the space; None where a range is continuous.
    """

    def __init__(self, space: SearchSpace) -> None:
        self.distributions = space.sampling_distributions()
        counts = [parameter.n_values() for parameter in space.parameters.values()]
        finite = [count for count in counts if count is not None]
        self.n_configurations = math.prod(finite) if len(finite) == len(counts) else None
        self._space, self._keys = space, set[tuple[Value, ...]]()

    def first_value(self, name: str) -> Value:
        """A suggestion of the first value of a parameter, its only one where Optuna has nothing to sample."""
        return self._space.parameters[name].suggestion(0)

    def add(self, suggestion: Mapping[str, Value]) -> dict[str, Value]:
        """Note a suggestion; its booster parameters."""
        params = self._space.booster_params(suggestion)
        self._keys.add(tuple(params.values()))
        return params

    def repeats(self, suggestion: Mapping[str, Value]) -> bool:
        """Whether an earlier trial had the same booster parameters."""
        return tuple(self._space.booster_params(suggestion).values()) in self._keys

    @property
    def exhausted(self) -> bool:
        """Whether every configuration was asked."""
        return len(self._keys) == self.n_configurations

    def one_left(self, number: int, seed: int) -> dict[str, Any] | None:
        """A suggestion for trial `number` that was not asked; None in a continuous space, or if none is left.

        Args:
            number: The trial.
            seed: Where to begin among the configurations; the next ones follow.
        """
        if self.n_configurations is None:
            return None
        for offset in range(len(self._keys) + 1):
            suggestion = self._at((seed + offset) % self.n_configurations, number)
            if not self.repeats(suggestion):
                return suggestion
        return None

    def _at(self, index: int, number: int) -> dict[str, Any]:
        """The suggestion for configuration `index`, counted as digits with a base for each parameter."""
        suggestion = dict[str, Any]()
        for name, parameter in self._space.parameters.items():
            index, digit = divmod(index, parameter.n_values() or 1)
            value, distribution = parameter.suggestion(digit), self.distributions[name]
            if isinstance(distribution, FloatDistribution) and not distribution.single():
                value = distinct(float(value), number, distribution)
            suggestion[name] = value
        return suggestion
