"""group: rows with equal values in a column are never divided."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import pandas as pd

from lockstep.split.strategy import DrawnStrategy, Rows, check_groups
from lockstep.table.cross_fitting import group_codes


class Group(DrawnStrategy):
    """Whole groups are drawn: rows with equal values in the column `split.group` stay on the same side.

    Use it where the model shall predict for groups that it has never seen: new customers, new artists. `test_size` and
    `valid_size` are fractions of the groups. A row without a value is its own group. The intervals of the report
    count whole groups.
    """

    needs = ("group",)
    keeps_groups = True

    def hold_out(self, rows: pd.DataFrame, size: float) -> tuple[Rows, Rows]:
        # scikit-learn is a slow import, and settings are checked without it.
        from sklearn.model_selection import GroupShuffleSplit

        groups = self._groups(rows, 2)
        chooser = GroupShuffleSplit(n_splits=1, test_size=size, random_state=self.seed)
        train, test = next(chooser.split(rows, groups=groups))
        return train, test

    def folds(self, rows: pd.DataFrame, count: int) -> Iterator[tuple[Rows, Rows]]:
        from sklearn.model_selection import GroupKFold

        groups = self._groups(rows, count)
        yield from GroupKFold(n_splits=count, shuffle=True, random_state=self.seed).split(rows, groups=groups)

    @classmethod
    def examples(cls) -> Sequence[Mapping[str, Any]]:
        return ({"group": "artist", "test_size": 0.2, "folds": 5},)

    def _groups(self, rows: pd.DataFrame, parts: int) -> Rows:
        groups = group_codes(rows[self.columns["group"]])
        check_groups(self.columns["group"], groups, parts)
        return groups
