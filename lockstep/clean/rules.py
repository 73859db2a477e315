"""Cleaning rules as data: the `clean` list of datasets/NAME.yaml. lockstep.clean.apply_rules applies them."""

from abc import abstractmethod
from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet
from typing import Annotated, Literal, Self, get_args

from pydantic import Field, model_validator

from lockstep.project.settings import Names, Settings


class BaseRule(Settings):
    """The columns that a rule reads and makes, so that a dataset file can be checked before any stage runs."""

    def needs(self) -> Sequence[str]:
        """Columns that the rule reads."""
        return ()

    def needs_numbers(self) -> Sequence[str]:
        """Those of them that must be numbers."""
        return ()

    def needs_dates(self) -> Sequence[str]:
        """Those of them that must be dates."""
        return ()

    def makes(self) -> Sequence[str]:
        """Names of the columns that the rule adds."""
        return ()

    def sources(self) -> Mapping[str, Sequence[str]]:
        """Columns that the rule adds, each with those from which it is computed."""
        return {}

    def types_after(self, types: dict[str, str]) -> dict[str, str]:
        """Names and types of the columns after the rule; most rules do not change them."""
        return types

    @abstractmethod
    def for_new_rows(self, needed: AbstractSet[str]) -> Self | None:
        """The rule for new rows at prediction: the rule itself, a part of it, or None.

        Columns change as in training. No new row is dropped: each gets a prediction.

        Args:
            needed: Columns needed after the rule.
        """

    def needed_before(self, needed: AbstractSet[str]) -> set[str]:
        """Columns of new rows needed before the rule.

        Args:
            needed: Columns needed after the rule.
        """
        return (set(needed) - set(self.makes())) | set(self.needs())


class DropRows(BaseRule):
    """A rule that only drops rows: it does not change new rows."""

    def for_new_rows(self, needed: AbstractSet[str]) -> Self | None:
        return None


class DropMissing(DropRows):
    """Drop rows in which one of the columns is missing."""

    rule: Literal["drop_missing"]
    columns: Names

    def needs(self) -> Sequence[str]:
        return self.columns


class DropDuplicates(BaseRule):
    """Keep one of the rows with equal values in `columns`.

    `keep: first` and `last` use the order of the file. `highest` and `lowest` use the column `by`, with ties in file
    order; if that column is the target, the choice of the copy depends on the target. `count_as` adds a column with the
    number of copies of the row, itself included, which tells nothing about the other remaining rows.
    """

    rule: Literal["drop_duplicates"]
    columns: Names
    keep: Literal["first", "last", "highest", "lowest"]
    by: str | None = None
    count_as: str | None = None

    @model_validator(mode="after")
    def _by_where_needed(self) -> Self:
        if (self.keep in ("highest", "lowest")) != (self.by is not None):
            raise ValueError("`by` names a column exactly when keep is highest or lowest")
        return self

    def needs(self) -> Sequence[str]:
        return (*self.columns, self.by) if self.by else self.columns

    def makes(self) -> Sequence[str]:
        return (self.count_as,) if self.count_as else ()

    def sources(self) -> Mapping[str, Sequence[str]]:
        return dict.fromkeys(self.makes(), self.columns)

    def types_after(self, types: dict[str, str]) -> dict[str, str]:
        return types | dict.fromkeys(self.makes(), "integer")

    def for_new_rows(self, needed: AbstractSet[str]) -> Self | None:
        return self if self.count_as in needed else None

    def needed_before(self, needed: AbstractSet[str]) -> set[str]:
        # the number of copies of a new row cannot be computed from the row
        return set(needed) - set(self.makes())


class DropValues(DropRows):
    """Drop rows in which a column has one of the values."""

    rule: Literal["drop_values"]
    column: str
    values: Annotated[tuple[int | float | str | bool, ...], Field(strict=False, min_length=1)]

    def needs(self) -> Sequence[str]:
        return (self.column,)


class DropOutside(DropRows):
    """Drop rows in which a number lies outside [min, max]; missing values stay."""

    rule: Literal["drop_outside"]
    column: str
    min: float | None = None
    max: float | None = None

    @model_validator(mode="after")
    def _bounds_fit(self) -> Self:
        if self.min is None and self.max is None:
            raise ValueError("drop_outside drops nothing; set min, max or both")
        if self.min is not None and self.max is not None and self.min > self.max:
            raise ValueError(f"min {self.min} is greater than max {self.max}; swap them")
        return self

    def needs(self) -> Sequence[str]:
        return (self.column,)

    def needs_numbers(self) -> Sequence[str]:
        return (self.column,)


class AddRatio(BaseRule):
    """Add a column `name` = numerator / denominator (missing where the denominator is 0)."""

    rule: Literal["ratio"]
    name: str
    numerator: str
    denominator: str

    def needs(self) -> Sequence[str]:
        return (self.numerator, self.denominator)

    def needs_numbers(self) -> Sequence[str]:
        return self.needs()

    def types_after(self, types: dict[str, str]) -> dict[str, str]:
        return types | {self.name: "number"}

    def makes(self) -> Sequence[str]:
        return (self.name,)

    def sources(self) -> Mapping[str, Sequence[str]]:
        return {self.name: self.needs()}

    def for_new_rows(self, needed: AbstractSet[str]) -> Self | None:
        return self if self.name in needed else None


class ScaleColumn(BaseRule):
    """Divide a column by a constant: a change of unit."""

    rule: Literal["scale"]
    column: str
    divide_by: Annotated[float, Field(gt=0)]

    def needs(self) -> Sequence[str]:
        return (self.column,)

    def needs_numbers(self) -> Sequence[str]:
        return (self.column,)

    def for_new_rows(self, needed: AbstractSet[str]) -> Self | None:
        return self if self.column in needed else None


class AddDatePart(BaseRule):
    """Add a column `name` = the year, quarter, month or weekday (0 = Monday) of a date."""

    rule: Literal["date_part"]
    name: str
    column: str
    part: Literal["year", "quarter", "month", "weekday"]

    def needs(self) -> Sequence[str]:
        return (self.column,)

    def needs_dates(self) -> Sequence[str]:
        return (self.column,)

    def types_after(self, types: dict[str, str]) -> dict[str, str]:
        return types | {self.name: "integer"}

    def makes(self) -> Sequence[str]:
        return (self.name,)

    def sources(self) -> Mapping[str, Sequence[str]]:
        return {self.name: self.needs()}

    def for_new_rows(self, needed: AbstractSet[str]) -> Self | None:
        return self if self.name in needed else None


class RenameColumns(BaseRule):
    """Rename columns."""

    rule: Literal["rename"]
    columns: Annotated[dict[str, str], Field(min_length=1)]

    def needs(self) -> Sequence[str]:
        return tuple(self.columns)

    def types_after(self, types: dict[str, str]) -> dict[str, str]:
        return {self.columns.get(name, name): kind for name, kind in types.items()}

    def makes(self) -> Sequence[str]:
        return tuple(self.columns.values())

    def for_new_rows(self, needed: AbstractSet[str]) -> Self | None:
        columns = {old: new for old, new in self.columns.items() if new in needed}
        return self.model_copy(update={"columns": columns}) if columns else None

    def needed_before(self, needed: AbstractSet[str]) -> set[str]:
        old = {new: old for old, new in self.columns.items()}
        return {old.get(name, name) for name in needed}


class DropColumns(BaseRule):
    """Remove columns, such as those needed only for other columns."""

    rule: Literal["drop_columns"]
    columns: Names

    def needs(self) -> Sequence[str]:
        return self.columns

    def types_after(self, types: dict[str, str]) -> dict[str, str]:
        dropped = set(self.columns)
        return {name: kind for name, kind in types.items() if name not in dropped}

    def for_new_rows(self, needed: AbstractSet[str]) -> Self | None:
        # dropping a column frees its name for another one
        return self

    def needed_before(self, needed: AbstractSet[str]) -> set[str]:
        return set(needed)


Rule = Annotated[
    DropMissing
    | DropDuplicates
    | DropValues
    | DropOutside
    | AddRatio
    | ScaleColumn
    | AddDatePart
    | RenameColumns
    | DropColumns,
    Field(discriminator="rule"),
]

# The class of each rule name.
RULES: Mapping[str, type[BaseRule]] = {
    get_args(kind.model_fields["rule"].annotation)[0]: kind for kind in get_args(get_args(Rule)[0])
}
