"""The target as numbers: its values, or the positions of its classes."""

from dataclasses import dataclass
from typing import Self

import numpy as np
import numpy.typing as npt
import pandas as pd

from lockstep.clean.settings import TargetBlock, class_label
from lockstep.errors import DataError
from lockstep.guards.messages import listed

Class = bool | int | str
Vector = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Target:
    """What is predicted.

    Attributes:
        column: Its column in the cleaned table.
        classes: Its classes, in the order of their numbers; empty for a number.
    """

    column: str
    classes: tuple[Class, ...] = ()

    @classmethod
    def of(cls, dataset: TargetBlock) -> Self:
        """The target a dataset file names."""
        return cls(dataset.target_column, dataset.classes)

    @property
    def n_classes(self) -> int:
        """Number of classes; 0 for a number."""
        return len(self.classes)

    @property
    def labels(self) -> list[str]:
        """The classes as text."""
        return [class_label(name) for name in self.classes]

    def values(self, frame: pd.DataFrame) -> Vector:
        """Values of shape (rows,): the numbers, or 0, 1, ... for the classes.

        Raises:
            DataError: for a value that is no class, naming its row.
        """
        found = frame[self.column]
        if not self.classes:
            return found.to_numpy(dtype=np.float64)
        if pd.api.types.is_numeric_dtype(found):
            known = [float("nan") if isinstance(name, str) else float(name) for name in self.classes]
            positions = pd.Index(known).get_indexer(pd.Index(found.astype(np.float64)))
        else:
            positions = pd.Index(self.labels).get_indexer(pd.Index(found))
        strange = np.flatnonzero((positions < 0) | found.isna().to_numpy())
        if len(strange):
            row = int(frame["row_id"].iloc[strange[0]]) + 1 if "row_id" in frame else int(strange[0]) + 1
            raise DataError(
                f"target: {self.column!r} is {found.iloc[strange[0]]!r} in row {row}, which is none of the classes"
                f" {listed(self.labels)}; add it to target.classes, or drop those rows by a cleaning rule"
            )
        return positions.astype(np.float64)
