"""Choices of docs/decisions.md decided on training rows alone: out of fold, or on training rows that a search left out.

`python -m benchmarks.choices QUESTION [--tables FOLDER]` prints rows of Markdown; FOLDER holds NAME.csv of the tables
that are not in datasets/. One process, one thread; minutes of CPU time per question: averaging 6, space 20, inner 1,
counts 3.
"""

import argparse
import statistics
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any
from unittest.mock import patch

import numpy as np
import pandas as pd

from benchmarks.out_of_fold import LARGE, MEDIUM, SMALL, Numbers, Scores, TrainingTable, quantised_folds, scores_of
from benchmarks.out_of_fold import training_table as training_table_of
from benchmarks.tables import copy_repository, run
from benchmarks.target_tables import TABLES
from lockstep.fitting import matrices as fold_matrices
from lockstep.fitting.fitting import Value
from lockstep.fitting.make_folds import make_folds
from lockstep.fitting.weighting import training_rate
from lockstep.guards.text.yaml_file import read_yaml
from lockstep.model.fold_predictions import predict_validation_rows
from lockstep.project.settings import ALWAYS_TRAIN
from lockstep.search.engines import open_engine
from lockstep.search.evaluation_log import NoLog
from lockstep.search.ordered import Plan, best_of, search
from lockstep.search.space import SearchSpace
from lockstep.search.tune_blocks import Range
from lockstep.table import cross_fitting
from lockstep.table.cross_fitting import CrossFitting

Row = tuple[Any, ...]
CALIFORNIA = {"dataset": "california_housing", "features": "full"}
SPOTIFY = {"dataset": "spotify_songs", "features": "full", "split.test_size": 0.15}
DIABETES = {"dataset": "diabetes", "features": "full"}
N_MODELS = 5
# Training rows of a question that does not need them all.
SAMPLE = 3000


class Tables:
    """Training tables in a copy of the repository."""

    def __init__(self, folder: Path, csv_files: Path) -> None:
        self.project, self._csv_files = folder / "project", csv_files
        copy_repository(self.project)

    def __call__(self, settings: Mapping[str, Any], facts: Mapping[str, Any] | None = None) -> TrainingTable:
        """A table of datasets/, or one that `describe` has made."""
        return training_table_of(self.project, settings, facts)

    def describe(self, name: str) -> str:
        """Make the dataset file of a table of the study of targets; its name."""
        table = TABLES[name]
        (self.project / "tables").mkdir(exist_ok=True)
        source = self._csv_files / f"{table.file}.csv"
        (self.project / f"tables/{table.file}.csv").write_bytes(source.read_bytes())
        run(self.project, *table.describe(name).split(), "--force")
        return name


def averaging(tables: Tables, seeds: Sequence[int]) -> Iterator[Row]:
    """Five boosters averaged against one of them, on the same out-of-fold rows of a sample of the training rows."""
    yield "table", "RMSE of one", "of five", "reduction", "folds in which five are better"
    for settings, params in ((SPOTIFY, LARGE), (CALIFORNIA, LARGE), (DIABETES, SMALL)):
        ones, fives, better = [], [], 0
        # A large table has rows enough for one seed.
        for seed in seeds if settings is DIABETES else seeds[:1]:
            table = tables({**settings, "seed": seed})
            # A generator of its own: pandas' sample of this seed would be the rows of the first fold.
            drawn = np.sort(np.random.default_rng(seed).permutation(len(table.train))[:SAMPLE])
            folds = quantised_folds(replace(table, train=table.train.iloc[drawn].reset_index(drop=True)))
            (rounds,) = scores_of(folds[:1], params, table.fitting, seed).rounds
            for fold in folds:
                each: list[Numbers] = [
                    predict_validation_rows(fold, params, rounds, seed + number, table.fitting)
                    for number in range(N_MODELS)
                ]
                one = statistics.fmean(_rmse(fold.y_valid, predicted) for predicted in each)
                five = _rmse(fold.y_valid, np.mean(each, axis=0))
                ones.append(one)
                fives.append(five)
                better += five < one
        one, five = statistics.fmean(ones), statistics.fmean(fives)
        yield settings["dataset"], f"{one:.5g}", f"{five:.5g}", f"{1 - five / one:.2%}", f"{better} of {len(ones)}"


PER_NODE, PER_TREE = "colsample_bynode", "colsample_bytree"


def space(tables: Tables, seeds: Sequence[int]) -> Iterator[Row]:
    """Columns sampled per node against per tree, as each space was: searches on a part of the training rows.

    The best configuration of each is scored, five boosters averaged, on the training rows that its search left out.
    """
    yield "table", "rows of the search", "per tree, RMSE on the other rows", "per node", "reduction by seed"
    cases = ((DIABETES, 240, 60), ({**CALIFORNIA, "features": "raw"}, 2000, 20), (SPOTIFY, 2000, 20))
    for settings, n_rows, n_trials in cases:
        found: dict[str, list[float]] = {PER_TREE: [], PER_NODE: []}
        for seed in seeds:
            table = tables({**settings, "seed": seed})
            drawn = np.random.default_rng(seed).permutation(len(table.train))
            for sampled, scores in found.items():
                plan = _plan(table, sampled, n_trials, seed)
                scores.append(_searched(table, plan, np.sort(drawn[:n_rows]), np.sort(drawn[n_rows:])))
            print(settings["dataset"], seed, found[PER_TREE][-1], found[PER_NODE][-1], flush=True)
        changes = [1 - new / old for old, new in zip(found[PER_TREE], found[PER_NODE], strict=True)]
        means = [f"{statistics.fmean(found[sampled]):.5g}" for sampled in (PER_TREE, PER_NODE)]
        yield settings["dataset"], n_rows, *means, ", ".join(f"{change:+.2%}" for change in changes)


def _plan(table: TrainingTable, sampled: str, n_trials: int, seed: int) -> Plan:
    """A search of the present space, or of the one before it."""
    config, ranges = table.config, dict(table.config.space)
    starts: list[dict[str, Value]] = [dict(start) for start in config.tune.enqueue]
    if sampled == PER_TREE:
        del ranges[PER_NODE]
        ranges |= {
            PER_TREE: Range(low=0.5, high=1.0),
            "max_leaves": Range(low=4, high=128, log=True),
            "learning_rate": Range(low=0.03, high=0.2, log=True),
        }
        for start, share in zip(starts, (0.8, 0.8, 0.6), strict=True):
            del start[PER_NODE]
            start[PER_TREE] = share
    tune = config.tune.model_copy(update={"n_trials": n_trials, "budget": None, "enqueue": tuple(starts)})
    return Plan(tune, SearchSpace(ranges), config.pruner, seed, table.fitting)


def _searched(table: TrainingTable, plan: Plan, inside: Any, outside: Any) -> float:
    train, config = table.train.iloc[inside].reset_index(drop=True), table.config
    inner = config.split.cross_fitting
    with open_engine(partial(make_folds, train, table.target, config.recipe, inner, config.seed), plan) as engine:
        best = best_of(search(plan, engine.folds.summaries(), engine.run, engine.executor, NoLog()))
    rounds = sorted(fold.rounds for fold in best.folds)[len(best.folds) // 2]
    others = table.train.iloc[outside].assign(fold=0)
    both = pd.concat([train.assign(fold=ALWAYS_TRAIN), others], ignore_index=True)
    (fold,) = quantised_folds(TrainingTable(config, both, table.test))
    predicted = [
        predict_validation_rows(fold, best.params, rounds, plan.seed + number, table.fitting)
        for number in range(N_MODELS)
    ]
    return _rmse(fold.y_valid, np.mean(predicted, axis=0))


def inner(tables: Tables, seeds: Sequence[int]) -> Iterator[Row]:
    """Inner folds at random, or as the split divides; in time also with half the blocks."""
    yield "table", "outer folds", "inner folds", "CV RMSE", "folds better than random", "change in the last half"
    name = tables.describe("chicago_ridership")
    time = {"dataset": name, "split.strategy": "time", "split.time": "date", "split.gap": "14d"}
    parts = [{"rule": "date_part", "name": part, "column": "date", "part": part} for part in ("month", "weekday")]
    encode = {"step": "target_encode", "columns": ["month", "weekday"], "together": [["month", "weekday"]]}
    file = read_yaml(tables.project / f"datasets/{name}.yaml")
    facts = {"clean": [*file["clean"], *parts], "features": {"full": [*file["features"]["full"], encode]}}
    for n_folds in (5, 10):
        table = tables({**time, "split.folds": n_folds}, facts)
        ways: dict[str, Callable[[], Scores]] = {
            "random": partial(_with_inner, table, CrossFitting(), seeds),
            "as the split": partial(_with_inner, table, None, seeds),
            "as the split, half the blocks": partial(_with_half_the_blocks, table, seeds),
        }
        random = None
        for way, measure in ways.items():
            scores = measure()
            random = random or scores
            pairs = list(zip(scores.folds, random.folds, strict=True))
            late = pairs[len(pairs) // 2 :]
            change = statistics.fmean(a for a, _ in late) / statistics.fmean(b for _, b in late) - 1
            wins = f"{sum(a < b for a, b in pairs)} of {len(pairs)}"
            yield name, n_folds, way, f"{scores.mean:.4f}", wins, f"{change:+.2%}"


def _with_inner(table: TrainingTable, inner_folds: CrossFitting | None, seeds: Sequence[int]) -> Scores:
    """Scores whose folds are means over the boosters' seeds."""
    folds = quantised_folds(table, inner_folds)
    runs = [scores_of(folds, MEDIUM, table.fitting, seed) for seed in seeds]
    means = [statistics.fmean(scores) for scores in zip(*(run.folds for run in runs), strict=True)]
    return Scores(means, runs[0].actual, runs[0].predicted, runs[0].rounds)


def _with_half_the_blocks(table: TrainingTable, seeds: Sequence[int]) -> Scores:
    with patch.object(cross_fitting, "BLOCKS_PER_FOLD", 1):
        return _with_inner(table, None, seeds)


def counts(tables: Tables, seeds: Sequence[int]) -> Iterator[Row]:
    """Poisson deviance out of fold: from the training rate, from a rate of 1, and squared error clipped above 0."""
    yield "table", "exposure", "fit", "Poisson deviance", "rounds"
    for name in ("ohlsson_counts", "singapore_auto"):
        tables.describe(name)
        table = tables({"dataset": name, "booster.objective": "poisson"})
        for way, of_one in (("from the training rate", False), ("from a rate of 1", True)):
            with patch.object(fold_matrices, "training_rate", _rate_of_one if of_one else training_rate):
                scores = scores_of(quantised_folds(table), SMALL, table.fitting, seeds[0])
            yield name, "yes", way, f"{scores.mean:.5f}", sorted(scores.rounds)[2]
        for objective in ("poisson", "squared_error"):
            bare = tables({"dataset": name, "booster.objective": objective}, {"exposure": None})
            scores = scores_of(quantised_folds(bare), SMALL, bare.fitting, seeds[0])
            deviance = _poisson_deviance(scores.actual, np.maximum(scores.predicted, 1e-3))
            yield name, "no", f"{objective}, at least 0.001", f"{deviance:.5f}", sorted(scores.rounds)[2]


def _rate_of_one(*_: Any) -> float:
    return 1.0


def _poisson_deviance(actual: Numbers, predicted: Numbers) -> float:
    logs = np.where(actual > 0, actual * np.log(np.where(actual > 0, actual, 1) / predicted), 0)
    return float(2 * np.mean(logs - actual + predicted))


def _rmse(actual: Numbers, predicted: Numbers) -> float:
    return float(np.mean((actual - predicted) ** 2) ** 0.5)


QUESTIONS: dict[str, Callable[[Tables, Sequence[int]], Iterator[Row]]] = {
    "averaging": averaging,
    "space": space,
    "inner": inner,
    "counts": counts,
}


def main() -> None:
    """Print the answer to each question."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.choices", description=__doc__)
    parser.add_argument("question", nargs="+", choices=QUESTIONS)
    parser.add_argument("--tables", type=Path, default=Path("../shared/tables"), help="folder of further tables")
    parser.add_argument("--seeds", type=int, default=3)
    chosen = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="lockstep-choices-") as folder:
        tables = Tables(Path(folder), chosen.tables.resolve())
        for question in chosen.question:
            for number, row in enumerate(QUESTIONS[question](tables, range(42, 42 + chosen.seeds))):
                print("| " + " | ".join(str(cell) for cell in row) + " |", flush=True)
                if not number:
                    print("|" + "---|" * len(row), flush=True)


if __name__ == "__main__":
    main()
