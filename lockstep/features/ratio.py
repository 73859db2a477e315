"""One column divided by another."""

import numpy as np
import numpy.typing as npt
import pandas as pd

from lockstep.features.base import Numbers, Transformer, numbers


class Ratio(Transformer):
    """numerator / denominator; NaN where the denominator is 0 or either is missing. Learns nothing.

    Args:
        name: Name of the feature.
        numerator: Column to divide.
        denominator: Column by which it is divided.
    """

    def __init__(self, name: str, numerator: str, denominator: str) -> None:
        self.name = name
        self.numerator = numerator
        self.denominator = denominator

    def transform(self, frame: pd.DataFrame) -> Numbers:
        """Numbers of shape (rows, 1)."""
        above, below = numbers(frame, self.numerator), numbers(frame, self.denominator)
        quotient = np.full(len(frame), np.nan)
        np.divide(above, below, out=quotient, where=below != 0)
        return quotient.reshape(-1, 1)

    def get_feature_names_out(self, input_features: object = None) -> npt.NDArray[np.object_]:
        """The name of the feature."""
        return np.array([self.name], dtype=object)
