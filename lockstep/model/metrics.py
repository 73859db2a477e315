"""Regression metrics, rounded so that the same predictions give the same digits on every CPU."""

from dataclasses import asdict, dataclass

import numpy as np
import numpy.typing as npt

from lockstep.data.tables import significant

DIGITS = 10

Vector = npt.NDArray[np.floating]


@dataclass(frozen=True)
class Metrics:
    """Error of predictions, in the unit of the target (rmse, mae) or without one (r2, adjusted_r2).

    adjusted_r2 is 1 - (1 - r2)(n - 1)/(n - p - 1) for n rows and p features, None where n <= p + 1;
    r2 is None for a constant target.
    """

    rmse: float
    mae: float
    r2: float | None
    adjusted_r2: float | None

    def as_dict(self) -> dict[str, float | None]:
        """The four values by name."""
        return asdict(self)


def regression_metrics(actual: Vector, predicted: Vector, n_features: int) -> Metrics:
    """Compare two vectors of the same length."""
    residual = actual.astype(np.float64) - predicted.astype(np.float64)
    squared = float(np.mean(residual**2))
    spread = float(np.mean((actual - np.mean(actual, dtype=np.float64)) ** 2))
    r2 = significant(1 - squared / spread, DIGITS) if spread > 0 else None
    return Metrics(
        rmse=significant(squared**0.5, DIGITS),
        mae=significant(float(np.mean(np.abs(residual))), DIGITS),
        r2=r2,
        adjusted_r2=adjusted(r2, len(actual), n_features),
    )


def adjusted(r2: float | None, n_rows: int, n_features: int) -> float | None:
    """R2 corrected for the number of features; None where the correction is undefined."""
    freedom = n_rows - n_features - 1
    return None if r2 is None or freedom <= 0 else significant(1 - (1 - r2) * (n_rows - 1) / freedom, DIGITS)
