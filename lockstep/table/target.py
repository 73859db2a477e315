"""The target: the block of datasets/NAME.yaml that names it, and its values as numbers."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any, Self

import numpy as np
import numpy.typing as npt
import pandas as pd
from pydantic import Discriminator, Field, Tag, model_validator

from lockstep.errors import DataError
from lockstep.guards.text.messages import listed
from lockstep.project.settings import Settings

Class = bool | int | str
Vector = npt.NDArray[np.float64]


def class_label(name: bool | int | str) -> str:
    """A class as text; booleans in lower case, as in YAML."""
    return str(name).lower() if isinstance(name, bool) else str(name)


class ClassTarget(Settings):
    """A target that is a class: two or more values of a category, text, boolean or integer column.

    Attributes:
        column: The column to predict.
        classes: All its values, in the order of the predicted probabilities; the second of two is the positive class.
    """

    column: str
    classes: Annotated[tuple[bool | int | str, ...], Field(strict=False, min_length=2, max_length=1000)]

    @model_validator(mode="after")
    def _no_class_twice(self) -> Self:
        numbers = [float(name) for name in self.classes if not isinstance(name, str)]
        if len({class_label(name) for name in self.classes}) < len(self.classes) or len(set(numbers)) < len(numbers):
            raise ValueError("a class is listed twice; remove one")
        return self


# The explicit discriminator prevents pydantic from reporting a mistake in the classes as a missing text.
TargetOf = Annotated[
    Annotated[str, Tag("of a number")] | Annotated[ClassTarget, Tag("of classes")],
    Discriminator(lambda target: "of a number" if isinstance(target, str) else "of classes"),
]


class TargetBlock(Settings):
    """The target block."""

    target: TargetOf

    @property
    def target_column(self) -> str:
        """Name of the column to predict."""
        return self.target if isinstance(self.target, str) else self.target.column

    @property
    def classes(self) -> tuple[bool | int | str, ...]:
        """The target's classes; empty for a number."""
        return () if isinstance(self.target, str) else self.target.classes


@dataclass(frozen=True)
class Target:
    """The target.

    Attributes:
        column: Its column in the cleaned table.
        classes: Its classes, in the order of their numbers; empty for a number.
    """

    column: str
    classes: tuple[Class, ...] = ()

    @classmethod
    def of(cls, dataset: TargetBlock) -> Self:
        """The target that a dataset file names."""
        return cls(dataset.target_column, dataset.classes)

    @classmethod
    def from_json(cls, content: Mapping[str, Any]) -> Self:
        """The target that model.json describes."""
        return cls(content["column"], tuple(content["classes"]))

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
            DataError: naming the row of a value that is not a class.
        """
        values = frame[self.column]
        if not self.classes:
            return values.to_numpy(dtype=np.float64)
        if pd.api.types.is_numeric_dtype(values):
            class_numbers = [float("nan") if isinstance(name, str) else float(name) for name in self.classes]
            positions = pd.Index(class_numbers).get_indexer(pd.Index(values.astype(np.float64)))
        else:
            positions = pd.Index(self.labels).get_indexer(pd.Index(values))
        invalid = np.flatnonzero((positions < 0) | values.isna().to_numpy())
        if len(invalid):
            row = int(frame["row_id"].iloc[invalid[0]]) + 1 if "row_id" in frame else int(invalid[0]) + 1
            raise DataError(
                f"target: {self.column!r} is {values.iloc[invalid[0]]!r} in row {row}, which is none of the classes"
                f" {listed(self.labels)}; add it to target.classes, or drop those rows by a cleaning rule"
            )
        return positions.astype(np.float64)
