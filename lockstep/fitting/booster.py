"""Fitting and scoring one booster: its fixed parameters and its number of rounds."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Self

import numpy as np
import numpy.typing as npt
import xgboost as xgb

from lockstep.errors import ConfigError
from lockstep.fitting.fitting import Fitting, Value
from lockstep.fitting.folds import Matrix
from lockstep.fitting.matrices import FoldMatrices
from lockstep.metrics.metric import Scores

# The model's bytes do not depend on the number of threads. Two workers with two threads each were at least four times
# slower than with one thread each (docs/decisions.md).
FIXED_PARAMS: Mapping[str, Value] = {"tree_method": "hist", "nthread": 1, "verbosity": 0}
ROUNDS = "n_estimators"
# XGBoost's metric on a fold's training and validation rows after each round, of the transformed target if so.
MetricByRound = tuple[list[float], list[float]]
# In best_params.json: the folds of the best trial could stop before n_estimators rounds.
EARLY_STOPPING = "early_stopping"


@dataclass(frozen=True)
class RoundBudget:
    """Limits of a fold fit's boosting rounds.

    Attributes:
        early_stopping_rounds: Rounds without a better validation score before boosting stops.
        max_rounds: The most rounds where the parameters have no n_estimators.
        stops_tuned: Whether a fit may also stop before n_estimators rounds; else it boosts exactly that many.
    """

    early_stopping_rounds: int
    max_rounds: int
    stops_tuned: bool = False

    def stops_early(self, params: Mapping[str, Value]) -> bool:
        """Whether the validation score decides the number of rounds."""
        return self.stops_tuned or ROUNDS not in params

    def most(self, params: Mapping[str, Value]) -> int:
        """The most rounds of a fit with these parameters."""
        return int(params.get(ROUNDS, self.max_rounds))

    def boosted(self, params: Mapping[str, Value], rounds: int) -> int:
        """Rounds that were boosted to find that `rounds` are best: early stopping sees its patience out."""
        return min(rounds + self.early_stopping_rounds, self.most(params)) if self.stops_early(params) else rounds

    def slowed(self, factor: float) -> Self:
        """The limits at the learning rate times `factor`, which takes as many times more rounds."""
        return replace(
            self,
            early_stopping_rounds=round(self.early_stopping_rounds / factor),
            max_rounds=round(self.max_rounds / factor),
        )


@dataclass(frozen=True)
class FoldScore:
    """One fold's validation error and the rounds of its model.

    Attributes:
        score: The value that the search minimises.
        metrics: The metrics of Fitting.fold_metrics.
        rounds: Number of boosting rounds.
    """

    score: float
    metrics: Scores
    rounds: int


def max_bin_of(params: Mapping[str, Value]) -> int:
    """The parameters' max_bin; XGBoost's default is 256."""
    return int(params.get("max_bin", 256))


def fit_rounds(
    train: xgb.DMatrix, params: Mapping[str, Value], rounds: int, seed: int, fitting: Fitting
) -> xgb.Booster:
    """Fit exactly `rounds` rounds.

    Raises:
        ConfigError: if the device is cuda and XGBoost finds none.
    """
    booster = xgb.train(_booster_params(params, train, seed, fitting), train, num_boost_round=rounds)
    _check_device(booster, fitting.device)
    return booster


def fit_with_early_stopping(
    matrices: FoldMatrices, params: Mapping[str, Value], budget: RoundBudget, seed: int, fitting: Fitting
) -> tuple[xgb.Booster, int]:
    """Fit a fold with early stopping on its validation rows, or for n_estimators rounds; the booster and its rounds."""
    most = budget.most(params)
    if not budget.stops_early(params):
        return fit_rounds(matrices.train, params, most, seed, fitting), most
    booster = xgb.train(
        _booster_params(params, matrices.train, seed, fitting),
        matrices.train,
        num_boost_round=most,
        evals=[(matrices.valid, "valid")],
        early_stopping_rounds=budget.early_stopping_rounds,
        verbose_eval=False,
    )
    _check_device(booster, fitting.device)
    return booster, booster.best_iteration + 1


def fit_fold(
    matrices: FoldMatrices, params: Mapping[str, Value], budget: RoundBudget, seed: int, fitting: Fitting
) -> FoldScore:
    """Fit on a fold's training rows and score its validation rows: a pure function of its arguments.

    If the parameters include n_estimators, that many rounds are fitted, unless the budget lets them stop early;
    otherwise early stopping on the validation rows determines the number.

    Args:
        matrices: The quantised fold.
        params: Booster parameters under their scikit-learn names.
        budget: Limits of the rounds.
        seed: Seed of row and column sampling.
        fitting: Objective and metric.

    Raises:
        xgboost.core.XGBoostError: if XGBoost refuses the parameters.
        ValueError: if the model's predictions are not finite, or the metric is undefined.
        ConfigError: if one of the project's own metrics has a mistake.
    """
    booster, rounds = fit_with_early_stopping(matrices, params, budget, seed, fitting)
    predictions = validation_predictions(booster, matrices, rounds, fitting)
    if not np.isfinite(predictions).all():
        raise ValueError("the model predicts infinite or undefined values")
    scores = fitting.fold_scores(matrices.y_valid, predictions, matrices.weight_valid)
    return FoldScore(fitting.loss(scores), scores, rounds)


def validation_predictions(
    booster: xgb.Booster, matrices: FoldMatrices, rounds: int, fitting: Fitting
) -> npt.NDArray[np.floating]:
    """Predictions of a fold's validation rows, in the unit of the target: numbers (rows,) or probabilities.

    Where the target is transformed, their mean is corrected by what the fold's training rows say.
    """
    kept = (0, rounds)
    predictions = fitting.as_predictions(booster.predict(matrices.valid, iteration_range=kept))
    if fitting.transform is None or not fitting.corrects_mean:
        return predictions
    on_train = fitting.as_predictions(booster.predict(matrices.train, iteration_range=kept))
    targets, weight = fitting.transform.inverse(matrices.train.get_label()), matrices.train.get_weight()
    factor = fitting.transform.mean_correction(
        targets, on_train.astype(np.float64), weight.astype(np.float64) if len(weight) else None
    )
    return fitting.transform.corrected(predictions.astype(np.float64), factor)


def fit_with_history(
    matrices: FoldMatrices, params: Mapping[str, Value], rounds: int, seed: int, fitting: Fitting
) -> tuple[xgb.Booster, MetricByRound]:
    """Fit exactly `rounds` rounds; their first ones are those of a shorter fit. With XGBoost's metric after each."""
    history: dict[str, dict[str, list[float]]] = {}
    all_params = _booster_params(params, matrices.train, seed, fitting)
    booster = xgb.train(
        all_params,
        matrices.train,
        num_boost_round=rounds,
        evals=[(matrices.train, "train"), (matrices.valid, "valid")],
        evals_result=history,
        verbose_eval=False,
    )
    (on_train,), (on_valid,) = history["train"].values(), history["valid"].values()
    _check_device(booster, fitting.device)
    return booster, (on_train, on_valid)


def predict(
    booster: xgb.Booster,
    x: Matrix,
    names: list[str],
    types: list[str],
    fitting: Fitting,
    margin: npt.NDArray[np.float32] | None = None,
) -> npt.NDArray[np.float32]:
    """Predictions for rows of shape (rows, features): numbers (rows,) or probabilities (rows, classes).

    In the unit of the target; where that is transformed, without the correction of the mean.
    """
    matrix = xgb.DMatrix(
        x, base_margin=margin, nthread=1, feature_names=names, feature_types=types, enable_categorical=True
    )
    return fitting.as_predictions(booster.predict(matrix))


def _check_device(booster: xgb.Booster, device: str) -> None:
    """XGBoost falls back to the CPU with only a warning if it finds no GPU; the model would have other bytes."""
    used = json.loads(booster.save_config())["learner"]["generic_param"]["device"] if device != "cpu" else device
    if not used.startswith(device):
        raise ConfigError(f"params.yaml: booster.device: {device!r}: XGBoost finds no such device here; set it to cpu")


def _booster_params(params: Mapping[str, Value], train: xgb.DMatrix, seed: int, fitting: Fitting) -> dict[str, Any]:
    tuned = {name: value for name, value in sorted(params.items()) if name != ROUNDS}
    fixed = {**FIXED_PARAMS, **fitting.booster_params(train.feature_names or []), "seed": seed}
    weight = train.get_weight()
    base_score = fitting.objective_class.base_score(train.get_label(), weight if len(weight) else None)
    if base_score is not None:
        fixed["base_score"] = base_score
    return {**fixed, **tuned}
