"""The difference of two columns: of dates the time between them."""

from collections.abc import Mapping, Sequence
from typing import Any, Self

import numpy as np
import pandas as pd
from pydantic import model_validator

from lockstep.features.arrays import Numbers, numbers
from lockstep.features.step import Step
from lockstep.features.step_settings import FeatureName, Positive
from lockstep.table.table_columns import NUMBERS


class Difference(Step):
    """End minus start, of two dates in seconds, of two numbers in their unit; missing where either is missing.

    Dates count in seconds, with or without a clock time; so do times of day and durations, which are numbers.

    Attributes:
        name: Name of the feature.
        start: Column to subtract: a date or a number.
        end: Column from which it is subtracted, of the same kind.
        period: Where values repeat after this period, the difference is taken forward from start to end: from 0 to
            below the period. 86400 for times of day: 23:00 to 01:00 is 7200.
    """

    name: FeatureName
    start: str
    end: str
    period: Positive | None = None

    @model_validator(mode="after")
    def _names_two_columns(self) -> Self:
        if self.start == self.end:
            raise ValueError(f"start and end are both {self.start!r}; name two columns")
        return self

    @classmethod
    def examples(cls) -> Sequence[Mapping[str, Any]]:
        return [
            {"name": "area_minus_rooms", "start": "rooms", "end": "area"},
            {"name": "turn", "start": "latitude", "end": "longitude", "period": 360},
        ]

    def reads(self) -> Sequence[str]:
        return (self.start, self.end)

    def check_types(self, types: Mapping[str, str]) -> None:
        start, end = types[self.start], types[self.end]
        if start == end == "date" or (start in NUMBERS and end in NUMBERS):
            return
        raise ValueError(
            f"start {self.start!r} is of type {start}, end {self.end!r} of type {end}; two dates or two numbers are"
            " needed"
        )

    def makes(self) -> Sequence[str]:
        return (self.name,)

    def transform(self, frame: pd.DataFrame) -> Numbers:
        """Numbers of shape (rows, 1)."""
        difference = _values(frame, self.end) - _values(frame, self.start)
        if self.period is not None:
            difference = np.mod(difference, self.period)
        return difference.reshape(-1, 1)


def _values(frame: pd.DataFrame, column: str) -> Numbers:
    """Numbers as they are, dates as seconds since 1970-01-01, which float64 holds exactly."""
    if not pd.api.types.is_datetime64_any_dtype(frame[column]):
        return numbers(frame, column)
    seconds = frame[column].to_numpy(dtype="datetime64[s]")
    return np.where(np.isnat(seconds), np.nan, seconds.astype(np.int64).astype(np.float64))
