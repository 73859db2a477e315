"""What the lag costs and what it gives: workers kept busy, and the quality of the best trial.

    python -m benchmarks.lag record             # fits 60 configurations of a part of California: recorded_fits.json
    python -m benchmarks.lag efficiency         # busy share of 1 to 64 workers, on a virtual clock
    python -m benchmarks.lag quality recorded   # the best trial after 30, 60 and 120 trials, for lags of 1 to 64
    python -m benchmarks.lag quality formula    # the same where the score is a formula
    python -m benchmarks.lag quality diabetes   # the same with real fits

The search loop is the real one; `record` and `quality diabetes` are the only ones that fit boosters.
"""

import argparse
import statistics
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from benchmarks.recorded_fits import RECORDED, RecordedFits, record
from benchmarks.tables import copy_repository, prepare, run
from benchmarks.trial_search import SUMMARIES, AtOnce, formula
from benchmarks.virtual_workers import VirtualWorkers
from lockstep.check.config import Config, load_config
from lockstep.fitting.make_folds import make_folds
from lockstep.project.paths import TRAIN
from lockstep.search.evaluation_log import NoLog
from lockstep.search.ordered import Plan, search
from lockstep.search.space import SearchSpace
from lockstep.search.tune_blocks import NoPruning
from lockstep.storage.tables import read_table
from lockstep.table.target import Target
from lockstep.workers.trial import Evaluation, FoldTask, State, TrialResult
from lockstep.workers.worker import FoldCache, evaluate

WORKERS, LAGS, SIZES, SEEDS = (1, 2, 4, 8, 16, 32, 64), (1, 4, 8, 16, 32, 64), (30, 60, 120), range(10)
RECORDED_TRIALS, RECORDED_ROWS = 60, 600
# The search's own time for a trial (docs/scaling.md), and the mean of a fit that it is set against.
LOOP_SECONDS, FIT_SECONDS = 0.01, 1.0

Run = Callable[[FoldTask], Evaluation]


def main() -> None:
    """Run one step."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.lag", description=__doc__)
    parser.add_argument("step", choices=["record", "efficiency", "quality"])
    parser.add_argument("fits", choices=["recorded", "formula", "diabetes"], nargs="?", default="recorded")
    parser.add_argument("--trials", type=int, default=240)
    chosen = parser.parse_args()
    match chosen.step:
        case "record":
            record_california()
        case "efficiency":
            efficiencies(chosen.trials)
        case "quality":
            with fits_of(chosen.fits) as run_fit:
                qualities(run_fit)


def plan_with(config: Config, n_trials: int, lag: int, seed: int) -> Plan:
    """params.yaml's search with another size, lag and seed."""
    tune = config.tune.model_copy(update={"n_trials": n_trials, "budget": None, "lag": lag})
    return Plan(tune, SearchSpace(config.space), config.pruner, seed, config.booster.fitting(Target.of(config.dataset)))


def record_california() -> None:
    """Fit configurations without pruning, half of them drawn at random, half suggested by TPE."""
    with tempfile.TemporaryDirectory() as folder:
        project = prepare("california", Path(folder))
        train = read_table(project / TRAIN).sample(RECORDED_ROWS, random_state=0).sort_values("row_id")
        config = load_config(project)
    target, seconds = Target.of(config.dataset), dict[tuple[int, int], float]()
    folds = make_folds(train.reset_index(drop=True), target, config.recipe, config.split.cross_fitting, config.seed)
    plan, cache = plan_with(config, RECORDED_TRIALS, 8, config.seed), FoldCache(folds)
    tune = plan.tune.model_copy(update={"n_startup_trials": RECORDED_TRIALS // 2})

    def run_fit(task: FoldTask) -> Evaluation:
        evaluation = evaluate(task, cache)
        seconds[task.number, task.fold] = evaluation.cpu_seconds
        return evaluation

    plan = replace(plan, tune=tune, pruner=NoPruning())
    record(search(plan, folds.summaries(), run_fit, AtOnce(), NoLog()), seconds)
    print(f"bench: {RECORDED.name}: {RECORDED_TRIALS} trials, {sum(seconds.values()):.0f} CPU s")


def efficiencies(n_trials: int) -> None:
    """Print the share of the workers' time in which they fit, and how many times faster than one worker that is."""
    config = load_config()
    fits = RecordedFits.read(config.space)
    probe = VirtualWorkers(1)
    probe.search(plan_with(config, n_trials, 8, config.seed), SUMMARIES, fits.run)
    scale = FIT_SECONDS / (probe.busy / probe.n_fits)

    def run_fit(task: FoldTask) -> Evaluation:
        evaluation = fits.run(task)
        return replace(evaluation, seconds=evaluation.seconds * scale)

    print("| workers | " + " | ".join(f"lag {lag}" for lag in ("8", "= workers", "= 2 x workers")) + " |")
    print("|---|---|---|---|")
    for n_workers in WORKERS:
        cells = []
        for lag in (8, n_workers, 2 * n_workers):
            workers = VirtualWorkers(n_workers, LOOP_SECONDS)
            workers.search(plan_with(config, n_trials, lag, config.seed), SUMMARIES, run_fit)
            cells.append(f"{workers.efficiency:.0%}, {workers.efficiency * n_workers:.1f} times, {workers.now:.0f} s")
        print(f"| {n_workers} | {' | '.join(cells)} |", flush=True)


def qualities(run_fit: Run) -> None:
    """Print, for each lag, how much worse than with lag 1 the best trial is: mean and standard error over the seeds."""
    config = load_config()
    best = {
        lag: [
            best_scores(search(plan_with(config, max(SIZES), lag, seed), SUMMARIES, run_fit, AtOnce(), NoLog()))
            for seed in SEEDS
        ]
        for lag in LAGS
    }
    print("| lag | " + " | ".join(f"{size} trials" for size in SIZES) + " |")
    print("|---" * (len(SIZES) + 1) + "|")
    for lag in LAGS:
        cells = []
        for index in range(len(SIZES)):
            worse = [
                100 * (found[index] / reference[index] - 1) for found, reference in zip(best[lag], best[1], strict=True)
            ]
            error = statistics.stdev(worse) / len(worse) ** 0.5
            cells.append(f"{statistics.fmean(worse):+.2f}% ± {error:.2f}")
        print(f"| {lag} | {' | '.join(cells)} |", flush=True)


def best_scores(results: list[TrialResult]) -> list[float]:
    """The best score of the first so many trials, for each of SIZES."""
    return [min(result.reports[-1] for result in results[:size] if result.state is State.COMPLETE) for size in SIZES]


@contextmanager
def fits_of(name: str) -> Iterator[Run]:
    """Fits of a kind: recorded ones, a formula, or real ones of diabetes."""
    config = load_config()
    if name == "recorded":
        yield RecordedFits.read(config.space).run
    elif name == "formula":
        yield formula(plan_with(config, 1, 1, config.seed))
    else:
        with tempfile.TemporaryDirectory() as folder:
            project = Path(folder) / name
            copy_repository(project)
            run(project, "dvc", "repro", "split")
            train, target = read_table(project / TRAIN), Target.of(config.dataset)
        cache = FoldCache(make_folds(train, target, config.recipe, config.split.cross_fitting, config.seed))
        yield lambda task: evaluate(task, cache)


if __name__ == "__main__":
    main()
