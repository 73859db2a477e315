"""datasets/NAME.yaml: facts about one table."""

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from lockstep.clean.settings import TableBlocks, must_be_date, must_be_in, must_be_number
from lockstep.fetch.settings import Source
from lockstep.guards.messages import repeated
from lockstep.project.settings import Settings
from lockstep.schema.features import Recipe
from lockstep.schema.number_steps import NeighboursStep

FORBIDDEN_IN_FEATURES = "[]<"


class ValueSlice(Settings):
    """Test rows by the value of a column: the most frequent ones, and the others together."""

    by: Literal["value"]
    column: str
    top: Annotated[int, Field(ge=1, le=100)] = 12


class SeenSlice(Settings):
    """Test rows whose value of a column stands in the training rows too, and those whose value is new."""

    by: Literal["seen"]
    column: str


class GridSlice(Settings):
    """Test rows by cells of two numeric columns, `size` wide in their unit: regions of a map."""

    by: Literal["grid"]
    columns: Annotated[tuple[str, str], Field(strict=False)]
    size: Annotated[float, Field(gt=0)]


class QuantileSlice(Settings):
    """Test rows by equal parts of a numeric column."""

    by: Literal["quantiles"]
    column: str
    parts: Annotated[int, Field(ge=2, le=20)] = 5


Slice = Annotated[ValueSlice | SeenSlice | GridSlice | QuantileSlice, Field(discriminator="by")]


class Judging(Settings):
    """What `evaluate` looks at besides the whole test set; deciles of the target are always there.

    Attributes:
        slices: Parts of the test rows that get metrics of their own.
        coordinates: Two columns that are a place; with them nearest neighbours in space are a baseline.
    """

    slices: Annotated[tuple[Slice, ...], Field(strict=False)]
    coordinates: Annotated[tuple[str, str], Field(strict=False)] | None


class Dataset(TableBlocks):
    """The whole of one datasets/NAME.yaml."""

    about: str
    source: Source
    features: Annotated[dict[str, Recipe], Field(min_length=1)]
    judging: Judging

    @model_validator(mode="after")
    def _names_are_in_the_cleaned_table(self) -> Self:
        types, made = self.clean_types(), self.made_of_target()
        for recipe, steps in self.features.items():
            self._check_target_stays_out(f"features.{recipe}", steps, made)
            _check_recipe(f"features.{recipe}", steps, types)
        self._check_judging(types, made)
        return self

    def _check_target_stays_out(self, where: str, steps: Recipe, made: set[str]) -> None:
        for step in steps:
            for column in step.reads():
                if column == self.target_column:
                    raise ValueError(f"{where}: uses the target {column!r}; remove it")
                if column in made:
                    raise ValueError(f"{where}: column {column!r} is made from the target; remove it")
            if self.classes and isinstance(step, NeighboursStep) and step.target_per:
                raise ValueError(f"{where}: neighbours: target_per needs a number as target; remove it, or use `of`")

    def _check_judging(self, types: dict[str, str], made: set[str]) -> None:
        for position, part in enumerate(self.judging.slices):
            where = f"judging.slices[{position}] ({part.by})"
            columns = part.columns if isinstance(part, GridSlice) else (part.column,)
            for column in columns:
                must_be_in(types, column, where)
                if isinstance(part, GridSlice | QuantileSlice):
                    must_be_number(types, column, where)
        for column in self.judging.coordinates or ():
            must_be_in(types, column, "judging.coordinates")
            if column == self.target_column:
                raise ValueError(f"judging.coordinates: {column!r} is the target; name another column")
            if column in made:
                raise ValueError(f"judging.coordinates: column {column!r} is made from the target; name another column")
            must_be_number(types, column, "judging.coordinates")


def _check_recipe(where: str, steps: Recipe, types: dict[str, str]) -> None:
    made: list[str] = []
    for step in steps:
        as_text = set(step.reads_text())
        for column in step.reads():
            must_be_in(types, column, where)
            if types[column] == "text" and column not in as_text:
                raise ValueError(f"{where}: column {column!r} is text; state type category to learn from its values")
        for column in step.reads_numbers():
            must_be_number(types, column, where)
        for column in step.reads_words():
            if types[column] not in ("text", "category"):
                raise ValueError(f"{where}: column {column!r} is of type {types[column]}; text or a category is needed")
        for column in step.reads_dates():
            must_be_date(types, column, where)
        made += step.makes()
    if twice := repeated(made):
        raise ValueError(f"{where}: makes feature {twice[0]!r} twice; remove one")
    for name in made:
        if any(sign in name for sign in FORBIDDEN_IN_FEATURES):
            raise ValueError(f"{where}: XGBoost refuses [, ] and < in a feature's name: {name!r}; rename it in `clean`")
