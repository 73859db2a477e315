"""The repeated protocol: the final configuration refitted and tested on further random splits of all rows.

One split is one draw of the test rows; several show how much of a result is luck. The hyperparameters stay those that
were chosen on the first split's training rows, so rows of the other test sets took part in choosing them.
"""

import sys
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
import xgboost as xgb

from lockstep.errors import LockstepError, SearchError
from lockstep.evaluate.judgement import score_of
from lockstep.features.features_block import AutomaticRecipe, Recipe
from lockstep.features.recipe import Features
from lockstep.fitting.booster import ROUNDS, RoundBudget, fit_rounds, fit_with_early_stopping, max_bin_of
from lockstep.fitting.fitting import Fitting
from lockstep.fitting.folds import Fold, Mask, Matrix
from lockstep.fitting.matrices import quantise, set_pages_folder, training_matrix
from lockstep.metrics.metric import DIGITS, Scores
from lockstep.model.calibration import Calibration
from lockstep.model.final import rate_of
from lockstep.model.saved import SavedModel
from lockstep.model.training import Training
from lockstep.search.evaluation_log import NoLog
from lockstep.selection.chosen_features import choose_steps
from lockstep.selection.proposals import FeatureProblem
from lockstep.signals import result_of
from lockstep.split.split_block import Split
from lockstep.split.splitting import split_table
from lockstep.storage.scratch import scratch_folder
from lockstep.storage.tables import read_table, significant, write_table
from lockstep.table.target import Target
from lockstep.workers.in_process import InProcess
from lockstep.workers.local_engine import LocalEngine
from lockstep.workers.machine import worker_count
from lockstep.workers.worker import SEARCH_REMEDY, failure_message

TABLE = "all_rows.parquet"


@dataclass(frozen=True)
class Refit:
    """Everything that determines the result of one split, except its seed.

    Attributes:
        split: How rows are divided.
        target: What is predicted.
        recipe: Feature steps, or an automatic recipe, which every split completes anew.
        training: Configurations of the final model.
        n_models: Boosters whose predictions are averaged.
        fitting: Objective and metric.
        budget: Rounds where validation rows stop them.
        seed: Seed of features and boosters.
        calibration: That of the final model; its threshold is in `fitting`.
        mean_correction: Likewise; that of a transformed target is learned anew.
        types: The type of each column of the cleaned table, for an automatic recipe.
    """

    split: Split
    target: Target
    recipe: Recipe | AutomaticRecipe
    training: Training
    n_models: int
    fitting: Fitting
    budget: RoundBudget
    seed: int
    calibration: Calibration | None = None
    mean_correction: float = 1.0
    types: Mapping[str, str] = field(default_factory=dict)


def refit_of(
    model: SavedModel,
    split: Split,
    searched: Mapping[str, Any],
    seed: int,
    automatic: AutomaticRecipe | None = None,
    types: Mapping[str, str] | None = None,
) -> Refit:
    """The configuration of a saved model.

    Args:
        model: The model.
        split: How rows are divided.
        searched: search.json's `settings`, for the budget of rounds.
        seed: Seed of features and boosters.
        automatic: The automatic recipe that the model's features were chosen from, if they were.
        types: The type of each column of the cleaned table, for an automatic recipe.
    """
    stops_tuned = bool(searched["space"].get(ROUNDS, {}).get("early_stopping"))
    budget = RoundBudget(searched["early_stopping_rounds"], searched["max_rounds"], stops_tuned)
    budget = budget.slowed(model.training.learning_rate_factor)
    recipe, boosters = automatic or model.features.recipe, len(model.boosters)
    settings = (split, model.target, recipe, model.training, boosters, model.fitting, budget, seed)
    corrections = model.calibration, model.mean_correction
    return Refit(*settings, *corrections, types or {})


def repeated(refit: Refit, train: pd.DataFrame, test: pd.DataFrame, repeats: int) -> list[Scores]:
    """Test metrics of `repeats` splits of all rows, with the split seeds seed + 1, seed + 2, ...

    The splits run in parallel, with one XGBoost thread each; the result does not depend on the number of workers.
    """
    scores = []
    with scratch_folder() as folder:
        write_table(all_rows(train, test), folder / TABLE)
        with LocalEngine(min(worker_count(), repeats), None) as engine:
            futures = [engine.submit(score_split, refit, folder, refit.seed + 1 + r) for r in range(repeats)]
            for number, future in enumerate(futures):
                scores.append(result_of(future))
                score = scores[-1][refit.fitting.metric]
                formatted = "undefined" if score is None else f"{score:.6g}"
                line = f"evaluate: split {number + 1}/{repeats}: test {refit.fitting.metric} {formatted}"
                print(line, file=sys.stderr, flush=True)
    return scores


def all_rows(train: pd.DataFrame, test: pd.DataFrame) -> pd.DataFrame:
    """The cleaned rows before the split, in the order of `row_id`, from the training and the test table."""
    return pd.concat([train.drop(columns="fold"), test]).sort_values("row_id", ignore_index=True)


def score_split(refit: Refit, folder: Path, split_seed: int) -> Scores:
    """Split all rows, refit on the training rows, score the test rows: a pure function of its arguments' contents.

    With `split.folds: 1` the validation rows stop the rounds and are not trained on.

    Raises:
        SearchError: if it fails, for example for lack of memory.
    """
    try:
        return _score_split(refit, folder, split_seed)
    except LockstepError:
        raise
    except Exception as error:
        raise SearchError(f"split with seed {split_seed}: {failure_message(error)}; {SEARCH_REMEDY}") from error


def _score_split(refit: Refit, folder: Path, split_seed: int) -> Scores:
    set_pages_folder(folder)
    train, test = split_table(read_table(folder / TABLE), refit.target, refit.split, split_seed)
    stopping = train["fold"].to_numpy() == 0 if refit.split.folds == 1 else np.zeros(len(train), dtype=np.bool_)
    target, cross_fitting = refit.target, refit.split.cross_fitting
    fitted = train[~stopping]
    steps = _steps(refit, fitted, folder / f"choice_{split_seed}")
    features = Features(steps, refit.seed, target.n_classes, cross_fitting, target.row_weights)
    y = refit.target.values(fitted)
    x = features.fit_transform(fitted, y)
    names, types = tuple(features.names), tuple(features.types)
    if refit.split.folds == 1:
        everything = np.empty((len(train), x.shape[1]), dtype=np.float32)
        everything[~stopping], everything[stopping] = x, features.transform(train[stopping])
        boosters = _stopped(refit, _fold(refit, everything, train, ~stopping, names, types))
    else:
        boosters = _fixed(refit, _fold(refit, x, train, ~stopping, names, types), train["fold"].to_numpy())
    parts = (boosters, features, target, refit.fitting, refit.training)
    rate, correction = rate_of(target, fitted), refit.mean_correction
    model = SavedModel(*parts, rate=rate, calibration=refit.calibration, mean_correction=correction)
    model = model.with_mean_corrected(x, y, target.weights(fitted))
    x_test = features.transform(test)
    predictions = model.predict_matrix(x_test, target.exposures(test))
    return refit.fitting.scores(target.values(test), predictions, x_test.shape[1], target.weights(test))


def _steps(refit: Refit, fitted: pd.DataFrame, folder: Path) -> Recipe:
    """The steps of a split's training rows; an automatic recipe is completed by them, in this process."""
    if not isinstance(refit.recipe, AutomaticRecipe):
        return refit.recipe
    problem = FeatureProblem(
        refit.recipe, refit.types, refit.target, refit.split.cross_fitting, refit.seed, refit.fitting
    )
    with InProcess() as executor:
        return choose_steps(problem, fitted, folder, executor, NoLog())


def _fold(
    refit: Refit, x: Matrix, rows: pd.DataFrame, train: Mask, names: tuple[str, ...], types: tuple[str, ...]
) -> Fold:
    target = refit.target
    weighing = target.weights(rows), target.exposures(rows), refit.fitting.class_weight
    return Fold(x, target.values(rows), train, ~train, names, types, *weighing)


def summary_of(fitting: Fitting, splits: list[Scores], first_seed: int) -> dict[str, Any]:
    """The content of repeated.json: mean, std (of a sample), min and max per metric, and every split's metrics.

    Both are lists, so that `dvc metrics show FILE` shows the score's mean and std as its only columns.
    """
    metrics = [{"metric": name, **_spread([scores[name] for scores in splits])} for name in splits[0]]
    score = _spread([score_of(fitting, scores) for scores in splits])
    return {
        "protocol": "repeated",
        "score_mean": score["mean"],
        "score_std": score["std"],
        "metrics": metrics,
        "splits": [{"seed": first_seed + number, **scores} for number, scores in enumerate(splits)],
    }


def _spread(values: list[float | None]) -> dict[str, float | None]:
    defined = np.array([value for value in values if value is not None])
    if len(defined) < len(values):
        return dict.fromkeys(("mean", "std", "min", "max"))
    statistics = {"mean": defined.mean(), "std": defined.std(ddof=1), "min": defined.min(), "max": defined.max()}
    return {name: significant(float(value), DIGITS) for name, value in statistics.items()}


def _fixed(refit: Refit, fold: Fold, fold_of_row: npt.NDArray[np.int64]) -> list[xgb.Booster]:
    boosters, memory, transform = list[xgb.Booster](), refit.fitting.memory, refit.fitting.transform
    for member in refit.training.members_of(refit.n_models):
        rows = fold if member.fold is None else replace(fold, train=fold_of_row != member.fold)
        matrix = training_matrix(rows, max_bin_of(member.params), memory, transform)
        seeds = range(refit.seed, refit.seed + member.n_models)
        boosters += [fit_rounds(matrix, member.params, member.n_rounds, seed, refit.fitting) for seed in seeds]
    return boosters


def _stopped(refit: Refit, fold: Fold) -> list[xgb.Booster]:
    params = refit.training.params
    matrices = quantise(fold, max_bin_of(params), refit.fitting.memory, refit.fitting.transform)
    boosters = []
    for seed in range(refit.seed, refit.seed + refit.n_models):
        booster, rounds = fit_with_early_stopping(matrices, params, refit.budget, seed, refit.fitting)
        boosters.append(booster[:rounds])
    return boosters
