"""The final model: the best configuration on all training rows."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Protocol

import numpy as np
import pandas as pd
import xgboost as xgb

from lockstep.fitting.booster import (
    ROUNDS,
    FoldScore,
    MetricByRound,
    RoundBudget,
    fit_fold,
    fit_rounds,
    max_bin_of,
)
from lockstep.fitting.final_rows import AllRowsCall
from lockstep.fitting.fitting import Fitting, Value
from lockstep.fitting.matrices import FoldMatrices
from lockstep.fitting.weighting import training_rate
from lockstep.metrics.metric import DIGITS
from lockstep.model.interval import LATEST_FOLDS, Interval, conformity_scores, fit_quantiles, offset_of
from lockstep.model.training import Member, Training
from lockstep.storage.tables import significant
from lockstep.table.target import Target

CURVE_POINTS = 200
LEARNING_RATE = "learning_rate"
# XGBoost's default.
DEFAULT_LEARNING_RATE = 0.3


class Workers(Protocol):
    """Worker processes that fit in parallel."""

    def on_folds(self, function: Callable[..., Any], max_bin: int, *args: Any) -> list[Any]:
        """Results of `function(fold's matrices, *args)` for every fold, in fold order."""

    def on_all_rows(self, function: Callable[..., Any], calls: Sequence[AllRowsCall]) -> list[Any]:
        """Results of `function(matrix of all training rows, *args)` for every call, in the calls' order."""


def chosen_training(
    best: Mapping[str, Any], factor: float, budget: RoundBudget, fitting: Fitting, seed: int, workers: Workers
) -> Training:
    """Parameters and rounds of the final model.

    With a factor below 1 the folds are fitted again at the best learning rate times the factor, with the limits of the
    rounds divided by the factor; this configuration is chosen if the folds' mean score is better.

    Args:
        best: The content of best_params.json.
        factor: `train_best.learning_rate_factor`.
        budget: Limits of the rounds in the search.
        fitting: Objective and metric.
        seed: Seed of the fits.
        workers: Fit the folds.
    """
    best_training = Training(dict(best["params"]), best["n_rounds"], best[fitting.score_name])
    if factor == 1:
        return best_training
    rate = float(best_training.params.get(LEARNING_RATE, DEFAULT_LEARNING_RATE))
    params = dict(best_training.params) | {LEARNING_RATE: significant(rate * factor, 4)}
    if ROUNDS in params:
        params[ROUNDS] = round(int(params[ROUNDS]) / factor)
    how = (params, budget.slowed(factor), seed, fitting)
    results: list[FoldScore | None] = workers.on_folds(_scored, max_bin_of(params), *how)
    scores = [score for score in results if score is not None]
    if len(scores) < len(results) or (mean := _mean([score.score for score in scores])) >= best_training.cv_score:
        return best_training
    rounds = sorted(score.rounds for score in scores)
    cv = {name: _mean_of_defined([score.metrics[name] for score in scores]) for name in scores[0].metrics}
    return Training(params, rounds[len(rounds) // 2], mean, factor, cv)


def fit_boosters(members: Sequence[Member], fitting: Fitting, seed: int, workers: Workers) -> list[xgb.Booster]:
    """The boosters of each configuration, with the seeds seed, seed + 1, ..."""
    calls = [
        AllRowsCall(max_bin_of(member.params), (member.params, member.n_rounds, seed + number, fitting), member.fold)
        for member in members
        for number in range(member.n_models)
    ]
    return [_booster(raw) for raw in workers.on_all_rows(_fit, calls)]


def fit_interval(
    training: Training, coverage: float, fitting: Fitting, seed: int, workers: Workers, *, forward: bool = False
) -> Interval:
    """Quantile boosters on all training rows, calibrated on rows that validate; in time on the latest of them."""
    settings = (training.params, training.n_rounds, seed, fitting, coverage)
    max_bin = max_bin_of(training.params)
    folds = workers.on_folds(conformity_scores, max_bin, *settings)
    if forward:
        folds = folds[-LATEST_FOLDS:]
    outside = [distance for distances, _ in folds for distance in distances]
    weights = [weight for _, weights in folds for weight in weights]
    (raw,) = workers.on_all_rows(_fit_quantiles, [AllRowsCall(max_bin, settings)])
    return Interval(coverage, offset_of(outside, coverage, weights), _booster(raw), fitting.transform)


def rate_of(target: Target, train: pd.DataFrame) -> float | None:
    """The rate per unit of exposure of the training rows, which the boosters start from; None without exposures."""
    exposure = target.exposures(train)
    return None if exposure is None else training_rate(target.values(train), exposure, target.weights(train))


def rounds_of_curve(n_rounds: int) -> int:
    """The rounds of the learning curve: a fifth more than the final model has."""
    return n_rounds + max(n_rounds // 5, 1)


def learning_curve(n_rounds: int, folds: Sequence[MetricByRound]) -> pd.DataFrame:
    """Mean of XGBoost's metric over the folds after each round.

    Args:
        n_rounds: Rounds of the final model.
        folds: The metric of each fold after each of `rounds_of_curve`.

    Returns:
        About 200 rows at most: round, train, valid; the final model's number of rounds is always among them.
    """
    rounds = rounds_of_curve(n_rounds)
    train = np.sum([on_train for on_train, _ in folds], axis=0)
    valid = np.sum([on_valid for _, on_valid in folds], axis=0)
    step = max(1, rounds // CURVE_POINTS)
    points = sorted({*range(0, rounds, step), n_rounds - 1, rounds - 1})
    return pd.DataFrame(
        {
            "round": [index + 1 for index in points],
            "train": train[points] / len(folds),
            "valid": valid[points] / len(folds),
        }
    )


def _scored(
    matrices: FoldMatrices, params: Mapping[str, Value], budget: RoundBudget, seed: int, fitting: Fitting
) -> FoldScore | None:
    """The fold's score; None where it is undefined, as in the search. An error of XGBoost itself is the machine's."""
    try:
        return fit_fold(matrices, params, budget, seed, fitting)
    except xgb.core.XGBoostError:
        raise
    except ValueError:
        return None


def _mean(values: list[float]) -> float:
    return significant(sum(values) / len(values), DIGITS)


def _mean_of_defined(values: list[float | None]) -> float | None:
    defined = [value for value in values if value is not None]
    return _mean(defined) if defined else None


def _fit(matrix: xgb.DMatrix, params: Mapping[str, Value], rounds: int, seed: int, fitting: Fitting) -> bytes:
    return bytes(fit_rounds(matrix, params, rounds, seed, fitting).save_raw("ubj"))


def _fit_quantiles(
    matrix: xgb.DMatrix, params: Mapping[str, Value], rounds: int, seed: int, fitting: Fitting, coverage: float
) -> bytes:
    return bytes(fit_quantiles(matrix, params, rounds, seed, fitting, coverage).save_raw("ubj"))


def _booster(raw: bytes) -> xgb.Booster:
    return xgb.Booster({"nthread": 1}, model_file=bytearray(raw))
