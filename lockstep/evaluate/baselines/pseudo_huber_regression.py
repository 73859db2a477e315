"""Linear regression with the pseudo-Huber loss."""

import numpy as np
from sklearn.linear_model import Ridge as PenalisedLeastSquares

from lockstep.evaluate.baseline import Problem
from lockstep.evaluate.learner import Learner, Predictor, Sample, encoded_columns

MAX_ROWS, N_ROUNDS = 20_000, 50
# Only against columns that determine each other.
ALPHA = 1e-4


class PseudoHuberRegression(Learner):
    """Linear regression that minimises the model's pseudo-Huber loss, by iteratively reweighted least squares.

    The loss of a residual r has the weight 1 / sqrt(1 + (r / slope)²) (Huber and Ronchetti 2009, section 7.8).
    """

    role = "simple"

    @classmethod
    def suits(cls, problem: Problem) -> bool:
        return problem.fitting.objective == "pseudo_huber"

    def max_rows(self) -> int:
        return MAX_ROWS

    def fit(self, rows: Sample) -> Predictor:
        columns, model = encoded_columns(self.problem.types), PenalisedLeastSquares(alpha=ALPHA)
        encoded, slope = columns.fit_transform(rows.x.astype(np.float64)), self.problem.fitting.huber_slope
        weight = own = np.ones(len(rows.y)) if rows.weight is None else rows.weight
        for _ in range(N_ROUNDS):
            residuals = rows.y - model.fit(encoded, rows.y, sample_weight=weight).predict(encoded)
            weight = own / np.sqrt(1 + (residuals / slope) ** 2)
        return lambda x: np.asarray(model.predict(columns.transform(x.astype(np.float64))), dtype=np.float64)

    def about(self) -> str:
        return "linear regression with this model's loss"
