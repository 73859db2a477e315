"""Places: pairs of columns that are latitude and longitude, or coordinates in metres, found by their names."""

import re
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

# Words of names for the coordinate to the north and the one to the east, and the largest degree.
DEGREES = (
    {"lat", "latitude", "latitud", "breitengrad"},
    {"lon", "lng", "long", "longitude", "longitud", "laengengrad"},
)
METRES = (
    {"northing", "y coord", "coord y", "ycoord", "utm n", "utm y", "y coordinate"},
    {"easting", "x coord", "coord x", "xcoord", "utm e", "utm x", "x coordinate"},
)
LARGEST = (90.0, 180.0)
# Of the scale of a longitude, which is 0 at a pole; a factor must be above 0.
SMALLEST_SCALE = 0.001


@dataclass(frozen=True)
class PlaceColumns:
    """Two columns that are a place.

    Attributes:
        y: Latitude, or the coordinate to the north.
        x: Longitude, or the coordinate to the east.
        degrees: Whether they are degrees.
    """

    y: str
    x: str
    degrees: bool

    def scale(self, frame: pd.DataFrame) -> float:
        """Length of a unit of x in units of y, at the middle of the rows: degrees of longitude are shorter."""
        return longitude_scale(frame[self.y]) if self.degrees else 1.0


def longitude_scale(latitude: pd.Series) -> float:
    """How long a degree of longitude is beside one of latitude, at the median of latitudes in degrees."""
    cosine = np.cos(np.radians(float(latitude.median())))
    return max(float(np.round(cosine, 3)), SMALLEST_SCALE)


def find_place_columns(largest: Mapping[str, float]) -> list[PlaceColumns]:
    """The places among columns of numbers: pairs whose names differ by the coordinate alone.

    Args:
        largest: The largest absolute value of each column that has more than one.
    """
    return _pairs(largest, degrees=True) or _pairs(largest, degrees=False)


def _pairs(largest: Mapping[str, float], *, degrees: bool) -> list[PlaceColumns]:
    limits = LARGEST if degrees else (np.inf, np.inf)
    ys, xs = (
        _by_rest(largest, words, limit) for words, limit in zip(DEGREES if degrees else METRES, limits, strict=True)
    )
    return [PlaceColumns(name, xs[rest], degrees) for rest, name in ys.items() if rest in xs]


def _by_rest(largest: Mapping[str, float], words: set[str], limit: float) -> dict[str, str]:
    """The first column with each rest of a name, of those that name the coordinate and are within its limit."""
    columns = dict[str, str]()
    for name, value in largest.items():
        rest = _without(name, words)
        if rest is not None and value <= limit:
            columns.setdefault(rest, name)
    return columns


def _without(name: str, spelled: set[str]) -> str | None:
    """The rest of a name without the coordinate; None if it names none: `pickup` of pickup_lat."""
    words = re.findall(r"[^\W_]+", re.sub(r"(?<=[a-z])(?=[A-Z])", " ", name).lower())
    for length in (2, 1):
        for start in range(len(words) - length + 1):
            if " ".join(words[start : start + length]) in spelled:
                return " ".join([*words[:start], *words[start + length :]])
    return None
