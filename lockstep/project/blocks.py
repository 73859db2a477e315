"""The raw blocks of params.yaml and of the dataset file that it names; each package validates the blocks it reads.

A mistake becomes one line that names the file, the key, the value and the allowed values.
"""

import difflib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Self, TypeVar

from pydantic import BaseModel, Field, ValidationError

from lockstep.errors import ConfigError
from lockstep.guards.text.messages import LENGTH, listed, quoted, safe_line, shown
from lockstep.guards.text.secrets import masked
from lockstep.guards.text.yaml_file import read_yaml
from lockstep.project.paths import DATASETS, PARAMS
from lockstep.project.settings import Settings

Model = TypeVar("Model", bound=BaseModel)
# File systems allow names of 255 bytes, and temporary files have longer names than the dataset.
DATASET_NAME = r"^[A-Za-z0-9][A-Za-z0-9_-]{0,199}$"
DatasetName = Annotated[str, Field(pattern=DATASET_NAME)]


# The top-level keys of both files; tests/unit/test_blocks.py compares them with what `lockstep check` reads.
PARAMS_KEYS = (
    *("dataset", "features", "seed", "split", "booster", "tune", "pruners", "spaces", "train_best", "evaluate"),
)
DATASET_KEYS = (
    *("about", "source", "missing_values", "columns", "target", "metric", "weight", "exposure"),
    *("clean", "features", "judging"),
)


# Facts that a table may lack; DVC asks for their keys all the same.
NULLABLE_FACTS = ("metric", "weight", "exposure")


class _DatasetChoice(Settings):
    dataset: DatasetName


@dataclass(frozen=True)
class Blocks:
    """The content of params.yaml and of the dataset file that it names.

    Attributes:
        params: The choices, by top-level key.
        dataset_name: The chosen dataset.
        dataset: The facts about the dataset, by top-level key.
        file: The dataset file's path in messages.
    """

    params: dict[str, Any]
    dataset_name: str
    dataset: dict[str, Any]
    file: Path

    @classmethod
    def read(cls, root: Path = Path()) -> Self:
        """Read both files below `root`.

        Raises:
            ConfigError: if a file is missing, not YAML or has an unknown top-level key, or there is no such dataset.
        """
        params = _known_keys(_checked_mapping(read_yaml(root / PARAMS, PARAMS), PARAMS), PARAMS_KEYS, PARAMS)
        name = _validate_keys(_DatasetChoice, params, PARAMS).dataset
        file = DATASETS / f"{name}.yaml"
        if not (root / file).is_file():
            names = listed(sorted(path.stem for path in (root / DATASETS).glob("*.yaml")))
            raise ConfigError(f"{PARAMS}: dataset: {name!r}: there is no {file}; datasets: {names}")
        dataset = _known_keys(_checked_mapping(read_yaml(root / file, file), file), DATASET_KEYS, file)
        return cls(params, name, dataset, file)

    def choices(self, model: type[Model]) -> Model:
        """The validated blocks of params.yaml that are fields of the model.

        Raises:
            ConfigError: with one line.
        """
        return _validate_keys(model, self.params, PARAMS)

    def facts(self, model: type[Model]) -> Model:
        """The validated blocks of the dataset file that are fields of the model.

        Raises:
            ConfigError: with one line.
        """
        return _validate_keys(model, self.dataset, self.file)


def chosen_dataset(root: Path = Path()) -> str | None:
    """The dataset that params.yaml names, even if the rest is invalid; None if it names none or cannot be read."""
    try:
        content = read_yaml(root / PARAMS, PARAMS)
    except ConfigError:
        return None
    dataset = content.get("dataset") if isinstance(content, dict) else None
    return dataset if isinstance(dataset, str) else None


def validate(model: type[Model], content: Any, file: Path) -> Model:
    """The whole content of a file as settings; an unknown key is a mistake.

    Args:
        model: The settings.
        content: The content of the file.
        file: The file's path in messages.

    Raises:
        ConfigError: with one line.
    """
    content = _checked_mapping(content, file)
    try:
        return model.model_validate(content)
    except ValidationError as error:
        raise ConfigError(f"{file}: {_one_line(error, content)}") from None


@contextmanager
def mistakes_in(file: Path) -> Iterator[None]:
    """Turn a ValueError about a file's content, raised in the block, into one line that names the file.

    Raises:
        ConfigError: instead of the ValueError.
    """
    try:
        yield
    except ValueError as error:
        raise ConfigError(f"{file}: {safe_line(error)}") from None


def _validate_keys(model: type[Model], content: dict[Any, Any], file: Path) -> Model:
    return validate(model, {key: content[key] for key in model.model_fields if key in content}, file)


def _known_keys(content: dict[Any, Any], known: Sequence[str], file: Path) -> dict[Any, Any]:
    """The content, if every top-level key is known: a key that no stage reads would be a choice without effect."""
    for key in content:
        if key not in known:
            name = str(key)
            line = f"{shown(masked(name))}: unknown key{_did_you_mean(name[:LENGTH], known)}; correct or remove it"
            raise ConfigError(f"{file}: {safe_line(line)}")
    return content


def _checked_mapping(content: Any, file: Path) -> dict[Any, Any]:
    if not isinstance(content, dict):
        raise ConfigError(f"{file}: must contain keys and values, not {type(content).__name__}")
    return content


def _one_line(error: ValidationError, content: dict[Any, Any]) -> str:
    errors = error.errors(include_url=False)
    # A misspelt key is also a missing one; the message about the misspelling is more helpful.
    first = next((mistake for mistake in errors if mistake["type"] == "extra_forbidden"), errors[0])
    key = _key(first["loc"], content, keep_last=first["type"] == "missing")
    message = first["msg"].removeprefix("Value error, ")
    if first["type"] == "extra_forbidden":
        unknown = str(first["loc"][-1])[:LENGTH]
        beside = [str(mistake["loc"][-1]) for mistake in errors if mistake["type"] == "missing"]
        # a known key of another place is no better guess of itself
        others = [known for known in _all_keys() if known != unknown]
        guess = _did_you_mean(unknown, beside) or _did_you_mean(unknown, others)
        line = f"{key}: unknown key{guess}; correct or remove it"
    elif first["type"] == "missing":
        absent = [
            str(mistake["loc"][0]) for mistake in errors if mistake["type"] == "missing" and len(mistake["loc"]) == 1
        ]
        facts = [name for name in absent if name in NULLABLE_FACTS]
        line = f"{key}: is missing; add it"
        if key in facts:
            line = (
                f"{', '.join(facts)}: missing; add {'them' if len(facts) > 1 else 'it'}, null where the table has none"
            )
    elif first["type"] == "value_error":
        line = f"{key}: {message}" if key else message
    else:
        line = _wrong_value(key, errors, content)
    return safe_line(line)


def _wrong_value(key: str, errors: Sequence[Any], content: dict[Any, Any]) -> str:
    """The line about a value that is none of those a setting takes; pydantic has an error for each kind of them.

    An item of a mapping or a list says more than that the setting is no single value, and a limit that a value of the
    right kind exceeds says more than that it is of no other kind.
    """
    keys = [_key(mistake["loc"], content) for mistake in errors]
    below = [mistake for place, mistake in zip(keys, errors, strict=True) if place.startswith((f"{key}.", f"{key}["))]
    about = below[:1] or [mistake for place, mistake in zip(keys, errors, strict=True) if place == key]
    limits = [mistake for mistake in about if not mistake["type"].endswith(("_type", "literal_error"))]
    first, *others = dict.fromkeys(mistake["msg"] for mistake in limits or about)
    message = " or ".join([first, *(other.removeprefix("Input should be ") for other in others)])
    return f"{_key(about[0]['loc'], content)}: {quoted(about[0]['input'])}: {message[0].lower()}{message[1:]}"


def _key(location: tuple[int | str, ...], content: Any, *, keep_last: bool = False) -> str:
    """The dotted key as in the file, without pydantic's names of union members."""
    key, node = "", content
    for position, part in enumerate(location):
        exists = (isinstance(node, dict) and part in node) or (
            isinstance(node, list) and isinstance(part, int) and part < len(node)
        )
        if exists:
            node = node[part]
        elif not (keep_last and position == len(location) - 1):
            continue
        key += f"[{part}]" if isinstance(part, int) else f".{shown(masked(part))}"
    return key.lstrip(".")


def _all_keys() -> list[str]:
    keys, models = set[str](), [Settings]
    while models:
        model = models.pop()
        models += model.__subclasses__()
        keys |= set(model.model_fields)
    return sorted(keys)


def _did_you_mean(key: str, keys: Sequence[str]) -> str:
    matches = difflib.get_close_matches(key, keys, n=1)
    return f", did you mean {matches[0]!r}?" if matches else ""
