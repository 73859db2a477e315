"""A new sampler for every trial, so that a search has no hidden state."""

import hashlib
from collections.abc import Callable, Mapping
from typing import Any

from optuna.distributions import BaseDistribution, FloatDistribution
from optuna.samplers import BaseSampler, RandomSampler, TPESampler
from optuna.search_space import IntersectionSearchSpace
from optuna.study import Study
from optuna.trial import FrozenTrial

from lockstep.search.asked import Asked
from lockstep.search.space import distinct
from lockstep.search.tune_blocks import Tune

# What a person enqueued, among a trial's attributes.
FIXED = "fixed_params"
# Suggestions of the sampler, and then at random, before what is left of a finite space is listed.
TRIES, RANDOM_TRIES = 10, 20


def make_sampler(tune: Tune, seed: int, number: int, space: IntersectionSearchSpace, asked: Asked) -> BaseSampler:
    """The sampler of trial `number`, which depends on no earlier sampler.

    Args:
        tune: Names the sampler.
        seed: Seed of the search.
        number: Number of the trial.
        space: Shared by all samplers of a study: its cache spares each of them reading every trial's parameters.
        asked: The configurations that are not suggested again.
    """

    def inner(attempt: int) -> BaseSampler:
        derived = seed_of(seed, number, attempt)
        if tune.sampler == "tpe" and attempt < TRIES:
            return _Tpe(space, derived, tune.n_startup_trials)
        return RandomSampler(seed=derived)

    return DistinctSampler(inner, asked, seed_of(seed, number))


def seed_of(seed: int, number: int, attempt: int = 0) -> int:
    """A 32-bit seed for trial `number`; neighbouring trials and further attempts get unrelated ones."""
    text = f"{seed}:{number}:{attempt}" if attempt else f"{seed}:{number}"
    return int.from_bytes(hashlib.sha256(text.encode()).digest()[:4], "big")


class _Tpe(TPESampler):
    def __init__(self, space: IntersectionSearchSpace, seed: int, n_startup_trials: int) -> None:
        super().__init__(seed=seed, n_startup_trials=n_startup_trials, multivariate=True, constant_liar=True)
        self._shared_space = space

    def infer_relative_search_space(self, study: Study, trial: FrozenTrial) -> dict[str, BaseDistribution]:
        space = self._shared_space.calculate(study, use_cache=True)
        return {name: distribution for name, distribution in space.items() if not distribution.single()}


class DistinctSampler(BaseSampler):
    """Suggests numbers that are distinct (see lockstep.search.space), and no configuration twice.

    A suggestion whose booster parameters were asked before is replaced by the next attempt, which has its own seed; in
    a finite space, when all attempts fail, by one of those left. So a search without repetitions is the one that the
    inner sampler makes. What a person enqueued is asked as it stands.

    Args:
        inner: The sampler of each attempt.
        asked: The configurations that were asked.
        seed: Chooses among those left.
    """

    def __init__(self, inner: Callable[[int], BaseSampler], asked: Asked, seed: int) -> None:
        self._inner, self._asked, self._seed = inner, asked, seed
        self._first = inner(0)
        self._suggestion: dict[str, Any] = {}

    def infer_relative_search_space(self, study: Study, trial: FrozenTrial) -> dict[str, BaseDistribution]:
        return self._first.infer_relative_search_space(study, trial)

    def sample_relative(
        self, study: Study, trial: FrozenTrial, search_space: dict[str, BaseDistribution]
    ) -> dict[str, Any]:
        """All parameters at once: those of the space that the trials share together, the others one by one."""
        for attempt in range(TRIES + RANDOM_TRIES):
            inner = self._inner(attempt) if attempt else self._first
            relative = inner.sample_relative(study, trial, search_space)
            self._suggestion = self._completed(inner, study, trial, relative)
            if not self._asked.repeats(self._suggestion):
                break
        else:
            if not trial.system_attrs.get(FIXED):
                self._suggestion = self._asked.one_left(trial.number, self._seed) or self._suggestion
        return {name: self._suggestion[name] for name in search_space}

    def sample_independent(
        self, study: Study, trial: FrozenTrial, param_name: str, param_distribution: BaseDistribution
    ) -> Any:
        """The value that `sample_relative`, which Optuna calls first, found for this parameter."""
        return self._suggestion[param_name]

    def before_trial(self, study: Study, trial: FrozenTrial) -> None:
        self._first.before_trial(study, trial)

    def _completed(
        self, inner: BaseSampler, study: Study, trial: FrozenTrial, relative: Mapping[str, Any]
    ) -> dict[str, Any]:
        """Every parameter's value, in the order in which Optuna asks for them."""
        fixed, values = trial.system_attrs.get(FIXED, {}), dict[str, Any]()
        for name, distribution in self._asked.distributions.items():
            if name in fixed or distribution.single():
                values[name] = fixed.get(name, self._asked.first_value(name))
            elif name in relative:
                values[name] = _cut(relative[name], trial.number, distribution)
            else:
                value = inner.sample_independent(study, trial, name, distribution)
                values[name] = _cut(value, trial.number, distribution)
        return values


def _cut(value: Any, number: int, distribution: BaseDistribution) -> Any:
    return distinct(value, number, distribution) if isinstance(distribution, FloatDistribution) else value
