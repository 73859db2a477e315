"""What dates of a table have, for the groups that are made of them."""

import numpy as np

from lockstep.features.group import TrainingRows

DAY = 86_400  # seconds


def has_clock_times(rows: TrainingRows, column: str) -> bool:
    """Whether some of a column's dates have a clock time."""
    seconds = rows.frame[column].dropna().to_numpy(dtype="datetime64[s]").astype(np.int64)
    return bool((seconds % DAY != 0).any())
