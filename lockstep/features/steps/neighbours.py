"""Means over the nearest training rows."""

from collections.abc import Mapping, Sequence
from typing import Annotated, Any, ClassVar, Self

import numpy as np
import pandas as pd
from pydantic import Field, model_validator
from scipy.spatial import cKDTree

from lockstep.features.arrays import Numbers, numbers
from lockstep.features.nearest import (
    Positions,
    first_copies,
    in_tree_order,
    inverse_distance_weights,
    nearest,
    weighted_mean,
)
from lockstep.features.step import Step
from lockstep.features.step_settings import (
    AnyColumns,
    ColumnNames,
    FeatureName,
    Folds,
    Neighbourhoods,
    Positive,
    check_scale,
)
from lockstep.features.targets import target_columns, target_names

# Limits the memory of the neighbours' values.
QUERIES_AT_ONCE = 2**13
# With more folds fewer rows of a place share the row's fold, and the others reveal its target as in leave-one-out.
FOLDS = 5


class Neighbours(Step):
    """Means over the k nearest training rows, for each k.

    A training row's neighbours come from the other folds. Equally distant rows count in the order of the table. If
    there are fewer than k rows, all are used; if there is none, or a coordinate is missing, the features are NaN. A row
    with a missing coordinate is never a neighbour; a row with a missing value is excluded from the mean of that value.
    A class's mean is its share. Where rows have weights, the means of the target are weighted; with exposures they are
    rates.

    Attributes:
        columns: Coordinates of the space in which rows are near.
        k: Numbers of neighbours.
        scale: Factors of some coordinates; the others have the factor 1.
        power: Neighbours have the weight (distance + offset)^-power (to six digits); if some are at 0, only those
            count. A power of 0 gives plain means.
        offset: Added to every distance, so that a neighbour at distance 0 does not get all the weight.
        of: Columns of which to add the neighbours' mean.
        target_per: Columns by which the neighbours' target is divided before the mean; 0 counts as missing.
        spread: Whether to add the weighted standard deviation (n) of the neighbours' target.
        distance: Whether to add the plain mean of the (scaled) distances.
        difference: Whether to add the row's own value minus the neighbours' mean, for each column of `of`.
        folds: Folds of the cross-fitting. With null only the row itself is excluded, if the target is a number and the
            split is random; else there are 5 folds. Where rows share their neighbours, leaving out one row reveals its
            target: a share takes one of two values, and a mean falls as the row's target rises.
        name: First part of the features' names; two such steps in a recipe need two names.
    """

    columns: ColumnNames
    k: Neighbourhoods
    scale: dict[str, Positive] = Field(default_factory=dict)
    power: Annotated[float, Field(ge=0, le=10)] = 0.0
    offset: Annotated[float, Field(ge=0)] = 0.0
    of: AnyColumns = ()
    target_per: AnyColumns = ()
    spread: bool = False
    distance: bool = False
    difference: bool = False
    folds: Folds | None = FOLDS
    name: FeatureName = "neighbours"

    _points: Numbers
    _known: Numbers
    _tree: cKDTree
    DERIVED: ClassVar[tuple[str, ...]] = ("_tree",)

    @model_validator(mode="after")
    def _fits_together(self) -> Self:
        check_scale(self.scale, self.columns)
        if self.difference and not self.of:
            raise ValueError("difference compares with the neighbours' mean of `of`; list columns there")
        return self

    @classmethod
    def examples(cls) -> Sequence[Mapping[str, Any]]:
        place = ["latitude", "longitude"]
        everything = {"of": ["rooms", "change"], "spread": True, "distance": True, "difference": True}
        return [
            {"columns": place, "scale": {"longitude": 0.8}, "k": [3, 10], "power": 1, **everything},
            {"columns": [*place, "change"], "k": [1], "name": "near"},
            {"columns": place, "k": [4], "power": 2, "offset": 0.01, "target_per": ["change", "garden"], "folds": 4},
        ]

    def check_target(self, classes: bool) -> None:
        if classes and self.target_per:
            raise ValueError("target_per needs a number as target; remove it, or use `of`")

    def reads(self) -> Sequence[str]:
        return tuple(dict.fromkeys([*self.columns, *self.of, *self.target_per]))

    def reads_numbers(self) -> Sequence[str]:
        return self.reads()

    def makes(self) -> Sequence[str]:
        return self._names(1)

    def fit(self, frame: pd.DataFrame, y: Numbers | None = None) -> Self:
        """Store the training rows' coordinates and values."""
        self._learn(frame, y)
        return self

    def fit_transform(self, frame: pd.DataFrame, y: Numbers | None = None) -> Numbers:
        """Store the training rows; the neighbours of each are other training rows."""
        folds = self.folds
        if folds is None and (self.n_classes or not self.cross_fitting.leaves_out_rows_alone):
            folds = FOLDS
        if folds:
            return self._cross_fitted(frame, target_columns(y, 0)[:, 0], folds)
        rows = self._learn(frame, y)
        own = np.full(len(frame), -1, dtype=np.int64)
        own[rows] = np.arange(len(rows))
        return self._features(frame, own)

    def transform(self, frame: pd.DataFrame) -> Numbers:
        """Numbers of shape (rows, features)."""
        return self._features(frame, np.full(len(frame), -1, dtype=np.int64))

    def names(self) -> list[str]:
        """All features of the first k, then those of the next; with several classes a target's for each class."""
        return self._names(self.n_classes)

    def _names(self, n_classes: int) -> list[str]:
        names: list[str] = []
        for k in self.k:
            stem = f"{self.name}_{k}"
            names += target_names([f"{stem}_target"], n_classes)
            names += [f"{stem}_target_per_{column}" for column in self.target_per]
            names += [f"{stem}_{column}" for column in self.of]
            names += target_names([f"{stem}_target_spread"] * self.spread, n_classes)
            names += [f"{stem}_distance"] * self.distance
            names += [f"{column}_minus_{stem}" for column in self.of if self.difference]
        return names

    def derive(self) -> None:
        """Index the points for queries."""
        self._tree = cKDTree(self._points)

    def _cross_fitted(self, frame: pd.DataFrame, y: Numbers, folds: int) -> Numbers:
        features = np.full((len(frame), len(self.names())), np.nan)
        for others, own in self.inner_folds(frame, folds):
            features[own] = self.fit(frame.iloc[others], y[others]).transform(frame.iloc[own])
        self.fit(frame, y)
        return features

    def _learn(self, frame: pd.DataFrame, y: Numbers | None) -> Positions:
        """Build the tree; returns its rows, in order."""
        target, points = target_columns(y, self.n_classes), self._coordinates(frame)
        complete = np.flatnonzero(~np.isnan(points).any(axis=1))
        rows: Positions = complete[first_copies(points[complete], max(self.k) + 1)]
        divisors = self._columns(frame, self.target_per)
        per = np.full(divisors.shape, np.nan)
        np.divide(target[:, :1], divisors, out=per, where=divisors != 0)
        weights = self.row_weights(frame)
        self._points = points[rows]
        # the weights are the last column, where rows have them
        known = [target, per, self._columns(frame, self.of), *([] if weights is None else [weights[:, np.newaxis]])]
        self._known = np.hstack(known)[rows]
        self.derive()
        return rows

    def _features(self, frame: pd.DataFrame, own: Positions) -> Numbers:
        features = np.full((len(frame), len(self.names())), np.nan)
        points, values = self._coordinates(frame), self._columns(frame, self.of)
        complete = np.flatnonzero(~np.isnan(points).any(axis=1))
        complete = complete[in_tree_order(points[complete])]
        for start in range(0, len(complete), QUERIES_AT_ONCE):
            rows = complete[start : start + QUERIES_AT_ONCE]
            distances, positions = nearest(self._tree, points[rows], max(self.k), own[rows])
            # the position of a neighbour that does not exist is the one after the last
            neighbour_values = np.vstack([self._known, np.full(self._known.shape[1], np.nan)])[positions]
            per_k = [self._of_k(distances[:, :k], neighbour_values[:, :k], values[rows]) for k in self.k]
            features[rows] = np.hstack(per_k)
        return features

    def _of_k(self, distances: Numbers, neighbour_values: Numbers, values: Numbers) -> Numbers:
        """Features for one k: distances (rows, k), neighbours' values (rows, k, values), rows' own (rows, of)."""
        by_distance, outputs = (
            inverse_distance_weights(distances + self.offset, self.power),
            len(target_names([""], self.n_classes)),
        )
        n_targets, n_values = outputs + len(self.target_per), outputs + len(self.target_per) + len(self.of)
        weights = by_distance
        if neighbour_values.shape[2] > n_values:
            weights = np.where(by_distance > 0, by_distance * neighbour_values[:, :, -1], 0.0)
        means = [
            weighted_mean(weights if number < n_targets else by_distance, neighbour_values[:, :, number])
            for number in range(n_values)
        ]
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

    def _coordinates(self, frame: pd.DataFrame) -> Numbers:
        return self._columns(frame, self.columns) * [self.scale.get(column, 1.0) for column in self.columns]

    @staticmethod
    def _columns(frame: pd.DataFrame, columns: tuple[str, ...]) -> Numbers:
        return np.array([numbers(frame, column) for column in columns]).reshape(len(columns), len(frame)).T
