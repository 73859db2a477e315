"""The base of groups: features of one kind that a table may get, from its columns and training rows."""

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
import pandas as pd

from lockstep.features.arrays import Numbers
from lockstep.project.kinds import Kind, OneOfKind

# Settings of a step as in a dataset file, with the key `step`.
StepSettings = dict[str, Any]


@dataclass(frozen=True)
class TrainingRows:
    """What a group sees of a table: the columns that are features, and training rows.

    Attributes:
        types: The type of each column that features may be made of, in the order of the table.
        frame: Training rows.
        residuals: What a small model of the other rows leaves of each row's target, shape (rows, outputs): one output
            of a number, one per class of more than two; NaN of rows without such a model.
        importance: How much that model uses each column, at least 0.
    """

    types: Mapping[str, str]
    frame: pd.DataFrame
    residuals: Numbers
    importance: Mapping[str, float]

    def of_type(self, *types: str) -> list[str]:
        """Columns of these types, in the order of the table."""
        return [column for column, kind in self.types.items() if kind in types]

    def numbers(self) -> list[str]:
        """Columns of numbers with more than two values."""
        return [column for column in self.of_type("number", "integer") if self.distinct(column) > 2]

    def distinct(self, column: str) -> int:
        """The number of values of a column."""
        return int(self.frame[column].nunique())

    def by_importance(self, columns: Sequence[str], most: int) -> list[str]:
        """At most so many columns, those that the small model uses most; in the order of the table."""
        ranked = sorted(columns, key=lambda column: -self.importance.get(column, 0.0))
        kept = set(ranked[:most])
        return [column for column in columns if column in kept]

    def largest(self, column: str) -> float:
        """The largest absolute value of a column of numbers; 0 without a value."""
        values = self.frame[column].to_numpy(dtype=np.float64, na_value=np.nan)
        return float(np.nanmax(np.abs(values), initial=0.0))


class FeatureGroup(OneOfKind, ABC):
    """Features of one kind; its name is that of its file, its docstring one sentence for the report.

    A group learns nothing itself: its steps do. Which steps it proposes may depend on the rows, so the choice asks it
    anew for every set of training rows.

    Attributes:
        made_of: The kinds of columns that it needs: types of columns, place, or any.
    """

    STATED = ("made_of",)

    made_of: ClassVar[tuple[str, ...]]

    @classmethod
    @abstractmethod
    def steps(cls, rows: TrainingRows) -> list[StepSettings]:
        """The steps that the group proposes for a table; empty if it has nothing to offer.

        Args:
            rows: The table's columns and training rows.
        """


GROUPS: Kind[FeatureGroup] = Kind(name="group", base=FeatureGroup, package="lockstep.features.groups", key="group")
