"""Columns combined by arithmetic."""

from collections.abc import Callable, Mapping, Sequence
from functools import reduce
from typing import Any, Literal

import numpy as np
import pandas as pd

from lockstep.features.arrays import Numbers, numbers
from lockstep.features.step import Step
from lockstep.features.step_settings import Combination, FeatureName

OPERATIONS: Mapping[str, Callable[[Numbers, Numbers], Numbers]] = {
    "product": np.multiply,
    "difference": np.subtract,
    "sum": np.add,
}


class Interaction(Step):
    """Product, sum or difference of two or more columns, from left to right; missing where one is missing.

    Attributes:
        name: Name of the feature.
        operation: product, sum, or difference: the first column minus all others.
        columns: Two or more.
    """

    name: FeatureName
    operation: Literal["product", "difference", "sum"]
    columns: Combination

    @classmethod
    def examples(cls) -> Sequence[Mapping[str, Any]]:
        return [
            {"name": "rooms_minus_change", "operation": "difference", "columns": ["rooms", "change"]},
            {"name": "product", "operation": "product", "columns": ["rooms", "change", "garden"]},
        ]

    def reads(self) -> Sequence[str]:
        return self.columns

    def reads_numbers(self) -> Sequence[str]:
        return self.columns

    def makes(self) -> Sequence[str]:
        return (self.name,)

    def transform(self, frame: pd.DataFrame) -> Numbers:
        """Numbers of shape (rows, 1)."""
        columns = [numbers(frame, column) for column in self.columns]
        return reduce(OPERATIONS[self.operation], columns).reshape(-1, 1)
