"""Rows of equal category: the mean of a number over each category, shrunk towards the overall mean, and its spread."""

import numpy as np

from lockstep.features.arrays import Numbers
from lockstep.features.values import Codes
from lockstep.table.row_weights import mean


class Categories:
    """The rows of each category, and how much each row counts.

    Args:
        codes: The rows' categories, 0 .. size - 1, shape (rows,).
        size: Number of categories.
        weights: How much each row counts, shape (rows,); None: all the same.
    """

    def __init__(self, codes: Codes, size: int, weights: Numbers | None) -> None:
        self._codes, self._size, self._weights = codes, size, weights
        self._n_rows = np.bincount(codes, minlength=size)
        self._total = self._n_rows if weights is None else self._sum(weights)

    def means(self, values: Numbers, overall: float, smooth: str | float) -> Numbers:
        """Shrunk means, shape (size,); `overall` of a category without rows.

        Args:
            values: Shape (rows,).
            overall: Their mean over all rows.
            smooth: The weight of `overall`, in the unit of the weights; or auto: its weight is the variance of the
                category's mean, that of the category's own mean the variance of the values (empirical Bayes).
        """
        weighted = values if self._weights is None else values * self._weights
        if isinstance(smooth, str):
            return self._empirical_bayes(weighted, values, overall)
        codes = np.concatenate([np.arange(self._size), self._codes])
        sums = np.bincount(codes, weights=np.concatenate([np.full(self._size, smooth * overall), weighted]))
        means = np.full(self._size, overall)
        np.divide(sums, self._total + smooth, out=means, where=self._total + smooth > 0)
        return means

    def deviations(self, values: Numbers) -> Numbers:
        """Standard deviations (n - 1) within the categories, shape (size,); NaN of fewer than two rows."""
        weighted = values if self._weights is None else values * self._weights
        squares = (values - self._plain_means(weighted)[self._codes]) ** 2
        total = self._sum(squares if self._weights is None else squares * self._weights)
        deviations, enough = np.full(self._size, np.nan), self._n_rows >= 2
        of_sample = self._total * (self._n_rows - 1) / np.maximum(self._n_rows, 1)
        deviations[enough] = np.sqrt(total[enough] / of_sample[enough])
        return deviations

    def _empirical_bayes(self, weighted: Numbers, values: Numbers, overall: float) -> Numbers:
        """Of weights w the variance of a category's mean m is estimated by sum(w^2 (y - m)^2) / sum(w)^2."""
        variance = mean((values - overall) ** 2, self._weights)
        means = self._plain_means(weighted)
        distances = values - means[self._codes]
        distances = distances if self._weights is None else distances * self._weights
        noise = self._sum(distances * distances)
        with np.errstate(divide="ignore", invalid="ignore"):
            own = variance * self._total / (variance * self._total + noise / self._total)
            # undefined without rows, and where neither the category nor the values vary
            return np.where(np.isnan(own), overall, own * means + (1 - own) * overall)

    def _plain_means(self, weighted: Numbers) -> Numbers:
        return self._sum(weighted) / np.where(self._n_rows > 0, self._total, 1)

    def _sum(self, values: Numbers) -> Numbers:
        return np.asarray(np.bincount(self._codes, weights=values, minlength=self._size), dtype=np.float64)
