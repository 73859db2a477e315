"""A linear model of the nearest training rows."""

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar, Self

import numpy as np
import pandas as pd
from pydantic import Field, model_validator
from scipy.spatial import cKDTree
from threadpoolctl import threadpool_limits

from lockstep.features.arrays import Numbers, means_and_deviations, numbers, rounded
from lockstep.features.nearest import Positions, first_copies, in_tree_order, nearest
from lockstep.features.step import Step
from lockstep.features.step_settings import (
    AnyColumns,
    ColumnNames,
    FeatureName,
    Folds,
    LargerNeighbourhoods,
    Positive,
    check_scale,
)
from lockstep.features.targets import target_columns, target_names

# Limits the memory of the neighbours' values.
QUERIES_AT_ONCE = 2**11
# The smallest weight of a neighbour, so that a system of equations is never empty.
MIN_WEIGHT = 1e-6


class LocalLinear(Step):
    """The prediction of a ridge regression over the k nearest training rows, for each k (Cleveland and Devlin 1988).

    The k nearest training rows are weighted by a Gaussian whose width is half the distance of the farthest, times their
    own weights where rows have them; with exposures the target is a rate. Training rows get their predictions from the
    other folds.

    Attributes:
        columns: Coordinates of the space in which rows are near.
        inputs: Columns of the regression, standardised; a missing value counts as the mean.
        logs: Columns of which sign(x) log(1 + |x|) is an input as well.
        k: Numbers of neighbours.
        alpha: Penalty of the squared coefficients; the weights add up to 1.
        scale: Factors of some coordinates; the others have the factor 1.
        folds: Folds of the cross-fitting.
        name: First part of the features' names.
    """

    columns: ColumnNames
    inputs: ColumnNames
    k: LargerNeighbourhoods
    logs: AnyColumns = ()
    alpha: Positive = 0.1
    scale: dict[str, Positive] = Field(default_factory=dict)
    folds: Folds = 10
    name: FeatureName = "local_linear"

    _points: Numbers
    _inputs: Numbers
    _target: Numbers
    _means: Numbers
    _spreads: Numbers
    _tree: cKDTree
    DERIVED: ClassVar[tuple[str, ...]] = ("_tree",)

    @model_validator(mode="after")
    def _fits_together(self) -> Self:
        check_scale(self.scale, self.columns)
        return self

    @classmethod
    def examples(cls) -> Sequence[Mapping[str, Any]]:
        place = {"columns": ["latitude", "longitude"], "scale": {"longitude": 0.8}}
        return [{**place, "inputs": ["rooms", "change"], "logs": ["change"], "k": [5, 20], "folds": 4}]

    def reads(self) -> Sequence[str]:
        return tuple(dict.fromkeys([*self.columns, *self.inputs, *self.logs]))

    def reads_numbers(self) -> Sequence[str]:
        return self.reads()

    def makes(self) -> Sequence[str]:
        return [f"{self.name}_{k}" for k in self.k]

    def fit(self, frame: pd.DataFrame, y: Numbers | None = None) -> Self:
        """Store the training rows' coordinates, inputs and targets, without rows with a missing coordinate."""
        target, points, raw = target_columns(y, self.n_classes), self._coordinates(frame), self._raw(frame)
        self._means, self._spreads = means_and_deviations(raw)
        complete = np.flatnonzero(~np.isnan(points).any(axis=1))
        rows = complete[first_copies(points[complete], max(self.k))]
        weights = self.row_weights(frame)
        # the weights are the last column, where rows have them
        known = target if weights is None else np.column_stack([target, weights])
        self._points, self._inputs, self._target = points[rows], self._standardised(raw)[rows], known[rows]
        self.derive()
        return self

    def fit_transform(self, frame: pd.DataFrame, y: Numbers | None = None) -> Numbers:
        """Store the training rows; the features of each come from the other folds."""
        target = np.asarray(y, dtype=np.float64)
        features = np.full((len(frame), len(self.names())), np.nan)
        for others, own in self.inner_folds(frame, self.folds):
            features[own] = self.fit(frame.iloc[others], target[others]).transform(frame.iloc[own])
        self.fit(frame, y)
        return features

    def transform(self, frame: pd.DataFrame) -> Numbers:
        """Numbers of shape (rows, features); NaN where a coordinate is missing."""
        features = np.full((len(frame), len(self.names())), np.nan)
        points, inputs = self._coordinates(frame), self._standardised(self._raw(frame))
        complete = np.flatnonzero(~np.isnan(points).any(axis=1))
        complete = complete[in_tree_order(points[complete])]
        # One thread: the last bits of a matrix product depend on its division among threads.
        with threadpool_limits(1):
            for start in range(0, len(complete), QUERIES_AT_ONCE):
                rows = complete[start : start + QUERIES_AT_ONCE]
                features[rows] = self._predictions(points[rows], inputs[rows])
        return rounded(features)

    def names(self) -> list[str]:
        """One name per k; with several classes one for each class."""
        return target_names(self.makes(), self.n_classes)

    def derive(self) -> None:
        """Index the points for queries."""
        self._tree = cKDTree(self._points)

    def _predictions(self, points: Numbers, inputs: Numbers) -> Numbers:
        if not self._tree.n:
            return np.full((len(points), len(self.names())), np.nan)
        n_nearest = min(max(self.k), self._tree.n)
        distances, positions = nearest(self._tree, points, n_nearest, np.full(len(points), -1))
        return np.hstack([self._ridge_of(distances[:, :k], positions[:, :k], inputs) for k in self.k])

    def _ridge_of(self, distances: Numbers, positions: Positions, inputs: Numbers) -> Numbers:
        weights, outputs = _gaussian(distances), len(target_names([""], self.n_classes))
        known = self._target[positions]
        if known.shape[2] > outputs:
            weights = weights * known[:, :, -1]
        weights /= weights.sum(axis=1, keepdims=True)
        return _ridge(weights, self._inputs[positions], known[:, :, :outputs], inputs, self.alpha)

    def _coordinates(self, frame: pd.DataFrame) -> Numbers:
        return np.column_stack([numbers(frame, column) * self.scale.get(column, 1.0) for column in self.columns])

    def _raw(self, frame: pd.DataFrame) -> Numbers:
        plain = [numbers(frame, column) for column in self.inputs]
        logarithms = [numbers(frame, column) for column in self.logs]
        return np.column_stack([*plain, *(rounded(np.sign(x) * np.log1p(np.abs(x))) for x in logarithms)])

    def _standardised(self, raw: Numbers) -> Numbers:
        return np.where(np.isnan(raw), 0.0, (raw - self._means) / self._spreads)


def _gaussian(distances: Numbers) -> Numbers:
    """Weights of neighbours at these distances, nearest first, both (rows, k)."""
    width = 0.5 * distances[:, -1:]
    relative = np.divide(distances, width, out=np.zeros_like(distances), where=width > 0)
    return rounded(np.exp(-0.5 * relative**2)) + MIN_WEIGHT


def _ridge(weights: Numbers, neighbours: Numbers, target: Numbers, inputs: Numbers, alpha: float) -> Numbers:
    """Predictions (rows, outputs) of each row's own regression.

    Args:
        weights: Of the neighbours, adding up to 1, (rows, k).
        neighbours: Their inputs, (rows, k, inputs).
        target: Their targets, (rows, k, outputs).
        inputs: The rows' own inputs, (rows, inputs).
        alpha: Penalty.
    """
    middle = np.einsum("rk,rki->ri", weights, neighbours)
    level = np.einsum("rk,rko->ro", weights, target)
    centred = neighbours - middle[:, np.newaxis]
    weighted = (centred * weights[:, :, np.newaxis]).transpose(0, 2, 1)
    normal = weighted @ centred + alpha * np.eye(neighbours.shape[2])
    slopes = np.linalg.solve(normal, weighted @ (target - level[:, np.newaxis]))
    predictions: Numbers = level + np.einsum("ri,rio->ro", inputs - middle, slopes)
    return predictions
