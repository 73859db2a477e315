"""Clusters of rows."""

from typing import ClassVar, Self

import numpy as np
import numpy.typing as npt
import pandas as pd
from sklearn.cluster import KMeans
from threadpoolctl import threadpool_limits

from lockstep.errors import DataError
from lockstep.features.base import Numbers, Transformer, means_and_deviations, numbers, rounded

# Random starts of k-means; the best one is used.
N_STARTS = 4


class Clusters(Transformer):
    """A k-means cluster's number, as a category, and the distances to all centres; NaN where a coordinate is missing.

    Centres are rounded to six digits and numbered in the order of their coordinates; the first of equally near centres
    counts.

    Args:
        columns: Coordinates.
        n_clusters: Number of clusters.
        standardise: Whether to divide each coordinate by its standard deviation, which is then the unit of distances.
        random_state: Seed of the starts.
    """

    LEARNED: ClassVar[tuple[str, ...]] = ("centres_", "scale_")

    def __init__(
        self, columns: tuple[str, ...], n_clusters: int, standardise: bool = False, random_state: int = 0
    ) -> None:
        self.columns = columns
        self.n_clusters = n_clusters
        self.standardise = standardise
        self.random_state = random_state

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
        self.scale_: Numbers = means_and_deviations(points)[1] if self.standardise else np.ones(points.shape[1])
        model = KMeans(self.n_clusters, n_init=N_STARTS, random_state=self.random_state)
        with threadpool_limits(limits=1):
            model.fit(points / self.scale_)
        centres = rounded(model.cluster_centers_.astype(np.float64))
        self.centres_: Numbers = centres[np.lexsort(centres.T[::-1])]
        return self

    def transform(self, frame: pd.DataFrame) -> Numbers:
        """Numbers of shape (rows, 1 + n_clusters)."""
        points = self._points(frame) / self.scale_
        squares = np.zeros((len(frame), self.n_clusters))
        for coordinate, centres in zip(points.T, self.centres_.T, strict=True):
            squares += (coordinate[:, np.newaxis] - centres) ** 2
        cluster = np.where(np.isnan(squares).any(axis=1), np.nan, np.argmin(squares, axis=1))
        return np.column_stack([cluster, np.sqrt(squares)])

    def get_feature_names_out(self, input_features: object = None) -> npt.NDArray[np.object_]:
        """The cluster, then the distance to each centre."""
        stem = f"{'_'.join(self.columns)}_{self.n_clusters}_clusters"
        return np.array([stem, *(f"{stem}_to_{centre}" for centre in range(self.n_clusters))], dtype=object)

    def n_categories(self) -> list[int]:
        """The cluster has n_clusters categories."""
        return [self.n_clusters] + [0] * self.n_clusters

    def feature_types(self) -> list[str]:
        """A category, then quantities."""
        return ["c"] + ["q"] * self.n_clusters

    def _points(self, frame: pd.DataFrame) -> Numbers:
        return np.column_stack([numbers(frame, column) for column in self.columns])
