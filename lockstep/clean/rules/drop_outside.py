"""The rule drop_outside."""

from collections.abc import Mapping, Sequence
from typing import Any, Self

import numpy as np
import pandas as pd
from pydantic import model_validator

from lockstep.clean.rule import DropRows, Mask


class DropOutside(DropRows):
    """Drop rows in which a number lies outside [min, max]; missing values stay.

    Attributes:
        column: A number.
        min: The lowest value that stays; null for no bound.
        max: The highest value that stays; null for no bound.
    """

    column: str
    min: float | None = None
    max: float | None = None

    @classmethod
    def examples(cls) -> Sequence[Mapping[str, Any]]:
        return [{"column": "area", "min": 40.0}, {"column": "rooms", "min": 1.0, "max": 4.0}]

    @model_validator(mode="after")
    def _bounds_fit(self) -> Self:
        if self.min is None and self.max is None:
            raise ValueError("drop_outside drops nothing; set min, max or both")
        if self.min is not None and self.max is not None and self.min > self.max:
            raise ValueError(f"min {self.min} is greater than max {self.max}; swap them")
        return self

    def reads(self) -> Sequence[str]:
        return (self.column,)

    def reads_numbers(self) -> Sequence[str]:
        return (self.column,)

    def rows_to_keep(self, frame: pd.DataFrame) -> Mask:
        values = frame[self.column]
        outside = np.zeros(len(frame), dtype=bool)
        if self.min is not None:
            outside |= (values < self.min).to_numpy()
        if self.max is not None:
            outside |= (values > self.max).to_numpy()
        return ~outside
