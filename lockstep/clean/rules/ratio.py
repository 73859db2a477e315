"""The rule ratio."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from lockstep.clean.rule import AddColumns


class AddRatio(AddColumns):
    """Add a column `name` = numerator / denominator (missing where the denominator is 0).

    Attributes:
        name: Name of the new column.
        numerator: Column to divide.
        denominator: Column by which it is divided.
    """

    name: str
    numerator: str
    denominator: str

    @classmethod
    def examples(cls) -> Sequence[Mapping[str, Any]]:
        return [
            {"name": "area_per_room", "numerator": "area", "denominator": "rooms"},
            {"name": "rooms_per_floor", "numerator": "rooms", "denominator": "floors"},
        ]

    def reads(self) -> Sequence[str]:
        return (self.numerator, self.denominator)

    def reads_numbers(self) -> Sequence[str]:
        return self.reads()

    def makes(self) -> Mapping[str, str]:
        return {self.name: "number"}

    def compute(self, frame: pd.DataFrame) -> Mapping[str, pd.Series]:
        denominator = frame[self.denominator].astype(np.float64).replace(0.0, np.nan)
        return {self.name: frame[self.numerator].astype(np.float64) / denominator}
