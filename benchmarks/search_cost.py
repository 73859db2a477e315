"""What the search itself costs beside its fits, and how busy it keeps its workers; prints one JSON object.

Run in a project whose split is made: python -m benchmarks.search_cost --workers 2 --trials 24
"""

import argparse
import json
import os
import time
from functools import partial

from lockstep.check.config import load_config
from lockstep.fitting.make_folds import make_folds
from lockstep.project.paths import TRAIN
from lockstep.search.engines import open_engine
from lockstep.search.evaluation_log import EvaluationLog
from lockstep.search.ordered import Plan, search
from lockstep.search.space import SearchSpace
from lockstep.search.study_file import StudyFile
from lockstep.storage.scratch import scratch_folder
from lockstep.storage.tables import read_table
from lockstep.table.target import Target
from lockstep.workers.machine import WORKERS
from lockstep.workers.trial import Evaluation, State, TrialResult


class Cost(EvaluationLog):
    """A new log that adds up the time of the fits."""

    seconds = 0.0
    cpu_seconds = 0.0

    def remember(self, key: str, evaluation: Evaluation) -> None:
        self.seconds += evaluation.seconds
        self.cpu_seconds += evaluation.cpu_seconds
        super().remember(key, evaluation)


def main() -> None:
    """Run one search with a warm engine and print its cost."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--workers", type=int, required=True)
    parser.add_argument("--trials", type=int, required=True)
    chosen = parser.parse_args()
    os.environ[WORKERS] = str(chosen.workers)
    config = load_config()
    tune = config.tune.model_copy(update={"n_trials": chosen.trials, "budget": None})
    train, target, cross_fitting = read_table(TRAIN), Target.of(config.dataset), config.split.cross_fitting
    fitting = config.booster.fitting(target)
    plan = Plan(tune, SearchSpace(config.space), config.pruner, config.seed, fitting)
    with (
        open_engine(partial(make_folds, train, target, config.recipe, cross_fitting, config.seed), plan) as engine,
        scratch_folder() as folder,
    ):
        # Start the workers and import what they need before the clock runs.
        for answer in [engine.executor.submit(time.sleep, 1) for _ in range(chosen.workers)]:
            answer.result()
        # One-time set-up, too: Optuna takes seconds to make a new SQLite file.
        with StudyFile(folder / "study.db", "set-up", {}, {}) as study:
            study.finished(TrialResult(0, State.FAIL, {}, (), "", {}, 0.0, 0.0))
        with (
            StudyFile(folder / "study.db", "cost", plan.space.distributions(), {}) as study,
            Cost(folder / "log.db") as cost,
        ):
            wall, cpu = time.perf_counter(), time.process_time()
            search(plan, engine.folds.summaries(), engine.run, engine.executor, cost, (study,))
            wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
    print(
        json.dumps(
            {
                "wall": wall,
                "search_cpu": cpu,
                "fits_cpu": cost.cpu_seconds,
                "fits": cost.n_fitted,
                "busy": cost.seconds / (wall * chosen.workers),
                "trials": chosen.trials,
            }
        )
    )


if __name__ == "__main__":
    main()
