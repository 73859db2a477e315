"""All settings of an experiment as one frozen object: params.yaml and the dataset file it names.

Every setting of both files is validated, also against the other blocks; see lockstep.project.blocks.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Self

from pydantic import model_validator

from lockstep.clean.table_blocks import TableBlocks
from lockstep.evaluate.evaluate_blocks import Evaluate, Judging, check_choices
from lockstep.features.features_block import Recipe, RecipeChoice, Recipes, check_recipe, start_of
from lockstep.fetch.source_block import AnySource
from lockstep.fitting.booster_block import BoosterSettings, MetricBlock
from lockstep.guards.text.yaml_file import parsed_yaml
from lockstep.model.train_block import TrainBest
from lockstep.project.blocks import Blocks, DatasetName, mistakes_in, validate
from lockstep.project.custom import custom_in
from lockstep.project.paths import PARAMS
from lockstep.project.settings import Seed
from lockstep.search.tune_blocks import PrunerOptions, SearchBlocks, Space, Tune
from lockstep.split.split_block import Split, check_split_columns, check_split_types
from lockstep.table.target import Target


class Dataset(TableBlocks, MetricBlock):
    """The whole of one datasets/NAME.yaml."""

    about: str
    source: AnySource
    features: Recipes
    judging: Judging

    @model_validator(mode="after")
    def _names_are_in_the_cleaned_table(self) -> Self:
        columns = self.cleaned()
        for recipe, steps in self.features.items():
            check_recipe(recipe, steps, columns, self)
        self.judging.check(columns, self.target_column)
        return self


class Params(SearchBlocks):
    """The whole of params.yaml."""

    dataset: DatasetName
    features: str
    seed: Seed
    split: Split
    booster: BoosterSettings
    train_best: TrainBest
    evaluate: Evaluate


@dataclass(frozen=True)
class Config:
    """One experiment's settings: the choices of params.yaml with the chosen dataset, recipe, space and pruner."""

    dataset_name: str
    dataset: Dataset
    features: str
    seed: int
    split: Split
    booster: BoosterSettings
    tune: Tune
    space: Space
    pruner: PrunerOptions
    train_best: TrainBest
    evaluate: Evaluate

    @property
    def recipe(self) -> Recipe:
        """Steps of the chosen feature recipe; of an automatic one those that it begins with."""
        return start_of(self.dataset.features[self.features])


def load_config(root: Path = Path()) -> Config:
    """Read and validate params.yaml and the dataset file it names, both below `root`.

    Raises:
        ConfigError: with one line, for any mistake in either file.
    """
    with custom_in(root):
        blocks = Blocks.read(root)
        params, dataset = validate(Params, blocks.params, PARAMS), validate(Dataset, blocks.dataset, blocks.file)
        recipe = RecipeChoice(features=params.features).of(dataset.features, blocks.file)
        target = Target.of(dataset)
        types = dataset.clean_types()
        check_split_columns(params.split, target, list(types), str(blocks.file))
        check_split_types(params.split, types, str(blocks.file))
        objective = params.booster.fitting(target, dataset.metric, blocks.file).objective
        params.booster.check_monotone(params.features, recipe, blocks.file)
        with mistakes_in(PARAMS):
            params.train_best.check(target.n_classes, target.exposure)
            params.train_best.check_final(params.split, params.split.folds, target.exposure)
            check_choices(params.evaluate, params.split, objective, blocks.file)
        return Config(
            dataset_name=params.dataset,
            dataset=dataset,
            features=params.features,
            seed=params.seed,
            split=params.split,
            booster=params.booster,
            tune=params.chosen_tune,
            space=params.chosen_space,
            pruner=params.chosen_pruner,
            train_best=params.train_best,
            evaluate=params.evaluate,
        )


def parse_dataset(text: str, label: Path) -> Dataset:
    """A dataset file's text, validated.

    Raises:
        ConfigError: with one line that names the file `label`.
    """
    return validate(Dataset, parsed_yaml(text, label), label)
