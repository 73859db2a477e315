"""Clusters of rows."""

from collections.abc import Mapping, Sequence
from typing import Annotated, Any, Self

import numpy as np
import pandas as pd
from pydantic import Field
from sklearn.cluster import KMeans
from threadpoolctl import threadpool_limits

from lockstep.errors import DataError
from lockstep.features.arrays import Numbers, means_and_deviations, numbers, rounded
from lockstep.features.step import Step
from lockstep.features.step_settings import ColumnNames

# Random starts of k-means; the best one is used.
N_STARTS = 4


class Clusters(Step):
    """A k-means cluster's number, as a category, and the distances to all centres; missing where a coordinate is.

    Centres are rounded to six digits and numbered in the order of their coordinates; the first of equally near centres
    counts.

    Attributes:
        columns: Coordinates.
        n_clusters: Number of clusters.
        standardise: Whether to divide each coordinate by its standard deviation, which is then the unit of distances.
    """

    columns: ColumnNames
    n_clusters: Annotated[int, Field(ge=2, le=1000)]
    standardise: bool = False

    _centres: Numbers
    _scale: Numbers

    @classmethod
    def examples(cls) -> Sequence[Mapping[str, Any]]:
        return [
            {"columns": ["latitude", "longitude"], "n_clusters": 5},
            {"columns": ["rooms", "change"], "n_clusters": 3, "standardise": True},
        ]

    def reads(self) -> Sequence[str]:
        return self.columns

    def reads_numbers(self) -> Sequence[str]:
        return self.columns

    def makes(self) -> Sequence[str]:
        stem = f"{'_'.join(self.columns)}_{self.n_clusters}_clusters"
        return [stem, *(f"{stem}_to_{centre}" for centre in range(self.n_clusters))]

    def fit(self, frame: pd.DataFrame, y: Numbers | None = None) -> Self:
        """Find the centres of the training rows without missing coordinates.

        Raises:
            DataError: if they have fewer distinct places than there are clusters.
        """
        points = self._points(frame)
        points = points[~np.isnan(points).any(axis=1)]
        places = len(np.unique(points, axis=0))
        if places < self.n_clusters:
            raise DataError(
                f"features: clusters: n_clusters is {self.n_clusters}, but the training rows have only {places}"
                f" different values of {', '.join(self.columns)}; lower it"
            )
        self._scale = means_and_deviations(points)[1] if self.standardise else np.ones(points.shape[1])
        model = KMeans(self.n_clusters, n_init=N_STARTS, random_state=self.seed)
        with threadpool_limits(limits=1):
            model.fit(points / self._scale)
        centres = rounded(model.cluster_centers_.astype(np.float64))
        self._centres = centres[np.lexsort(centres.T[::-1])]
        return self

    def transform(self, frame: pd.DataFrame) -> Numbers:
        """Numbers of shape (rows, 1 + n_clusters)."""
        points = self._points(frame) / self._scale
        squares = np.zeros((len(frame), self.n_clusters))
        for coordinate, centres in zip(points.T, self._centres.T, strict=True):
            squares += (coordinate[:, np.newaxis] - centres) ** 2
        cluster = np.where(np.isnan(squares).any(axis=1), np.nan, np.argmin(squares, axis=1))
        return np.column_stack([cluster, np.sqrt(squares)])

    def n_categories(self) -> list[int]:
        """The cluster has n_clusters categories."""
        return [self.n_clusters] + [0] * self.n_clusters

    def feature_types(self) -> list[str]:
        """A category, then quantities."""
        return ["c"] + ["q"] * self.n_clusters

    def _points(self, frame: pd.DataFrame) -> Numbers:
        return np.column_stack([numbers(frame, column) for column in self.columns])
