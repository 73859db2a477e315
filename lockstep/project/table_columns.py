"""The columns of the cleaned table: what a recipe or a slice may ask of them."""

from collections.abc import Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from lockstep.guards.text.messages import listed
from lockstep.storage.tables import read_json, write_json

NUMBERS = ("number", "integer", "boolean")


@dataclass(frozen=True)
class TableColumns:
    """What the stages after `clean` know of the cleaned table's columns; it writes this beside the table.

    Attributes:
        types: Of each column, in order, without row_id.
        made_of_target: Those that cleaning rules computed from the target.
    """

    types: Mapping[str, str]
    made_of_target: AbstractSet[str]

    def write(self, path: Path) -> None:
        """Keep them in a JSON file."""
        columns = [{"name": name, "type": kind} for name, kind in self.types.items()]
        write_json({"columns": columns, "made_of_target": sorted(self.made_of_target)}, path)

    @classmethod
    def read(cls, path: Path) -> Self:
        """What `write` wrote."""
        content = read_json(path)
        types = {column["name"]: column["type"] for column in content["columns"]}
        return cls(types, frozenset(content["made_of_target"]))


def must_be_in(types: Mapping[str, str], column: str, where: str) -> None:
    """Refuse a column that is not among `types`, the columns at this point.

    Raises:
        ValueError: beginning with `where`; so do the two below.
    """
    if column not in types:
        raise ValueError(f"{where}: no column {column!r} at this point; there are: {listed(list(types))}")


def must_be_number(types: Mapping[str, str], column: str, where: str) -> None:
    """Refuse a column that is no number."""
    if types[column] not in NUMBERS:
        raise ValueError(f"{where}: column {column!r} is of type {types[column]}; a number is needed")


def must_be_date(types: Mapping[str, str], column: str, where: str) -> None:
    """Refuse a column that is no date."""
    if types[column] != "date":
        raise ValueError(f"{where}: column {column!r} is of type {types[column]}; a date is needed")
