"""time: earlier rows train, later rows are predicted."""

from collections.abc import Mapping, Sequence
from typing import Any

from lockstep.split.forward import ForwardStrategy


class Time(ForwardStrategy):
    """The latest rows by the column `split.time` are the test rows, and only earlier rows train a fold.

    Use it where the model shall predict the future. The column is a date or a number, without missing values. Rows of
    the same moment stay together, on the later side. The training rows are cut into one part more than there are folds:
    the first part only trains, and each of the others is predicted from all parts before it. There is one such split,
    so `seed` does not change it and `evaluate.protocol` must be `single`. The intervals of the report count moments in
    their order.

    `split.gap` leaves out the rows right before each validation part and before the test rows: a number of rows (all
    rows of their moments with them), or for dates a duration such as 7d (units: s, min, h, d, w). Set it where the
    target of the latest rows is not known yet when a prediction is made. The rows before the test rows are then in
    neither table. With `split.window: rolling` each fold is trained by the same number of the latest rows: those of the
    first part, less the gap. So is the final model. Use it where old rows mislead.
    """

    needs = ("time",)
    keeps_groups = False

    @classmethod
    def examples(cls) -> Sequence[Mapping[str, Any]]:
        return (
            {"time": "sold_on", "test_size": 0.2, "folds": 5},
            {"time": "sold_on", "test_size": 0.2, "folds": 5, "gap": "7d", "window": "rolling"},
        )
