"""Columns combined by arithmetic."""

from collections.abc import Callable, Mapping
from functools import reduce

import numpy as np
import numpy.typing as npt
import pandas as pd

from lockstep.features.base import Numbers, Transformer, numbers

OPERATIONS: Mapping[str, Callable[[Numbers, Numbers], Numbers]] = {
    "product": np.multiply,
    "difference": np.subtract,
    "sum": np.add,
}


class Interaction(Transformer):
    """Product, sum or difference of columns, from left to right; NaN where one is missing. Learns nothing.

    Args:
        name: Name of the feature.
        operation: product, sum, or difference: the first column minus all others.
        columns: Two or more.
    """

    def __init__(self, name: str, operation: str, columns: tuple[str, ...]) -> None:
        self.name = name
        self.operation = operation
        self.columns = columns

    def transform(self, frame: pd.DataFrame) -> Numbers:
        """Numbers of shape (rows, 1)."""
        columns = [numbers(frame, column) for column in self.columns]
        return reduce(OPERATIONS[self.operation], columns).reshape(-1, 1)

    def get_feature_names_out(self, input_features: object = None) -> npt.NDArray[np.object_]:
        """The name of the feature."""
        return np.array([self.name], dtype=object)
