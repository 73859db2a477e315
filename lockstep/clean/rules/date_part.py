"""The rule date_part."""

from collections.abc import Mapping, Sequence
from typing import Any, Literal

import numpy as np
import pandas as pd

from lockstep.clean.rule import AddColumns


class AddDatePart(AddColumns):
    """Add a column `name` = the year, quarter, month or weekday (0 = Monday) of a date.

    Attributes:
        name: Name of the new column.
        column: A date.
        part: The part to take.
    """

    name: str
    column: str
    part: Literal["year", "quarter", "month", "weekday"]

    @classmethod
    def examples(cls) -> Sequence[Mapping[str, Any]]:
        return [{"name": part, "column": "day", "part": part} for part in ("year", "quarter", "month", "weekday")]

    def reads(self) -> Sequence[str]:
        return (self.column,)

    def reads_dates(self) -> Sequence[str]:
        return (self.column,)

    def makes(self) -> Mapping[str, str]:
        return {self.name: "integer"}

    def compute(self, frame: pd.DataFrame) -> Mapping[str, pd.Series]:
        part = getattr(frame[self.column].dt, "day_of_week" if self.part == "weekday" else self.part)
        missing = bool(frame[self.column].isna().any())
        return {self.name: part.astype(np.float64 if missing else np.int64)}
