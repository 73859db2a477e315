"""Distances to named points."""

from collections.abc import Mapping, Sequence
from typing import Annotated, Any, Literal, Self

import numpy as np
import pandas as pd
from pydantic import Field, model_validator

from lockstep.features.arrays import Numbers, numbers, rounded
from lockstep.features.step import Step
from lockstep.features.step_settings import FeatureName, Pair

# Mean radius of the earth in kilometres (IUGG).
EARTH_RADIUS = 6371.0088

Point = Annotated[tuple[float, float], Field(strict=False)]


class Distance(Step):
    """distance_to_NAME for each point: in kilometres along the earth (haversine), or in the columns' own unit.

    The features are in the order of the points' names, since a saved step loses its order.

    Attributes:
        columns: Two coordinates; for haversine latitude and longitude in degrees.
        points: For each name the two coordinates of a point.
        metric: haversine (kilometres along a great circle, to six digits) or euclidean (the coordinates' unit).
    """

    columns: Pair
    points: Annotated[dict[FeatureName, Point], Field(min_length=1)]
    metric: Literal["haversine", "euclidean"]

    @model_validator(mode="after")
    def _on_earth(self) -> Self:
        for name, (latitude, longitude) in self.points.items():
            if self.metric == "haversine" and not (-90 <= latitude <= 90 and -180 <= longitude <= 180):
                raise ValueError(
                    f"point {name!r}: [{latitude:g}, {longitude:g}] is no latitude (-90 to 90) and longitude"
                    " (-180 to 180); put the latitude first"
                )
        return self

    @classmethod
    def examples(cls) -> Sequence[Mapping[str, Any]]:
        cities = {"pole": [90, 0], "here": [37.5, -122]}
        return [
            {"columns": ["latitude", "longitude"], "points": cities, "metric": "haversine"},
            {"columns": ["rooms", "change"], "points": {"origin": [0, 0]}, "metric": "euclidean"},
        ]

    def reads(self) -> Sequence[str]:
        return self.columns

    def reads_numbers(self) -> Sequence[str]:
        return self.columns

    def makes(self) -> Sequence[str]:
        return [f"distance_to_{name}" for name in sorted(self.points)]

    def transform(self, frame: pd.DataFrame) -> Numbers:
        """Numbers of shape (rows, points); NaN where a coordinate is missing."""
        first, second = (numbers(frame, column)[:, np.newaxis] for column in self.columns)
        points = np.array([self.points[name] for name in sorted(self.points)], dtype=np.float64)
        if self.metric == "haversine":
            return haversine(first, second, points[:, 0], points[:, 1])
        return np.sqrt((first - points[:, 0]) ** 2 + (second - points[:, 1]) ** 2)


def haversine(latitude: Numbers, longitude: Numbers, to_latitude: Numbers, to_longitude: Numbers) -> Numbers:
    """Great-circle distances in kilometres on a sphere, to six digits.

    Haversine formula: R. W. Sinnott, "Virtues of the Haversine", Sky and Telescope 68 (1984). The arguments are
    degrees and are broadcast against each other.
    """
    degree = np.pi / 180
    north, east = (to_latitude - latitude) * degree, (to_longitude - longitude) * degree
    chord = np.sin(north / 2) ** 2 + np.cos(latitude * degree) * np.cos(to_latitude * degree) * np.sin(east / 2) ** 2
    return rounded(2 * EARTH_RADIUS * np.arcsin(np.sqrt(np.minimum(chord, 1))))
