"""Fitting one booster: what is fixed, how many rounds, and how it is scored."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import xgboost as xgb

from lockstep.data.tables import significant
from lockstep.model.folds import Matrix
from lockstep.model.matrices import FoldMatrices, Value
from lockstep.model.metrics import DIGITS, regression_metrics

# One thread: model bytes do not depend on it, and two workers with two threads each were at least four times slower
# than with one each (docs/decisions.md).
FIXED: Mapping[str, Value] = {
    "objective": "reg:squarederror",
    "eval_metric": "rmse",
    "tree_method": "hist",
    "nthread": 1,
    "verbosity": 0,
}
ROUNDS = "n_estimators"


@dataclass(frozen=True)
class RoundBudget:
    """How many boosting rounds a fold fit may take where the space does not tune n_estimators."""

    early_stopping_rounds: int
    max_rounds: int


@dataclass(frozen=True)
class FoldScore:
    """One fold's validation error and the rounds of its model."""

    rmse: float
    mse: float
    mae: float
    r2: float | None
    rounds: int


def max_bin_of(params: Mapping[str, Value]) -> int:
    """The number of bins the parameters ask for; XGBoost's default is 256."""
    return int(params.get("max_bin", 256))


def fit_rounds(params: Mapping[str, Value], train: xgb.DMatrix, rounds: int, seed: int) -> xgb.Booster:
    """Fit exactly `rounds` rounds."""
    return xgb.train(_booster_params(params, seed), train, num_boost_round=rounds)


def fit_fold(
    params: Mapping[str, Value],
    matrices: FoldMatrices,
    budget: RoundBudget,
    seed: int,
) -> FoldScore:
    """Fit on a fold's training rows and score its validation rows: a pure function of its arguments.

    With n_estimators among the parameters that many rounds are fitted; without it, early stopping on the
    validation rows finds the number.

    Args:
        params: Booster parameters under their scikit-learn names.
        matrices: The quantised fold.
        budget: Rounds where `params` has no n_estimators.
        seed: Seed of row and column sampling.

    Raises:
        xgboost.core.XGBoostError: if XGBoost refuses the parameters.
        ValueError: if the model's predictions are not finite.
    """
    tuned = params.get(ROUNDS)
    if tuned is not None:
        rounds = int(tuned)
        booster = fit_rounds(params, matrices.train, rounds, seed)
    else:
        booster = xgb.train(
            _booster_params(params, seed),
            matrices.train,
            num_boost_round=budget.max_rounds,
            evals=[(matrices.valid, "valid")],
            early_stopping_rounds=budget.early_stopping_rounds,
            verbose_eval=False,
        )
        rounds = booster.best_iteration + 1
    predicted = booster.predict(matrices.valid, iteration_range=(0, rounds))
    if not np.isfinite(predicted).all():
        raise ValueError("the model predicts infinite or undefined values")
    metrics = regression_metrics(matrices.y_valid, predicted, n_features=0)
    return FoldScore(
        rmse=metrics.rmse, mse=significant(metrics.rmse**2, DIGITS), mae=metrics.mae, r2=metrics.r2, rounds=rounds
    )


def rmse_by_round(
    params: Mapping[str, Value], matrices: FoldMatrices, rounds: int, seed: int
) -> tuple[list[float], list[float]]:
    """RMSE of a fold's training and validation rows after each round."""
    history: dict[str, dict[str, list[float]]] = {}
    xgb.train(
        _booster_params(params, seed),
        matrices.train,
        num_boost_round=rounds,
        evals=[(matrices.train, "train"), (matrices.valid, "valid")],
        evals_result=history,
        verbose_eval=False,
    )
    return history["train"]["rmse"], history["valid"]["rmse"]


def predict(booster: xgb.Booster, x: Matrix, names: list[str], types: list[str]) -> npt.NDArray[np.float32]:
    """Predictions for rows of shape (rows, features)."""
    matrix = xgb.DMatrix(x, nthread=1, feature_names=names, feature_types=types, enable_categorical=True)
    predicted: npt.NDArray[np.float32] = booster.predict(matrix)
    return predicted


def _booster_params(params: Mapping[str, Value], seed: int) -> dict[str, Value]:
    tuned = {name: value for name, value in sorted(params.items()) if name != ROUNDS}
    return {**FIXED, "seed": seed, **tuned}
