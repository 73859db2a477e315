"""The search of both simulations of searches: TPE and the race pruner with their defaults, on made fits."""

from lockstep.fitting.fitting import Fitting
from lockstep.search.ordered import Plan
from lockstep.search.space import SearchSpace
from lockstep.search.tune_blocks import Race, Space, Tune


def made_plan(space: Space, n_trials: int, seed: int, *, stopping: int = 1, max_rounds: int = 1) -> Plan:
    """A search by squared error.

    Args:
        space: The ranges.
        n_trials: Trials.
        seed: Seed of the sampler and the fits.
        stopping: Rounds without improvement that stop a fit.
        max_rounds: Rounds of a fit at most.
    """
    tune = Tune(
        n_trials=n_trials,
        patience=None,
        budget=None,
        space="made",
        lag=8,
        sampler="tpe",
        n_startup_trials=5,
        pruner="race",
        early_stopping_rounds=stopping,
        max_rounds=max_rounds,
        enqueue=(),
    )
    return Plan(tune, SearchSpace(space), Race(margin=0.25, n_startup_trials=3), seed, Fitting())
