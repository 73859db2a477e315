"""Means over the nearest training rows."""

from collections.abc import Mapping
from typing import Any, ClassVar, Self

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy.spatial import cKDTree

from lockstep.errors import DataError
from lockstep.features.base import Numbers, Transformer, numbers
from lockstep.features.nearest import Positions, first_copies, nearest
from lockstep.features.targets import cross_fitting, target_columns, target_names
from lockstep.features.weighted_mean import inverse_distance_weights, weighted_mean

# Limits the memory of the neighbours' values.
QUERIES_AT_ONCE = 2**13
# With more folds fewer rows of a place share the row's fold, and the others reveal its target as in leave-one-out.
FOLDS = 5


class Neighbours(Transformer):
    """Means over the k nearest training rows, for each k.

    A training row's neighbours come from the other folds. Equally distant rows count in the order of the table. If
    there are fewer than k rows, all are used; if there is none, or a coordinate is missing, the features are NaN. A row
    with a missing coordinate is never a neighbour; a row with a missing value is excluded from the mean of that value.

    Args:
        columns: Coordinates.
        k: Numbers of neighbours.
        scale: Factors of some coordinates.
        power: Neighbours have the weight (distance + offset)^-power (to six digits); if some are at 0, only those
            count. A power of 0 gives plain means.
        offset: Added to every distance.
        of: Columns of which to add the neighbours' mean.
        target_per: Columns by which the neighbours' target is divided before the mean; 0 counts as missing.
        spread: Whether to add the weighted standard deviation (n) of the neighbours' target.
        distance: Whether to add the plain mean of the (scaled) distances.
        difference: Whether to add the row's own value minus the neighbours' mean, for each column of `of`.
        folds: Folds of the cross-fitting. With None only the row itself is excluded, if the target is a number; classes
            are always cross-fitted, with 5 folds. Where rows share their neighbours, leaving out one row reveals its
            target: a share takes one of two values, and a mean falls as the row's target rises.
        name: First part of the features' names.
        random_state: Seed of the folds.
        n_classes: Number of classes of the target; 0 for a number. A class's mean is its share.
    """

    LEARNED: ClassVar[tuple[str, ...]] = ("points_", "known_")

    def __init__(
        self,
        columns: tuple[str, ...],
        k: tuple[int, ...],
        scale: Mapping[str, float] | None = None,
        power: float = 0.0,
        offset: float = 0.0,
        of: tuple[str, ...] = (),
        target_per: tuple[str, ...] = (),
        spread: bool = False,
        distance: bool = False,
        difference: bool = False,
        folds: int | None = FOLDS,
        name: str = "neighbours",
        random_state: int = 0,
        n_classes: int = 0,
    ) -> None:
        self.columns = columns
        self.k = k
        self.scale = scale
        self.power = power
        self.offset = offset
        self.of = of
        self.target_per = target_per
        self.spread = spread
        self.distance = distance
        self.difference = difference
        self.folds = folds
        self.name = name
        self.random_state = random_state
        self.n_classes = n_classes

    def fit(self, frame: pd.DataFrame, y: Numbers | None = None) -> Self:
        """Store the training rows' coordinates and values.

        Raises:
            DataError: if `target_per` is given for classes.
        """
        self._learn(frame, y)
        return self

    def fit_transform(self, frame: pd.DataFrame, y: Numbers | None = None, **_: Any) -> Numbers:
        """Store the training rows; the neighbours of each are other training rows."""
        folds = self.folds or (FOLDS if self.n_classes else None)
        if folds:
            return self._cross_fitted(frame, target_columns(y, 0)[:, 0], folds)
        rows = self._learn(frame, y)
        own = np.full(len(frame), -1, dtype=np.int64)
        own[rows] = np.arange(len(rows))
        return self._features(frame, own)

    def transform(self, frame: pd.DataFrame) -> Numbers:
        """Numbers of shape (rows, features)."""
        return self._features(frame, np.full(len(frame), -1, dtype=np.int64))

    def restore(self, state: dict[str, Any]) -> Self:
        """Restore the training rows of an earlier `fit`."""
        super().restore(state)
        self._tree = cKDTree(self.points_)
        return self

    def get_feature_names_out(self, input_features: object = None) -> npt.NDArray[np.object_]:
        """All features of the first k, then those of the next."""
        names: list[str] = []
        for k in self.k:
            stem = f"{self.name}_{k}"
            names += target_names([f"{stem}_target"], self.n_classes)
            names += [f"{stem}_target_per_{column}" for column in self.target_per]
            names += [f"{stem}_{column}" for column in self.of]
            names += target_names([f"{stem}_target_spread"] * self.spread, self.n_classes)
            names += [f"{stem}_distance"] * self.distance
            names += [f"{column}_minus_{stem}" for column in self.of if self.difference]
        return np.array(names, dtype=object)

    def _cross_fitted(self, frame: pd.DataFrame, y: Numbers, folds: int) -> Numbers:
        features = np.full((len(frame), len(self.get_feature_names_out())), np.nan)
        for others, own in cross_fitting(len(frame), folds, self.random_state):
            features[own] = self.fit(frame.iloc[others], y[others]).transform(frame.iloc[own])
        self.fit(frame, y)
        return features

    def _learn(self, frame: pd.DataFrame, y: Numbers | None) -> Positions:
        """Build the tree; returns its rows, in order."""
        if self.n_classes and self.target_per:
            raise DataError("features: neighbours: target_per needs a number as target; remove it, or use `of`")
        target, points = target_columns(y, self.n_classes), self._points(frame)
        complete = np.flatnonzero(~np.isnan(points).any(axis=1))
        rows: Positions = complete[first_copies(points[complete], max(self.k) + 1)]
        divisors = self._columns(frame, self.target_per)
        per = np.full(divisors.shape, np.nan)
        np.divide(target[:, :1], divisors, out=per, where=divisors != 0)
        self.points_ = points[rows]
        self.known_ = np.hstack([target, per, self._columns(frame, self.of)])[rows]
        self._tree = cKDTree(self.points_)
        return rows

    def _features(self, frame: pd.DataFrame, own: Positions) -> Numbers:
        features = np.full((len(frame), len(self.get_feature_names_out())), np.nan)
        points, values = self._points(frame), self._columns(frame, self.of)
        complete = np.flatnonzero(~np.isnan(points).any(axis=1))
        for start in range(0, len(complete), QUERIES_AT_ONCE):
            rows = complete[start : start + QUERIES_AT_ONCE]
            distances, positions = nearest(self._tree, points[rows], max(self.k), own[rows])
            # the position of a neighbour that does not exist is the one after the last
            neighbour_values = np.vstack([self.known_, np.full(self.known_.shape[1], np.nan)])[positions]
            per_k = [self._of_k(distances[:, :k], neighbour_values[:, :k], values[rows]) for k in self.k]
            features[rows] = np.hstack(per_k)
        return features

    def _of_k(self, distances: Numbers, neighbour_values: Numbers, values: Numbers) -> Numbers:
        """Features for one k: distances (rows, k), neighbours' values (rows, k, values), rows' own (rows, of)."""
        weights, outputs = (
            inverse_distance_weights(distances + self.offset, self.power),
            self.known_.shape[1] - len(self.of) - len(self.target_per),
        )
        means = [weighted_mean(weights, neighbour_values[:, :, number]) for number in range(neighbour_values.shape[2])]
        features = list(means)
        if self.spread:
            squares = [
                (neighbour_values[:, :, number] - means[number][:, np.newaxis]) ** 2 for number in range(outputs)
            ]
            features += [np.sqrt(weighted_mean(weights, square)) for square in squares]
        if self.distance:
            exists = np.isfinite(distances)
            features.append(weighted_mean(exists.astype(np.float64), np.where(exists, distances, np.nan)))
        if self.difference:
            features += list(values.T - np.array(means[len(means) - len(self.of) :]))
        return np.column_stack(features)

    def _points(self, frame: pd.DataFrame) -> Numbers:
        scale = self.scale or {}
        return self._columns(frame, self.columns) * [scale.get(column, 1.0) for column in self.columns]

    @staticmethod
    def _columns(frame: pd.DataFrame, columns: tuple[str, ...]) -> Numbers:
        return np.array([numbers(frame, column) for column in columns]).reshape(len(columns), len(frame)).T
