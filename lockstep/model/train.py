"""The final model from its folds: boosters on all rows, interval, out-of-fold predictions and what is learned there."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

import pandas as pd

from lockstep.fitting.booster import RoundBudget
from lockstep.fitting.final_rows import FinalRows
from lockstep.fitting.fitting import Fitting
from lockstep.model.candidates import Candidate, best_candidates
from lockstep.model.ensemble import validation_rows, with_ensemble
from lockstep.model.final import Workers, chosen_training, fit_boosters, fit_interval, rate_of
from lockstep.model.fold_predictions import FoldPredictions
from lockstep.model.out_of_fold import OutOfFold, learn_decision, members_per_fold, out_of_fold
from lockstep.model.saved import SavedModel
from lockstep.model.train_block import TrainBest
from lockstep.model.training import Member, Training
from lockstep.project.blocks import mistakes_in
from lockstep.project.paths import PARAMS


def train_model(
    choices: TrainBest,
    rows: FinalRows,
    best: Mapping[str, Any],
    trials: pd.DataFrame,
    budget: RoundBudget,
    fitting: Fitting,
    seed: int,
    workers: Workers,
    on_step: Callable[[str], None],
    *,
    curves: bool = False,
) -> tuple[SavedModel, OutOfFold]:
    """Train the final model, which does not know its intake and origin yet.

    Args:
        choices: The block `train_best`.
        rows: The rows.
        best: The content of best_params.json.
        trials: The content of trials.csv.
        budget: Limits of the rounds in the search.
        fitting: Objective and metric.
        seed: Seed of the fits.
        workers: Fit the folds and all rows.
        on_step: Called with the name of each step.
        curves: Keep the folds' learning curves with the out-of-fold predictions.

    Raises:
        ConfigError: if an ensemble, a calibration or a threshold cannot be learned, naming the setting.
    """
    target = rows.target
    if choices.learning_rate_factor < 1:
        on_step(f"the folds at {choices.learning_rate_factor} times the learning rate")
    training = chosen_training(best, choices.learning_rate_factor, budget, fitting, seed, workers)
    fits = FoldPredictions(fitting, seed, workers)
    if choices.final != "refit":
        candidates = best_candidates(trials, best, fitting.score_name)
        training = _several(choices, training, candidates, rows, fits, fitting, on_step)
    members = training.members_of(choices.n_models)
    on_step(f"{sum(member.n_models for member in members)} model(s), {training.final}")
    boosters, interval = fit_boosters(members, fitting, seed, workers), None
    if choices.interval is not None:
        on_step("the prediction interval")
        interval = fit_interval(training, choices.interval, fitting, seed, workers, forward=rows.forward)
    on_step("the out-of-fold predictions" + (" and the learning curve" if curves else ""))
    followed = Member(training.params, training.n_rounds, 1) if curves else None
    out = out_of_fold(rows.table, members_per_fold(choices, training), fits, followed)
    with mistakes_in(PARAMS):
        calibration, threshold = learn_decision(choices, out, target)
    train = rows.rows
    model = SavedModel(
        *(boosters, rows.features, target, replace(fitting, threshold=threshold), training, interval),
        mean_correction=out.mean_correction(target) if fitting.objective_class.moves_mean else 1.0,
        rate=rate_of(target, train),
        calibration=calibration,
        costs=choices.costs,
    )
    return model.with_mean_corrected(rows.x, target.values(train), target.weights(train)), out


def _several(
    choices: TrainBest,
    training: Training,
    candidates: Sequence[Candidate],
    rows: FinalRows,
    fits: FoldPredictions,
    fitting: Fitting,
    on_step: Callable[[str], None],
) -> Training:
    """The training of a model of several configurations, if it is to have them."""
    folds, always = validation_rows(rows.table, rows.target), choices.final == "ensemble"
    if choices.final == "folds":
        each, best = choices.boosters_per_fold(len(folds)), candidates[0]
        members = tuple(Member(training.params, rounds, each, best.number, k) for k, rounds in enumerate(best.rounds))
        return replace(training, members=members)
    if choices.n_models == 1 or len(folds) == 1:
        # Only auto comes here: there is nothing to combine, or no other fold that could choose.
        return training
    on_step(f"an ensemble of the best {len(candidates)} trials")
    with mistakes_in(PARAMS):
        return with_ensemble(training, candidates, choices.n_models, folds, fits, fitting, always=always)
