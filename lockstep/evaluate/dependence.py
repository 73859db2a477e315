"""Partial dependence (Friedman 2001): the mean prediction when every row gets the same value of one feature."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from lockstep.evaluate.rows import Rows, sample_rows
from lockstep.fitting.folds import Matrix
from lockstep.model.saved import Predictions, SavedModel

MOST_FEATURES, MOST_POINTS = 6, 15
# A row costs some 30 ns per tree, point and feature. The sample shrinks as the trees grow: about a second for all.
MOST_ROWS, FEWEST_ROWS, MOST_STEPS = 200, 20, 3 * 10**7


@dataclass(frozen=True)
class Dependence:
    """Partial dependence on one feature.

    Attributes:
        feature: Its name.
        points: Values it was set to, ascending; of a category the numbers 0, 1, ... of `labels`.
        labels: Of a category its values, the most frequent first.
        predicted: Predictions, shape (rows, points, outputs): one output for a number and for two classes (the
            probability of the second), one per class for more.
    """

    feature: str
    points: npt.NDArray[np.float64]
    labels: list[str] | None
    predicted: npt.NDArray[np.float64]

    def mean(self) -> npt.NDArray[np.float64]:
        """The mean over the rows, shape (points, outputs)."""
        found: npt.NDArray[np.float64] = self.predicted.mean(axis=0)
        return found


def dependence(model: SavedModel, test: Rows, features: list[str], seed: int) -> list[Dependence]:
    """Partial dependence on the first features of a list that have more than one value, on a seeded sample of rows.

    Args:
        model: The model.
        test: Test rows.
        features: Names, most important first.
        seed: Seed of the sample.
    """
    trees = sum(booster.num_boosted_rounds() for booster in model.boosters) * max(1, model.target.n_classes)
    most = min(MOST_ROWS, max(FEWEST_ROWS, MOST_STEPS // (trees * MOST_POINTS * MOST_FEATURES)))
    some = test.x[sample_rows(len(test), most, seed)]
    found = list[Dependence]()
    for name in features:
        index = model.features.names.index(name)
        points, labels = _points(model, test, index)
        if len(points) > 1:
            places = np.arange(len(points), dtype=np.float64) if labels else points.astype(np.float64)
            found.append(Dependence(name, places, labels, _said(model, some, index, points)))
        if len(found) == MOST_FEATURES:
            break
    return found


def _points(model: SavedModel, test: Rows, index: int) -> tuple[Matrix, list[str] | None]:
    """Values to try: of a quantity quantiles, of a category the most frequent codes, with what they stand for."""
    values = test.x[:, index]
    known = np.sort(values[~np.isnan(values)])
    if model.features.types[index] == "c":
        codes, counts = np.unique(known, return_counts=True)
        chosen = codes[np.argsort(-counts, kind="stable")[:MOST_POINTS]]
        return chosen, [_label(test, model.features.names[index], values, code) for code in chosen]
    if not len(known):
        return known, None
    # The outermost values are rare: trees say little there, and they would squeeze the rest of a chart.
    ranks = np.linspace(0.02, 0.98, MOST_POINTS) * (len(known) - 1)
    return np.unique(known[np.round(ranks).astype(np.int64)]), None


def _label(test: Rows, name: str, values: Matrix, code: np.float32) -> str:
    """The value of the column behind a category's code."""
    if name not in test.frame:
        return f"{code:g}"
    return str(test.frame[name].iloc[int(np.flatnonzero(values == code)[0])])


def _said(model: SavedModel, rows: Matrix, index: int, points: Matrix) -> npt.NDArray[np.float64]:
    copies = np.repeat(rows, len(points), axis=0)
    copies[:, index] = np.tile(points, len(rows))
    predicted: Predictions = model.predict_matrix(copies)
    outputs = predicted[:, 1:] if model.target.n_classes == 2 else predicted.reshape(len(copies), -1)
    return outputs.reshape(len(rows), len(points), -1)
