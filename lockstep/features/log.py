"""Logarithms of numbers of any sign."""

import numpy as np
import numpy.typing as npt
import pandas as pd

from lockstep.features.base import Numbers, Transformer, numbers, rounded


class Log(Transformer):
    """log_NAME = sign(x) log(1 + |x|), to six digits. Learns nothing.

    Args:
        columns: Numbers; a missing one stays missing.
    """

    def __init__(self, columns: tuple[str, ...]) -> None:
        self.columns = columns

    def transform(self, frame: pd.DataFrame) -> Numbers:
        """Numbers of shape (rows, columns)."""
        values = np.column_stack([numbers(frame, column) for column in self.columns])
        return rounded(np.sign(values) * np.log1p(np.abs(values)))

    def get_feature_names_out(self, input_features: object = None) -> npt.NDArray[np.object_]:
        """log_NAME for each column."""
        return np.array([f"log_{column}" for column in self.columns], dtype=object)
