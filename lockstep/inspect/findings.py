"""The findings of an inspection as plain data."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from lockstep.clean.column_block import ColumnType
from lockstep.inspect.rows.structure import Relations

# plain: a feature without a step; encoded: a category of many values; parts: several values in one text; words: a text
# whose length and words are features; presence: whether there is a value is one. Columns of the others stay out of the
# recipes.
Role = Literal[
    "target",
    "weight",
    "exposure",
    "plain",
    "encoded",
    "parts",
    "words",
    "presence",
    "identifier",
    "constant",
    "empty",
    "copy",
    "leak",
    "unreadable",
]
LEFT_OUT: tuple[Role, ...] = ("leak", "identifier", "constant", "empty", "copy", "unreadable")
NO_FEATURE: tuple[Role, ...] = (*LEFT_OUT, "target", "weight", "exposure")
Type = ColumnType


@dataclass(frozen=True)
class Finding:
    """One column.

    Attributes:
        name: Its name in the file.
        type: Its type in the dataset file.
        role: Its role in the recipes.
        why: The reason, for a comment.
        missing: Rows without a value.
        distinct: Number of different values.
        separator, n_parts: For role parts, the separator of a value's parts and the number of different parts.
        date_parts: Parts of a date that vary between rows.
        zeros: For roles weight and exposure, the rows in which it is 0.
        mean: For the same roles, its mean.
        facts: The keys of its entry in the dataset file that say how its values are written.
        personal: What personal facts it seems to have, such as e-mail addresses; empty for none.
    """

    name: str
    type: Type
    role: Role
    why: str
    missing: int
    distinct: int
    separator: str = ""
    n_parts: int = 0
    date_parts: tuple[str, ...] = ()
    zeros: int = 0
    mean: float = 1.0
    facts: Mapping[str, Any] = field(default_factory=dict)
    personal: str = ""


@dataclass(frozen=True)
class TargetFinding:
    """The column to predict.

    Attributes:
        column: Its name.
        type: Its type.
        classes: Its classes; empty for a number.
        missing: Rows without a value.
        notes: Comments for the dataset file.
        needs: The setting, as after `-S`, without which no model of the table can be fitted; None: the defaults do.
    """

    column: str
    type: Type
    classes: tuple[bool | int | str, ...]
    missing: int
    notes: tuple[str, ...]
    needs: str | None = None


@dataclass(frozen=True)
class TableFindings:
    """One table.

    Attributes:
        n_rows: Rows of the file.
        target: The column to predict.
        columns: One finding per column, in the file's order.
        missing_values: Texts in the table that mean "no value".
        notes: Comments on columns that may contain fillers, or nearly determine the target.
        relations: Copies, order in time, groups and places of the rows.
        total: A column without a value in the last row alone, where that row seems to be a total; None: it is none.
    """

    n_rows: int
    target: TargetFinding
    columns: tuple[Finding, ...]
    missing_values: tuple[str, ...]
    notes: tuple[str, ...] = ()
    relations: Relations = field(default_factory=Relations)
    total: str | None = None

    def of(self, *roles: Role) -> list[Finding]:
        """The columns with one of the roles, in the file's order."""
        return [column for column in self.columns if column.role in roles]
