"""params.yaml and datasets/NAME.yaml, read into frozen, validated objects.

Every setting is validated on every load; a mistake becomes one line that names the file, the key, the
value seen and what is allowed.
"""

import difflib
import reprlib
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

from lockstep import paths
from lockstep.column_names import LENGTH, brief, listed, shortened, shown
from lockstep.errors import ConfigError
from lockstep.schema.base import Settings
from lockstep.schema.dataset import Dataset
from lockstep.schema.features import Recipe
from lockstep.schema.params import (
    SQUARED_ERROR_GATES,
    BoosterSettings,
    Evaluate,
    Params,
    PrunerOptions,
    Space,
    Split,
    TrainBest,
    Tune,
)
from lockstep.secrets import masked
from lockstep.yaml_file import parsed_yaml, read_yaml


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
    params_file = root / paths.PARAMS
    params = _validated(Params, params_file, paths.PARAMS)
    relative = paths.DATASETS / f"{params.dataset}.yaml"
    if not (root / relative).is_file():
        known = listed(sorted(file.stem for file in (root / paths.DATASETS).glob("*.yaml")))
        raise ConfigError(f"params.yaml: dataset: {params.dataset!r}: there is no {relative}; known: {known}")
    dataset = _validated(Dataset, root / relative, relative)
    if params.features not in dataset.features:
        raise ConfigError(
            f"params.yaml: features: {_shown(params.features)}: {relative} has no such recipe;"
            f" it has: {listed(sorted(dataset.features))}"
        )
    _check_split_columns(params, dataset, relative)
    _check_booster(params, dataset, relative)
    _check_gates(params, dataset, relative)
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


def chosen_dataset(root: Path = Path()) -> str | None:
    """The dataset that params.yaml names, whatever else is in the file; None where it names none or cannot be read."""
    try:
        content = read_yaml(root / paths.PARAMS, paths.PARAMS)
    except ConfigError:
        return None
    dataset = content.get("dataset") if isinstance(content, dict) else None
    return dataset if isinstance(dataset, str) else None


def parse_dataset(text: str, shown: Path) -> Dataset:
    """A dataset file's text, validated.

    Raises:
        ConfigError: with one line that calls the file `shown`.
    """
    return _checked(Dataset, parsed_yaml(text, shown), shown)


Model = TypeVar("Model", bound=BaseModel)


def _validated(model: type[Model], path: Path, shown: Path) -> Model:
    return _checked(model, read_yaml(path, shown), shown)


def _checked(model: type[Model], content: Any, shown: Path) -> Model:
    if not isinstance(content, dict):
        raise ConfigError(f"{shown}: must hold keys and values, not {type(content).__name__}")
    try:
        return model.model_validate(content)
    except ValidationError as error:
        raise ConfigError(f"{shown}: {_one_line(error, content)}") from None


def _one_line(error: ValidationError, content: dict[Any, Any]) -> str:
    errors = error.errors(include_url=False)
    # A misspelt key is also a missing one; the misspelling is what helps.
    first = next((mistake for mistake in errors if mistake["type"] == "extra_forbidden"), errors[0])
    key = _key(first["loc"], content, keep_last=first["type"] == "missing")
    message = first["msg"].removeprefix("Value error, ")
    if first["type"] == "extra_forbidden":
        line = f"{key}: unknown key{_did_you_mean(str(first['loc'][-1])[:LENGTH])}; correct or remove it"
    elif first["type"] == "missing":
        line = f"{key}: is missing; add it"
    elif first["type"] == "value_error":
        line = f"{key}: {message}" if key else message
    else:
        line = f"{key}: {_shown(first['input'])}: {message[0].lower()}{message[1:]}"
    return shortened(" ".join(brief(masked(line)).split()))


class _Short(reprlib.Repr):
    """Values without passwords, cut where they are long: aliases can make a small file's value very large."""

    def __init__(self) -> None:
        super().__init__()
        self.maxstring = self.maxother = self.maxlong = LENGTH

    def repr_str(self, x: str, level: int) -> str:
        # a password's end could be cut away, and with it what tells that it is one
        return super().repr_str(masked(x), level)


def _shown(value: Any) -> str:
    return _Short().repr(value)


def _key(location: tuple[int | str, ...], content: Any, *, keep_last: bool) -> str:
    """The dotted key as it stands in the file; pydantic's names of union members are left out."""
    key, node = "", content
    for position, part in enumerate(location):
        inside = (isinstance(node, dict) and part in node) or (
            isinstance(node, list) and isinstance(part, int) and part < len(node)
        )
        if inside:
            node = node[part]
        elif not (keep_last and position == len(location) - 1):
            continue
        key += f"[{part}]" if isinstance(part, int) else f".{shown(masked(part))}"
    return key.lstrip(".")


def _did_you_mean(key: str) -> str:
    known, models = set[str](), [Settings]
    while models:
        model = models.pop()
        models += model.__subclasses__()
        known |= set(model.model_fields)
    close = difflib.get_close_matches(key, sorted(known), n=1)
    return f", did you mean {close[0]!r}?" if close else ""


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
            f"params.yaml: booster.monotone.{shown(unknown[0])}: recipe {_shown(params.features)} of {file} makes"
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


def _check_split_columns(params: Params, dataset: Dataset, file: Path) -> None:
    names = dataset.clean_types()
    for setting, column in (("group", params.split.group), ("time", params.split.time)):
        if params.split.strategy == setting and column not in names:
            raise ConfigError(
                f"params.yaml: split.{setting}: {_shown(column)}: {file} has no such column;"
                f" it has: {listed(list(names))}"
            )
