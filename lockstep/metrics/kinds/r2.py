"""R²."""

from collections.abc import Mapping

import numpy as np
import numpy.typing as npt

from lockstep.metrics.metric import MeanMetric, Numbers


class R2(MeanMetric):
    """R²: 1 - mean squared error / variance of the target; undefined for a constant target."""

    label = "R²"
    greater_is_better = True
    target = "number"
    bounds = (None, 1.0)
    elicits = "mean"
    relative_to_spread = True
    tile = 3
    order = 30

    def row_values(self, actual: Numbers, predicted: Numbers) -> Mapping[str, Numbers]:
        # Centred, so that the variance of a sample loses no digits where the mean is large.
        centred = actual - np.mean(actual)
        return {"squared": (actual - predicted) ** 2, "centred": centred, "spread": centred**2}

    def of_means(self, means: Mapping[str, Numbers], n_rows: npt.NDArray[np.number]) -> Numbers:
        variance = means["spread"] - means["centred"] ** 2
        unexplained = np.full(len(variance), np.nan)
        np.divide(means["squared"], variance, out=unexplained, where=variance > 0)
        return 1 - unexplained
