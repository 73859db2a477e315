"""The rule drop_missing."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from lockstep.clean.rule import DropRows, Mask
from lockstep.project.settings import Names


class DropMissing(DropRows):
    """Drop rows in which one of the columns is missing.

    Attributes:
        columns: Columns without a missing value in the rows that stay.
    """

    columns: Names

    @classmethod
    def examples(cls) -> Sequence[Mapping[str, Any]]:
        return [{"columns": ["rooms"]}, {"columns": ["rooms", "tags", "day"]}]

    def reads(self) -> Sequence[str]:
        return self.columns

    def rows_to_keep(self, frame: pd.DataFrame) -> Mask:
        keep = np.ones(len(frame), dtype=bool)
        for name in self.columns:
            keep &= frame[name].notna().to_numpy()
        return keep
