"""Logarithms of numbers of any sign."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from lockstep.features.arrays import Numbers, numbers, rounded
from lockstep.features.step import Step
from lockstep.features.step_settings import ColumnNames


class Log(Step):
    """log_NAME = sign(x) log(1 + |x|) of each column, to six digits; a missing number stays missing.

    Attributes:
        columns: Numbers.
    """

    columns: ColumnNames

    @classmethod
    def examples(cls) -> Sequence[Mapping[str, Any]]:
        return [{"columns": ["rooms", "change"]}]

    def reads(self) -> Sequence[str]:
        return self.columns

    def reads_numbers(self) -> Sequence[str]:
        return self.columns

    def makes(self) -> Sequence[str]:
        return [f"log_{column}" for column in self.columns]

    def transform(self, frame: pd.DataFrame) -> Numbers:
        """Numbers of shape (rows, columns)."""
        values = np.column_stack([numbers(frame, column) for column in self.columns])
        return rounded(np.sign(values) * np.log1p(np.abs(values)))
