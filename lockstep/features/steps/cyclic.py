"""Values that repeat after a period, such as hours, directions and days of the year."""

from collections.abc import Mapping, Sequence
from typing import Any, Literal

import numpy as np
import pandas as pd

from lockstep.features.arrays import Numbers, numbers
from lockstep.features.step import Step
from lockstep.features.step_settings import ColumnNames, Positive

DAY, WEEK = 86_400, 604_800  # seconds
# 1970-01-01 is a Thursday; weeks begin on Monday.
FIRST_MONDAY = 4 * DAY


class Cyclic(Step):
    """NAME_sin_PERIOD and NAME_cos_PERIOD, to six decimals, which are alike at both ends of a period.

    Trees split the value itself as well, so this helps little: where a peak lies across the ends, and rows are few.

    Attributes:
        columns: Numbers, or dates.
        period: Of numbers the number after which they repeat, such as 24 for hours or 360 for degrees; of dates day,
            week (from Monday on) or year. A date without a clock time is at 0 in its day.
    """

    columns: ColumnNames
    period: Literal["day", "week", "year"] | Positive

    @classmethod
    def examples(cls) -> Sequence[Mapping[str, Any]]:
        return [{"columns": ["day"], "period": "year"}, {"columns": ["longitude", "rooms"], "period": 4.5}]

    def reads(self) -> Sequence[str]:
        return self.columns

    def reads_numbers(self) -> Sequence[str]:
        return () if isinstance(self.period, str) else self.columns

    def reads_dates(self) -> Sequence[str]:
        return self.columns if isinstance(self.period, str) else ()

    def makes(self) -> Sequence[str]:
        period = self.period if isinstance(self.period, str) else f"{self.period:.12g}"
        return [f"{column}_{function}_{period}" for column in self.columns for function in ("sin", "cos")]

    def transform(self, frame: pd.DataFrame) -> Numbers:
        """Numbers of shape (rows, 2 x columns), NaN where missing."""
        angles = [2 * np.pi * self._fraction(frame, column) for column in self.columns]
        waves = np.column_stack([function(angle) for angle in angles for function in (np.sin, np.cos)])
        # Adding 0 makes -0 a 0.
        return np.asarray(np.round(waves, 6) + 0.0, dtype=np.float64)

    def _fraction(self, frame: pd.DataFrame, column: str) -> Numbers:
        """The elapsed part of the period, shape (rows,), from 0 to below 1."""
        if not isinstance(self.period, str):
            return _fractions(numbers(frame, column), self.period)
        # a column of a few rows that are all missing may have lost its type
        dates = frame[column].astype("datetime64[s]")
        values = dates.to_numpy(dtype="datetime64[s]")
        seconds = np.where(np.isnat(values), np.nan, values.astype(np.int64).astype(np.float64))
        if self.period != "year":
            return _fractions(seconds - FIRST_MONDAY, DAY if self.period == "day" else WEEK)
        days = np.asarray(dates.dt.day_of_year, dtype=np.float64) - 1
        leap = dates.dt.is_leap_year.to_numpy(dtype=np.bool_)
        return (days + _fractions(seconds, DAY)) / np.where(leap, 366.0, 365.0)


def _fractions(values: Numbers, period: float) -> Numbers:
    fractions: Numbers = np.mod(values, period) / period
    return fractions
