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
import numpy.typing as npt
import xgboost as xgb

from lockstep.fitting.fitting import Memory
from lockstep.fitting.folds import Fold, Mask, Matrix, Vector
from lockstep.fitting.transform import Transform
from lockstep.fitting.weighting import fit_weights, margins, selected, training_rate
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
    weight_valid: Vector | None = None


class _Batches(xgb.DataIter):
    """Passes a table's selected rows to XGBoost slice by slice.

    Args:
        x: Features, shape (rows, features).
        of_row: Targets, weights and margins by XGBoost's names of them, each of shape (rows,).
        rows: Mask of the selected rows; None: all.
        feature_info: Names and types of the features.
        prefix: Of the names of the files; None: in memory.
    """

    def __init__(
        self,
        x: Matrix,
        of_row: Mapping[str, npt.NDArray[np.floating]],
        rows: Mask | None,
        feature_info: Mapping[str, Any],
        prefix: str | None,
    ):
        self._x, self._of_row, self._rows, self._feature_info = x, of_row, rows, feature_info
        self._start = 0
        super().__init__(cache_prefix=prefix, release_data=True)

    def reset(self) -> None:
        """Start again from the first slice."""
        self._start = 0

    def next(self, input_data: Callable[..., None]) -> bool:
        """Pass the next slice that contains a selected row."""
        n_rows = len(self._of_row["label"])
        while self._start < n_rows:
            part = slice(self._start, self._start + BATCH_ROWS)
            self._start = part.stop
            n_part = min(part.stop, n_rows) - part.start
            selected = self._rows[part] if self._rows is not None else np.ones(n_part, dtype=np.bool_)
            if selected.any():
                of_row = {name: values[part][selected] for name, values in self._of_row.items()}
                input_data(data=self._x[part][selected], **of_row, **self._feature_info)
                return True
        return False


def quantise(fold: Fold, max_bin: int, memory: Memory, transform: Transform | None = None) -> FoldMatrices:
    """Quantise a fold; the validation rows use the training rows' bins, and no class weights.

    Args:
        fold: The fold.
        max_bin: Bins of a feature.
        memory: Whether rows stay in memory.
        transform: Of the targets, which then are the labels; None: the labels are the targets.
    """
    train = training_matrix(fold, max_bin, memory, transform)
    valid = row_matrix(
        *(fold.x, labels(fold.y, transform), fold.valid, fold.names, fold.types, max_bin, memory),
        bins_of=train,
        weight=fold.weight,
        margin=_margins(fold),
    )
    return FoldMatrices(train, valid, np.asarray(fold.y[fold.valid]), selected(fold.weight, fold.valid))


def training_matrix(fold: Fold, max_bin: int, memory: Memory, transform: Transform | None = None) -> xgb.DMatrix:
    """Quantise a fold's training rows, with the weights of the fit; all rows, if all train, without a copy."""
    weight = fit_weights(fold.y, fold.train, fold.weight, fold.class_weight)
    rows = None if fold.train.all() else fold.train
    return row_matrix(
        *(fold.x, labels(fold.y, transform), rows, fold.names, fold.types, max_bin, memory),
        weight=weight,
        margin=_margins(fold),
    )


def labels(y: Vector, transform: Transform | None) -> Vector:
    """What boosters see of the targets."""
    return y if transform is None else transform.apply(y)


def _margins(fold: Fold) -> npt.NDArray[np.float32] | None:
    if fold.exposure is None:
        return None
    rows = fold.train
    rate = training_rate(fold.y[rows], fold.exposure[rows], selected(fold.weight, rows))
    return margins(fold.exposure, rate)


def row_matrix(
    x: Matrix,
    y: Vector,
    rows: Mask | None,
    names: tuple[str, ...],
    types: tuple[str, ...],
    max_bin: int,
    memory: Memory,
    bins_of: xgb.DMatrix | None = None,
    weight: npt.NDArray[np.floating] | None = None,
    margin: npt.NDArray[np.floating] | None = None,
) -> xgb.DMatrix:
    """Quantise the selected rows (None: all) of a table of shape (rows, features), in their own or `bins_of`'s bins.

    `weight` and `margin` have a value for every row of the table: how much it counts, and its prediction before the
    first tree on the scale of the objective's link.
    """
    given = {"label": y, "weight": weight, "base_margin": margin}
    of_row = {name: values for name, values in given.items() if values is not None}
    feature_info = {"feature_names": list(names), "feature_types": list(types)}
    options = {"max_bin": max_bin, "nthread": 1, "ref": bins_of, "enable_categorical": True}
    if memory == "in_core":
        with delay_signals():
            return xgb.QuantileDMatrix(_Batches(x, of_row, rows, feature_info, None), **options)
    folder = tempfile.TemporaryDirectory(prefix="lockstep-pages-", dir=_pages_folder)
    batches = _Batches(x, of_row, rows, feature_info, str(Path(folder.name) / "page"))
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
