"""A penalised logistic regression for one class against the rest."""

import numpy as np
from sklearn.linear_model import LogisticRegression

from lockstep.features.base import Numbers
from lockstep.features.targets import cross_fitting

# Folds of the given rows for the choice of the penalty.
INNER_FOLDS = 3


def logistic_coefficients(x: Numbers, y: Numbers, alphas: tuple[float, ...], random_state: int) -> Numbers:
    """The coefficients, then the intercept, shape (columns + 1,).

    Args:
        x: Standardised columns, shape (rows, columns).
        y: 1 for rows of the class, 0 for others.
        alphas: Penalties; the one with the lowest log loss of inner folds is used.
        random_state: Seed of the inner folds.
    """
    if len(alphas) == 1:
        return _fit(x, y, alphas[0])
    losses = np.zeros(len(alphas))
    for others, own in cross_fitting(len(y), INNER_FOLDS, random_state):
        for number, alpha in enumerate(alphas):
            losses[number] += _log_loss(_fit(x[others], y[others], alpha), x[own], y[own])
    return _fit(x, y, alphas[int(np.argmin(losses))])


def _fit(x: Numbers, y: Numbers, alpha: float) -> Numbers:
    if y.min() == y.max():
        # All rows are of one kind: the log-odds of the class's share with half a row of each kind added.
        return np.append(np.zeros(x.shape[1]), np.log((y.sum() + 0.5) / ((1 - y).sum() + 0.5)))
    # Newton steps converge to the optimum itself, independent of the last bits.
    model = LogisticRegression(C=1 / alpha, solver="newton-cholesky", tol=1e-8).fit(x, y)
    return np.append(model.coef_[0], model.intercept_)


def _log_loss(coefficients: Numbers, x: Numbers, y: Numbers) -> float:
    odds = x @ coefficients[:-1] + coefficients[-1]
    return float(np.logaddexp(0, np.where(y == 1, -odds, odds)).sum())
