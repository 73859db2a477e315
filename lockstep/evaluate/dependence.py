"""Partial dependence (Friedman 2001): the mean prediction when every row gets the same value of one feature."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from lockstep.evaluate.rows import Rows, sample_rows
from lockstep.fitting.folds import Matrix
from lockstep.model.saved import SavedModel
from lockstep.model.trained import Predictions

MAX_FEATURES, MAX_POINTS = 6, 15
# A row costs some 30 ns per tree, point and feature. The sample shrinks as the trees grow: about a second for all.
MAX_ROWS, MIN_ROWS, MAX_STEPS = 200, 20, 3 * 10**7


@dataclass(frozen=True)
class Dependence:
    """Partial dependence on one feature.

    Attributes:
        feature: Its name.
        points: The feature's values, ascending; for a category the positions 0, 1, ... of `labels`.
        labels: Values of a category, the most frequent first; None for a quantity.
        predicted: Predictions, shape (rows, points, outputs): one output for a number and for two classes (the
            probability of the second), one per class for more.
    """

    feature: str
    points: npt.NDArray[np.float64]
    labels: list[str] | None
    predicted: npt.NDArray[np.float64]

    def mean(self) -> npt.NDArray[np.float64]:
        """The mean over the rows, shape (points, outputs)."""
        mean: npt.NDArray[np.float64] = self.predicted.mean(axis=0)
        return mean


def dependence(model: SavedModel, test: Rows, features: list[str], seed: int) -> list[Dependence]:
    """Partial dependence on the first features of a list that have more than one value, on a seeded sample of rows.

    Features that are personal columns are left out: a curve names their values.

    Args:
        model: The model.
        test: Test rows.
        features: Names, most important first.
        seed: Seed of the sample.
    """
    trees = sum(booster.num_boosted_rounds() for booster in model.boosters) * max(1, model.target.n_classes)
    n_rows = min(MAX_ROWS, max(MIN_ROWS, MAX_STEPS // (trees * MAX_POINTS * MAX_FEATURES)))
    sample = test.x[sample_rows(len(test), n_rows, seed)]
    curves = list[Dependence]()
    for name in (name for name in features if name not in model.personal):
        index = model.features.names.index(name)
        points, labels = _points(model, test, index)
        if len(points) > 1:
            positions = np.arange(len(points), dtype=np.float64) if labels else points.astype(np.float64)
            curves.append(Dependence(name, positions, labels, _predictions(model, sample, index, points)))
        if len(curves) == MAX_FEATURES:
            break
    return curves


def _points(model: SavedModel, test: Rows, index: int) -> tuple[Matrix, list[str] | None]:
    """The grid of a feature: quantiles of a quantity, or the most frequent codes of a category with their labels."""
    values = test.x[:, index]
    present = np.sort(values[~np.isnan(values)])
    if model.features.types[index] == "c":
        codes, counts = np.unique(present, return_counts=True)
        chosen = codes[np.argsort(-counts, kind="stable")[:MAX_POINTS]]
        return chosen, [_label(test, model.features.names[index], values, code) for code in chosen]
    if not len(present):
        return present, None
    # The outermost values are rare: predictions there mean little, and they would squeeze the rest of a chart.
    ranks = np.linspace(0.02, 0.98, MAX_POINTS) * (len(present) - 1)
    return np.unique(present[np.round(ranks).astype(np.int64)]), None


def _label(test: Rows, name: str, values: Matrix, code: np.float32) -> str:
    """The value of the column behind a category's code."""
    if name not in test.frame:
        return f"{code:g}"
    return str(test.frame[name].iloc[int(np.flatnonzero(values == code)[0])])


def _predictions(model: SavedModel, rows: Matrix, index: int, points: Matrix) -> npt.NDArray[np.float64]:
    copies = np.repeat(rows, len(points), axis=0)
    copies[:, index] = np.tile(points, len(rows))
    predicted: Predictions = model.predict_matrix(copies)
    outputs = predicted[:, 1:] if model.target.n_classes == 2 else predicted.reshape(len(copies), -1)
    return outputs.reshape(len(rows), len(points), -1)
