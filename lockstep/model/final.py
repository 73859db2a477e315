"""The final model: the best configuration on all training rows."""

from collections.abc import Mapping

import numpy as np
import pandas as pd

from lockstep.features.recipe import Features
from lockstep.model.booster import fit_rounds, max_bin_of, rmse_by_round
from lockstep.model.folds import FoldSet
from lockstep.model.matrices import Memory, Value, quantised, row_matrix
from lockstep.model.saved import SavedModel
from lockstep.schema.features import Recipe

CURVE_POINTS = 200


def train_final(
    train: pd.DataFrame,
    target: str,
    recipe: Recipe,
    params: Mapping[str, Value],
    n_rounds: int,
    n_models: int,
    seed: int,
    memory: Memory,
) -> SavedModel:
    """Fit the features and `n_models` boosters (seeds seed, seed + 1, ...) on all training rows."""
    y = train[target].to_numpy(dtype=np.float64)
    features = Features(recipe).fit(train, y)
    matrix = row_matrix(
        features.transform(train), y, None, tuple(features.names), tuple(features.types), max_bin_of(params), memory
    )
    boosters = [fit_rounds(params, matrix, n_rounds, seed + index) for index in range(n_models)]
    return SavedModel(boosters, features, target)


def learning_curve(
    folds: FoldSet, params: Mapping[str, Value], n_rounds: int, seed: int, memory: Memory
) -> pd.DataFrame:
    """Mean RMSE over the folds after each round, a fifth further than the final model goes.

    Returns:
        At most about 200 rows: round, train_rmse, valid_rmse; the row of `n_rounds` is always among them.
    """
    rounds = n_rounds + max(n_rounds // 5, 1)
    train, valid = np.zeros(rounds), np.zeros(rounds)
    for fold in folds:
        on_train, on_valid = rmse_by_round(params, quantised(fold, max_bin_of(params), memory), rounds, seed)
        train += on_train
        valid += on_valid
    step = max(1, rounds // CURVE_POINTS)
    shown = sorted({*range(0, rounds, step), n_rounds - 1, rounds - 1})
    return pd.DataFrame(
        {
            "round": [index + 1 for index in shown],
            "train_rmse": train[shown] / len(folds),
            "valid_rmse": valid[shown] / len(folds),
        }
    )
