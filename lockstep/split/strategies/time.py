"""time: earlier rows train, later rows are predicted."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from lockstep.split.strategy import Division, Sizes, Strategy


class Time(Strategy):
    """The latest rows by the column `split.time` are the test rows, and only earlier rows train a fold.

    Use it where the model shall predict the future. The column is a date or a number, without missing values. Rows of
    the same moment stay together, on the later side. The training rows are cut into one part more than there are folds:
    the first part only trains, and each of the others is predicted from all parts before it. There is one such split,
    so `seed` does not change it and `evaluate.protocol: repeated` is refused.
    """

    needs = ("time",)
    forward = True
    keeps_groups = False

    def divide(self, clean: pd.DataFrame, sizes: Sizes) -> Division:
        """Cut the rows in the order of time."""
        column = self.columns["time"]
        kind = clean[column].dtype
        if not (pd.api.types.is_numeric_dtype(kind) or pd.api.types.is_datetime64_any_dtype(kind)):
            raise ValueError(f"column {column!r} is text, which has no order in time; give it type date or number")
        if clean[column].isna().any():
            raise ValueError(f"column {column!r} has missing values; drop those rows by a cleaning rule")
        moment = clean[column].rank(method="dense").to_numpy().astype(np.int64)
        ordered = np.sort(moment)

        def cut(quantile: float) -> int:
            return int(ordered[min(int(quantile * len(ordered)), len(ordered) - 1)])

        test_from = cut(1 - sizes.test)
        if sizes.folds == 1:
            edges = [cut(1 - sizes.test - sizes.valid)]
        else:
            share = (1 - sizes.test) / (sizes.folds + 1)
            edges = [cut(share * (fold + 1)) for fold in range(sizes.folds)]
        bounds = [int(ordered[0]), *edges, test_from]
        if len(set(bounds)) < len(bounds):
            raise ValueError(f"column {column!r} has too few distinct moments; use fewer folds")
        fold = np.searchsorted(edges, moment, side="right") - 1
        return Division(np.flatnonzero(moment < test_from), np.flatnonzero(moment >= test_from), fold)

    @classmethod
    def examples(cls) -> Sequence[Mapping[str, Any]]:
        return ({"time": "sold_on", "test_size": 0.2, "folds": 5},)
