"""stratified_group: whole groups, with the same classes or quantiles of the target in every part."""

from collections.abc import Iterator, Mapping, Sequence
from fractions import Fraction
from typing import Any

import numpy as np
import pandas as pd

from lockstep.split.strategy import DrawnStrategy, Rows, check_groups
from lockstep.split.target_bins import rare_classes, target_bins
from lockstep.table.cross_fitting import group_codes

# The test rows are some of at most so many parts: 0.15 is 3 of 20.
MAX_PARTS = 20


class StratifiedGroup(DrawnStrategy):
    """Whole groups are drawn, so that every class, or every quantile of a numeric target, has nearly the same share.

    Use it where `group` is right and classes are rare, or few groups have most of them. Parts are those of
    scikit-learn's StratifiedGroupKFold; the test rows are some of at most 20 such parts. `test_size` and `valid_size`
    are fractions of the rows, which large groups can make inexact. A row without a value is its own group. The
    intervals of the report count whole groups.
    """

    needs = ("group",)
    keeps_groups = True

    def hold_out(self, rows: pd.DataFrame, size: float) -> tuple[Rows, Rows]:
        n_groups = int(self._groups(rows).max(initial=-1)) + 1
        most = max(2, min(MAX_PARTS, n_groups))
        share = min(max(Fraction(size).limit_denominator(most), Fraction(1, most)), Fraction(most - 1, most))
        parts = [drawn for _, drawn in self.folds(rows, share.denominator)]
        drawn = np.sort(np.concatenate(parts[: share.numerator]))
        return np.setdiff1d(np.arange(len(rows)), drawn), drawn

    def folds(self, rows: pd.DataFrame, count: int) -> Iterator[tuple[Rows, Rows]]:
        # scikit-learn is a slow import, and settings are checked without it.
        from sklearn.model_selection import StratifiedGroupKFold

        groups = self._groups(rows)
        check_groups(self.columns["group"], groups, count)
        folder = StratifiedGroupKFold(count, shuffle=True, random_state=self.seed)
        with rare_classes():
            parts = list(folder.split(rows, target_bins(self.target, rows, len(rows) // count), groups))
        if not all(len(validation) for _, validation in parts):
            raise ValueError(
                f"the groups of {self.columns['group']!r} are too large for {count} parts; use fewer folds"
            )
        yield from parts

    @classmethod
    def examples(cls) -> Sequence[Mapping[str, Any]]:
        return ({"group": "artist", "test_size": 0.2, "folds": 5},)

    def _groups(self, rows: pd.DataFrame) -> Rows:
        return group_codes(rows[self.columns["group"]])
