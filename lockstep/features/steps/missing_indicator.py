"""Whether values are missing."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from lockstep.features.arrays import Numbers
from lockstep.features.step import Step
from lockstep.features.step_settings import ColumnNames
from lockstep.features.values import is_missing


class MissingIndicator(Step):
    """NAME_is_missing: 1 where a column has no value, 0 where it has one.

    For columns whose values say nothing and whose presence does: a complaint number, a cabin. A feature with missing
    values needs none: XGBoost learns from them which branch to take.

    Attributes:
        columns: Columns of any type.
    """

    columns: ColumnNames

    @classmethod
    def examples(cls) -> Sequence[Mapping[str, Any]]:
        return [{"columns": ["title", "garden"]}]

    def reads(self) -> Sequence[str]:
        return self.columns

    def reads_text(self) -> Sequence[str]:
        return self.columns

    def makes(self) -> Sequence[str]:
        return [f"{column}_is_missing" for column in self.columns]

    def transform(self, frame: pd.DataFrame) -> Numbers:
        """Numbers of shape (rows, columns)."""
        return np.column_stack([is_missing(frame, [column]).astype(np.float64) for column in self.columns])
