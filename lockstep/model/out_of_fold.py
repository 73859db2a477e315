"""Out-of-fold predictions: each validation row as the model of its fold predicts it."""

from collections.abc import Mapping

import numpy as np
import numpy.typing as npt
import pandas as pd

from lockstep.fitting.booster import fit_rounds, max_bin_of
from lockstep.fitting.fitting import Fitting, Value
from lockstep.fitting.matrices import FoldMatrices
from lockstep.model.final import Workers
from lockstep.model.saved import Predictions, Training, labelled
from lockstep.table.target import Target


def out_of_fold(
    train: pd.DataFrame, target: Target, training: Training, fitting: Fitting, seed: int, workers: Workers
) -> tuple[pd.DataFrame, Predictions]:
    """Predict every validation row by one booster of its fold, with the final model's parameters and rounds.

    Args:
        train: The training table.
        target: The target.
        training: Parameters and rounds.
        fitting: Objective and metric.
        seed: Seed of the fits.
        workers: Fit the folds.

    Returns:
        The validation rows in the order of the table: row_id, fold, actual, predicted, and for classes a column
        probability_CLASS for each; and the predictions as metrics take them: numbers (rows,) or probabilities (rows,
        classes). Rows that validate in no fold are absent.
    """
    settings = (training.params, training.n_rounds, seed, fitting)
    folds: list[Predictions] = workers.on_folds(predict_validation_rows, max_bin_of(training.params), *settings)
    fold = train["fold"].to_numpy()
    order = np.argsort(np.concatenate([np.flatnonzero(fold == number) for number in range(len(folds))]))
    predictions: Predictions = np.concatenate(folds)[order]
    rows = train[fold >= 0].reset_index(drop=True)
    table = labelled(predictions, target)
    table.insert(0, "actual", actual_values(rows, target))
    table.insert(0, "fold", rows["fold"])
    table.insert(0, "row_id", rows["row_id"])
    return table, predictions


def predict_validation_rows(
    matrices: FoldMatrices, params: Mapping[str, Value], rounds: int, seed: int, fitting: Fitting
) -> npt.NDArray[np.float64]:
    """Predictions of a fold's validation rows: numbers (rows,) or probabilities (rows, classes)."""
    booster = fit_rounds(matrices.train, params, rounds, seed, fitting)
    return fitting.as_predictions(booster.predict(matrices.valid)).astype(np.float64)


def actual_values(rows: pd.DataFrame, target: Target) -> pd.Series:
    """The target as tables of predictions show it: numbers as they are, classes by their labels."""
    if not target.classes:
        return rows[target.column].reset_index(drop=True)
    return pd.Series([target.labels[int(number)] for number in target.values(rows)], dtype="str")
