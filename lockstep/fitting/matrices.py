"""Rows in XGBoost's quantised form, in memory or in files on the local disk.

XGBoost gets the rows in slices of at most BATCH_ROWS, so that a table mapped from disk is never copied whole. The
slices determine where XGBoost merges its quantile sketches, so the result depends on BATCH_ROWS.
"""

import tempfile
import weakref
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import xgboost as xgb

from lockstep.fitting.fitting import Memory
from lockstep.fitting.folds import Fold, Mask, Matrix, Vector
from lockstep.fitting.transform import Transform
from lockstep.signals import delay_signals

BATCH_ROWS = 2**20


@dataclass(frozen=True)
class FoldMatrices:
    """A fold in XGBoost's quantised form; building it is expensive, so workers keep it.

    Attributes:
        train: Training rows with their labels: the targets, or the transformed ones.
        valid: Validation rows, likewise.
        y_valid: Targets of the validation rows.
    """

    train: xgb.DMatrix
    valid: xgb.DMatrix
    y_valid: Vector


class _Batches(xgb.DataIter):
    """Passes a table's selected rows to XGBoost slice by slice."""

    def __init__(self, x: Matrix, y: Vector, rows: Mask | None, feature_info: Mapping[str, Any], prefix: str | None):
        self._x, self._y, self._rows, self._feature_info = x, y, rows, feature_info
        self._start = 0
        super().__init__(cache_prefix=prefix, release_data=True)

    def reset(self) -> None:
        """Start again from the first slice."""
        self._start = 0

    def next(self, input_data: Callable[..., None]) -> bool:
        """Pass the next slice that contains a selected row."""
        while self._start < len(self._y):
            part = slice(self._start, self._start + BATCH_ROWS)
            self._start = part.stop
            selected = self._rows[part] if self._rows is not None else np.ones(len(self._y[part]), dtype=np.bool_)
            if selected.any():
                input_data(data=self._x[part][selected], label=self._y[part][selected], **self._feature_info)
                return True
        return False


def quantise(fold: Fold, max_bin: int, memory: Memory, transform: Transform | None = None) -> FoldMatrices:
    """Quantise a fold; the validation rows use the training rows' bins, and the labels are transformed targets."""
    labels = fold.y if transform is None else transform.apply(fold.y)
    train = row_matrix(fold.x, labels, fold.train, fold.names, fold.types, max_bin, memory)
    valid = row_matrix(fold.x, labels, fold.valid, fold.names, fold.types, max_bin, memory, bins_of=train)
    return FoldMatrices(train, valid, np.asarray(fold.y[fold.valid]))


def row_matrix(
    x: Matrix,
    y: Vector,
    rows: Mask | None,
    names: tuple[str, ...],
    types: tuple[str, ...],
    max_bin: int,
    memory: Memory,
    bins_of: xgb.DMatrix | None = None,
) -> xgb.DMatrix:
    """Quantise the selected rows (None: all) of a table of shape (rows, features), in their own or `bins_of`'s bins."""
    feature_info = {"feature_names": list(names), "feature_types": list(types)}
    options = {"max_bin": max_bin, "nthread": 1, "ref": bins_of, "enable_categorical": True}
    if memory == "in_core":
        with delay_signals():
            return xgb.QuantileDMatrix(_Batches(x, y, rows, feature_info, None), **options)
    folder = tempfile.TemporaryDirectory(prefix="lockstep-pages-", dir=_pages_folder)
    batches = _Batches(x, y, rows, feature_info, str(Path(folder.name) / "page"))
    with delay_signals():
        matrix = xgb.ExtMemQuantileDMatrix(batches, **options)
        # The page files must exist exactly as long as the matrix is used.
        weakref.finalize(matrix, _discard, folder, batches)
    return matrix


def _discard(folder: tempfile.TemporaryDirectory[str], batches: _Batches) -> None:
    folder.cleanup()


_pages_folder: Path | None = None


def set_pages_folder(folder: Path) -> None:
    """Set the folder of this process's external pages; if the process is killed, they are removed with the folder."""
    global _pages_folder
    _pages_folder = folder
