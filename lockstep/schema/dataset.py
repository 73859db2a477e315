"""datasets/NAME.yaml: facts about one table."""

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from lockstep.schema.base import Names, Settings
from lockstep.schema.rules import Rule
from lockstep.schema.source import Source

# Columns the pipeline adds itself.
RESERVED = ("row_id", "fold")


class Column(Settings):
    """One column of the file: its type and what its values must satisfy.

    Attributes:
        type: number, integer, boolean, category (a feature), text (kept, never a feature), date
            (YYYY, YYYY-MM or YYYY-MM-DD) or ignore (left out by clean).
        min, max: Inclusive bounds of a number, integer or date's year.
        missing: Whether missing values are allowed.
        about: What it means, with its unit.
    """

    type: Literal["number", "integer", "boolean", "category", "text", "date", "ignore"]
    min: float | None = None
    max: float | None = None
    missing: bool = False
    about: str = ""

    @model_validator(mode="after")
    def _bounds_fit(self) -> Self:
        bounded = self.min is not None or self.max is not None
        if bounded and self.type not in ("number", "integer"):
            raise ValueError(f"min and max go with number and integer, not with {self.type}")
        if self.min is not None and self.max is not None and self.min > self.max:
            raise ValueError(f"min {self.min} is greater than max {self.max}; swap them")
        return self


class ColumnsStep(Settings):
    """Feature step: take columns as they come."""

    step: Literal["columns"]
    columns: Names


class RatioStep(Settings):
    """Feature step: add numerator / denominator."""

    step: Literal["ratio"]
    name: str
    numerator: str
    denominator: str


Step = Annotated[ColumnsStep | RatioStep, Field(discriminator="step")]
Recipe = Annotated[tuple[Step, ...], Field(strict=False, min_length=1)]


class Dataset(Settings):
    """The whole of one datasets/NAME.yaml."""

    about: str
    target: str
    source: Source
    missing_values: Annotated[tuple[str, ...], Field(strict=False)]
    columns: Annotated[dict[str, Column], Field(min_length=2)]
    clean: Annotated[tuple[Rule, ...], Field(strict=False)]
    features: Annotated[dict[str, Recipe], Field(min_length=1)]

    def clean_columns(self) -> list[str]:
        """Column names of the cleaned table, in order, without row_id."""
        names = [name for name, column in self.columns.items() if column.type != "ignore"]
        for position, rule in enumerate(self.clean):
            for column in rule.needs():
                _must_be_in(names, column, f"clean[{position}] ({rule.rule})")
            names = rule.columns_after(names)
        return names

    @model_validator(mode="after")
    def _names_exist(self) -> Self:
        for name in RESERVED:
            if name in self.columns:
                raise ValueError(f"columns.{name}: the name is reserved; rename the column in the file")
        names = self.clean_columns()
        twice = sorted({name for name in names if names.count(name) > 1})
        if twice:
            raise ValueError(f"clean: makes column {twice[0]!r} twice; choose another name")
        _must_be_in(names, self.target, "target")
        for recipe, steps in self.features.items():
            made: list[str] = []
            for step in steps:
                used = step.columns if isinstance(step, ColumnsStep) else (step.numerator, step.denominator)
                for column in used:
                    _must_be_in(names, column, f"features.{recipe}")
                    if column == self.target:
                        raise ValueError(f"features.{recipe}: uses the target {column!r}; remove it")
                made += step.columns if isinstance(step, ColumnsStep) else (step.name,)
            twice = sorted({name for name in made if made.count(name) > 1})
            if twice:
                raise ValueError(f"features.{recipe}: makes feature {twice[0]!r} twice; remove one")
        return self


def _must_be_in(names: list[str], column: str, where: str) -> None:
    if column not in names:
        raise ValueError(f"{where}: no column {column!r} at this point; there are: {', '.join(names)}")
