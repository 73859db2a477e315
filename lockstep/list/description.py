"""What there is to say of one class of a kind: summary, prose, settings, facts and examples."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml
from pydantic import BaseModel

from lockstep.errors import ConfigError
from lockstep.list.allowed_values import allowed_values, default_of
from lockstep.list.docstring import docstring_of
from lockstep.list.families import Family
from lockstep.project.custom import custom_mistakes

# Examples in one line are at most so long.
LINE = 110
# The value of a fact that says nothing.
NONE = "none"


@dataclass(frozen=True)
class Option:
    """One setting of a class.

    Attributes:
        name: The key in YAML.
        values: The allowed values in words.
        default: The default as in YAML; None if the setting must be given.
        meaning: What it does.
    """

    name: str
    values: str
    default: str | None
    meaning: str


@dataclass(frozen=True)
class Fact:
    """What a class without settings states of itself.

    Attributes:
        name: What is stated.
        value: The value in words.
        meaning: What it says; empty if the base does not describe it.
    """

    name: str
    value: str
    meaning: str


@dataclass(frozen=True)
class Description:
    """One class.

    Attributes:
        name: The name by which settings choose it.
        file: The project's own file that defines it; None for a built-in class.
        summary: Its first paragraph, in one line.
        prose: Its other paragraphs.
        options: Its settings.
        facts: What it states of itself, if it has no settings.
        examples: Examples as lines of YAML.
    """

    name: str
    file: Path | None
    summary: str
    prose: tuple[str, ...]
    options: tuple[Option, ...]
    facts: tuple[Fact, ...]
    examples: tuple[str, ...]


def description_of(family: Family, name: str) -> Description:
    """Describe the class of this name.

    Raises:
        ConfigError: if there is no such class, or the project's own file has a mistake.
    """
    try:
        described: Any = family.kind[name]
    except ValueError as error:
        raise ConfigError(f"list {family.plural}: {error}") from None
    file = Path("custom", str(family.kind.folder), f"{name}.py")
    with custom_mistakes(file):
        text = docstring_of(described)
        return Description(
            name=name,
            file=file if described.is_custom() else None,
            summary=described.summary(),
            prose=text.paragraphs[1:],
            options=_options(described, text.meanings),
            facts=_facts(family, described, text.meanings),
            examples=tuple(_as_yaml(family, name, example) for example in described.examples()),
        )


def _options(described: type, meanings: Mapping[str, str]) -> tuple[Option, ...]:
    if not issubclass(described, BaseModel):
        return ()
    return tuple(
        Option(
            name,
            allowed_values(field.annotation, field.metadata),
            default_of(field),
            field.description or meanings.get(name, ""),
        )
        for name, field in described.model_fields.items()
    )


def _facts(family: Family, described: Any, meanings: Mapping[str, str]) -> tuple[Fact, ...]:
    return tuple(
        Fact(name.replace("_", " "), _in_words(getattr(described, name)), _inside(meanings.get(name, "")))
        for name in family.facts
    )


def _in_words(value: Any) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, tuple | list | frozenset):
        return ", ".join(map(_in_words, value)) or NONE
    return NONE if value is None or value == "" else str(value)


def _inside(sentence: str) -> str:
    """A sentence as part of another."""
    return sentence[:1].lower() + sentence[1:].removesuffix(".")


def _as_yaml(family: Family, name: str, example: Mapping[str, Any]) -> str:
    """An example in one line if it fits, else in one line per setting."""
    content = {family.kind.key: name, **example}
    line = f"{family.block}{_flow(content)}"
    if len(line) <= LINE:
        return line
    lines = "\n".join(f"{key}: {_flow(value)}" for key, value in content.items())
    start = family.block if family.block == "- " else f"{family.block.rstrip()}\n  "
    return start + lines.replace("\n", "\n  ")


def _flow(value: Any) -> str:
    """A value as YAML in one line."""
    text = yaml.safe_dump(value, default_flow_style=True, sort_keys=False, allow_unicode=True, width=10**6)
    return text.removesuffix("\n").removesuffix("\n...")
