"""What showing trials to MLflow while they finish costs a search, and how late they appear; prints one JSON object.

Run in a project whose split is made: python -m benchmarks.tracking_cost --trials 200 [--silent]
"""

import argparse
import contextlib
import json
import os
import statistics
import time
from functools import partial
from pathlib import Path

from lockstep.check.config import load_config
from lockstep.fitting.make_folds import make_folds
from lockstep.project.paths import TRAIN
from lockstep.search.engines import open_engine
from lockstep.search.evaluation_log import EvaluationLog
from lockstep.search.ordered import Observer, Plan, search
from lockstep.search.space import SearchSpace
from lockstep.storage.tables import read_table
from lockstep.table.target import Target
from lockstep.tracking.live import LiveTrials, runs_of
from lockstep.tracking.store import TRACKING_URI, open_store
from lockstep.tracking.trial_runs import PARENT
from lockstep.workers.trial import TrialResult


class Clock:
    """When each trial finished, in seconds since the epoch."""

    def __init__(self) -> None:
        self.finished_at: dict[str, float] = {}

    def finished(self, result: TrialResult) -> None:
        self.finished_at[str(result.number)] = time.time()


def main() -> None:
    """Run one search without pruning, every fold fitted anew, and print what it took."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--trials", type=int, required=True)
    parser.add_argument("--silent", action="store_true", help="without MLflow")
    chosen = parser.parse_args()
    os.environ[TRACKING_URI] = f"sqlite:///{Path.cwd() / f'tracking-{time.time_ns()}.db'}"
    config = load_config()
    target, cross_fitting = Target.of(config.dataset), config.split.cross_fitting
    fitting = config.booster.fitting(target)
    tune = config.tune.model_copy(update={"n_trials": chosen.trials, "budget": None})
    plan = Plan(tune, SearchSpace(config.space), config.pruner, config.seed, fitting)
    folds_in = partial(make_folds, read_table(TRAIN), target, config.recipe, cross_fitting, config.seed)
    clock = Clock()
    with contextlib.ExitStack() as stack:
        engine = stack.enter_context(open_engine(folds_in, plan))
        log = stack.enter_context(EvaluationLog(Path(f"tracking-{time.time_ns()}.log")))
        observers: list[Observer] = [clock]
        wall, cpu = time.perf_counter(), time.process_time()
        with contextlib.ExitStack() as shown:
            if not chosen.silent:
                as_runs = partial(runs_of, space=config.space, n_folds=len(engine.folds), fitting=fitting)
                observers.append(shown.enter_context(LiveTrials("bench", str(time.time_ns()), as_runs)))
            search(plan, engine.folds.summaries(), engine.run, engine.executor, log, observers)
        wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
    late = [] if chosen.silent else _seconds_late(clock)
    print(
        json.dumps(
            {
                "wall": wall,
                "search_cpu": cpu,
                "trials": chosen.trials,
                "shown": len(late),
                "late_median": statistics.median(late) if late else None,
                "late_most": max(late, default=None),
            }
        )
    )


def _seconds_late(clock: Clock) -> list[float]:
    client, experiment_id = open_store("bench")
    runs = client.search_runs([experiment_id], max_results=50_000)
    return [
        run.info.end_time / 1000 - clock.finished_at[run.data.tags["lockstep.trial"]]
        for run in runs
        if PARENT in run.data.tags
    ]


if __name__ == "__main__":
    main()
