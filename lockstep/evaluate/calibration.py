"""Does the model mean what it says? Predictions, probabilities and intervals against what happened."""

from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from lockstep.evaluate.slices import quantile_parts
from lockstep.fitting.folds import Vector
from lockstep.model.saved import Predictions
from lockstep.storage.tables import significant

PARTS = 10
DIGITS = 6


def number_calibration(said: pd.DataFrame) -> pd.DataFrame:
    """Mean predicted against mean actual value in the deciles of the prediction.

    Args:
        said: actual, predicted; with intervals also lower and upper.

    Returns:
        part (1 to 10, equal predictions in one), rows, predicted_mean, actual_mean; with intervals also coverage, the
        share of rows inside, and width, the intervals' mean.
    """
    part = quantile_parts(said["predicted"].to_numpy(), PARTS)
    records = []
    for number in np.unique(part):
        rows = said[part == number]
        record = _means(int(number) + 1, rows["predicted"].to_numpy(), rows["actual"].to_numpy(dtype=np.float64))
        records.append(record | (_covered(rows) if "lower" in said else {}))
    return pd.DataFrame(records)


def interval_summary(said: pd.DataFrame, nominal: float) -> dict[str, float]:
    """The share of rows an interval was to hold, the share it holds, and the intervals' mean width."""
    found = _covered(said)
    return {"nominal": nominal, "coverage": found["coverage"], "mean_width": found["width"]}


def class_calibration(actual: Vector, probabilities: Predictions) -> pd.DataFrame:
    """Reliability in ten equal ranges of the probability; ranges without a row are left out.

    Of two classes it is the probability of the second, and the share of rows that are of it; of more the probability
    of the predicted class, and the share of rows where that is right (Guo et al. 2017).

    Returns:
        part (1 for 0 to 0.1, ...), rows, predicted_mean, actual_mean.
    """
    if probabilities.shape[1] == 2:
        said, true = probabilities[:, 1], actual == 1
    else:
        said, true = np.max(probabilities, axis=1), np.argmax(probabilities, axis=1) == actual
    part = np.clip((said * PARTS).astype(np.int64), 0, PARTS - 1)
    return pd.DataFrame(
        [_means(int(number) + 1, said[part == number], true[part == number]) for number in np.unique(part)]
    )


def calibration_error(table: pd.DataFrame) -> float:
    """Expected calibration error: by how much probability and share differ, over the ranges weighted by rows."""
    gaps = (table["predicted_mean"] - table["actual_mean"]).abs()
    return significant(float((gaps * table["rows"]).sum() / table["rows"].sum()), DIGITS)


def confusion_matrix(actual: Vector, probabilities: Predictions) -> npt.NDArray[np.int64]:
    """Rows by class (first axis) and predicted class (second axis)."""
    n_classes = probabilities.shape[1]
    cells = actual.astype(np.int64) * n_classes + np.argmax(probabilities, axis=1)
    return np.bincount(cells, minlength=n_classes**2).reshape(n_classes, n_classes)


def _means(number: int, said: npt.NDArray[np.float64], true: npt.NDArray[Any]) -> dict[str, float | int]:
    return {
        "part": number,
        "rows": len(said),
        "predicted_mean": significant(float(np.mean(said)), DIGITS),
        "actual_mean": significant(float(np.mean(true)), DIGITS),
    }


def _covered(rows: pd.DataFrame) -> dict[str, float]:
    inside = (rows["lower"] <= rows["actual"]) & (rows["actual"] <= rows["upper"])
    width = (rows["upper"] - rows["lower"]).mean()
    return {"coverage": significant(float(inside.mean()), DIGITS), "width": significant(float(width), DIGITS)}
