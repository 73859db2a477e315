"""Dividing the cleaned table into training rows, test rows and folds.

The training table has an integer column `fold`. A row with fold k >= 0 is a validation row of fold k. Its training rows
are all others; if the strategy goes forward in time, those with a smaller fold number. A row with fold -1 validates in
no fold. Where that does not describe the training rows (a gap, a rolling window, groups within time), boolean columns
`trains_fold_0`, `trains_fold_1`, ... do. Where not all rows train the final model, `trains_final` says which do.
"""

from collections.abc import Hashable
from typing import Any

import numpy as np
import pandas as pd

from lockstep.errors import DataError, one_line
from lockstep.project.settings import TRAINS_FINAL, trains_fold
from lockstep.split.split_block import Split
from lockstep.split.strategy import STRATEGIES, Sizes
from lockstep.table.target import Target


def split_table(clean: pd.DataFrame, target: Target, split: Split, seed: int) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Divide a cleaned table.

    Returns:
        The training table with its `fold` column, and the test table; both in the order of `row_id`.

    Raises:
        DataError: if the table has too few rows or distinct values for the split.
    """
    try:
        strategy = STRATEGIES[split.strategy](target, split.columns, seed, split.gap, split.window)
        parts = strategy.divide(clean, Sizes(split.test_size, split.valid_size, split.folds))
    except ValueError as error:
        raise DataError(
            f"params.yaml: split: {len(clean)} rows cannot be split with strategy {split.strategy},"
            f" folds {split.folds}, test_size {split.test_size}: {one_line(error)}"
        ) from None
    table = clean.iloc[parts.train].reset_index(drop=True)
    columns: dict[Hashable, Any] = {"row_id": table["row_id"], "fold": parts.fold[parts.train].astype(np.int64)}
    if parts.trains_fold is not None:
        columns |= {trains_fold(number): mask[parts.train] for number, mask in enumerate(parts.trains_fold)}
    if parts.trains_final is not None:
        columns[TRAINS_FINAL] = parts.trains_final[parts.train]
    return pd.DataFrame(columns | dict(table.items()), copy=False), clean.iloc[parts.test].reset_index(drop=True)
