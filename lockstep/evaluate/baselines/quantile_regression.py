"""Linear regression of a quantile."""

import numpy as np
from sklearn.linear_model import QuantileRegressor

from lockstep.evaluate.baseline import Problem
from lockstep.evaluate.learner import Learner, Predictor, Sample, encoded_columns

# The time of the linear program grows with the square of the rows and with the columns: two seconds for 20 of them, 24
# for 150.
MAX_ROWS, MAX_COLUMNS = 4_000, 200
# Only against columns that determine each other; scikit-learn's default of 1 would predict close to the constant.
ALPHA = 1e-4


class QuantileRegression(Learner):
    """Linear regression of the objective's quantile, for absolute error of the median, by linear programming.

    Left out where it would take too long.
    """

    role = "simple"

    @classmethod
    def suits(cls, problem: Problem) -> bool:
        return problem.fitting.objective in ("quantile", "absolute_error")

    def max_rows(self) -> int:
        return MAX_ROWS

    def fit(self, rows: Sample) -> Predictor | None:
        columns = encoded_columns(self.problem.types)
        scale = float(np.std(rows.y)) or 1.0
        model = QuantileRegressor(quantile=self._quantile, alpha=ALPHA, solver="highs")
        encoded = columns.fit_transform(rows.x.astype(np.float64))
        if encoded.shape[1] > MAX_COLUMNS:
            return None
        model.fit(encoded, rows.y / scale, sample_weight=rows.weight)
        return lambda x: np.asarray(model.predict(columns.transform(x.astype(np.float64))) * scale, dtype=np.float64)

    def about(self) -> str:
        sampled = min(len(self.problem.train), MAX_ROWS)
        return f"linear regression of the quantile {self._quantile:g}, on {sampled:,} training rows"

    @property
    def _quantile(self) -> float:
        fitting = self.problem.fitting
        return fitting.scoring_metric().settings.quantile if fitting.objective == "quantile" else 0.5
