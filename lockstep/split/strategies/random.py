"""random: any row may be on any side."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from lockstep.split.strategy import DrawnStrategy, Rows


class Random(DrawnStrategy):
    """Test rows and folds are drawn at random: right where the rows to predict are like those of the table.

    Rows of one customer or one day lie on both sides. Where they err alike, the test error is too low: use `group` or
    `time`.
    """

    needs = ()
    keeps_groups = False

    def hold_out(self, rows: pd.DataFrame, size: float) -> tuple[Rows, Rows]:
        # scikit-learn is a slow import, and settings are checked without it.
        from sklearn.model_selection import train_test_split

        train, test = train_test_split(np.arange(len(rows)), test_size=size, random_state=self.seed)
        return train, test

    def folds(self, rows: pd.DataFrame, count: int) -> Iterator[tuple[Rows, Rows]]:
        from sklearn.model_selection import KFold

        yield from KFold(count, shuffle=True, random_state=self.seed).split(rows)

    @classmethod
    def examples(cls) -> Sequence[Mapping[str, Any]]:
        return ({"test_size": 0.2, "folds": 5},)
