"""A linear model's prediction as a feature."""

from typing import ClassVar, NamedTuple, Self

import numpy as np
import numpy.typing as npt
import pandas as pd
from sklearn.linear_model import RidgeCV
from threadpoolctl import threadpool_limits

from lockstep.features.base import Numbers, Transformer, means_and_deviations, numbers, rounded
from lockstep.features.logistic import logistic_coefficients
from lockstep.features.targets import cross_fitting, target_columns, target_names


class Linear(Transformer):
    """A ridge regression's prediction; for classes the log-odds of the second of two, or of each of more.

    Columns are standardised and missing values filled with the median. A training row's prediction comes from a model
    of the other folds. Coefficients are rounded to six digits, so that every CPU makes the same predictions.

    Args:
        columns: Numbers.
        alphas: Penalties of the squared coefficients (of standardised columns) to choose from: by generalised
            cross-validation (RidgeCV), for classes by the log loss of inner folds.
        folds: Folds of the cross-fitting.
        name: Name of the feature.
        random_state: Seed of the folds.
        n_classes: Classes of the target; 0 for a number.
    """

    LEARNED: ClassVar[tuple[str, ...]] = ("medians_", "means_", "scales_", "coefficients_", "intercepts_")

    def __init__(
        self,
        columns: tuple[str, ...],
        alphas: tuple[float, ...] = (0.1, 1.0, 10.0, 100.0),
        folds: int = 5,
        name: str = "linear",
        random_state: int = 0,
        n_classes: int = 0,
    ) -> None:
        self.columns = columns
        self.alphas = alphas
        self.folds = folds
        self.name = name
        self.random_state = random_state
        self.n_classes = n_classes

    def fit(self, frame: pd.DataFrame, y: Numbers | None = None) -> Self:
        """Fit the model for new rows."""
        model = self._fit(self._values(frame), target_columns(y, self.n_classes))
        self.medians_, self.means_, self.scales_, self.coefficients_, self.intercepts_ = model
        return self

    def fit_transform(self, frame: pd.DataFrame, y: Numbers | None = None, **_: object) -> Numbers:
        """Fit the model for new rows; training rows get the predictions of models of the other folds."""
        self.fit(frame, y)
        values, target = self._values(frame), target_columns(y, self.n_classes)
        predictions = np.full(target.shape, np.nan)
        for others, own in cross_fitting(len(frame), self.folds, self.random_state):
            predictions[own] = _predictions(self._fit(values[others], target[others]), values[own])
        return predictions

    def transform(self, frame: pd.DataFrame) -> Numbers:
        """Numbers of shape (rows, 1), with more than two classes (rows, classes)."""
        model = _Model(self.medians_, self.means_, self.scales_, self.coefficients_, self.intercepts_)
        return _predictions(model, self._values(frame))

    def get_feature_names_out(self, input_features: object = None) -> npt.NDArray[np.object_]:
        """The name; with several classes one name for each."""
        return np.array(target_names([self.name], self.n_classes), dtype=object)

    def _values(self, frame: pd.DataFrame) -> Numbers:
        return np.column_stack([numbers(frame, column) for column in self.columns])

    def _fit(self, values: Numbers, target: Numbers) -> "_Model":
        medians = np.array(
            [np.median(present) if len(present := column[~np.isnan(column)]) else 0.0 for column in values.T]
        )
        x = np.where(np.isnan(values), medians, values)
        means, scales = means_and_deviations(x)
        # in place, to avoid another copy of a large table's columns
        x -= means
        x /= scales
        with threadpool_limits(limits=1):
            table = rounded(np.array([self._coefficients(x, output) for output in target.T]))
        return _Model(medians, means, scales, table[:, :-1], table[:, -1])

    def _coefficients(self, x: Numbers, y: Numbers) -> Numbers:
        if self.n_classes:
            return logistic_coefficients(x, y, self.alphas, self.random_state)
        return _ridge_coefficients(x, y, self.alphas)


class _Model(NamedTuple):
    """A fitted model: coefficients are (outputs, columns), intercepts (outputs,), the others (columns,)."""

    medians: Numbers
    means: Numbers
    scales: Numbers
    coefficients: Numbers
    intercepts: Numbers


def _predictions(model: _Model, values: Numbers) -> Numbers:
    """Predictions (rows, outputs), summed by column: a matrix product's last bits depend on the number of rows."""
    x = np.where(np.isnan(values), model.medians, values)
    x -= model.means
    x /= model.scales
    predictions = np.tile(model.intercepts, (len(values), 1))
    for column, coefficients in zip(x.T, model.coefficients.T, strict=True):
        predictions += column[:, np.newaxis] * coefficients
    return predictions


def _ridge_coefficients(x: Numbers, y: Numbers, alphas: tuple[float, ...]) -> Numbers:
    """The coefficients, then the intercept."""
    if len(y) < 2:
        return np.append(np.zeros(x.shape[1]), y.mean())
    model = RidgeCV(alphas=list(alphas)).fit(x, y)
    return np.append(model.coef_, model.intercept_)
