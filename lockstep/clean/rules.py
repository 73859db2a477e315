"""Cleaning rules as data: the `clean` list of datasets/NAME.yaml. lockstep.clean.apply_rules applies them."""

from abc import abstractmethod
from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet
from typing import Annotated, Literal, Self, get_args

from pydantic import Field, model_validator

from lockstep.project.settings import Names, Settings


class BaseRule(Settings):
    """What every rule tells about columns, so that a dataset file can be checked before anything runs."""

    def needs(self) -> Sequence[str]:
        """Columns the rule reads."""
        return ()

    def needs_numbers(self) -> Sequence[str]:
        """Those of them that must be numbers."""
        return ()

    def needs_dates(self) -> Sequence[str]:
        """Those of them that must be dates."""
        return ()

    def makes(self) -> Sequence[str]:
        """Names of columns it adds."""
        return ()

    def made_of(self) -> Mapping[str, Sequence[str]]:
        """Columns it adds, each with those it is computed from."""
        return {}

    def types_after(self, types: dict[str, str]) -> dict[str, str]:
        """Names and types of the columns once the rule has run; most rules leave them as they are."""
        return types

    @abstractmethod
    def for_new_rows(self, needed: AbstractSet[str]) -> Self | None:
        """What the rule does to new rows at prediction: the rule, a part of it, or None for nothing.

        Columns change as they did in training. No new row is dropped: each gets a prediction.

        Args:
            needed: The columns that are needed after the rule.
        """

    def needed_before(self, needed: AbstractSet[str]) -> set[str]:
        """The columns of new rows that are needed before the rule.

        Args:
            needed: Those that are needed after it.
        """
        return (set(needed) - set(self.makes())) | set(self.needs())


class DropRows(BaseRule):
    """A rule that only drops rows: it does nothing to new ones."""

    def for_new_rows(self, needed: AbstractSet[str]) -> Self | None:
        return None


class DropMissing(DropRows):
    """Drop rows in which one of the columns is missing."""

    rule: Literal["drop_missing"]
    columns: Names

    def needs(self) -> Sequence[str]:
        return self.columns


class DropDuplicates(BaseRule):
    """Of the rows that agree on `columns`, keep one.

    `keep: first` and `last` go by the order of the file. `highest` and `lowest` go by the column `by`,
    ties by file order; where that is the target, the choice of copy looks at the target. `count_as` adds a column
    with the number of copies a row stands for, itself included: it says nothing of any other row that is left.
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

    def made_of(self) -> Mapping[str, Sequence[str]]:
        return dict.fromkeys(self.makes(), self.columns)

    def types_after(self, types: dict[str, str]) -> dict[str, str]:
        return types | dict.fromkeys(self.makes(), "integer")

    def for_new_rows(self, needed: AbstractSet[str]) -> Self | None:
        return self if self.count_as in needed else None

    def needed_before(self, needed: AbstractSet[str]) -> set[str]:
        # how often a new row stands in its table cannot be told from the row
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

    def made_of(self) -> Mapping[str, Sequence[str]]:
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

    def made_of(self) -> Mapping[str, Sequence[str]]:
        return {self.name: self.needs()}

    def for_new_rows(self, needed: AbstractSet[str]) -> Self | None:
        return self if self.name in needed else None


class RenameColumns(BaseRule):
    """Give columns other names."""

    rule: Literal["rename"]
    columns: Annotated[dict[str, str], Field(min_length=1)]

    def needs(self) -> Sequence[str]:
        return tuple(self.columns)

    def types_after(self, types: dict[str, str]) -> dict[str, str]:
        return {self.columns.get(name, name): kind for name, kind in types.items()}

    def makes(self) -> Sequence[str]:
        return tuple(self.columns.values())

    def for_new_rows(self, needed: AbstractSet[str]) -> Self | None:
        kept = {old: new for old, new in self.columns.items() if new in needed}
        return self.model_copy(update={"columns": kept}) if kept else None

    def needed_before(self, needed: AbstractSet[str]) -> set[str]:
        old = {new: old for old, new in self.columns.items()}
        return {old.get(name, name) for name in needed}


class DropColumns(BaseRule):
    """Remove columns that served only to make others."""

    rule: Literal["drop_columns"]
    columns: Names

    def needs(self) -> Sequence[str]:
        return self.columns

    def types_after(self, types: dict[str, str]) -> dict[str, str]:
        dropped = set(self.columns)
        return {name: kind for name, kind in types.items() if name not in dropped}

    def for_new_rows(self, needed: AbstractSet[str]) -> Self | None:
        # what is dropped frees its name for another column
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

# The classes behind the names of rules.
RULES: Mapping[str, type[BaseRule]] = {
    get_args(kind.model_fields["rule"].annotation)[0]: kind for kind in get_args(get_args(Rule)[0])
}
