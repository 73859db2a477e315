"""Rows to evaluate a model on, as a table, as features and as targets."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from lockstep.features.recipe import Features
from lockstep.fitting.folds import Matrix, Vector
from lockstep.model.out_of_fold import actual_values
from lockstep.model.saved import Predictions, SavedModel
from lockstep.table.cross_fitting import CrossFitting


@dataclass(frozen=True)
class Rows:
    """Some rows of the cleaned table.

    Attributes:
        frame: Their columns.
        x: Their features, shape (rows, features).
        y: Their targets, shape (rows,): numbers, or class numbers.
    """

    frame: pd.DataFrame
    x: Matrix
    y: Vector

    def __len__(self) -> int:
        return len(self.y)


def training_rows(model: SavedModel, train: pd.DataFrame, cross_fitting: CrossFitting | None = None) -> Rows:
    """Training rows with their training features, which leave out each row's own target.

    Args:
        model: The model.
        train: The rows that trained it.
        cross_fitting: How the split relates them.
    """
    y = model.target.values(train)
    features = Features(model.features.recipe, model.features.seed, model.target.n_classes, cross_fitting)
    return Rows(train, features.fit_transform(train, y), y)


def new_rows(model: SavedModel, frame: pd.DataFrame) -> Rows:
    """Rows that the model has not seen."""
    return Rows(frame, model.features.transform(frame), model.target.values(frame))


def predict_rows(model: SavedModel, rows: Rows) -> tuple[pd.DataFrame, Predictions]:
    """Predict rows.

    Returns:
        row_id, actual and the columns of SavedModel.table; and the predictions as metrics take them: numbers (rows,)
        or probabilities (rows, classes).
    """
    table = model.prediction_table(rows.x)
    columns = list(table.columns[1:]) if model.target.classes else "predicted"
    predicted: Predictions = table[columns].to_numpy(dtype=np.float64)
    table.insert(0, "actual", actual_values(rows.frame, model.target))
    table.insert(0, "row_id", rows.frame["row_id"].to_numpy())
    return table, predicted


def sample_rows(count: int, n_rows: int, seed: int) -> npt.NDArray[np.int64]:
    """Positions of `n_rows` of `count` rows, drawn without replacement and sorted; all positions if there are fewer."""
    if count <= n_rows:
        return np.arange(count)
    return np.sort(np.random.default_rng(seed).choice(count, n_rows, replace=False))
