"""The block `features`: in params.yaml the name of a recipe, in datasets/NAME.yaml the recipes."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any

from pydantic import AfterValidator, BeforeValidator, Discriminator, Field, Tag

from lockstep.errors import ConfigError
from lockstep.features.group import GROUPS
from lockstep.features.step import STEPS, Step
from lockstep.features.step_mistakes import names_of
from lockstep.features.step_settings import FORBIDDEN_CHARACTERS
from lockstep.guards.text.messages import listed, quoted, repeated
from lockstep.project.blocks import Blocks, mistakes_in
from lockstep.project.settings import Settings
from lockstep.table.table_columns import TableColumns, must_be_date, must_be_in, must_be_number
from lockstep.table.target import WeightedTargetBlock

AnyStep = Annotated[Step, BeforeValidator(STEPS.parse)]
Recipe = Annotated[tuple[AnyStep, ...], Field(strict=False, min_length=1)]


def _steps(start: Any) -> Any:
    if isinstance(start, str):
        raise ValueError(
            f"{quoted(start)} is no list of steps; to begin from a recipe write `{start}: &{start}` where it stands,"
            f" and `start: *{start}` here"
        )
    return start


def _known(name: str) -> str:
    GROUPS[name]
    return name


def _once(names: tuple[str, ...]) -> tuple[str, ...]:
    if duplicates := repeated(names):
        raise ValueError(f"{duplicates[0]!r} occurs twice; remove one")
    return names


class AutomaticRecipe(Settings):
    """A recipe that stage tune completes: the steps it begins with, and what it may add.

    Attributes:
        start: Steps that the recipe always has; added features are made of the columns that they read.
        groups: Names of the groups of features that are tried; None: all.
        candidates: Further steps that are tried, each by itself.
    """

    start: Annotated[Recipe, BeforeValidator(_steps)]
    groups: (
        Annotated[tuple[Annotated[str, AfterValidator(_known)], ...], Field(strict=False), AfterValidator(_once)] | None
    ) = None
    candidates: Annotated[tuple[AnyStep, ...], Field(strict=False)] = ()


# The explicit discriminator keeps the names of both forms out of messages.
AnyRecipe = Annotated[
    Annotated[Recipe, Tag("steps")] | Annotated[AutomaticRecipe, Tag("automatic")],
    Discriminator(lambda recipe: "automatic" if isinstance(recipe, dict | AutomaticRecipe) else "steps"),
]
Recipes = Annotated[dict[str, AnyRecipe], Field(min_length=1)]


class RecipesBlock(WeightedTargetBlock):
    """The recipes of a dataset, and the target, weight and exposure, which they may not read."""

    features: Recipes


class RecipeChoice(Settings):
    """The name of the recipe."""

    features: str

    def of(self, recipes: Recipes, file: Path) -> Recipe | AutomaticRecipe:
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


def chosen_recipe(choice: RecipeChoice, blocks: Blocks, columns: TableColumns) -> Recipe | AutomaticRecipe:
    """The chosen recipe of the dataset file, checked against the columns of the cleaned table.

    Raises:
        ConfigError: with one line, if there is no such recipe, or a step cannot use a column.
    """
    facts = blocks.facts(RecipesBlock)
    recipe = choice.of(facts.features, blocks.file)
    with mistakes_in(blocks.file):
        check_recipe(choice.features, recipe, columns, facts)
    return recipe


def start_of(recipe: Recipe | AutomaticRecipe) -> Recipe:
    """The steps that a recipe has in any case: all of them, or those that an automatic one begins with."""
    return recipe.start if isinstance(recipe, AutomaticRecipe) else recipe


def check_recipe(
    name: str, recipe: Recipe | AutomaticRecipe, columns: TableColumns, target: WeightedTargetBlock
) -> None:
    """Check that a recipe reads columns that its steps can use: not the target or what it makes, weight or exposure.

    Raises:
        ValueError: naming the recipe and the column.
    """
    where = f"features.{name}"
    steps = (*recipe.start, *recipe.candidates) if isinstance(recipe, AutomaticRecipe) else recipe
    features: list[str] = []
    for step in steps:
        _check_reads(where, step, columns, target)
        features += names_of(step, "makes")
    if duplicates := repeated(features):
        raise ValueError(f"{where}: makes feature {duplicates[0]!r} twice; remove one")
    for feature in features:
        if any(character in feature for character in FORBIDDEN_CHARACTERS):
            raise ValueError(
                f"{where}: XGBoost refuses [, ] and < in a feature's name: {feature!r}; rename it in `clean`"
            )


def _check_reads(where: str, step: Step, columns: TableColumns, target: WeightedTargetBlock) -> None:
    types = columns.types
    reads, text = names_of(step, "reads"), names_of(step, "reads_text")
    numbers, words, dates = (names_of(step, f"reads_{kind}") for kind in ("numbers", "words", "dates"))
    _check_target(where, step, reads, columns, target)
    _check_not_personal(where, step, reads, columns)
    for column in reads:
        must_be_in(types, column, where)
        if types[column] == "text" and column not in text:
            raise ValueError(f"{where}: column {column!r} is text; state type category to learn from its values")
    for column in numbers:
        must_be_number(types, column, where)
    for column in words:
        if types[column] not in ("text", "category"):
            raise ValueError(f"{where}: column {column!r} is of type {types[column]}; text or a category is needed")
    for column in dates:
        must_be_date(types, column, where)
    with _named(where, step):
        step.check_types(types)


def _check_target(
    where: str, step: Step, reads: Sequence[str], columns: TableColumns, target: WeightedTargetBlock
) -> None:
    for column in reads:
        if column == target.target_column:
            raise ValueError(f"{where}: uses the target {column!r}; remove it")
        if column in columns.made_of_target:
            raise ValueError(f"{where}: column {column!r} is made from the target; remove it")
        for key, weighing in target.weighing.items():
            if column == weighing:
                raise ValueError(f"{where}: column {column!r} is the {key}, which is no feature; remove it")
    with _named(where, step):
        step.check_target(bool(target.classes))


def _check_not_personal(where: str, step: Step, reads: Sequence[str], columns: TableColumns) -> None:
    """Refuse names of features that hold values of a personal column: reports show them."""
    personal = [column for column in reads if column in columns.personal]
    if personal and not step.all_names_known:
        raise ValueError(
            f"{where}: {step.kind_name()}: column {personal[0]!r} is personal, and its values would be names of"
            " features; set top to 0, or remove personal: true from the column"
        )


@contextmanager
def _named(where: str, step: Step) -> Iterator[None]:
    """Within the block a ValueError names the recipe and the step."""
    try:
        yield
    except ValueError as error:
        raise ValueError(f"{where}: {step.kind_name()}: {error}") from None
