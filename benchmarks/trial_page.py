"""What a report of very many trials costs: figures, page, its size. Run in a project whose pipeline has run.

Trials that were pruned are completed first: complete ones are what the page draws.
"""

import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any, TypeVar

import pandas as pd

from benchmarks.trial_search import N_FOLDS, SIZES, SUMMARIES, formula, plan_of, results_in
from lockstep.check.config import load_config
from lockstep.evaluate.evaluation import evaluate_model
from lockstep.fitting.booster import FoldScore
from lockstep.model.saved import SavedModel
from lockstep.project import paths
from lockstep.report.evaluated_run import Run, TrainingHistory
from lockstep.report.page import Page
from lockstep.report.plot_tables import write_tables
from lockstep.search.report import best_params, describe, settings_of
from lockstep.search.trials_file import read_trials, trials_table
from lockstep.storage.tables import read_json, read_table, write_csv
from lockstep.workers.trial import FoldTask, State, TrialResult

T = TypeVar("T")


def measured(folder: Path) -> dict[str, Any]:
    """CPU seconds and bytes of the report of the first 100, 1,000, ... trials; pages stay in the folder."""
    results = _completed(results_in(folder))
    config, model = load_config(), SavedModel.load(paths.MODEL)
    train, test, curve = read_table(paths.TRAIN), read_table(paths.TEST), pd.read_csv(paths.LEARNING_CURVE)
    quality, fitting = read_json(paths.DATA_QUALITY), model.fitting
    found: Any = None
    figures: dict[str, dict[str, float]] = {}
    for size in [size for size in SIZES if size <= len(results)]:
        there = folder / f"page_{size}"
        there.mkdir(exist_ok=True)
        plan = plan_of(size)
        write_csv(trials_table(results[:size], N_FOLDS, fitting), there / "trials.csv")
        settings = settings_of(plan, config.space, paths.TRAIN, N_FOLDS, {})
        search = describe(plan, settings, results[:size], config.dataset_name, config.features, SUMMARIES)
        best = best_params(results[:size], plan)
        trials, read = _timed(lambda: read_trials(there / "trials.csv", config.space))  # noqa: B023
        history = TrainingHistory(trials, search, curve)
        # The model is the project's own; only what is said of the search grows.
        found = found or evaluate_model(
            model, train, test, trials.loc[best["trial"]], config.dataset.judging, config.evaluate, config.seed, None
        )
        run = Run(
            model,
            train,
            test,
            history,
            best,
            quality,
            {"protocol": "single"},
            config.dataset.judging,
            config.split,
            config.evaluate,
            config.seed,
        )
        _, tables = _timed(lambda: write_tables(run, found, there))  # noqa: B023
        made, facts = _timed(lambda: Page(run, found))  # noqa: B023
        _, pictures = _timed(lambda: made.write_figures(there))  # noqa: B023
        _, page = _timed(lambda: made.write(there / "index.html"))  # noqa: B023
        figures[str(size)] = {
            "read": read,
            "tables": tables,
            "figures": pictures,
            "page": facts + page,
            "page_bytes": (there / "index.html").stat().st_size,
            "trials_csv_bytes": (there / "trials.csv").stat().st_size,
        }
        print(size, figures[str(size)], flush=True)
    return {"report": figures}


def _completed(results: list[TrialResult]) -> list[TrialResult]:
    plan = plan_of(len(results))
    evaluate = formula(plan)

    def folds(result: TrialResult) -> Iterator[FoldScore]:
        for fold in range(N_FOLDS):
            score = evaluate(FoldTask(result.number, fold, result.params, plan.budget, plan.seed, plan.fitting)).score
            if score is not None:
                yield score

    return [replace(result, state=State.COMPLETE, message="", folds=tuple(folds(result))) for result in results]


def _timed(work: Callable[[], T]) -> tuple[T, float]:
    began = time.process_time()
    done = work()
    return done, time.process_time() - began
