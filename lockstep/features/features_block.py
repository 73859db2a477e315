"""The block `features`: in params.yaml the name of a recipe, in datasets/NAME.yaml the recipes."""

from pathlib import Path
from typing import Annotated

from pydantic import Field

from lockstep.errors import ConfigError
from lockstep.features.formula_steps import (
    ColumnsStep,
    DistanceStep,
    InteractionStep,
    LogStep,
    RatioStep,
    RotateStep,
)
from lockstep.features.number_steps import ClustersStep, LinearStep, LocalLinearStep, NeighboursStep
from lockstep.features.step_base import FORBIDDEN_CHARACTERS
from lockstep.features.value_steps import CountStep, DatePartsStep, MultiValueStep, TargetEncodeStep, TextStep
from lockstep.guards.text.messages import listed, quoted, repeated
from lockstep.project.blocks import Blocks, mistakes_in
from lockstep.project.settings import Settings
from lockstep.table.table_columns import TableColumns, must_be_date, must_be_in, must_be_number
from lockstep.table.target import TargetBlock

Step = Annotated[
    ColumnsStep
    | RatioStep
    | LogStep
    | RotateStep
    | DistanceStep
    | InteractionStep
    | DatePartsStep
    | TextStep
    | CountStep
    | MultiValueStep
    | TargetEncodeStep
    | ClustersStep
    | NeighboursStep
    | LocalLinearStep
    | LinearStep,
    Field(discriminator="step"),
]
Recipe = Annotated[tuple[Step, ...], Field(strict=False, min_length=1)]
Recipes = Annotated[dict[str, Recipe], Field(min_length=1)]


class RecipesBlock(TargetBlock):
    """The recipes of a dataset, and the target, which they may not read."""

    features: Recipes


class RecipeChoice(Settings):
    """The name of the recipe."""

    features: str

    def of(self, recipes: Recipes, file: Path) -> Recipe:
        """The recipe of that name.

        Raises:
            ConfigError: if the dataset file has no such recipe.
        """
        if self.features not in recipes:
            raise ConfigError(
                f"params.yaml: features: {quoted(self.features)}: {file} has no such recipe;"
                f" it has: {listed(sorted(recipes))}"
            )
        return recipes[self.features]


def chosen_recipe(choice: RecipeChoice, blocks: Blocks, columns: TableColumns) -> Recipe:
    """The chosen recipe of the dataset file, checked against the columns of the cleaned table.

    Raises:
        ConfigError: with one line, if there is no such recipe, or a step cannot use a column.
    """
    facts = blocks.facts(RecipesBlock)
    recipe = choice.of(facts.features, blocks.file)
    with mistakes_in(blocks.file):
        check_recipe(choice.features, recipe, columns, facts)
    return recipe


def check_recipe(name: str, steps: Recipe, columns: TableColumns, target: TargetBlock) -> None:
    """Check that a recipe reads columns that its steps can use, and none that is computed from the target.

    Raises:
        ValueError: naming the recipe and the column.
    """
    where, types = f"features.{name}", columns.types
    features: list[str] = []
    for step in steps:
        _check_target_unused(where, step, columns, target)
        text_columns = set(step.reads_text())
        for column in step.reads():
            must_be_in(types, column, where)
            if types[column] == "text" and column not in text_columns:
                raise ValueError(f"{where}: column {column!r} is text; state type category to learn from its values")
        for column in step.reads_numbers():
            must_be_number(types, column, where)
        for column in step.reads_words():
            if types[column] not in ("text", "category"):
                raise ValueError(f"{where}: column {column!r} is of type {types[column]}; text or a category is needed")
        for column in step.reads_dates():
            must_be_date(types, column, where)
        features += step.makes()
    if duplicates := repeated(features):
        raise ValueError(f"{where}: makes feature {duplicates[0]!r} twice; remove one")
    for feature in features:
        if any(character in feature for character in FORBIDDEN_CHARACTERS):
            raise ValueError(
                f"{where}: XGBoost refuses [, ] and < in a feature's name: {feature!r}; rename it in `clean`"
            )


def _check_target_unused(where: str, step: Step, columns: TableColumns, target: TargetBlock) -> None:
    for column in step.reads():
        if column == target.target_column:
            raise ValueError(f"{where}: uses the target {column!r}; remove it")
        if column in columns.made_of_target:
            raise ValueError(f"{where}: column {column!r} is made from the target; remove it")
    if target.classes and isinstance(step, NeighboursStep) and step.target_per:
        raise ValueError(f"{where}: neighbours: target_per needs a number as target; remove it, or use `of`")
