"""One column divided by another."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from lockstep.features.arrays import Numbers, numbers
from lockstep.features.step import Step
from lockstep.features.step_settings import FeatureName


class Ratio(Step):
    """Numerator / denominator; missing where the denominator is 0 or either is missing.

    Attributes:
        name: Name of the feature.
        numerator: Column to divide.
        denominator: Column by which it is divided.
    """

    name: FeatureName
    numerator: str
    denominator: str

    @classmethod
    def examples(cls) -> Sequence[Mapping[str, Any]]:
        return [{"name": "area_per_room", "numerator": "area", "denominator": "rooms"}]

    def reads(self) -> Sequence[str]:
        return (self.numerator, self.denominator)

    def reads_numbers(self) -> Sequence[str]:
        return self.reads()

    def makes(self) -> Sequence[str]:
        return (self.name,)

    def transform(self, frame: pd.DataFrame) -> Numbers:
        """Numbers of shape (rows, 1)."""
        above, below = numbers(frame, self.numerator), numbers(frame, self.denominator)
        quotient = np.full(len(frame), np.nan)
        np.divide(above, below, out=quotient, where=below != 0)
        return quotient.reshape(-1, 1)
