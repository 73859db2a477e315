"""group_time: later rows of other groups are predicted."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from lockstep.split.forward import ForwardStrategy
from lockstep.split.strategy import Mask
from lockstep.table.cross_fitting import group_codes


class GroupTime(ForwardStrategy):
    """Like `time`, and no group of rows that is predicted trains: later rows of groups that the model has not seen.

    Use it where the model shall predict the future of new customers, new shops, new machines. The latest rows by the
    column `split.time` are the test rows. Earlier rows whose value in the column `split.group` occurs among the test
    rows are in neither table. Likewise a fold is trained by the earlier rows whose group does not occur among its
    validation rows. So groups that recur in every period leave nothing to train on, which is refused; then `time` or
    `group` is right. A row without a group is its own group. The intervals of the report count whole groups.
    `split.gap` and `split.window` act as with `time`; a rolling window may contain fewer rows, as groups are left out.
    """

    needs = ("group", "time")
    keeps_groups = True

    def related(self, clean: pd.DataFrame, predicted: Mask) -> Mask:
        """The rows of the predicted rows' groups."""
        codes = group_codes(clean[self.columns["group"]])
        return np.isin(codes, codes[predicted])

    @classmethod
    def examples(cls) -> Sequence[Mapping[str, Any]]:
        return ({"group": "customer", "time": "ordered_on", "test_size": 0.2, "folds": 5},)
