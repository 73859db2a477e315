"""Ridge regression."""

import numpy as np
from sklearn.linear_model import RidgeCV
from sklearn.pipeline import make_pipeline

from lockstep.evaluate.baseline import Problem
from lockstep.evaluate.learner import Learner, Predictor, Sample, encoded_columns

ALPHAS = tuple(10.0**exponent for exponent in range(-3, 6))


class Ridge(Learner):
    """Ridge regression, its penalty chosen by leave-one-out."""

    role = "simple"

    @classmethod
    def suits(cls, problem: Problem) -> bool:
        return problem.fitting.objective == "squared_error"

    def fit(self, rows: Sample) -> Predictor:
        model = make_pipeline(encoded_columns(self.problem.types), RidgeCV(ALPHAS))
        model.fit(rows.x.astype(np.float64), rows.y, ridgecv__sample_weight=rows.weight)
        return lambda x: np.asarray(model.predict(x.astype(np.float64)), dtype=np.float64)

    def about(self) -> str:
        return "linear regression with a penalty chosen by leave-one-out"
