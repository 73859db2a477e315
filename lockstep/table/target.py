"""The target: the blocks of datasets/NAME.yaml that name it and the weights of rows, and their values as numbers."""

from collections.abc import Mapping
from collections.abc import Set as AbstractSet
from dataclasses import asdict, dataclass
from typing import Annotated, Any, Self

import numpy as np
import numpy.typing as npt
import pandas as pd
from pydantic import Discriminator, Field, Tag, model_validator

from lockstep.errors import DataError
from lockstep.guards.text.messages import listed
from lockstep.project.settings import Settings
from lockstep.table.row_weights import RowWeights
from lockstep.table.table_columns import must_be_in

Class = bool | int | str
Vector = npt.NDArray[np.float64]
# Keys of the columns that say how much a row counts, in the dataset file and in model.json.
WEIGHING = ("weight", "exposure")


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


class WeightedTargetBlock(TargetBlock):
    """The target block, and the columns that say how much a row counts; each is None where a table has none."""

    weight: str | None
    exposure: str | None

    @property
    def weighing(self) -> dict[str, str]:
        """The columns that are given, by their key in the file."""
        columns = {"weight": self.weight, "exposure": self.exposure}
        return {key: column for key, column in columns.items() if column is not None}

    def check_weighing(self, types: Mapping[str, str], made_of_target: AbstractSet[str]) -> None:
        """Refuse a weight or an exposure that is no column of numbers, or comes from the target.

        Args:
            types: Types of the columns of the cleaned table.
            made_of_target: Those that are computed from the target.

        Raises:
            ValueError: naming key and column.
        """
        for key, column in self.weighing.items():
            must_be_in(types, column, key)
            if types[column] not in ("number", "integer"):
                raise ValueError(f"{key}: column {column!r} is of type {types[column]}; name a column of numbers")
            if column == self.target_column or column in made_of_target:
                raise ValueError(f"{key}: column {column!r} is, or is made from, the target; name another column")
        if self.exposure is not None and self.exposure == self.weight:
            raise ValueError(f"exposure: column {self.exposure!r} is the weight as well; set one of the two to null")
        if self.exposure is not None and self.classes:
            raise ValueError(f"exposure: {self.exposure!r}: classes have no exposure; set it to null")


@dataclass(frozen=True)
class Target:
    """The target, and the columns that say how much each row counts.

    Attributes:
        column: Its column in the cleaned table.
        classes: Its classes, in the order of their numbers; empty for a number.
        weight: Column of the rows' weights: a row of weight 2 counts as two rows; None: all count the same.
        exposure: Column of the time or amount in which a row's target was counted; None: the same for all.
    """

    column: str
    classes: tuple[Class, ...] = ()
    weight: str | None = None
    exposure: str | None = None

    @classmethod
    def of(cls, dataset: TargetBlock) -> Self:
        """The target that a dataset file names; with weights and exposures if the block has them."""
        weighing = dataset.weighing if isinstance(dataset, WeightedTargetBlock) else {}
        return cls(dataset.target_column, dataset.classes, **weighing)

    @classmethod
    def from_json(cls, content: Mapping[str, Any]) -> Self:
        """The target that model.json describes."""
        weighing = {key: content[key] for key in WEIGHING if key in content}
        return cls(content["column"], tuple(content["classes"]), **weighing)

    def to_json(self) -> dict[str, Any]:
        """The target as JSON values; weight and exposure only where there is one."""
        content = asdict(self)
        return {key: value for key, value in content.items() if key not in WEIGHING or value is not None}

    @property
    def n_classes(self) -> int:
        """Number of classes; 0 for a number."""
        return len(self.classes)

    @property
    def labels(self) -> list[str]:
        """The classes as text."""
        return [class_label(name) for name in self.classes]

    @property
    def row_weights(self) -> RowWeights:
        """The columns that say how much a row counts."""
        return RowWeights(self.weight, self.exposure)

    def weights(self, frame: pd.DataFrame) -> Vector | None:
        """The weight of each row, as `RowWeights.weights`."""
        return self.row_weights.weights(frame)

    def exposures(self, frame: pd.DataFrame) -> Vector | None:
        """The exposure of each row, as `RowWeights.exposures`."""
        return self.row_weights.exposures(frame)

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
