"""Distances to named points."""

from collections.abc import Mapping

import numpy as np
import numpy.typing as npt
import pandas as pd

from lockstep.features.base import Numbers, Transformer, numbers, rounded

# Mean radius of the earth in kilometres (IUGG).
EARTH_RADIUS = 6371.0088


class Distance(Transformer):
    """distance_to_NAME for each point, in the order of the names, since a saved step loses its order. Learns nothing.

    Args:
        columns: Two coordinates; for haversine latitude and longitude in degrees.
        points: For each name the two coordinates of a point.
        metric: haversine (kilometres along a great circle, to six digits) or euclidean (the coordinates' unit).
    """

    def __init__(
        self, columns: tuple[str, ...], points: Mapping[str, tuple[float, float]], metric: str = "haversine"
    ) -> None:
        self.columns = columns
        self.points = points
        self.metric = metric

    def transform(self, frame: pd.DataFrame) -> Numbers:
        """Numbers of shape (rows, points); NaN where a coordinate is missing."""
        first, second = (numbers(frame, column)[:, np.newaxis] for column in self.columns)
        points = np.array([self.points[name] for name in sorted(self.points)], dtype=np.float64)
        if self.metric == "haversine":
            return haversine(first, second, points[:, 0], points[:, 1])
        return np.sqrt((first - points[:, 0]) ** 2 + (second - points[:, 1]) ** 2)

    def get_feature_names_out(self, input_features: object = None) -> npt.NDArray[np.object_]:
        """distance_to_NAME for each point."""
        return np.array([f"distance_to_{name}" for name in sorted(self.points)], dtype=object)


def haversine(latitude: Numbers, longitude: Numbers, to_latitude: Numbers, to_longitude: Numbers) -> Numbers:
    """Great-circle distances in kilometres on a sphere, to six digits.

    Haversine formula: R. W. Sinnott, "Virtues of the Haversine", Sky and Telescope 68 (1984). The arguments are
    degrees and are broadcast against each other.
    """
    degree = np.pi / 180
    north, east = (to_latitude - latitude) * degree, (to_longitude - longitude) * degree
    chord = np.sin(north / 2) ** 2 + np.cos(latitude * degree) * np.cos(to_latitude * degree) * np.sin(east / 2) ** 2
    return rounded(2 * EARTH_RADIUS * np.arcsin(np.sqrt(np.minimum(chord, 1))))
