"""Runs one experiment of a study with the real `dvc exp run`, and takes its features apart."""

import json
import statistics
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from benchmarks.measure import measure
from benchmarks.study_settings import Setting
from benchmarks.tables import run
from lockstep.check.config import load_config
from lockstep.fitting.booster import RoundBudget
from lockstep.fitting.make_folds import make_folds
from lockstep.model.saved import SavedModel
from lockstep.project import paths
from lockstep.storage.scratch import scratch_folder
from lockstep.storage.tables import read_json, read_table
from lockstep.table.target import Target
from lockstep.workers.local_engine import LocalEngine
from lockstep.workers.machine import worker_count
from lockstep.workers.trial import FoldTask
from lockstep.workers.worker import evaluate_in_worker

TIMES = 5


def run_setting(project: Path, setting: Setting) -> dict[str, Any]:
    """Run an experiment in a project; what it found and cost, as JSON values."""
    cost = measure(*setting.command().split(), cwd=project)
    search, model = read_json(project / paths.SEARCH), SavedModel.load(project / paths.MODEL)
    evaluate = project / paths.EVALUATE
    timings = read_json(project / ".lockstep/timings.json")
    return {
        "command": setting.command(),
        "metrics": read_json(project / paths.METRICS),
        "uncertainty": read_json(evaluate / "uncertainty.json"),
        "repeated": read_json(evaluate / "repeated.json"),
        "baselines": (evaluate / "baselines.csv").read_text(encoding="utf-8"),
        "best": read_json(project / paths.BEST_PARAMS),
        "trials": search["n_trials"],
        "cost": search["cost"],
        "n_features": len(model.features.names),
        "n_models": len(model.boosters),
        "seconds": {**timings, "whole": cost.wall},
        "inference": _inference(model, project),
    }


def _inference(model: SavedModel, project: Path) -> dict[str, float]:
    """Microseconds per row for all test rows together, milliseconds for a single one; from cleaned columns on."""
    test = read_table(project / paths.TEST)

    def seconds(frame: Any) -> float:
        found = []
        for _ in range(TIMES):
            started = time.perf_counter()
            model.predict(frame)
            found.append(time.perf_counter() - started)
        return statistics.median(found)

    return {"us_per_row": 1e6 * seconds(test) / len(test), "ms_single": 1e3 * seconds(test.head(1))}


def ablation(project: Path, groups: Mapping[str, Sequence[str]]) -> list[dict[str, Any]]:
    """Cross-validation with the final parameters as groups of features are added; rounds by early stopping."""
    config = load_config(project)
    target, train = Target.of(config.dataset), read_table(project / paths.TRAIN)
    fitting, params = config.booster.fitting(target), read_json(project / paths.BEST_PARAMS)["params"]
    budget = RoundBudget(config.tune.early_stopping_rounds, config.tune.max_rounds)
    found, taken = [], set[str]()
    for name, steps in groups.items():
        taken |= set(steps)
        recipe = tuple(step for step in config.recipe if step.kind_name() in taken)
        with scratch_folder() as folder:
            started = time.process_time()
            folds = make_folds(train, target, recipe, config.split.cross_fitting, config.seed, folder)
            made = time.process_time() - started
            folds.save(folder)
            tasks = [FoldTask(0, number, params, budget, config.seed, fitting) for number in range(len(folds))]
            with LocalEngine(worker_count(), folder) as engine:
                fitted = [future.result() for future in [engine.submit(evaluate_in_worker, task) for task in tasks]]
        scores = [evaluation.score for evaluation in fitted if evaluation.score is not None]
        found.append(
            {
                "group": name,
                "n_features": len(folds.names[0]),
                "rmse": statistics.fmean(score.score for score in scores),
                "r2": statistics.fmean(score.metrics["r2"] or 0.0 for score in scores),
                "cpu": sum(evaluation.cpu_seconds for evaluation in fitted),
                "features_cpu": made,
            }
        )
        print(f"studies: {name}: {json.dumps(found[-1])}", flush=True)
    return found


def start_project(project: Path) -> None:
    """Make the folder ready for `dvc exp run`, which wants a commit."""
    run(project, "git", "config", "user.name", "study")
    run(project, "git", "config", "user.email", "study@localhost")
    run(project, "git", "add", "-A")
    run(project, "git", "commit", "-q", "-m", "start")
