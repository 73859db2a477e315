"""The columns that say how much a row counts: its weight, and the exposure in which its target was counted."""

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from lockstep.errors import DataError

Vector = npt.NDArray[np.float64]


@dataclass(frozen=True)
class RowWeights:
    """The columns that say how much a row counts.

    Attributes:
        weight: Column of the rows' weights: a row of weight 2 counts as two rows; None: all count the same.
        exposure: Column of the time or amount in which a row's target was counted; None: the same for all.
    """

    weight: str | None = None
    exposure: str | None = None

    @property
    def columns(self) -> list[str]:
        """The columns that there are."""
        return [column for column in (self.weight, self.exposure) if column is not None]

    def weights(self, frame: pd.DataFrame) -> Vector | None:
        """The weight of each row, shape (rows,); None without a column of weights.

        Raises:
            DataError: naming the row of a weight that is missing, infinite, zero or negative.
        """
        return None if self.weight is None else positive_numbers(frame, self.weight, f"weight: {self.weight!r}")

    def exposures(self, frame: pd.DataFrame) -> Vector | None:
        """The exposure of each row, shape (rows,); None without a column of exposures.

        Raises:
            DataError: naming the row of an exposure that is missing, infinite, zero or negative.
        """
        return None if self.exposure is None else positive_numbers(frame, self.exposure, f"exposure: {self.exposure!r}")

    def rates(self, frame: pd.DataFrame, y: Vector) -> Vector:
        """The target per unit of exposure, shape (rows,); without exposures the target itself."""
        exposure = self.exposures(frame)
        return y if exposure is None else np.asarray(y, dtype=np.float64) / exposure

    def of_rates(self, frame: pd.DataFrame) -> Vector | None:
        """How much each row's rate counts in a mean, 1 on average, shape (rows,); None: all count the same.

        The weighted mean of rates is the sum of weight times target by that of weight times exposure.
        """
        given = [values for values in (self.weights(frame), self.exposures(frame)) if values is not None]
        if not given or not len(frame):
            return given[0] if given else None
        return mean_one(np.prod(given, axis=0))


def mean(values: npt.NDArray[Any], weight: npt.NDArray[np.floating] | None = None) -> float:
    """The mean, in which a row counts as its weight says."""
    return float(np.mean(values)) if weight is None else float(np.sum(values * weight) / np.sum(weight))


def mean_one(weights: Vector) -> Vector:
    """Weights in the unit in which they are 1 on average, shape (rows,)."""
    # an exact sum does not depend on the CPU's way of adding
    return weights * (len(weights) / math.fsum(weights.tolist()))


def positive_numbers(frame: pd.DataFrame, column: str, where: str, first_row: int = 0) -> Vector:
    """Values of a column in which every row must have a finite number above 0, shape (rows,).

    Args:
        frame: The rows; messages number them by row_id if it is there.
        column: The column.
        where: How a message begins.
        first_row: Number of rows before these, for messages.

    Raises:
        DataError: naming the first row with another value.
    """
    values = frame[column].to_numpy(dtype=np.float64, na_value=np.nan)
    # a number below 1e-30 is 0 in XGBoost's single precision, one above 1e30 overflows its sums
    invalid = np.flatnonzero(~((values > 1e-30) & (values < 1e30)))
    if len(invalid):
        row = int(frame["row_id"].iloc[invalid[0]]) + 1 if "row_id" in frame else first_row + int(invalid[0]) + 1
        value = values[invalid[0]]
        state = "is missing" if np.isnan(value) else f"is {value:g}"
        more = f" (and in {len(invalid) - 1:,} more rows)" if len(invalid) > 1 else ""
        raise DataError(
            f"{where} {state} in row {row}{more}; every row needs a number above 0: correct it, or drop such rows by a"
            " cleaning rule (drop_missing, drop_values, drop_outside)"
        )
    return values
