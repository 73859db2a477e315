"""Rows to evaluate a model on, as a table, as features and as targets."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from lockstep.features.recipe import Features
from lockstep.fitting.folds import Matrix, Vector
from lockstep.model.out_of_fold import actual_values
from lockstep.model.saved import SavedModel
from lockstep.model.trained import Predictions
from lockstep.table.cross_fitting import CrossFitting

# The column of weights in a table of predictions, where rows have weights.
WEIGHT = "weight"


@dataclass(frozen=True)
class Rows:
    """Some rows of the cleaned table.

    Attributes:
        frame: Their columns.
        x: Their features, shape (rows, features).
        y: Their targets, shape (rows,): numbers, or class numbers.
        weight: Their weights, shape (rows,); None: all count the same.
        exposure: Their exposures, shape (rows,); None: the same for all.
    """

    frame: pd.DataFrame
    x: Matrix
    y: Vector
    weight: Vector | None = None
    exposure: Vector | None = None

    def __len__(self) -> int:
        return len(self.y)


def training_rows(model: SavedModel, train: pd.DataFrame, cross_fitting: CrossFitting | None = None) -> Rows:
    """Training rows with their training features, which leave out each row's own target.

    Args:
        model: The model.
        train: The rows that trained it.
        cross_fitting: How the split relates them.
    """
    target, fitted = model.target, model.features
    y = target.values(train)
    features = Features(fitted.recipe, fitted.seed, target.n_classes, cross_fitting, target.row_weights)
    return Rows(train, features.fit_transform(train, y), y, target.weights(train), target.exposures(train))


def new_rows(model: SavedModel, frame: pd.DataFrame) -> Rows:
    """Rows that the model has not seen."""
    x, target = model.features.transform(frame), model.target
    return Rows(frame, x, target.values(frame), target.weights(frame), target.exposures(frame))


def predict_rows(model: SavedModel, rows: Rows) -> tuple[pd.DataFrame, Predictions]:
    """Predict rows.

    Returns:
        row_id, actual, weight where rows have weights, and the columns of SavedModel.prediction_table; and the
        predictions as metrics take them: numbers (rows,) or probabilities (rows, classes).
    """
    table = model.prediction_table(rows.x, rows.exposure)
    columns = list(table.columns[1:]) if model.target.classes else "predicted"
    predicted: Predictions = table[columns].to_numpy(dtype=np.float64)
    if rows.weight is not None:
        table.insert(0, WEIGHT, rows.weight)
    table.insert(0, "actual", actual_values(rows.frame, model.target))
    table.insert(0, "row_id", rows.frame["row_id"].to_numpy())
    return table, predicted


def sample_rows(count: int, n_rows: int, seed: int) -> npt.NDArray[np.int64]:
    """Positions of `n_rows` of `count` rows, drawn without replacement and sorted; all positions if there are fewer."""
    if count <= n_rows:
        return np.arange(count)
    return np.sort(np.random.default_rng(seed).choice(count, n_rows, replace=False))


def weights_in(predictions: pd.DataFrame) -> Vector | None:
    """The weights of a table of predictions, shape (rows,); None where it has none."""
    return predictions[WEIGHT].to_numpy(dtype=np.float64) if WEIGHT in predictions else None
