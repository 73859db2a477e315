"""Ridge regression on sparse columns, with the same bytes on every CPU."""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
from scipy.sparse import csr_matrix

from lockstep.features.arrays import Numbers

# Residuals of the normal equations, relative to their right side, at which the iteration ends; and its most steps.
TOLERANCE, MAX_STEPS = 1e-6, 200


class SparseRidge(NamedTuple):
    """A fitted model: coefficients of shape (columns, outputs), intercepts of shape (outputs,)."""

    coefficients: Numbers
    intercepts: Numbers

    def predict(self, x: csr_matrix) -> Numbers:
        """Predictions, shape (rows, outputs)."""
        return np.asarray(x @ self.coefficients) + self.intercepts


def fit_ridge(x: csr_matrix, y: Numbers, weights: Numbers | None, alpha: float) -> SparseRidge:
    """Fit by conjugate gradients (Hestenes and Stiefel 1952), which never makes the columns dense.

    scikit-learn's Ridge calls BLAS, whose last bits depend on the CPU; rounding does not hide that in thousands of
    coefficients. Sparse products and numpy's sums add up in a fixed order everywhere.

    Args:
        x: Columns, shape (rows, columns).
        y: Targets, shape (rows, outputs).
        weights: How much each row counts, shape (rows,); None: all the same.
        alpha: Penalty of the squared coefficients; the intercept has none.
    """
    each = np.ones((x.shape[0], 1)) if weights is None else weights.reshape(-1, 1)
    total, transposed = each.sum(), x.T.tocsr()
    means, intercepts = (transposed @ each) / total, (each * y).sum(axis=0) / total

    def normal_equations(coefficients: Numbers) -> Numbers:
        centred = x @ coefficients - (means * coefficients).sum(axis=0)
        return np.asarray(transposed @ (each * centred) + alpha * coefficients)

    coefficients = _solved(normal_equations, np.asarray(transposed @ (each * (y - intercepts))))
    return SparseRidge(coefficients, intercepts - (means * coefficients).sum(axis=0))


def _solved(equations: Callable[[Numbers], Numbers], right: Numbers) -> Numbers:
    """The solution of symmetric positive definite equations, for each column of the right side."""
    solution, residual, direction = np.zeros_like(right), right, right
    squares = (right * right).sum(axis=0)
    enough = TOLERANCE**2 * squares
    for _ in range(MAX_STEPS):
        unsolved = squares > enough
        if not unsolved.any():
            break
        image = equations(direction)
        # a solved column stays as it is, whatever the other columns need
        step = np.where(unsolved, squares / np.where(unsolved, (direction * image).sum(axis=0), 1.0), 0.0)
        solution = solution + step * direction
        residual = residual - step * image
        before, squares = squares, (residual * residual).sum(axis=0)
        direction = residual + np.where(unsolved, squares / np.where(unsolved, before, 1.0), 0.0) * direction
    return solution
