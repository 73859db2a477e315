"""Logistic regression."""

import numpy as np
from sklearn.linear_model import LogisticRegression as LogisticModel

from lockstep.evaluate.baseline import Problem
from lockstep.evaluate.learner import Learner, Predictor, Sample, class_predictor, encoded_columns

# Newton's method solves for classes x columns coefficients at once, and a step costs their square per row: some twenty
# seconds at most.
MAX_COEFFICIENTS, MAX_WORK = 2_000, 5 * 10**10


class LogisticRegression(Learner):
    """Logistic regression with scikit-learn's default penalty; left out where it would take too long.

    Newton's method goes on to full precision: L-BFGS stops earlier, and rounding could change its digits.
    """

    role = "simple"

    @classmethod
    def suits(cls, problem: Problem) -> bool:
        return bool(problem.fitting.n_classes)

    def fit(self, rows: Sample) -> Predictor | None:
        n_classes, columns = self.problem.fitting.n_classes, encoded_columns(self.problem.types)
        encoded = columns.fit_transform(rows.x.astype(np.float64))
        size = encoded.shape[1] * (1 if n_classes == 2 else n_classes)
        if size > MAX_COEFFICIENTS or len(rows.y) * size**2 > MAX_WORK:
            return None
        model = LogisticModel(solver="newton-cholesky", tol=1e-8, max_iter=100)
        predictor = class_predictor(model, encoded, rows.y, n_classes, rows.weight)
        return lambda x: predictor(columns.transform(x.astype(np.float64)))

    def about(self) -> str:
        return "with scikit-learn's default penalty"
