"""Calibration: predictions, probabilities and intervals against the actual values."""

from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from lockstep.evaluate.rows import WEIGHT, weights_in
from lockstep.evaluate.slices import quantile_parts
from lockstep.fitting.folds import Vector
from lockstep.fitting.weighting import selected
from lockstep.metrics.labels import predicted_classes
from lockstep.metrics.metric import THRESHOLD
from lockstep.model.trained import Predictions
from lockstep.storage.tables import significant
from lockstep.table.row_weights import mean

PARTS = 10
DIGITS = 6


def number_calibration(predictions: pd.DataFrame) -> pd.DataFrame:
    """Mean predicted against mean actual value in the deciles of the prediction.

    Args:
        predictions: actual, predicted; with intervals also lower and upper; weight where rows have weights.

    Returns:
        part (1 to 10, equal predictions in one), rows, predicted_mean, actual_mean; with intervals also coverage, the
        share of rows inside, and width, the intervals' mean. Where rows have weights, means and shares count by them,
        and weight is their sum.
    """
    weight = weights_in(predictions)
    part = quantile_parts(predictions["predicted"].to_numpy(), PARTS)
    records = []
    for number in np.unique(part):
        rows = predictions[part == number]
        means = rows["predicted"].to_numpy(), rows["actual"].to_numpy(dtype=np.float64)
        record = _means(int(number) + 1, *means, selected(weight, part == number))
        records.append(record | (_coverage(rows) if "lower" in predictions else {}))
    return pd.DataFrame(records)


def class_calibration(actual: Vector, probabilities: Predictions, weight: Vector | None = None) -> pd.DataFrame:
    """Reliability in ten equal ranges of the probability; empty ranges are left out.

    With two classes: the probability of the second class against the share of rows in it. With more: the probability
    of the predicted class against the share of rows where it is correct (Guo et al. 2017).

    Returns:
        part (1 for 0 to 0.1, ...), rows, predicted_mean, actual_mean; where rows have weights, weight is their sum and
        the means count by them.
    """
    if probabilities.shape[1] == 2:
        probability, correct = probabilities[:, 1], actual == 1
    else:
        probability, correct = np.max(probabilities, axis=1), np.argmax(probabilities, axis=1) == actual
    part = np.clip((probability * PARTS).astype(np.int64), 0, PARTS - 1)
    return pd.DataFrame(
        [
            _means(int(number) + 1, probability[rows], correct[rows], selected(weight, rows))
            for number in np.unique(part)
            for rows in (part == number,)
        ]
    )


def calibration_error(table: pd.DataFrame) -> float:
    """Expected calibration error: mean difference between probability and share, weighted by the rows of the ranges."""
    gaps, counts = (table["predicted_mean"] - table["actual_mean"]).abs(), table[WEIGHT if WEIGHT in table else "rows"]
    return significant(float((gaps * counts).sum() / counts.sum()), DIGITS)


def confusion_matrix(actual: Vector, probabilities: Predictions, threshold: float = THRESHOLD) -> npt.NDArray[np.int64]:
    """Rows by class (first axis) and predicted class (second axis)."""
    n_classes = probabilities.shape[1]
    cells = actual.astype(np.int64) * n_classes + predicted_classes(probabilities, threshold)
    return np.bincount(cells, minlength=n_classes**2).reshape(n_classes, n_classes)


def _means(
    number: int, predicted: npt.NDArray[np.float64], actual: npt.NDArray[Any], weight: Vector | None
) -> dict[str, float | int]:
    record: dict[str, float | int] = {"part": number, "rows": len(predicted)}
    if weight is not None:
        record[WEIGHT] = significant(float(np.sum(weight)), DIGITS)
    return record | {
        "predicted_mean": significant(mean(predicted, weight), DIGITS),
        "actual_mean": significant(mean(actual, weight), DIGITS),
    }


def _coverage(rows: pd.DataFrame) -> dict[str, float]:
    inside = (rows["lower"] <= rows["actual"]) & (rows["actual"] <= rows["upper"])
    weight, widths = weights_in(rows), rows["upper"] - rows["lower"]
    coverage = float(inside.mean()) if weight is None else mean(inside.to_numpy(), weight)
    width = float(widths.mean()) if weight is None else mean(widths.to_numpy(), weight)
    return {"coverage": significant(coverage, DIGITS), "width": significant(width, DIGITS)}
