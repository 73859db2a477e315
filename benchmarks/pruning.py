"""What pruners save and cost: real searches of the default space with several seeds, on two tables.

Every search of one seed shares an evaluation log, so that a fold that several pruners fit is fitted, and its CPU time
measured, once. Run it with `make bench-pruning`; it takes about an hour on two cores.
"""

import argparse
import statistics
import sys
import tempfile
from functools import partial
from pathlib import Path

from benchmarks.tables import TABLES, prepare
from lockstep.check.config import Config, load_config
from lockstep.fitting.make_folds import make_folds
from lockstep.project.paths import TRAIN
from lockstep.search.engines import Engine, open_engine
from lockstep.search.evaluation_log import EvaluationLog
from lockstep.search.ordered import Plan, best_of, search
from lockstep.search.space import SearchSpace
from lockstep.search.tune_blocks import Median, NoPruning, Percentile, PrunerOptions, Race, SuccessiveHalving
from lockstep.storage.tables import read_table
from lockstep.table.target import Target
from lockstep.workers.trial import Evaluation, State

PRUNERS: dict[str, PrunerOptions] = {
    "none": NoPruning(),
    "median": Median(n_startup_trials=8, n_warmup_steps=0),
    "percentile 30": Percentile(n_startup_trials=8, n_warmup_steps=0, percentile=30.0),
    "percentile 10": Percentile(n_startup_trials=8, n_warmup_steps=0, percentile=10.0),
    "halving over folds, 3": SuccessiveHalving(min_resource=1, reduction_factor=3, min_early_stopping_rate=0),
    "race 0": Race(margin=0.0, n_startup_trials=3),
    "race 0.25": Race(margin=0.25, n_startup_trials=3),
    "race 0.5": Race(margin=0.5, n_startup_trials=3),
}


class Cost(EvaluationLog):
    """A log that adds up the CPU time of all evaluations it gives or takes."""

    cpu_seconds = 0.0

    def find(self, key: str) -> Evaluation | None:
        known = super().find(key)
        self.cpu_seconds += known.cpu_seconds if known else 0.0
        return known

    def remember(self, key: str, evaluation: Evaluation) -> None:
        self.cpu_seconds += evaluation.cpu_seconds
        super().remember(key, evaluation)


def main() -> None:
    """Print one Markdown row per table and pruner."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--trials", type=int, default=40)
    parser.add_argument("--tables", nargs="+", default=["california", "spotify"], choices=TABLES)
    parser.add_argument("--pruners", nargs="+", default=list(PRUNERS), choices=PRUNERS)
    parser.add_argument("--space", default="default")
    parser.add_argument("--log", type=Path, help="keep the evaluation log here, to go on later")
    chosen = parser.parse_args()
    print("| table | pruner | CPU saved, median (least) | CV RMSE worse by, median (most) | pruned |")
    print("|---|---|---|---|---|", flush=True)
    with tempfile.TemporaryDirectory() as folder:
        log = chosen.log or Path(folder) / "log.db"
        for table in chosen.tables:
            project = prepare(table, Path(folder), tune__space=chosen.space)
            _compare(f"{table}, {chosen.space}", project, chosen, log)


def _compare(title: str, folder: Path, chosen: argparse.Namespace, log: Path) -> None:
    config = load_config(folder)
    train, target, cross_fitting = read_table(folder / TRAIN), Target.of(config.dataset), config.split.cross_fitting
    plan = _plan(config, 0, chosen.trials, NoPruning())
    found: dict[str, list[tuple[float, float, float]]] = {name: [] for name in ["none", *chosen.pruners]}
    with open_engine(partial(make_folds, train, target, config.recipe, cross_fitting, config.seed), plan) as engine:
        for seed in range(1, chosen.seeds + 1):
            for name, runs in found.items():
                runs.append(_search(engine, _plan(config, seed, chosen.trials, PRUNERS[name]), log))
                print(f"{title}: seed {seed}: {name}: {runs[-1]}", file=sys.stderr, flush=True)
    for name, runs in found.items():
        saved = [100 * (1 - run[0] / whole[0]) for run, whole in zip(runs, found["none"], strict=True)]
        worse = [100 * (run[1] / whole[1] - 1) for run, whole in zip(runs, found["none"], strict=True)]
        pruned = statistics.median(run[2] for run in runs)
        print(
            f"| {title} | {name} | {statistics.median(saved):.0f}% ({min(saved):.0f}%) |"
            f" {statistics.median(worse):+.2f}% ({max(worse):+.2f}%) | {pruned:.0f} of {chosen.trials} |",
            flush=True,
        )


def _plan(config: Config, seed: int, trials: int, pruner: PrunerOptions) -> Plan:
    # Without the given configurations, which would decide the first trials of every seed alike.
    tune = config.tune.model_copy(update={"n_trials": trials, "budget": None, "enqueue": ()})
    fitting = config.booster.fitting(Target.of(config.dataset))
    return Plan(tune, SearchSpace(config.space), pruner, seed, fitting)


def _search(engine: Engine, plan: Plan, log: Path) -> tuple[float, float, float]:
    with Cost(log) as cost:
        results = search(plan, engine.folds.summaries(), engine.run, engine.executor, cost)
    pruned = sum(result.state is State.PRUNED for result in results)
    return cost.cpu_seconds, best_of(results).cv_score or 0.0, pruned


if __name__ == "__main__":
    main()
