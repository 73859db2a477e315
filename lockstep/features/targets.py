"""The target as columns to average, and the folds that keep a row's own target out of its features."""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
from sklearn.model_selection import KFold

from lockstep.features.base import Numbers

Rows = npt.NDArray[np.int64]


def target_columns(y: Numbers | None, n_classes: int) -> Numbers:
    """What a mean is taken of, shape (rows, outputs).

    The number itself; of two classes whether it is the second; of more classes one indicator each.

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


def cross_fitting(rows: int, folds: int, random_state: int) -> list[tuple[Rows, Rows]]:
    """Pairs of rows to learn from and rows to make features for; each row is made once, from other rows.

    The folds do not depend on the target, for classes neither: else a row's target would move other rows. Fewer rows
    than folds make leave-one-out; a single row has none to learn from, so that there are no pairs.
    """
    if rows < 2:
        return []
    splitter = KFold(min(folds, rows), shuffle=True, random_state=random_state)
    return list(splitter.split(np.zeros((rows, 1))))
