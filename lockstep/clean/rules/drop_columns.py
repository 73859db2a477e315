"""The rule drop_columns."""

from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet
from typing import Any, Self

from lockstep.clean.rule import Rule
from lockstep.project.settings import Names


class DropColumns(Rule):
    """Remove columns, such as those needed only for other columns.

    Attributes:
        columns: Columns to remove.
    """

    columns: Names

    @classmethod
    def examples(cls) -> Sequence[Mapping[str, Any]]:
        return [{"columns": ["tags", "area"]}]

    def reads(self) -> Sequence[str]:
        return ()

    def removes(self) -> Sequence[str]:
        return self.columns

    def for_new_rows(self, needed: AbstractSet[str]) -> Self | None:
        # removing a column frees its name for another one
        return self
