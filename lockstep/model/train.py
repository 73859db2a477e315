"""The final model from its folds: boosters on all rows, interval, out-of-fold predictions and what is learned there."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from lockstep.fitting.booster import RoundBudget
from lockstep.fitting.final_rows import FinalRows
from lockstep.fitting.fitting import Fitting
from lockstep.model.final import Workers, chosen_training, fit_boosters, fit_interval, rate_of
from lockstep.model.out_of_fold import OutOfFold, boosters_per_fold, learn_decision, out_of_fold
from lockstep.model.saved import SavedModel
from lockstep.model.train_block import TrainBest
from lockstep.project.blocks import mistakes_in
from lockstep.project.paths import PARAMS


def train_model(
    choices: TrainBest,
    rows: FinalRows,
    best: Mapping[str, Any],
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
        budget: Limits of the rounds in the search.
        fitting: Objective and metric.
        seed: Seed of the fits.
        workers: Fit the folds and all rows.
        on_step: Called with the name of each step.
        curves: Keep the folds' learning curves with the out-of-fold predictions.

    Raises:
        ConfigError: if a calibration or a threshold cannot be learned, naming the setting.
    """
    target = rows.target
    if choices.learning_rate_factor < 1:
        on_step(f"the folds at {choices.learning_rate_factor} times the learning rate")
    training = chosen_training(best, choices.learning_rate_factor, budget, fitting, seed, workers)
    on_step(f"{choices.n_models} model(s) of {training.n_rounds} rounds")
    boosters, interval = fit_boosters(training, choices.n_models, fitting, seed, workers), None
    if choices.interval is not None:
        on_step("the prediction interval")
        interval = fit_interval(training, choices.interval, fitting, seed, workers, forward=rows.forward)
    on_step("the out-of-fold predictions" + (" and the learning curve" if curves else ""))
    out = out_of_fold(rows.table, training, boosters_per_fold(choices), fitting, seed, workers, curves=curves)
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
