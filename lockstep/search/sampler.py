"""Samplers made anew for every trial, so that a search has no hidden state to lose or to race for."""

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
    """The sampler that asks for trial `number`; it depends on nothing else.

    Args:
        tune: Which sampler.
        seed: Of the search.
        number: The trial.
        space: Made once for a study: what it remembers spares each sampler a look at every trial's parameters.
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
        self._known_space = space

    def infer_relative_search_space(self, study: Study, trial: FrozenTrial) -> dict[str, BaseDistribution]:
        known = self._known_space.calculate(study, use_cache=True)
        return {name: distribution for name, distribution in known.items() if not distribution.single()}


class DistinctSampler(BaseSampler):
    """Another sampler whose numbers are cut and kept apart (see lockstep.search.space) before a study remembers them.

    Args:
        inner: The sampler that does the work.
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
