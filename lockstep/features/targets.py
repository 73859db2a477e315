"""The target as columns to average."""

from collections.abc import Sequence

import numpy as np

from lockstep.features.arrays import Numbers


def target_columns(y: Numbers | None, n_classes: int) -> Numbers:
    """The columns whose means are features, shape (rows, outputs).

    The target itself if it is a number; for two classes the indicator of the second; for more one indicator for each.

    Raises:
        TypeError: if there is no target.
    """
    if y is None:
        raise TypeError("this feature step learns from the target: call fit and fit_transform with y")
    column = np.asarray(y, dtype=np.float64).reshape(-1, 1)
    return (column == np.arange(n_classes)).astype(np.float64) if n_classes > 2 else column


def target_names(stems: Sequence[str], n_classes: int) -> list[str]:
    """Names of `target_columns` for each stem, stem by stem."""
    if n_classes <= 2:
        return list(stems)
    return [f"{stem}_class_{number}" for stem in stems for number in range(n_classes)]
