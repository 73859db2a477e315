"""The columns of the cleaned table, against which recipes and slices are checked."""

from collections.abc import Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from lockstep.errors import DataError, kind_and_reason
from lockstep.guards.text.messages import listed
from lockstep.storage.tables import read_json, write_json

NUMBERS = ("number", "integer", "boolean")


@dataclass(frozen=True)
class TableColumns:
    """The columns of the cleaned table, which the stage clean writes for later stages.

    Attributes:
        types: The type of each column, in order, without row_id.
        made_of_target: Columns that cleaning rules computed from the target.
        more: dict[str, list[str]] = {"genuine": list(self.genuine), "personal": sorted(self.personal)}
        present = {key: values for key, values in more.items() if values}
        write_json({"columns": columns, "made_of_target": sorted(self.made_of_target), **present}, path)
    """

    types: Mapping[str, str]
    made_of_target: AbstractSet[str]
    genuine: tuple[str, ...] = ()
    personal: AbstractSet[str] = frozenset()

    def write(self, path: Path) -> None:
        """Write the columns to a JSON file."""
        columns = [{"name": name, "type": kind} for name, kind in self.types.items()]
        more: dict[str, list[str]] = {"genuine": list(self.genuine), "personal": sorted(self.personal)}
        present = {key: values for key, values in more.items() if values}
        write_json({"columns": columns, "made_of_target": sorted(self.made_of_target), **present}, path)

    @classmethod
    def read(cls, path: Path) -> Self:
        """Read the columns that `write` wrote.

        Raises:
            DataError: if the file is damaged.
        """
        try:
            content = read_json(path)
            types = {column["name"]: column["type"] for column in content["columns"]}
            genuine, personal = tuple(content.get("genuine", ())), frozenset(content.get("personal", ()))
            return cls(types, frozenset(content["made_of_target"]), genuine, personal)
        except (KeyError, TypeError, ValueError) as error:
            raise DataError(f"{path}: is damaged ({kind_and_reason(error)}); remove it and run `dvc repro`") from None


def must_be_in(types: Mapping[str, str], column: str, where: str) -> None:
    """Refuse a column that is not among `types`, the columns at this point.

    Raises:
        ValueError: beginning with `where`, as in the two functions below.
    """
    if column not in types:
        raise ValueError(f"{where}: no column {column!r} at this point; there are: {listed(list(types))}")


def must_be_number(types: Mapping[str, str], column: str, where: str) -> None:
    """Refuse a column that is not a number."""
    if types[column] not in NUMBERS:
        raise ValueError(f"{where}: column {column!r} is of type {types[column]}; a number is needed")


def must_be_date(types: Mapping[str, str], column: str, where: str) -> None:
    """Refuse a column that is not a date."""
    if types[column] != "date":
        raise ValueError(f"{where}: column {column!r} is of type {types[column]}; a date is needed")
