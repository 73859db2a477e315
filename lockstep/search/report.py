"""The search's outputs as JSON values: its best trial, its cost, its settings."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from lockstep.fitting.booster import EARLY_STOPPING
from lockstep.fitting.fitting import Fitting
from lockstep.fitting.folds import FoldSummary
from lockstep.metrics.names import direction, metric_label, shown_score
from lockstep.search.ordered import Plan, best_of, ending_of
from lockstep.search.stopping import boosted_cells, budget_of
from lockstep.search.tune_blocks import FIRST_LAG, GROWS_AFTER, Space
from lockstep.workers.identity import file_digest, key_of, library_versions
from lockstep.workers.trial import State, TrialResult


def best_params(results: list[TrialResult], plan: Plan) -> dict[str, Any]:
    """The best trial: its parameters, the median of its folds' rounds, its mean score and its number.

    `early_stopping` is there, and true, where folds could stop before n_estimators rounds.
    """
    best = best_of(results)
    rounds = sorted(fold.rounds for fold in best.folds)
    return {
        "params": dict(best.params),
        "n_rounds": rounds[len(rounds) // 2],
        plan.fitting.score_name: best.cv_score,
        "trial": best.number,
        **({EARLY_STOPPING: True} if plan.budget.stops_tuned else {}),
    }


def cost(results: list[TrialResult]) -> dict[str, int]:
    """The search's cost, in units that do not depend on the machine."""
    states = [result.state for result in results]
    return {
        "trials_complete": states.count(State.COMPLETE),
        "trials_pruned": states.count(State.PRUNED),
        "trials_failed": states.count(State.FAIL),
        "fold_fits": sum(len(result.folds) for result in results),
        "boosting_rounds": sum(fold.rounds for result in results for fold in result.folds),
    }


def outcome(results: list[TrialResult], best: Mapping[str, Any], fitting: Fitting, reason: str = "") -> str:
    """The number of trials and the best one's score, for a message.

    Args:
        results: All trials.
        best: What best_params returned.
        fitting: Objective and metric.
        reason: Why the search ended before its last trial, if it did.
    """
    numbers, score = cost(results), best[fitting.score_name]
    trials = f"{len(results)} trials ({numbers['trials_pruned']} pruned, {numbers['trials_failed']} failed)"
    best_score = f"{metric_label(fitting.metric)} {shown_score(fitting.metric, score):.6g}{direction(fitting.metric)}"
    return f"best of {trials} is {best['trial']}: CV {best_score}{f'; ended early: {reason}' if reason else ''}"


def settings_of(plan: Plan, space: Space, train: Path, n_folds: int, rows_as: Mapping[str, Any]) -> dict[str, Any]:
    """Everything that determines a search's trials and their scores, except their number: n_trials, patience, budget.

    Args:
        plan: The search.
        space: Its space as params.yaml states it.
        train: The training table.
        n_folds: Number of folds of a complete trial.
        rows_as: How the training rows are used: target, feature steps, strategy of the folds.
    """
    return {
        "space": {name: space[name].model_dump(mode="json", exclude_defaults=True) for name in sorted(space)},
        "sampler": plan.tune.sampler,
        "n_startup_trials": plan.tune.n_startup_trials,
        "pruner": {"name": plan.tune.pruner, **plan.pruner.model_dump(mode="json")},
        "lag": {"first": FIRST_LAG, "grows_after": GROWS_AFTER, "most": plan.tune.lag},
        "seed": plan.seed,
        "early_stopping_rounds": plan.tune.early_stopping_rounds,
        "max_rounds": plan.tune.max_rounds,
        "fitting": plan.fitting.to_json(),
        "enqueue": [dict(sorted(start.items())) for start in plan.tune.enqueue],
        "n_folds": n_folds,
        "rows_as": dict(rows_as),
        "data_sha256": file_digest(train),
        "versions": library_versions(),
    }


def describe(
    plan: Plan,
    settings: Mapping[str, Any],
    results: list[TrialResult],
    dataset: str,
    features: str,
    folds: Sequence[FoldSummary],
    reselected: Mapping[str, Any] | None = None,
) -> dict[str, Any]:
    """The content of models/search.json: the search's settings, how it ended, its cost and its libraries.

    Args:
        plan: The search.
        settings: From `settings_of`.
        results: All trials.
        dataset: Name of the dataset file.
        features: Name of its recipe.
        folds: What the search knows of each fold.
        reselected: From lockstep.search.reselection.
    """
    return {
        "dataset": dataset,
        "features": features,
        "settings": dict(settings),
        "study_key": key_of(dict(settings)),
        "space_name": plan.tune.space,
        "score": plan.fitting.score_name,
        "metric": plan.fitting.metric,
        "n_trials": plan.tune.n_trials,
        "n_asked": len(results),
        "patience": plan.tune.patience,
        "budget": budget_of(plan.tune, folds),
        "ended": ending_of(plan, results, folds),
        "cost": {
            **cost(results),
            "boosted_cells": sum(boosted_cells(result, plan.budget, folds) for result in results),
        },
        "reselected": None if reselected is None else dict(reselected),
    }
