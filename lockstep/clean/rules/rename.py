"""The rule rename."""

from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet
from typing import Annotated, Any, Self

from pydantic import Field

from lockstep.clean.rule import Rule


class RenameColumns(Rule):
    """Rename columns.

    Attributes:
        columns: For each old name the new one.
    """

    columns: Annotated[dict[str, str], Field(min_length=1)]

    @classmethod
    def examples(cls) -> Sequence[Mapping[str, Any]]:
        return [
            {"columns": {"area": "square_metres", "kind": "building"}},
            {"columns": {"area": "rooms", "rooms": "area"}},
        ]

    def reads(self) -> Sequence[str]:
        return ()

    def renames(self) -> Mapping[str, str]:
        return self.columns

    def for_new_rows(self, needed: AbstractSet[str]) -> Self | None:
        columns = {old: new for old, new in self.columns.items() if new in needed}
        return self.model_copy(update={"columns": columns}) if columns else None
