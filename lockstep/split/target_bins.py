"""Classes, or quantiles of a numeric target, that every part shall have in the same share."""

import warnings
from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np
import pandas as pd

from lockstep.table.target import Target
from lockstep.table.timeline import Rows

TARGET_BINS = 10


def target_bins(target: Target, rows: pd.DataFrame, smallest_part: int) -> Rows:
    """The classes; for a number quantile bins of equal size, to which rows with equal values go in their order.

    Args:
        target: The target.
        rows: Rows of the cleaned table.
        smallest_part: Number of rows of the smallest part; there are few enough bins that it has two rows of each.
    """
    if target.classes:
        return target.values(rows).astype(np.int64)
    count = max(2, min(TARGET_BINS, smallest_part // 2))
    return (rows[target.column].rank(method="first").to_numpy().astype(np.int64) - 1) * count // len(rows)


@contextmanager
def rare_classes() -> Iterator[None]:
    """No warning of scikit-learn's in the block: a class with fewer rows than parts cannot be in each of them."""
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "The least populated class", UserWarning)
        yield
