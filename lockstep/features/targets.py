"""The target as columns to average, and the folds that exclude a row's own target from its features."""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
from sklearn.model_selection import KFold

from lockstep.features.arrays import Numbers

Rows = npt.NDArray[np.int64]


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


def cross_fitting(rows: int, folds: int, seed: int) -> list[tuple[Rows, Rows]]:
    """Pairs of rows to learn from and rows to transform; each row is transformed once, from other rows.

    The folds do not depend on the target, not even for classes: otherwise a row's target would change the folds of
    other rows. With fewer rows than folds the result is leave-one-out; for a single row there are no pairs.
    """
    if rows < 2:
        return []
    splitter = KFold(min(folds, rows), shuffle=True, random_state=seed)
    return list(splitter.split(np.zeros((rows, 1))))
