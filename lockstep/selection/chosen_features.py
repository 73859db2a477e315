"""From a recipe of the dataset file to the steps of every fold and of all training rows."""

import sys
from collections.abc import Mapping, Sequence
from concurrent.futures import Executor
from pathlib import Path

import pandas as pd

from lockstep.features.features_block import AutomaticRecipe, Recipe
from lockstep.features.recipe_file import ChosenRecipe
from lockstep.fitting.fitting import Fitting
from lockstep.fitting.folds import final_rows, training_masks
from lockstep.project.paths import EVALUATIONS, local_state
from lockstep.search.evaluation_log import EvaluationLog, FoldLog
from lockstep.selection.choice import Choice, choose
from lockstep.selection.proposals import FeatureProblem
from lockstep.storage.scratch import scratch_folder
from lockstep.table.cross_fitting import CrossFitting
from lockstep.table.target import Target
from lockstep.workers.local_engine import LocalEngine
from lockstep.workers.machine import cache_limit, worker_count

COLUMNS = ["group", "chosen", "gain", "standard_error", "gain_alone", "features", "cost", "chosen_in_folds"]


def features_of(
    recipe: Recipe | AutomaticRecipe,
    types: Mapping[str, str],
    train: pd.DataFrame,
    target: Target,
    cross_fitting: CrossFitting,
    seed: int,
    fitting: Fitting,
) -> tuple[ChosenRecipe, pd.DataFrame]:
    """The steps of a training table, as stage tune uses them, and the table of the groups that were tried.

    Args:
        recipe: The chosen recipe; one that is no automatic one is used as it is.
        types: The type of each column of the cleaned table.
        train: A training table with its `fold` column.
        target: The target.
        cross_fitting: How the split relates the rows.
        seed: Seed of the features' random draws.
        fitting: Objective and metric.
    """
    if not isinstance(recipe, AutomaticRecipe):
        return ChosenRecipe(recipe), choice_table([])
    problem = FeatureProblem(recipe, types, target, cross_fitting, seed, fitting)
    with EvaluationLog(local_state() / EVALUATIONS, cache_limit()) as log:
        chosen, choices = choose_features(problem, train, log)
    print(_outcome(choices), file=sys.stderr, flush=True)
    return chosen, choice_table(choices)


def choose_features(problem: FeatureProblem, train: pd.DataFrame, log: FoldLog) -> tuple[ChosenRecipe, list[Choice]]:
    """Complete an automatic recipe for every fold and for all rows of a training table, in worker processes.

    Args:
        problem: What is chosen.
        train: A training table with its `fold` column.
        log: Stored fits are not repeated.

    Returns:
        The steps, and the choices: of each fold, then of all rows that train the final model.
    """
    tables = [train[mask] for mask in training_masks(train, problem.cross_fitting.forward)]
    with scratch_folder() as folder, LocalEngine(worker_count(), None) as engine:
        choices = choose(problem, [*tables, final_rows(train)], folder, engine, log)
    *folds, last = choices
    return ChosenRecipe(last.steps, tuple(fold.steps for fold in folds), problem.automatic), choices


def choose_steps(problem: FeatureProblem, rows: pd.DataFrame, folder: Path, executor: Executor, log: FoldLog) -> Recipe:
    """Complete an automatic recipe for one set of training rows."""
    (choice,) = choose(problem, [rows], folder, executor, log)
    return choice.steps


def choice_table(choices: Sequence[Choice]) -> pd.DataFrame:
    """What each group adds for all training rows, in the order of the choice: a row per group.

    Args:
        choices: From `choose_features`; none gives a table without rows.

    Returns:
        group; chosen; gain on top of the groups before it, in the unit of the score (less is better), empty for a group
        that does not gain alone, and its standard error; gain_alone on top of the start; features; cost, boosting
        rounds times rows times features; chosen_in_folds, the number of folds whose own rows choose the group.
    """
    if not choices:
        return pd.DataFrame(columns=COLUMNS)
    *folds, last = choices
    added = {gain.group: gain for gain in last.added}
    alone = sorted(last.alone, key=lambda gain: (gain.group not in added, -(gain.gain or 0.0)))
    rows = [
        {
            "group": gain.group,
            "chosen": gain.group in last.kept,
            "gain": added[gain.group].gain if gain.group in added else None,
            "standard_error": (added.get(gain.group) or gain).error,
            "gain_alone": gain.gain,
            "features": last.features[gain.group],
            "cost": last.cells.get(gain.group, 0),
            "chosen_in_folds": sum(gain.group in fold.kept for fold in folds),
        }
        for gain in alone
    ]
    return pd.DataFrame(rows, columns=COLUMNS)


def _outcome(choices: Sequence[Choice]) -> str:
    """What was chosen, in a line."""
    last = choices[-1]
    tried, kept = len(last.alone), ", ".join(last.kept) or "none"
    return f"tune: features: {tried} groups tried on all training rows and in each fold; chosen: {kept}"
