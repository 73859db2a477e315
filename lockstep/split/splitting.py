"""Dividing the cleaned table into training rows, test rows and folds.

The training table has an integer column `fold`. A row with fold k >= 0 is a validation row of fold k. Its training rows
are all others; if the strategy goes forward in time, those with a smaller fold number. A row with fold -1 validates in
no fold.
"""

from collections.abc import Hashable
from typing import Any

import numpy as np
import pandas as pd

from lockstep.errors import DataError, one_line
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
        strategy = STRATEGIES[split.strategy](target, split.columns, seed)
        parts = strategy.divide(clean, Sizes(split.test_size, split.valid_size, split.folds))
    except ValueError as error:
        raise DataError(
            f"params.yaml: split: {len(clean)} rows cannot be split with strategy {split.strategy},"
            f" folds {split.folds}, test_size {split.test_size}: {one_line(error)}"
        ) from None
    table = clean.iloc[parts.train].reset_index(drop=True)
    columns: dict[Hashable, Any] = {"row_id": table["row_id"], "fold": parts.fold[parts.train].astype(np.int64)}
    return pd.DataFrame(columns | dict(table.items()), copy=False), clean.iloc[parts.test].reset_index(drop=True)
