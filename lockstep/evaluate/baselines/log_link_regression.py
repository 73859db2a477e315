"""Poisson, gamma and Tweedie regression."""

import numpy as np
from sklearn.linear_model import TweedieRegressor

from lockstep.evaluate.baseline import Problem
from lockstep.evaluate.learner import Learner, Predictor, Sample, encoded_columns

# Only against columns that determine each other; scikit-learn's default of 1 would predict close to the mean.
ALPHA = 1e-4


class LogLinkRegression(Learner):
    """A generalised linear model with a logarithmic link and the objective's own variance: Poisson, gamma or Tweedie.

    No prediction exceeds the largest target of the training rows, so that no extrapolation explodes.
    """

    role = "simple"

    @classmethod
    def suits(cls, problem: Problem) -> bool:
        return problem.fitting.objective_class.link == "log"

    def name(self) -> str:
        return f"{self.problem.fitting.objective}_regression"

    def fit(self, rows: Sample) -> Predictor:
        columns, largest = encoded_columns(self.problem.types), rows.y.max()
        encoded = columns.fit_transform(rows.x.astype(np.float64))
        model = TweedieRegressor(
            power=self.problem.fitting.power,
            link="log",
            alpha=ALPHA,
            solver="newton-cholesky",
            tol=1e-8,
            max_iter=100,
        )
        model.fit(encoded, rows.y, sample_weight=rows.weight)
        return lambda x: np.minimum(model.predict(columns.transform(x.astype(np.float64))), largest)

    def about(self) -> str:
        return "a generalised linear model with a logarithmic link"
