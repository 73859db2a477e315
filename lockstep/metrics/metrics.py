"""Metrics of regression and classification, rounded so that the same predictions give the same digits on every CPU."""

from collections.abc import Mapping

import numpy as np
import numpy.typing as npt

from lockstep.storage.tables import significant

DIGITS = 10
# Metrics of which a greater value is better; of all others a smaller one is.
GREATER_IS_BETTER = ("r2", "adjusted_r2", "auc", "accuracy")
# Probabilities are clipped this far from 0: a row predicted wrongly with certainty would make the log loss infinite.
PROBABILITY_EPS = 1e-7

Vector = npt.NDArray[np.floating]
# Values by the metric's name; None where a metric is undefined.
Scores = Mapping[str, float | None]


def regression_scores(actual: Vector, predicted: Vector, n_features: int) -> dict[str, float | None]:
    """Error of predicted numbers.

    Args:
        actual: Shape (rows,).
        predicted: Shape (rows,).
        n_features: Features of the model, for adjusted_r2.

    Returns:
        rmse, mae (in the unit of the target); r2, None for a constant target; adjusted_r2 = 1 - (1 - r2)(n - 1) /
        (n - p - 1) for n rows and p features, None where n <= p + 1.
    """
    residual = actual.astype(np.float64) - predicted.astype(np.float64)
    squared = float(np.mean(residual**2))
    variance = float(np.mean((actual - np.mean(actual, dtype=np.float64)) ** 2))
    r2 = significant(1 - squared / variance, DIGITS) if variance > 0 else None
    return {
        "rmse": significant(squared**0.5, DIGITS),
        "mae": significant(float(np.mean(np.abs(residual))), DIGITS),
        "r2": r2,
        "adjusted_r2": adjusted_r2(r2, len(actual), n_features),
    }


def adjusted_r2(r2: float | None, n_rows: int, n_features: int) -> float | None:
    """R2 corrected for the number of features; None where the correction is undefined."""
    dof = n_rows - n_features - 1
    return None if r2 is None or dof <= 0 else significant(1 - (1 - r2) * (n_rows - 1) / dof, DIGITS)


def pinball(actual: Vector, predicted: Vector, quantile: float) -> float:
    """Mean pinball loss of a predicted quantile (Koenker and Bassett 1978), in the unit of the target."""
    residual = actual.astype(np.float64) - predicted.astype(np.float64)
    return significant(float(np.mean(pinball_losses(residual, quantile))), DIGITS)


def pseudo_huber(actual: Vector, predicted: Vector, slope: float) -> float:
    """Mean pseudo-Huber loss slope^2 (sqrt(1 + (residual / slope)^2) - 1), as XGBoost's mphe."""
    residual = actual.astype(np.float64) - predicted.astype(np.float64)
    return significant(float(np.mean(pseudo_huber_losses(residual, slope))), DIGITS)


def pinball_losses(residual: Vector, quantile: float) -> Vector:
    """The pinball loss of each residual, actual - predicted."""
    losses: Vector = np.maximum(quantile * residual, (quantile - 1) * residual)
    return losses


def pseudo_huber_losses(residual: Vector, slope: float) -> Vector:
    """The pseudo-Huber loss of each residual."""
    # Computing the root minus 1 would lose digits where the slope is large.
    losses: Vector = residual**2 / (np.sqrt(1 + (residual / slope) ** 2) + 1)
    return losses


def classification_scores(actual: Vector, probabilities: Vector) -> dict[str, float | None]:
    """Quality of predicted probabilities.

    Args:
        actual: Class numbers, shape (rows,).
        probabilities: Shape (rows, classes).

    Returns:
        accuracy (of the most probable class), log_loss (natural logarithm) and auc: area under the ROC curve, with more
        than two classes the mean of one against the rest over the classes; None where a class has no row or every row.
    """
    chosen = actual.astype(np.int64)
    rows = np.arange(len(chosen))
    class_probabilities = np.clip(probabilities.astype(np.float64)[rows, chosen], PROBABILITY_EPS, 1.0)
    areas = [_auc(chosen == number, probabilities[:, number]) for number in _scored_classes(probabilities.shape[1])]
    defined = [area for area in areas if area is not None]
    return {
        "accuracy": significant(float(np.mean(np.argmax(probabilities, axis=1) == chosen)), DIGITS),
        "log_loss": significant(float(-np.mean(np.log(class_probabilities))), DIGITS),
        "auc": significant(sum(defined) / len(defined), DIGITS) if len(defined) == len(areas) else None,
    }


def _scored_classes(n_classes: int) -> range:
    return range(1, 2) if n_classes == 2 else range(n_classes)


def _auc(positive: npt.NDArray[np.bool_], score: Vector) -> float | None:
    if positive.all() or not positive.any():
        return None
    # Imported here: scikit-learn's metrics take 0.3 s to import, which a regression does not need.
    from sklearn.metrics import roc_auc_score

    return float(roc_auc_score(positive, score))
