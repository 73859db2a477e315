"""R² corrected for the number of features."""

from collections.abc import Mapping

import numpy as np
import numpy.typing as npt

from lockstep.metrics.kinds.r2 import R2
from lockstep.metrics.metric import DIGITS, MeanMetric, Numbers, Scores
from lockstep.storage.tables import significant


class AdjustedR2(MeanMetric):
    """R² corrected for p features: 1 - (1 - R²)(n - 1) / (n - p - 1) for n rows; undefined where n <= p + 1."""

    label = "adjusted R²"
    greater_is_better = True
    target = "number"
    bounds = (None, 1.0)
    elicits = "mean"
    uses = ("n_features",)
    in_folds = False
    order = 40

    def row_values(self, actual: Numbers, predicted: Numbers) -> Mapping[str, Numbers]:
        return R2(self.settings).row_values(actual, predicted)

    def value(self, actual: Numbers, predicted: Numbers, weight: Numbers | None = None) -> float | None:
        n_rows = float(len(actual)) if weight is None else float(np.sum(weight))
        return self._corrected(R2(self.settings).value(actual, predicted, weight), n_rows)

    def of_means(self, means: Mapping[str, Numbers], n_rows: npt.NDArray[np.number]) -> Numbers:
        r2, freedom = R2(self.settings).of_means(means, n_rows), n_rows - self.settings.n_features - 1
        per_freedom = np.full(len(r2), np.nan)
        np.divide((1 - r2) * (n_rows - 1), freedom, out=per_freedom, where=freedom > 0)
        return 1 - per_freedom

    def of_folds(self, means: Scores, n_rows: float) -> float | None:
        return self._corrected(means.get(R2.kind_name()), n_rows)

    def _corrected(self, r2: float | None, n_rows: float) -> float | None:
        """From R² as it is written, so that both figures agree."""
        freedom = n_rows - self.settings.n_features - 1
        if r2 is None or freedom <= 0:
            return None
        return 1 - (1 - significant(r2, DIGITS)) * (n_rows - 1) / freedom
