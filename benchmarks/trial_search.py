"""A search of very many trials whose fits are a formula: what asking, judging and the evaluation log cost.

With the sampler tpe only the trials that are measured are asked of TPE, the last ones before each size; those between
are drawn at random, or 10,000 trials would take a quarter of an hour of CPU. What an ask costs depends on how many
trials there are, not on who suggested them.
"""

import functools
import json
import math
import random
import resource
import time
from collections.abc import Callable
from concurrent.futures import Executor, Future
from dataclasses import asdict
from pathlib import Path
from typing import Any

from optuna.samplers import BaseSampler
from optuna.search_space import IntersectionSearchSpace

from lockstep.check.config import load_config
from lockstep.fitting.booster import FoldScore
from lockstep.fitting.fitting import Fitting
from lockstep.fitting.folds import FoldSummary
from lockstep.search import in_flight, ordered
from lockstep.search.asked import Asked
from lockstep.search.evaluation_log import EvaluationLog
from lockstep.search.ordered import Plan, search
from lockstep.search.pruning import Judge
from lockstep.search.sampler import make_sampler
from lockstep.search.space import SearchSpace
from lockstep.search.tune_blocks import Tune
from lockstep.storage.tables import significant
from lockstep.workers.trial import Evaluation, FoldTask, State, TrialResult

SIZES = (100, 300, 1000, 3000, 10_000)
TRIALS = "trials.jsonl"
# Trials before each size that are measured.
MEASURED = 50
N_FOLDS = 5
# Where the formula has its best score, on a scale of 0 to 1 over each range.
BEST_AT = 0.4


class Meter:
    """CPU seconds of this thread by part and trial; what one part calls of another counts there alone."""

    def __init__(self) -> None:
        self.parts: dict[str, list[float]] = {}
        self._inside: list[float] = []

    def timed(self, owner: Any, name: str, part: str) -> None:
        """Count a function of a class or module as this part's."""
        function: Callable[..., Any] = getattr(owner, name)
        spent = self.parts.setdefault(part, [0.0])

        @functools.wraps(function)
        def wrapped(*args: Any, **kwargs: Any) -> Any:
            self._inside.append(0.0)
            began = time.thread_time()
            try:
                return function(*args, **kwargs)
            finally:
                took = time.thread_time() - began
                spent[-1] += took - self._inside.pop()
                if self._inside:
                    self._inside[-1] += took

        setattr(owner, name, wrapped)

    def next_trial(self) -> None:
        """What comes now belongs to another trial."""
        for spent in self.parts.values():
            spent.append(0.0)


class AtOnce(Executor):
    """Runs each call where it is submitted."""

    def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Future[Any]:
        future = Future[Any]()
        future.set_result(fn(*args, **kwargs))
        return future


class Observer:
    """Keeps each result and tells the meter that a trial is over."""

    def __init__(self, meter: Meter, path: Path) -> None:
        self._meter, self._file = meter, path.open("w", encoding="utf-8")
        self._began = time.perf_counter()
        self.walls: list[float] = []
        self.peak_mib: list[float] = []

    def finished(self, result: TrialResult) -> None:
        """Write it down."""
        self._file.write(json.dumps(asdict(result)) + "\n")
        self._file.flush()
        self._meter.next_trial()
        self.walls.append(time.perf_counter() - self._began)
        self.peak_mib.append(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024)


def measured(folder: Path, n_trials: int, sampler: str = "tpe") -> dict[str, Any]:
    """Search, and leave the results in the folder."""
    plan = plan_of(n_trials, sampler)
    if sampler == "tpe":
        ordered.make_sampler = partly_random  # type: ignore[attr-defined]
    meter = Meter()
    meter.timed(ordered._Trials, "ask", "ask")
    meter.timed(ordered._Trials, "tell", "tell")
    for name in ("__init__", "prunes", "attrs"):
        meter.timed(Judge, name, "judge")
    for name in ("find", "remember"):
        meter.timed(EvaluationLog, name, "log")
    meter.timed(in_flight, "fold_key", "log")
    observer = Observer(meter, folder / TRIALS)
    path = folder / "evaluations.db"
    path.unlink(missing_ok=True)
    began = time.process_time()
    with EvaluationLog(path) as log:
        search(plan, SUMMARIES, formula(plan), AtOnce(), log, (observer,))
    total = time.process_time() - began
    sizes = [size for size in SIZES if size <= n_trials]
    figures = {part: at_sizes(spent, sizes) for part, spent in meter.parts.items()}
    return figures | {
        "search_cpu": total,
        "search_wall": observer.walls[-1],
        "peak_mib": {str(size): observer.peak_mib[size - 1] for size in sizes},
        "log_bytes": path.stat().st_size / n_trials,
    }


SUMMARIES = [FoldSummary(f"fold {number}", 1) for number in range(N_FOLDS)]


def plan_of(n_trials: int, sampler: str = "tpe") -> Plan:
    """params.yaml's search, with so many trials."""
    config = load_config()
    tune = config.tune.model_copy(update={"n_trials": n_trials, "budget": None, "sampler": sampler})
    return Plan(tune, SearchSpace(config.space), config.pruner, config.seed, Fitting())


def at_sizes(spent: list[float], sizes: list[int]) -> dict[str, float]:
    """Means of the last 50 of the first so many trials."""
    return {str(size): sum(spent[size - MEASURED : size]) / MEASURED for size in sizes}


def partly_random(tune: Tune, seed: int, number: int, space: IntersectionSearchSpace, asked: Asked) -> BaseSampler:
    """TPE for the trials that are measured."""
    measured = any(size - MEASURED <= number < size for size in SIZES)
    return make_sampler(tune if measured else tune.model_copy(update={"sampler": "random"}), seed, number, space, asked)


def formula(plan: Plan) -> Callable[[FoldTask], Evaluation]:
    """A score that is best inside every range, with a fold's own luck; it costs nothing."""
    ranges = {name: each.range for name, each in plan.space.parameters.items() if each.range.choices is None}

    def share(name: str, value: float) -> float:
        limits = ranges[name]
        scale = math.log if limits.log else float
        low, high = scale(float(limits.low or 0)), scale(float(limits.high or 0))
        return (scale(value) - low) / (high - low)

    def evaluate(task: FoldTask) -> Evaluation:
        luck = random.Random(f"{task.number} {task.fold}").gauss(0, 0.01)  # noqa: S311 - no secret
        far = sum((share(name, float(task.params[name])) - BEST_AT) ** 2 for name in ranges)
        score = significant(1 + far + 0.02 * task.fold + luck, 10)
        metrics = {"rmse": score, "mse": score**2, "mae": score, "r2": 0.5}
        return Evaluation(FoldScore(score, metrics, 100 + task.fold), "", 0.01, 0.01)

    return evaluate


def results_in(folder: Path) -> list[TrialResult]:
    """What `measured` left."""
    found = []
    for line in (folder / TRIALS).read_text(encoding="utf-8").splitlines():
        content = json.loads(line)
        folds = tuple(FoldScore(**fold) for fold in content.pop("folds"))
        found.append(TrialResult(**{**content, "folds": folds, "state": State(content["state"])}))
    return found
