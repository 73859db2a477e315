"""A penalised logistic regression for one class against the rest."""

import numpy as np
from sklearn.linear_model import LogisticRegression

from lockstep.features.base import Numbers
from lockstep.features.targets import cross_fitting

# Folds among the given rows that choose the penalty.
INNER_FOLDS = 3


def logistic_coefficients(x: Numbers, y: Numbers, alphas: tuple[float, ...], random_state: int) -> Numbers:
    """Coefficients and, last, the intercept, shape (columns + 1,).

    Args:
        x: Standardised columns, shape (rows, columns).
        y: 1 for rows of the class, 0 for others.
        alphas: Penalties; with more than one, the least log loss of inner folds chooses.
        random_state: Seed of the inner folds.
    """
    if len(alphas) == 1:
        return _fitted(x, y, alphas[0])
    losses = np.zeros(len(alphas))
    for others, own in cross_fitting(len(y), INNER_FOLDS, random_state):
        for number, alpha in enumerate(alphas):
            losses[number] += _log_loss(_fitted(x[others], y[others], alpha), x[own], y[own])
    return _fitted(x, y, alphas[int(np.argmin(losses))])


def _fitted(x: Numbers, y: Numbers, alpha: float) -> Numbers:
    if y.min() == y.max():
        # No rows of the class, or no others: the log-odds of its share with half a row of each kind added.
        return np.append(np.zeros(x.shape[1]), np.log((y.sum() + 0.5) / ((1 - y).sum() + 0.5)))
    # Newton steps end at the optimum itself, not somewhere near it that depends on the last bits.
    model = LogisticRegression(C=1 / alpha, solver="newton-cholesky", tol=1e-8).fit(x, y)
    return np.append(model.coef_[0], model.intercept_)


def _log_loss(coefficients: Numbers, x: Numbers, y: Numbers) -> float:
    odds = x @ coefficients[:-1] + coefficients[-1]
    return float(np.logaddexp(0, np.where(y == 1, -odds, odds)).sum())
