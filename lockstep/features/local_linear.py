"""A linear model of the nearest training rows."""

from collections.abc import Mapping
from typing import Any, ClassVar, Self

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy.spatial import cKDTree
from threadpoolctl import threadpool_limits

from lockstep.features.base import Numbers, Transformer, means_and_deviations, numbers, rounded
from lockstep.features.nearest import first_copies, nearest
from lockstep.features.targets import cross_fitting, target_columns, target_names

# Limits the memory of the neighbours' values.
QUERIES_AT_ONCE = 2**11
# The smallest weight of a neighbour, so that a system of equations is never empty.
MIN_WEIGHT = 1e-6


class LocalLinear(Transformer):
    """Locally weighted ridge regression (Cleveland and Devlin 1988), one per row and k.

    Each row gets the prediction of a ridge regression over its k nearest training rows, weighted by a Gaussian whose
    width is half the distance of the farthest. Training rows get theirs from the other folds.

    Args:
        columns: Coordinates of the space in which rows are near.
        inputs: Columns of the regression, standardised; a missing value counts as the mean.
        logs: Columns of which sign(x) log(1 + |x|) is an input as well.
        k: Numbers of neighbours.
        alpha: Penalty of the squared coefficients; the weights add up to 1.
        scale: Factors of some coordinates.
        folds: Folds of the cross-fitting.
        name: First part of the features' names.
        random_state: Seed of the folds.
        n_classes: Classes of the target; 0 for a number.
    """

    LEARNED: ClassVar[tuple[str, ...]] = ("points_", "inputs_", "target_", "means_", "spreads_")

    def __init__(
        self,
        columns: tuple[str, ...],
        inputs: tuple[str, ...],
        k: tuple[int, ...],
        logs: tuple[str, ...] = (),
        alpha: float = 0.1,
        scale: Mapping[str, float] | None = None,
        folds: int = 10,
        name: str = "local_linear",
        random_state: int = 0,
        n_classes: int = 0,
    ) -> None:
        self.columns = columns
        self.inputs = inputs
        self.k = k
        self.logs = logs
        self.alpha = alpha
        self.scale = scale
        self.folds = folds
        self.name = name
        self.random_state = random_state
        self.n_classes = n_classes

    def fit(self, frame: pd.DataFrame, y: Numbers | None = None) -> Self:
        """Store the training rows' coordinates, inputs and targets, without rows with a missing coordinate."""
        target, points, raw = target_columns(y, self.n_classes), self._points(frame), self._raw(frame)
        self.means_, self.spreads_ = means_and_deviations(raw)
        complete = np.flatnonzero(~np.isnan(points).any(axis=1))
        rows = complete[first_copies(points[complete], max(self.k))]
        self.points_, self.inputs_, self.target_ = points[rows], self._inputs(raw)[rows], target[rows]
        self._tree = cKDTree(self.points_)
        return self

    def fit_transform(self, frame: pd.DataFrame, y: Numbers | None = None, **_: Any) -> Numbers:
        """Store the training rows; the features of each come from the other folds."""
        target = np.asarray(y, dtype=np.float64)
        features = np.full((len(frame), len(self.get_feature_names_out())), np.nan)
        for others, own in cross_fitting(len(frame), self.folds, self.random_state):
            features[own] = self.fit(frame.iloc[others], target[others]).transform(frame.iloc[own])
        self.fit(frame, y)
        return features

    def transform(self, frame: pd.DataFrame) -> Numbers:
        """Numbers of shape (rows, features); NaN where a coordinate is missing."""
        features = np.full((len(frame), len(self.get_feature_names_out())), np.nan)
        points, inputs = self._points(frame), self._inputs(self._raw(frame))
        complete = np.flatnonzero(~np.isnan(points).any(axis=1))
        # One thread: the last bits of a matrix product depend on its division among threads.
        with threadpool_limits(1):
            for start in range(0, len(complete), QUERIES_AT_ONCE):
                rows = complete[start : start + QUERIES_AT_ONCE]
                features[rows] = self._predictions(points[rows], inputs[rows])
        return rounded(features)

    def restore(self, state: dict[str, Any]) -> Self:
        """Restore the training rows of an earlier `fit`."""
        super().restore(state)
        self._tree = cKDTree(self.points_)
        return self

    def get_feature_names_out(self, input_features: object = None) -> npt.NDArray[np.object_]:
        """One name per k; with several classes one for each class."""
        return np.array(target_names([f"{self.name}_{k}" for k in self.k], self.n_classes), dtype=object)

    def _predictions(self, points: Numbers, inputs: Numbers) -> Numbers:
        if not self._tree.n:
            return np.full((len(points), len(self.k) * self.target_.shape[1]), np.nan)
        n_nearest = min(max(self.k), self._tree.n)
        distances, positions = nearest(self._tree, points, n_nearest, np.full(len(points), -1))
        per_k = [
            _ridge(distances[:, :k], self.inputs_[positions[:, :k]], self.target_[positions[:, :k]], inputs, self.alpha)
            for k in self.k
        ]
        return np.hstack(per_k)

    def _points(self, frame: pd.DataFrame) -> Numbers:
        scale = self.scale or {}
        return np.column_stack([numbers(frame, column) * scale.get(column, 1.0) for column in self.columns])

    def _raw(self, frame: pd.DataFrame) -> Numbers:
        plain = [numbers(frame, column) for column in self.inputs]
        logarithms = [numbers(frame, column) for column in self.logs]
        return np.column_stack([*plain, *(rounded(np.sign(x) * np.log1p(np.abs(x))) for x in logarithms)])

    def _inputs(self, raw: Numbers) -> Numbers:
        return np.where(np.isnan(raw), 0.0, (raw - self.means_) / self.spreads_)


def _ridge(distances: Numbers, neighbours: Numbers, target: Numbers, inputs: Numbers, alpha: float) -> Numbers:
    """Predictions (rows, outputs) of each row's own regression.

    Args:
        distances: To the neighbours, nearest first, (rows, k).
        neighbours: Their inputs, (rows, k, inputs).
        target: Their targets, (rows, k, outputs).
        inputs: The rows' own inputs, (rows, inputs).
        alpha: Penalty.
    """
    width = 0.5 * distances[:, -1:]
    relative = np.divide(distances, width, out=np.zeros_like(distances), where=width > 0)
    weights = rounded(np.exp(-0.5 * relative**2)) + MIN_WEIGHT
    weights /= weights.sum(axis=1, keepdims=True)
    middle = np.einsum("rk,rki->ri", weights, neighbours)
    level = np.einsum("rk,rko->ro", weights, target)
    centred = neighbours - middle[:, np.newaxis]
    weighted = (centred * weights[:, :, np.newaxis]).transpose(0, 2, 1)
    normal = weighted @ centred + alpha * np.eye(neighbours.shape[2])
    slopes = np.linalg.solve(normal, weighted @ (target - level[:, np.newaxis]))
    predictions: Numbers = level + np.einsum("ri,rio->ro", inputs - middle, slopes)
    return predictions
