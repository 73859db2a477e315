"""A new sampler for every trial, so that a search has no hidden state."""

import hashlib
from typing import Any

from optuna.distributions import BaseDistribution, FloatDistribution
from optuna.samplers import BaseSampler, RandomSampler, TPESampler
from optuna.search_space import IntersectionSearchSpace
from optuna.study import Study
from optuna.trial import FrozenTrial

from lockstep.search.space import distinct
from lockstep.search.tune_blocks import Tune


def make_sampler(tune: Tune, seed: int, number: int, space: IntersectionSearchSpace) -> BaseSampler:
    """The sampler of trial `number`, which depends on no earlier sampler.

    Args:
        tune: Names the sampler.
        seed: Seed of the search.
        number: Number of the trial.
        space: Shared by all samplers of a study: its cache spares each of them reading every trial's parameters.
    """
    derived = seed_of(seed, number)
    inner: BaseSampler = RandomSampler(seed=derived)
    if tune.sampler == "tpe":
        inner = _Tpe(space, derived, tune.n_startup_trials)
    return DistinctSampler(inner)


def seed_of(seed: int, number: int) -> int:
    """A 32-bit seed for trial `number`; neighbouring trials get unrelated ones."""
    return int.from_bytes(hashlib.sha256(f"{seed}:{number}".encode()).digest()[:4], "big")


class _Tpe(TPESampler):
    def __init__(self, space: IntersectionSearchSpace, seed: int, n_startup_trials: int) -> None:
        super().__init__(seed=seed, n_startup_trials=n_startup_trials, multivariate=True, constant_liar=True)
        self._shared_space = space

    def infer_relative_search_space(self, study: Study, trial: FrozenTrial) -> dict[str, BaseDistribution]:
        space = self._shared_space.calculate(study, use_cache=True)
        return {name: distribution for name, distribution in space.items() if not distribution.single()}


class DistinctSampler(BaseSampler):
    """Wraps a sampler and makes its numbers distinct (see lockstep.search.space) before a study stores them.

    Args:
        inner: The wrapped sampler.
    """

    def __init__(self, inner: BaseSampler) -> None:
        self.inner = inner

    def infer_relative_search_space(self, study: Study, trial: FrozenTrial) -> dict[str, BaseDistribution]:
        return self.inner.infer_relative_search_space(study, trial)

    def sample_relative(
        self, study: Study, trial: FrozenTrial, search_space: dict[str, BaseDistribution]
    ) -> dict[str, Any]:
        suggested = self.inner.sample_relative(study, trial, search_space)
        return {name: _cut(value, trial.number, search_space[name]) for name, value in suggested.items()}

    def sample_independent(
        self, study: Study, trial: FrozenTrial, param_name: str, param_distribution: BaseDistribution
    ) -> Any:
        value = self.inner.sample_independent(study, trial, param_name, param_distribution)
        return _cut(value, trial.number, param_distribution)

    def before_trial(self, study: Study, trial: FrozenTrial) -> None:
        self.inner.before_trial(study, trial)


def _cut(value: Any, number: int, distribution: BaseDistribution) -> Any:
    return distinct(value, number, distribution) if isinstance(distribution, FloatDistribution) else value
