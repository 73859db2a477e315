"""A linear model's prediction as a feature."""

from collections.abc import Mapping, Sequence
from typing import Annotated, Any, NamedTuple, Self

import numpy as np
import pandas as pd
from pydantic import Field
from sklearn.linear_model import LogisticRegression, RidgeCV
from sklearn.model_selection import KFold
from threadpoolctl import threadpool_limits

from lockstep.features.arrays import Numbers, means_and_deviations, numbers, rounded
from lockstep.features.step import Step
from lockstep.features.step_settings import ColumnNames, FeatureName, Folds
from lockstep.features.targets import target_columns, target_names

# Folds of the given rows for the choice of a logistic regression's penalty.
INNER_FOLDS = 3


class Linear(Step):
    """A ridge regression's prediction; for classes the log-odds of the second of two, or of each of more.

    Columns are standardised and missing values filled with the median. A training row's prediction comes from a model
    of the other folds. Coefficients are rounded to six digits, so that every CPU makes the same predictions.

    Attributes:
        columns: Numbers.
        alphas: Penalties of the squared coefficients (of standardised columns) to choose from: by generalised
            cross-validation (RidgeCV), for classes by the log loss of inner folds.
        folds: Folds of the cross-fitting.
        name: Name of the feature.
    """

    columns: ColumnNames
    alphas: Annotated[tuple[Annotated[float, Field(ge=1e-4)], ...], Field(strict=False, min_length=1)] = (
        0.1,
        1.0,
        10.0,
        100.0,
    )
    folds: Folds = 5
    name: FeatureName = "linear"

    _medians: Numbers
    _means: Numbers
    _scales: Numbers
    _coefficients: Numbers
    _intercepts: Numbers

    @classmethod
    def examples(cls) -> Sequence[Mapping[str, Any]]:
        return [
            {"columns": ["rooms", "change", "latitude"], "alphas": [0.1, 10], "folds": 3},
            {"columns": ["rooms"], "alphas": [1], "name": "line"},
        ]

    def reads(self) -> Sequence[str]:
        return self.columns

    def reads_numbers(self) -> Sequence[str]:
        return self.columns

    def makes(self) -> Sequence[str]:
        return (self.name,)

    def fit(self, frame: pd.DataFrame, y: Numbers | None = None) -> Self:
        """Fit the model for new rows."""
        model = self._fit(self._values(frame), target_columns(y, self.n_classes))
        self._medians, self._means, self._scales, self._coefficients, self._intercepts = model
        return self

    def fit_transform(self, frame: pd.DataFrame, y: Numbers | None = None) -> Numbers:
        """Fit the model for new rows; training rows get the predictions of models of the other folds."""
        self.fit(frame, y)
        values, target = self._values(frame), target_columns(y, self.n_classes)
        predictions = np.full(target.shape, np.nan)
        for others, own in self.inner_folds(frame, self.folds):
            predictions[own] = _predictions(self._fit(values[others], target[others]), values[own])
        return predictions

    def transform(self, frame: pd.DataFrame) -> Numbers:
        """Numbers of shape (rows, 1), with more than two classes (rows, classes)."""
        model = _Model(self._medians, self._means, self._scales, self._coefficients, self._intercepts)
        return _predictions(model, self._values(frame))

    def names(self) -> list[str]:
        """The name; with several classes one name for each."""
        return target_names([self.name], self.n_classes)

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
            table = rounded(np.array([self._solve(x, output) for output in target.T]))
        return _Model(medians, means, scales, table[:, :-1], table[:, -1])

    def _solve(self, x: Numbers, y: Numbers) -> Numbers:
        if self.n_classes:
            return _logistic_coefficients(x, y, self.alphas, self.seed)
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


def _logistic_coefficients(x: Numbers, y: Numbers, alphas: tuple[float, ...], seed: int) -> Numbers:
    """The coefficients, then the intercept, shape (columns + 1,).

    Args:
        x: Standardised columns, shape (rows, columns).
        y: 1 for rows of the class, 0 for others.
        alphas: Penalties; the one with the lowest log loss of inner folds is used.
        seed: Seed of the inner folds.
    """
    if len(alphas) == 1 or len(y) < 2:
        return _fit_logistic(x, y, alphas[0])
    losses = np.zeros(len(alphas))
    for others, own in KFold(min(INNER_FOLDS, len(y)), shuffle=True, random_state=seed).split(x):
        for number, alpha in enumerate(alphas):
            losses[number] += _log_loss(_fit_logistic(x[others], y[others], alpha), x[own], y[own])
    return _fit_logistic(x, y, alphas[int(np.argmin(losses))])


def _fit_logistic(x: Numbers, y: Numbers, alpha: float) -> Numbers:
    if y.min() == y.max():
        # All rows are of one kind: the log-odds of the class's share with half a row of each kind added.
        return np.append(np.zeros(x.shape[1]), np.log((y.sum() + 0.5) / ((1 - y).sum() + 0.5)))
    # Newton steps converge to the optimum itself, independent of the last bits.
    model = LogisticRegression(C=1 / alpha, solver="newton-cholesky", tol=1e-8).fit(x, y)
    return np.append(model.coef_[0], model.intercept_)


def _log_loss(coefficients: Numbers, x: Numbers, y: Numbers) -> float:
    odds = x @ coefficients[:-1] + coefficients[-1]
    return float(np.logaddexp(0, np.where(y == 1, -odds, odds)).sum())
