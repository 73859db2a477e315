"""A linear model's prediction as a feature."""

from collections.abc import Mapping, Sequence
from typing import Annotated, Any, NamedTuple, Self

import numpy as np
import pandas as pd
from pydantic import Field
from sklearn.linear_model import LogisticRegression, RidgeCV
from threadpoolctl import threadpool_limits

from lockstep.features.arrays import Numbers, means_and_deviations, numbers, rounded
from lockstep.features.nearest import Positions
from lockstep.features.step import Step
from lockstep.features.step_settings import ColumnNames, FeatureName, Folds
from lockstep.features.targets import target_columns, target_names

# Folds of the given rows for the choice of a penalty.
INNER_FOLDS = 3


class Linear(Step):
    """A ridge regression's prediction; for classes the log-odds of the second of two, or of each of more.

    Columns are standardised and missing values filled with the median. A training row's prediction comes from a model
    of the other folds. Where rows have weights, they count in the regression; with exposures the target is a rate.
    Coefficients are rounded to six digits, so that every CPU makes the same predictions.

    Attributes:
        columns: Numbers.
        alphas: Penalties of the squared coefficients (of standardised columns) to choose from: by leaving out one row
            (RidgeCV) if the target is a number and the split is random, else by the squared error, or the log loss, of
            inner folds, which follow the split.
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
        model = self._fit(frame, target_columns(y, self.n_classes))
        self._medians, self._means, self._scales, self._coefficients, self._intercepts = model
        return self

    def fit_transform(self, frame: pd.DataFrame, y: Numbers | None = None) -> Numbers:
        """Fit the model for new rows; training rows get the predictions of models of the other folds."""
        self.fit(frame, y)
        target = target_columns(y, self.n_classes)
        predictions = np.full(target.shape, np.nan)
        for others, own in self.inner_folds(frame, self.folds):
            model = self._fit(frame.iloc[others], target[others])
            predictions[own] = _predictions(model, self._values(frame.iloc[own]))
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

    def _fit(self, frame: pd.DataFrame, target: Numbers) -> "_Model":
        values, weights = self._values(frame), self.row_weights(frame)
        medians = np.array(
            [np.median(present) if len(present := column[~np.isnan(column)]) else 0.0 for column in values.T]
        )
        x = np.where(np.isnan(values), medians, values)
        means, scales = means_and_deviations(x)
        # in place, to avoid another copy of a large table's columns
        x -= means
        x /= scales
        with threadpool_limits(limits=1):
            rows = [_Rows(x, output, weights) for output in target.T]
            table = rounded(np.array([self._solve(frame, each) for each in rows]))
        return _Model(medians, means, scales, table[:, :-1], table[:, -1])

    def _solve(self, frame: pd.DataFrame, rows: "_Rows") -> Numbers:
        """The coefficients, then the intercept, shape (columns + 1,); the frame's columns say how rows relate."""
        if not self.n_classes and self.cross_fitting.leaves_out_rows_alone:
            return _fit_ridge(rows, self.alphas)
        fit, losses_of = (_fit_logistic, _log_losses) if self.n_classes else (_fit_ridge, _squared_errors)
        if len(self.alphas) == 1:
            return fit(rows, self.alphas)
        losses = np.zeros(len(self.alphas))
        for others, own in self.inner_folds(frame, INNER_FOLDS):
            for number, alpha in enumerate(self.alphas):
                of_rows = losses_of(fit(rows.at(others), [alpha]), rows.at(own))
                losses[number] += (of_rows if rows.weights is None else of_rows * rows.weights[own]).sum()
        return fit(rows, [self.alphas[int(np.argmin(losses))]])


class _Rows(NamedTuple):
    """Rows to fit: standardised columns (rows, columns), target (rows,), 0 or 1 for classes, and weights (rows,)."""

    x: Numbers
    y: Numbers
    weights: Numbers | None

    def at(self, positions: Positions) -> "_Rows":
        weights = None if self.weights is None else self.weights[positions]
        return _Rows(self.x[positions], self.y[positions], weights)


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


def _fit_ridge(rows: _Rows, alphas: Sequence[float]) -> Numbers:
    """The coefficients, then the intercept; of several penalties the best for rows that are left out one by one."""
    if len(rows.y) < 2:
        return np.append(np.zeros(rows.x.shape[1]), rows.y.mean())
    model = RidgeCV(alphas=list(alphas)).fit(rows.x, rows.y, sample_weight=rows.weights)
    return np.append(model.coef_, model.intercept_)


def _fit_logistic(rows: _Rows, alphas: Sequence[float]) -> Numbers:
    """The coefficients, then the intercept, with the first penalty."""
    if rows.y.min() == rows.y.max():
        # All rows are of one kind: the log-odds of the class's share with half a row of each kind added.
        odds = np.log((rows.y.sum() + 0.5) / ((1 - rows.y).sum() + 0.5))
        return np.append(np.zeros(rows.x.shape[1]), odds)
    # Newton steps converge to the optimum itself, independent of the last bits.
    model = LogisticRegression(C=1 / alphas[0], solver="newton-cholesky", tol=1e-8)
    model.fit(rows.x, rows.y, sample_weight=rows.weights)
    return np.append(model.coef_[0], model.intercept_)


def _log_losses(coefficients: Numbers, rows: _Rows) -> Numbers:
    odds = rows.x @ coefficients[:-1] + coefficients[-1]
    return np.asarray(np.logaddexp(0, np.where(rows.y == 1, -odds, odds)))


def _squared_errors(coefficients: Numbers, rows: _Rows) -> Numbers:
    return np.asarray((rows.x @ coefficients[:-1] + coefficients[-1] - rows.y) ** 2)
