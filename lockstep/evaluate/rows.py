"""Rows to evaluate a model on, as a table, as features and as targets."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from lockstep.features.recipe import Features
from lockstep.fitting.folds import Matrix, Vector
from lockstep.model.saved import Predictions, SavedModel

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


def training_rows(model: SavedModel, train: pd.DataFrame) -> Rows:
    """Training rows with their training features, which leave out each row's own target."""
    y = model.target.values(train)
    features = Features(model.features.recipe, model.features.seed, model.target.n_classes)
    x, target = features.fit_transform(train, y), model.target
    return Rows(train, x, y, target.weights(train), target.exposures(train))


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
    predicted: Predictions
    if model.target.classes:
        actual = pd.Series([model.target.labels[int(number)] for number in rows.y], dtype="str")
        predicted = table.iloc[:, 1:].to_numpy(dtype=np.float64)
    else:
        actual = rows.frame[model.target.column].reset_index(drop=True)
        predicted = table["predicted"].to_numpy()
    if rows.weight is not None:
        table.insert(0, WEIGHT, rows.weight)
    table.insert(0, "actual", actual)
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
