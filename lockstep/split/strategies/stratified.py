"""stratified: every part has the same classes, or quantiles of the target, in the same shares."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from lockstep.split.strategy import DrawnStrategy, Rows
from lockstep.split.target_bins import rare_classes, target_bins


class Stratified(DrawnStrategy):
    """Drawn at random, with every class, or every quantile of a numeric target, in the same share on all sides.

    Use it for rare classes and for small tables. A numeric target is cut into at most 10 bins of equal size, fewer
    where the smallest part would have less than two rows of each.
    """

    needs = ()
    keeps_groups = False

    def hold_out(self, rows: pd.DataFrame, size: float) -> tuple[Rows, Rows]:
        # scikit-learn is a slow import, and settings are checked without it.
        from sklearn.model_selection import train_test_split

        bins = target_bins(self.target, rows, int(len(rows) * min(size, 1 - size)))
        for number, count in zip(*np.unique(bins, return_counts=True), strict=True):
            if count == 1 and self.target.classes:
                raise ValueError(
                    f"class {self.target.labels[number]!r} has one row, which cannot be on both sides; drop it by a"
                    " cleaning rule (drop_values), merge it with another, or use strategy random"
                )
        train, test = train_test_split(np.arange(len(rows)), test_size=size, random_state=self.seed, stratify=bins)
        return train, test

    def folds(self, rows: pd.DataFrame, count: int) -> Iterator[tuple[Rows, Rows]]:
        from sklearn.model_selection import StratifiedKFold

        folder = StratifiedKFold(count, shuffle=True, random_state=self.seed)
        with rare_classes():
            parts = list(folder.split(rows, target_bins(self.target, rows, len(rows) // count)))
        yield from parts

    @classmethod
    def examples(cls) -> Sequence[Mapping[str, Any]]:
        return ({"test_size": 0.2, "folds": 5},)
