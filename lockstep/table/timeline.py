"""The order of a table's rows in time, and the gap before rows that are predicted."""

import re
from dataclasses import dataclass
from typing import Annotated, Self

import numpy as np
import numpy.typing as npt
import pandas as pd
from pydantic import AfterValidator, Field

Rows = npt.NDArray[np.int64]

_DURATION = re.compile(r"([1-9]\d*)(s|min|h|d|w)")
_SECONDS = {"s": 1, "min": 60, "h": 3_600, "d": 86_400, "w": 604_800}
_MICROSECONDS = 10**6


def _rows_or_duration(gap: int | str) -> int | str:
    if isinstance(gap, str) and not _DURATION.fullmatch(gap):
        raise ValueError(f"{gap!r} is neither a number of rows nor a duration; write 7, or 7d (units: s, min, h, d, w)")
    return gap


# A number of rows, or a duration such as 7d.
Gap = Annotated[Annotated[int, Field(ge=1)] | str, AfterValidator(_rows_or_duration)]


@dataclass(frozen=True)
class Timeline:
    """The moments of a table's rows.

    Attributes:
        column: The column that orders the rows.
        moment: Of each row the number of its moment in the order of time, from 0; equal values are one moment.
        values: The distinct moments, ascending: microseconds of dates, else the column's numbers.
        rows_before: For each moment the number of rows before it.
        is_date: Whether the column contains dates.
    """

    column: str
    moment: Rows
    values: npt.NDArray[np.int64] | npt.NDArray[np.float64]
    rows_before: Rows
    is_date: bool

    @classmethod
    def of(cls, frame: pd.DataFrame, column: str) -> Self:
        """The moments of the rows.

        Raises:
            ValueError: if the column has no order in time, or has missing values.
        """
        kind = frame[column].dtype
        is_date = pd.api.types.is_datetime64_any_dtype(kind)
        if not (pd.api.types.is_numeric_dtype(kind) or is_date):
            raise ValueError(f"column {column!r} is text, which has no order in time; give it type date or number")
        if frame[column].isna().any():
            raise ValueError(f"column {column!r} has missing values; drop those rows by a cleaning rule")
        numbers = (
            frame[column].to_numpy(dtype="datetime64[us]").astype(np.int64)
            if is_date
            else frame[column].to_numpy(dtype=np.float64)
        )
        values, moment, counts = np.unique(numbers, return_inverse=True, return_counts=True)
        return cls(column, moment.astype(np.int64), values, np.cumsum(counts) - counts, is_date)

    def moment_at(self, share: float) -> int:
        """The moment of the row before which this share of the rows lies, in the order of time."""
        position = min(int(share * len(self.moment)), len(self.moment) - 1)
        return self._moment_of_row(position)

    def known_until(self, moment: int, gap: int | str | None) -> int:
        """The first moment that is left out by the gap before `moment`; `moment` itself without a gap.

        A gap in rows leaves out at least so many rows, and with each all rows of its moment. A duration leaves out the
        moments from `moment` minus the duration on.

        Raises:
            ValueError: if the gap is a duration and the column contains no dates.
        """
        if gap is None:
            return moment
        if isinstance(gap, int):
            return self._moment_of_row(max(int(self.rows_before[moment]) - gap, 0))
        if not self.is_date:
            raise ValueError(
                f"split.gap is {gap!r}, and column {self.column!r} contains numbers, not dates; write a number of rows"
            )
        number, unit = _DURATION.fullmatch(gap).groups()  # type: ignore[union-attr]
        length = int(number) * _SECONDS[unit] * _MICROSECONDS
        return int(np.searchsorted(self.values, self.values[moment] - length))

    def window_start(self, moment: int, n_rows: int) -> int:
        """The first moment of the last `n_rows` rows before `moment`; a moment that begins earlier counts whole."""
        rows_before = int(self.rows_before[moment]) if moment < len(self.values) else len(self.moment)
        return self._moment_of_row(max(rows_before - n_rows, 0))

    def _moment_of_row(self, position: int) -> int:
        """The moment of a row at a position in the order of time."""
        return int(np.searchsorted(self.rows_before, position, side="right")) - 1
