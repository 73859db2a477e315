"""The search's outputs as plain tables and JSON values."""

import hashlib
import json
from collections.abc import Mapping
from importlib.metadata import version
from pathlib import Path
from typing import Any

import pandas as pd

from lockstep.schema.params import Space
from lockstep.search.ordered import Plan, best_of
from lockstep.search.trial import Result, State

# What the numbers depend on. Python itself is left out: the same libraries gave the same bytes on 3.11 to 3.13.
LIBRARIES = ("numpy", "optuna", "pandas", "pyarrow", "scikit-learn", "xgboost")


def trials_table(results: list[Result], n_folds: int) -> pd.DataFrame:
    """One row per trial: number, state, cv_rmse, a column per parameter, scores per fold, message.

    cv_rmse is empty unless the trial is complete; folds that were not fitted are empty.
    """
    return pd.DataFrame([_row(result, n_folds) for result in results])


def best_params(results: list[Result]) -> dict[str, Any]:
    """The best trial: its parameters, the median of its folds' rounds, its mean RMSE and its number."""
    best = best_of(results)
    rounds = sorted(fold.rounds for fold in best.folds)
    return {
        "params": dict(best.params),
        "n_rounds": rounds[len(rounds) // 2],
        "cv_rmse": best.cv_rmse,
        "trial": best.number,
    }


def cost(results: list[Result]) -> dict[str, int]:
    """What the search spent, in units that do not depend on the machine."""
    states = [result.state for result in results]
    return {
        "trials_complete": states.count(State.COMPLETE),
        "trials_pruned": states.count(State.PRUNED),
        "trials_failed": states.count(State.FAIL),
        "fold_fits": sum(len(result.folds) for result in results),
        "boosting_rounds": sum(fold.rounds for result in results for fold in result.folds),
    }


def _row(result: Result, n_folds: int) -> dict[str, Any]:
    row: dict[str, Any] = {"number": result.number, "state": str(result.state), "cv_rmse": result.cv_rmse}
    row |= dict(result.params)
    for fold in range(n_folds):
        score = result.folds[fold] if fold < len(result.folds) else None
        for name in ("rmse", "mse", "mae", "r2"):
            row[f"fold_{fold}_{name}"] = getattr(score, name) if score else None
        row[f"fold_{fold}_rounds"] = str(score.rounds) if score else None
    row["message"] = result.message
    return row


def describe(
    plan: Plan, space: Space, results: list[Result], train: Path, n_folds: int, rows_as: Mapping[str, Any]
) -> dict[str, Any]:
    """What was searched, how, at what cost and with which libraries: the content of models/search.json.

    `rows_as` tells what was made of the training rows: target, feature steps, strategy of the folds.
    """
    settings = {
        "space": {name: space[name].model_dump(mode="json", exclude_defaults=True) for name in sorted(space)},
        "sampler": plan.tune.sampler,
        "n_startup_trials": plan.tune.n_startup_trials,
        "pruner": {"name": plan.tune.pruner, **plan.pruner.model_dump(mode="json")},
        "lag": plan.tune.lag,
        "seed": plan.seed,
        "early_stopping_rounds": plan.tune.early_stopping_rounds,
        "max_rounds": plan.tune.max_rounds,
        "enqueue": [dict(sorted(start.items())) for start in plan.tune.enqueue],
        "n_folds": n_folds,
        "rows_as": dict(rows_as),
        "data_sha256": hashlib.sha256(train.read_bytes()).hexdigest(),
        "versions": {name: version(name) for name in LIBRARIES},
    }
    study_key = hashlib.sha256(json.dumps(settings, sort_keys=True).encode()).hexdigest()
    return {
        "settings": settings,
        "study_key": study_key,
        "space_name": plan.tune.space,
        "n_trials": plan.tune.n_trials,
        "cost": cost(results),
    }
