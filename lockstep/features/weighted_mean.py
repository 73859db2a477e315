"""Means weighted by distance."""

import numpy as np

from lockstep.features.base import Numbers, rounded


def inverse_distance_weights(distances: Numbers, power: float) -> Numbers:
    """distance^-power relative to the nearest, which avoids overflow, to six digits.

    If some are at distance 0, only these have a weight.

    Args:
        distances: Ascending, shape (rows, k); infinity for a neighbour that does not exist, whose weight is 0.
        power: 0 or more.
    """
    closest, exists = distances[:, :1], np.isfinite(distances)
    if power == 0:
        return exists.astype(np.float64)
    is_closest = exists & (distances == closest)
    ratio = np.divide(closest, distances, out=np.zeros_like(distances), where=exists & ~is_closest)
    return np.where(is_closest, 1.0, rounded(ratio**power))


def weighted_mean(weights: Numbers, values: Numbers) -> Numbers:
    """Weighted mean of each row, missing values excluded, summed from the nearest on; NaN if all are missing."""
    present = ~np.isnan(values)
    total = np.cumsum(np.where(present, weights * values, 0.0), axis=1)[:, -1]
    weight = np.cumsum(np.where(present, weights, 0.0), axis=1)[:, -1]
    mean = np.full(len(values), np.nan)
    np.divide(total, weight, out=mean, where=weight > 0)
    return mean
