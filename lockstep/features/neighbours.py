"""What is known of the nearest training rows."""

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

# Bounds the memory that neighbours' values take.
QUERIES_AT_ONCE = 2**13
# With more folds, fewer rows of a place share the row's fold, and what is left tells its target as leave-one-out does.
FOLDS = 5


class Neighbours(Transformer):
    """Means over the k nearest training rows, for each k.

    A training row's neighbours are of other folds than its own. Equally distant rows count in the order of the table.
    Where there are fewer than k rows these are used; without any, or with a coordinate missing, the features are NaN.
    A row with a coordinate missing is nobody's neighbour; one that lacks a value that is averaged is left out of that
    mean.

    Args:
        columns: Coordinates.
        k: Numbers of neighbours.
        scale: Factors of some coordinates.
        power: Neighbours count with (distance + offset)^-power (to six digits); where some are at 0, only those count.
            A power of 0 makes plain means.
        offset: Added to every distance.
        of: Columns of which the neighbours' mean is taken.
        target_per: Columns by which the neighbours' target is divided first; 0 counts as missing.
        spread: Whether to add the standard deviation (n) of the neighbours' target, weighted likewise.
        distance: Whether to add the plain mean of the (scaled) distances.
        difference: Whether to add a row's own value less the neighbours' mean, for each column of `of`.
        folds: Folds of the cross-fitting. None leaves out only the row itself, if the target is a number; classes are
            cross-fitted with 5 all the same. Where rows share their neighbours, what is left when one row is left out
            tells that row's target: of a share, one of two values; of a mean, less the larger it is.
        name: First part of the features' names.
        random_state: Seed of the folds.
        n_classes: Classes of the target; 0 for a number. A class's mean is its share.
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
        """Keep the training rows' coordinates and values.

        Raises:
            DataError: if `target_per` is given for classes.
        """
        self._learn(frame, y)
        return self

    def fit_transform(self, frame: pd.DataFrame, y: Numbers | None = None, **_: Any) -> Numbers:
        """Keep the training rows and find each one's neighbours among the others."""
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
        """Take up the training rows of an earlier `fit`."""
        super().restore(state)
        self._tree = cKDTree(self.points_)
        return self

    def get_feature_names_out(self, input_features: object = None) -> npt.NDArray[np.object_]:
        """All features of the first k, then of the next."""
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
        made = np.full((len(frame), len(self.get_feature_names_out())), np.nan)
        for others, own in cross_fitting(len(frame), folds, self.random_state):
            made[own] = self.fit(frame.iloc[others], y[others]).transform(frame.iloc[own])
        self.fit(frame, y)
        return made

    def _learn(self, frame: pd.DataFrame, y: Numbers | None) -> Positions:
        """Build the tree; returns the rows that are in it, in order."""
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
        made = np.full((len(frame), len(self.get_feature_names_out())), np.nan)
        points, values = self._points(frame), self._columns(frame, self.of)
        complete = np.flatnonzero(~np.isnan(points).any(axis=1))
        for start in range(0, len(complete), QUERIES_AT_ONCE):
            rows = complete[start : start + QUERIES_AT_ONCE]
            distances, positions = nearest(self._tree, points[rows], max(self.k), own[rows])
            # a neighbour that does not exist has the position after the last
            known = np.vstack([self.known_, np.full(self.known_.shape[1], np.nan)])[positions]
            each = [self._of_k(distances[:, :k], known[:, :k], values[rows]) for k in self.k]
            made[rows] = np.hstack(each)
        return made

    def _of_k(self, distances: Numbers, known: Numbers, values: Numbers) -> Numbers:
        """Features for one k: distances (rows, k), neighbours' values (rows, k, values), rows' own (rows, of)."""
        weights, outputs = (
            inverse_distance_weights(distances + self.offset, self.power),
            self.known_.shape[1] - len(self.of) - len(self.target_per),
        )
        means = [weighted_mean(weights, known[:, :, number]) for number in range(known.shape[2])]
        made = list(means)
        if self.spread:
            squares = [(known[:, :, number] - means[number][:, np.newaxis]) ** 2 for number in range(outputs)]
            made += [np.sqrt(weighted_mean(weights, square)) for square in squares]
        if self.distance:
            exists = np.isfinite(distances)
            made.append(weighted_mean(exists.astype(np.float64), np.where(exists, distances, np.nan)))
        if self.difference:
            made += list(values.T - np.array(means[len(means) - len(self.of) :]))
        return np.column_stack(made)

    def _points(self, frame: pd.DataFrame) -> Numbers:
        scale = self.scale or {}
        return self._columns(frame, self.columns) * [scale.get(column, 1.0) for column in self.columns]

    @staticmethod
    def _columns(frame: pd.DataFrame, columns: tuple[str, ...]) -> Numbers:
        return np.array([numbers(frame, column) for column in columns]).reshape(len(columns), len(frame)).T
