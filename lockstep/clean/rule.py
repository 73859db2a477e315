"""The base of cleaning rules. A rule is one class in one file: built in, or the project's own in custom/rules/."""

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

import numpy as np
import numpy.typing as npt
import pandas as pd

from lockstep.clean.column_block import Column
from lockstep.project.custom import custom_mistakes
from lockstep.project.kinds import Kind, OneOfKind
from lockstep.project.settings import Settings

# Whether each row is kept; one bool per row.
Mask = npt.NDArray[np.bool_]
# The values of one column: a series with the index of the rows, or an array with a value for each row.
Values = pd.Series | npt.NDArray[Any]


@dataclass(frozen=True)
class Given:
    """A column that a rule computes from the whole table, so that no new row alone tells its value.

    Attributes:
        column: Type and limits of its values; `missing` is true where new rows may lack it.
        default: What stands for a missing value; None: new rows must bring the column.
        meaning: What new rows without it get, for a message: "every row counts as one copy".
    """

    column: Column
    default: int | float | str | None
    meaning: str

    @property
    def required(self) -> bool:
        """Whether new rows must bring the column."""
        return self.default is None


class Rule(Settings, OneOfKind, ABC):
    """A cleaning rule: it makes, changes, renames or removes columns, drops rows, or does several of these.

    The fields of the class are the rule's settings in the dataset file. Its methods declare the columns, so that a
    dataset file is checked before any stage runs, and compute values and the rows to keep from the columns that the
    rule reads. Both see the columns as they were before the rule. At prediction a rule sees new rows, even a single
    one, and makes and changes the same columns; it drops no new row, since each gets a prediction.
    """

    @classmethod
    def examples(cls) -> Sequence[Mapping[str, Any]]:
        """Settings as in YAML, without the key `rule`, for the table of lockstep.testing."""
        return ()

    @abstractmethod
    def reads(self) -> Sequence[str]:
        """Columns from which the rule computes values or the rows to keep; it sees no others."""

    def reads_numbers(self) -> Sequence[str]:
        """Those of them that must be numbers."""
        return ()

    def reads_dates(self) -> Sequence[str]:
        """Those of them that must be dates."""
        return ()

    def makes(self) -> Mapping[str, str]:
        """New columns with their types: number, integer, boolean, category, text or date."""
        return {}

    def changes(self) -> Sequence[str]:
        """Columns whose values the rule replaces by others of the same type."""
        return ()

    def renames(self) -> Mapping[str, str]:
        """Columns that get new names: old to new."""
        return {}

    def removes(self) -> Sequence[str]:
        """Columns that the rule removes."""
        return ()

    def sources(self) -> Mapping[str, Sequence[str]]:
        """For each column made or changed, the columns from which it is computed; by default all that are read."""
        return dict.fromkeys([*self.makes(), *self.changes()], self.reads())

    def given(self) -> Mapping[str, Given]:
        """Columns made that new rows bring, because no row alone tells them; most rules have none."""
        return {}

    def compute(self, frame: pd.DataFrame) -> Mapping[str, Values]:
        """Values of the columns made and changed.

        Args:
            frame: The columns that the rule reads.

        Returns:
            One series or array per column, in the order of the rows.
        """
        return {}

    def rows_to_keep(self, frame: pd.DataFrame) -> Mask | None:
        """Whether each row is kept, in training; None keeps all.

        Args:
            frame: The columns that the rule reads.
        """
        return None

    @abstractmethod
    def for_new_rows(self, needed: AbstractSet[str]) -> Self | None:
        """The rule for new rows at prediction: the rule itself, a part of it, or None.

        Columns change as in training. No new row is dropped: each gets a prediction.

        Args:
            needed: Columns needed after the rule.
        """


class DropRows(Rule):
    """Base of rules that only drop rows: they leave new rows as they are."""

    @abstractmethod
    def rows_to_keep(self, frame: pd.DataFrame) -> Mask:
        """Whether each row is kept, in training.

        Args:
            frame: The columns that the rule reads.
        """

    def for_new_rows(self, needed: AbstractSet[str]) -> Self | None:
        return None


class AddColumns(Rule):
    """Base of rules that add columns: they add the same columns to new rows."""

    @abstractmethod
    def makes(self) -> Mapping[str, str]:
        """New columns with their types: number, integer, boolean, category, text or date."""

    @abstractmethod
    def compute(self, frame: pd.DataFrame) -> Mapping[str, Values]:
        """Values of the columns made, each row's from the row alone.

        Args:
            frame: The columns that the rule reads.

        Returns:
            One series or array per column, in the order of the rows.
        """

    def for_new_rows(self, needed: AbstractSet[str]) -> Self | None:
        return None if needed.isdisjoint(self.makes()) else self


RULES: Kind[Rule] = Kind(name="rule", base=Rule, package="lockstep.clean.rules", key="rule", folder="rules")


def place_of(rule: Rule) -> str:
    """The rule in messages about its code: the file of a project's own one, else its name."""
    return f"custom/rules/{rule.kind_name()}.py" if rule.is_custom() else f"rule {rule.kind_name()}"


def mistakes_of(rule: Rule) -> AbstractContextManager[None]:
    """In the block, an error of the project's own code becomes one line that names its file and line."""
    return custom_mistakes(Path(place_of(rule))) if rule.is_custom() else nullcontext()
