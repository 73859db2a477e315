"""One column divided by another."""

from typing import Any, Self

import numpy as np
import numpy.typing as npt
import pandas as pd
from sklearn.base import BaseEstimator, TransformerMixin


class Ratio(TransformerMixin, BaseEstimator):
    """numerator / denominator; NaN where the denominator is 0 or either is missing. Learns nothing.

    Args:
        name: Name of the feature it makes.
        numerator: Column above the line.
        denominator: Column below it.
    """

    def __init__(self, name: str, numerator: str, denominator: str) -> None:
        self.name = name
        self.numerator = numerator
        self.denominator = denominator

    def fit(self, frame: pd.DataFrame, y: object = None) -> Self:
        """Nothing to learn."""
        return self

    def transform(self, frame: pd.DataFrame) -> npt.NDArray[np.float64]:
        """Numbers of shape (rows, 1)."""
        above = frame[self.numerator].to_numpy(dtype=np.float64, na_value=np.nan)
        below = frame[self.denominator].to_numpy(dtype=np.float64, na_value=np.nan)
        quotient = np.full(len(frame), np.nan)
        np.divide(above, below, out=quotient, where=below != 0)
        return quotient.reshape(-1, 1)

    def get_feature_names_out(self, input_features: object = None) -> npt.NDArray[np.object_]:
        """The one name it makes."""
        return np.array([self.name], dtype=object)

    def feature_types(self) -> list[str]:
        """XGBoost's type: a quantity."""
        return ["q"]

    def state(self) -> dict[str, Any]:
        """Nothing was learned."""
        return {}

    def restore(self, state: dict[str, Any]) -> Self:
        """Nothing to take up."""
        return self
