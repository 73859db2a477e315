"""params.yaml and the dataset file it names as raw blocks; each room validates those that it reads.

A mistake becomes one line that names the file, the key, the value seen and what is allowed.
"""

import difflib
from collections.abc import Iterator
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
# File systems allow names of 255 bytes, and the names of temporary files are longer than this one.
DATASET_NAME = r"^[A-Za-z0-9][A-Za-z0-9_-]{0,199}$"
DatasetName = Annotated[str, Field(pattern=DATASET_NAME)]


class _Chosen(Settings):
    dataset: DatasetName


@dataclass(frozen=True)
class Blocks:
    """What stands in params.yaml and in the dataset file it names.

    Attributes:
        params: The choices, by their top-level keys.
        dataset_name: The chosen dataset.
        dataset: The facts about it, by their top-level keys.
        file: The dataset file as messages call it.
    """

    params: dict[str, Any]
    dataset_name: str
    dataset: dict[str, Any]
    file: Path

    @classmethod
    def read(cls, root: Path = Path()) -> Self:
        """Both files, below `root`.

        Raises:
            ConfigError: if one is missing or no YAML, or there is no such dataset.
        """
        params = _mapping(read_yaml(root / PARAMS, PARAMS), PARAMS)
        name = _of_keys(_Chosen, params, PARAMS).dataset
        file = DATASETS / f"{name}.yaml"
        if not (root / file).is_file():
            known = listed(sorted(each.stem for each in (root / DATASETS).glob("*.yaml")))
            raise ConfigError(f"{PARAMS}: dataset: {name!r}: there is no {file}; known: {known}")
        return cls(params, name, _mapping(read_yaml(root / file, file), file), file)

    def choices(self, model: type[Model]) -> Model:
        """The blocks of params.yaml that are the model's fields, validated.

        Raises:
            ConfigError: with one line.
        """
        return _of_keys(model, self.params, PARAMS)

    def facts(self, model: type[Model]) -> Model:
        """The blocks of the dataset file that are the model's fields, validated.

        Raises:
            ConfigError: with one line.
        """
        return _of_keys(model, self.dataset, self.file)


def chosen_dataset(root: Path = Path()) -> str | None:
    """The dataset that params.yaml names, whatever else is in the file; None where it names none or cannot be read."""
    try:
        content = read_yaml(root / PARAMS, PARAMS)
    except ConfigError:
        return None
    dataset = content.get("dataset") if isinstance(content, dict) else None
    return dataset if isinstance(dataset, str) else None


def validated(model: type[Model], content: Any, file: Path) -> Model:
    """The whole content of a file as settings; a key that the model does not know is a mistake.

    Args:
        model: What the file must hold.
        content: What it holds.
        file: What messages call it.

    Raises:
        ConfigError: with one line.
    """
    content = _mapping(content, file)
    try:
        return model.model_validate(content)
    except ValidationError as error:
        raise ConfigError(f"{file}: {_one_line(error, content)}") from None


@contextmanager
def mistakes_in(file: Path) -> Iterator[None]:
    """A ValueError about what a file says, raised in the block, as one line that names the file.

    Raises:
        ConfigError: in its place.
    """
    try:
        yield
    except ValueError as error:
        raise ConfigError(f"{file}: {safe_line(error)}") from None


def _of_keys(model: type[Model], content: dict[Any, Any], file: Path) -> Model:
    present = {key: content[key] for key in model.model_fields if key in content}
    texts = [key for key in content if isinstance(key, str)]
    for missing in [key for key in model.model_fields if key not in present]:
        # what is misspelt is shown, with the name that was meant
        present |= {key: content[key] for key in difflib.get_close_matches(missing, texts, n=1)}
    return validated(model, present, file)


def _mapping(content: Any, file: Path) -> dict[Any, Any]:
    if not isinstance(content, dict):
        raise ConfigError(f"{file}: must hold keys and values, not {type(content).__name__}")
    return content


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
        line = f"{key}: {quoted(first['input'])}: {message[0].lower()}{message[1:]}"
    return safe_line(line)


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
