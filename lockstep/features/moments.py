"""Count, mean, sum of squares and order of a number over the rows of each group."""

from typing import NamedTuple

import numpy as np

from lockstep.features.arrays import Numbers
from lockstep.features.values import Codes


class Moments(NamedTuple):
    """Moments of groups, each of shape (groups,); missing values are excluded.

    Attributes:
        n: Number of values.
        mean: Their mean, 0 without values.
        squares: Sum of their squared distances from the mean.
    """

    n: Codes
    mean: Numbers
    squares: Numbers

    def deviations(self) -> Numbers:
        """Standard deviations (n - 1); NaN of fewer than two values."""
        return np.sqrt(np.where(self.n >= 2, self.squares / np.maximum(self.n - 1, 1), np.nan))


def moments_of(values: Numbers, codes: Codes, size: int) -> Moments:
    """The moments of groups 0 .. size - 1.

    Args:
        values: Shape (rows,), NaN where missing.
        codes: The rows' groups, shape (rows,).
        size: Number of groups.
    """
    present = ~np.isnan(values)
    values, codes = values[present], codes[present]
    n = np.bincount(codes, minlength=size).astype(np.int64)
    mean = np.bincount(codes, weights=values, minlength=size) / np.maximum(n, 1)
    squares = np.bincount(codes, weights=(values - mean[codes]) ** 2, minlength=size)
    return Moments(n, mean, squares.astype(np.float64))


class Ranks:
    """The values of each group in ascending order.

    Args:
        values: Shape (rows,), without missing ones.
        codes: The rows' groups, shape (rows,).
        size: Number of groups.
    """

    def __init__(self, values: Numbers, codes: Codes, size: int) -> None:
        self._distinct, positions = np.unique(values, return_inverse=True)
        self._keys = np.sort(self._key(codes, positions))
        self._starts = np.searchsorted(self._keys, self._key(np.arange(size), np.zeros(size, dtype=np.int64)))

    def below(self, values: Numbers, codes: Codes) -> Codes:
        """How many values of the group are smaller, for each value and group; shape (rows,)."""
        positions = np.searchsorted(self._distinct, values)
        return (np.searchsorted(self._keys, self._key(codes, positions)) - self._starts[codes]).astype(np.int64)

    def _key(self, codes: Codes, positions: Codes) -> Codes:
        """Numbers in the order of groups, then of values; the position after the last value is possible too."""
        keys: Codes = codes * (len(self._distinct) + 1) + positions
        return keys
