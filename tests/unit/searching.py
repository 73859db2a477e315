"""Cheap stand-ins for fits and engines, shared by the tests of the search."""

import math
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Executor, Future
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np

from lockstep.fitting.booster import FoldScore
from lockstep.fitting.fitting import Fitting
from lockstep.fitting.folds import FoldSet, FoldSummary, digest_of
from lockstep.search.evaluation_log import FoldLog, NoLog
from lockstep.search.ordered import Plan, search
from lockstep.search.space import SearchSpace
from lockstep.search.tune_blocks import (
    Hyperband,
    Median,
    NoPruning,
    Percentile,
    PrunerOptions,
    Race,
    Range,
    SuccessiveHalving,
    Tune,
)
from lockstep.storage.tables import significant
from lockstep.workers.trial import Evaluation, FoldTask, TrialResult

FOLDS = 4
SUMMARIES = [FoldSummary(f"fold {number}", 100 + 10 * number) for number in range(FOLDS)]
SPACE = {
    "max_depth": Range(low=2, high=10),
    "n_estimators": Range(low=50, high=300, step=50),
    "learning_rate": Range(low=0.01, high=0.3, log=True),
    "subsample": Range(low=0.5, high=1.0),
    "grow_policy": Range(choices=("depthwise", "lossguide")),
}
PRUNERS: list[PrunerOptions] = [
    Median(n_startup_trials=4, n_warmup_steps=0),
    Percentile(n_startup_trials=4, n_warmup_steps=0, percentile=30.0),
    SuccessiveHalving(min_resource=1, reduction_factor=2, min_early_stopping_rate=0),
    Hyperband(min_resource=1, reduction_factor=2),
    Race(margin=0.25, n_startup_trials=3),
]
ALL_PRUNERS = [*PRUNERS, NoPruning()]


def plan_of(pruner: PrunerOptions, n_trials: int = 40, lag: int = 6, **more: object) -> Plan:
    tune = Tune.model_validate(
        {
            "n_trials": n_trials,
            "patience": None,
            "budget": None,
            "space": "x",
            "lag": lag,
            "sampler": "tpe",
            "n_startup_trials": 5,
            "pruner": "none",
            "early_stopping_rounds": 5,
            "max_rounds": 10,
            "enqueue": [],
            **more,
        }
    )
    return Plan(tune, SearchSpace(SPACE), pruner, seed=7, fitting=Fitting())


def score_of(rmse: float, rounds: int = 10) -> FoldScore:
    return FoldScore(rmse, {"rmse": rmse, "mse": rmse**2, "mae": rmse, "r2": 0.5}, rounds)


def stand_in(task: FoldTask) -> Evaluation:
    """A fold that costs nothing: a smooth function of its parameters plus a little fold noise."""
    depth, rate = float(task.params["max_depth"]), float(task.params["learning_rate"])
    rmse = significant(1 + (depth - 6) ** 2 / 20 + abs(math.log10(rate) + 1) + 0.01 * task.fold, 10)
    return Evaluation(score_of(rmse), "", 0.0, 0.0)


def run_search(
    plan: Plan, run: Callable[[FoldTask], Evaluation], engine: Executor, log: FoldLog | None = None
) -> list[TrialResult]:
    return search(plan, SUMMARIES, run, engine, log or NoLog())


def without_time(results: list[TrialResult]) -> list[tuple[object, ...]]:
    return [(r.number, r.state, dict(r.params), r.folds, r.message, dict(r.attrs)) for r in results]


class AtOnce(Executor):
    """Runs every call where it is submitted: one worker."""

    def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Future[Any]:
        future = Future[Any]()
        future.set_result(fn(*args, **kwargs))
        return future


class Adversary(Executor):
    """Lets calls pile up and finishes them in an order of somebody's choosing.

    Args:
        choices: Which of the waiting calls comes next, modulo their number; used again from the start.
        patience: How many calls may pile up before the first is run.
    """

    def __init__(self, choices: list[int], patience: int) -> None:
        self._choices, self._patience = choices, patience
        self._waiting: list[tuple[Future[Any], Callable[[], Any]]] = []
        self._changed = threading.Condition()
        self._closed = False
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._thread.start()

    def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Future[Any]:
        future = Future[Any]()
        with self._changed:
            self._waiting.append((future, lambda: fn(*args, **kwargs)))
            self._changed.notify()
        return future

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:
        with self._changed:
            self._closed = True
            self._changed.notify()
        self._thread.join()

    def _serve(self) -> None:
        turn = 0
        while True:
            with self._changed:
                # Waits for more calls than there are, unless nobody submits any.
                self._changed.wait_for(lambda: len(self._waiting) >= self._patience or self._closed, timeout=0.002)
                if self._closed and not self._waiting:
                    return
                if not self._waiting:
                    continue
                future, call = self._waiting.pop(self._choices[turn % len(self._choices)] % len(self._waiting))
            turn += 1
            future.set_result(call())


@contextmanager
def adversary(choices: list[int], patience: int) -> Iterator[Adversary]:
    engine = Adversary(choices, patience)
    try:
        yield engine
    finally:
        engine.shutdown()


def small_folds(n_folds: int = 2) -> FoldSet:
    numbers = np.random.default_rng(0)
    x = numbers.random((80, 2), dtype=np.float32)
    return FoldSet(
        matrices=(x,),
        matrix_of=(0,) * n_folds,
        y=x.sum(axis=1, dtype=np.float64),
        fold=np.arange(80) % n_folds,
        training=np.arange(80) % n_folds != np.arange(n_folds)[:, np.newaxis],
        names=(("a", "b"),) * n_folds,
        types=(("q", "q"),) * n_folds,
        digests=(digest_of(x),),
    )


def save_folds(folder: Path) -> None:
    small_folds().save(folder)
