"""All settings of an experiment as one frozen object: params.yaml with the dataset file it names.

Every setting of both files is validated, those of one block against those of another too; see lockstep.project.blocks.
"""

from dataclasses import dataclass
from pathlib import Path

from lockstep.errors import ConfigError
from lockstep.guards.messages import listed, quoted, shown
from lockstep.guards.yaml_file import parsed_yaml
from lockstep.project.blocks import Blocks, validated
from lockstep.project.paths import PARAMS
from lockstep.project.target import Target
from lockstep.schema.dataset import Dataset
from lockstep.schema.features import Recipe
from lockstep.schema.params import (
    SQUARED_ERROR_GATES,
    BoosterSettings,
    Evaluate,
    Params,
    PrunerOptions,
    Space,
    TrainBest,
    Tune,
)
from lockstep.split.settings import Split, check_split_columns


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
        """Steps of the chosen feature recipe."""
        return self.dataset.features[self.features]


def load_config(root: Path = Path()) -> Config:
    """Read and validate params.yaml and the dataset file it names, both below `root`.

    Raises:
        ConfigError: with one line, for any mistake in either file.
    """
    blocks = Blocks.read(root)
    params, dataset = validated(Params, blocks.params, PARAMS), validated(Dataset, blocks.dataset, blocks.file)
    if params.features not in dataset.features:
        raise ConfigError(
            f"params.yaml: features: {quoted(params.features)}: {blocks.file} has no such recipe;"
            f" it has: {listed(sorted(dataset.features))}"
        )
    check_split_columns(params.split, Target.of(dataset), list(dataset.clean_types()), str(blocks.file))
    _check_booster(params, dataset, blocks.file)
    _check_gates(params, dataset, blocks.file)
    return Config(
        dataset_name=params.dataset,
        dataset=dataset,
        features=params.features,
        seed=params.seed,
        split=params.split,
        booster=params.booster,
        tune=params.tune.model_copy(update={"enqueue": params.starts()}),
        space=params.spaces[params.tune.space],
        pruner=getattr(params.pruners, params.tune.pruner),
        train_best=params.train_best,
        evaluate=params.evaluate,
    )


def parse_dataset(text: str, shown: Path) -> Dataset:
    """A dataset file's text, validated.

    Raises:
        ConfigError: with one line that calls the file `shown`.
    """
    return validated(Dataset, parsed_yaml(text, shown), shown)


def _check_booster(params: Params, dataset: Dataset, file: Path) -> None:
    n_classes = len(dataset.classes)
    try:
        params.booster.resolved(n_classes)
    except ValueError as error:
        raise ConfigError(f"params.yaml: {error}") from None
    if n_classes and params.train_best.interval is not None:
        raise ConfigError("params.yaml: train_best.interval: classes have no interval; set it to null")
    made = {name for step in dataset.features[params.features] for name in step.makes()}
    unknown = sorted(set(params.booster.monotone) - made)
    # What multi_value makes is known once it has seen the training rows; tune asks again.
    if unknown and not any(step.step == "multi_value" for step in dataset.features[params.features]):
        raise ConfigError(
            f"params.yaml: booster.monotone.{shown(unknown[0])}: recipe {quoted(params.features)} of {file} makes"
            f" no such feature; it makes: {listed(sorted(made))}"
        )


def _check_gates(params: Params, dataset: Dataset, file: Path) -> None:
    """Refuse gates that a person has set and that would judge nothing."""
    n_classes = len(dataset.classes)
    objective, _ = params.booster.resolved(n_classes)
    for name, value in params.evaluate.gates.without_effect(objective).items():
        why = f"the target of {file} has classes" if n_classes else f"booster.objective is {objective}"
        default = SQUARED_ERROR_GATES[name]
        remedy = "null" if default is None else f"{default} or null"
        raise ConfigError(
            f"params.yaml: evaluate.gates.{name}: {value}: judges squared error only, and {why}; set it to {remedy},"
            " or use max_test_score"
        )
