"""Means that count near rows more."""

import numpy as np

from lockstep.features.base import Numbers, rounded


def inverse_distance_weights(distances: Numbers, power: float) -> Numbers:
    """distance^-power relative to the nearest, so that nothing overflows, to six digits.

    Where some are at distance 0, these alone have a weight.

    Args:
        distances: Ascending, shape (rows, k); infinity for a neighbour that does not exist, which has the weight 0.
        power: 0 or more.
    """
    closest, exists = distances[:, :1], np.isfinite(distances)
    if power == 0:
        return exists.astype(np.float64)
    as_close = exists & (distances == closest)
    ratio = np.divide(closest, distances, out=np.zeros_like(distances), where=exists & ~as_close)
    return np.where(as_close, 1.0, rounded(ratio**power))


def weighted_mean(weights: Numbers, values: Numbers) -> Numbers:
    """Weighted mean of each row's values that are there, added up from the nearest on; NaN where none is."""
    there = ~np.isnan(values)
    total = np.cumsum(np.where(there, weights * values, 0.0), axis=1)[:, -1]
    weight = np.cumsum(np.where(there, weights, 0.0), axis=1)[:, -1]
    mean = np.full(len(values), np.nan)
    np.divide(total, weight, out=mean, where=weight > 0)
    return mean
