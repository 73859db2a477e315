"""The feature steps that stage tune used, as files: the recipe to paste into a dataset file, and each fold's own."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

import yaml
from pydantic import TypeAdapter

from lockstep.features.features_block import AutomaticRecipe, Recipe
from lockstep.features.step import Step
from lockstep.guards.text.yaml_file import read_yaml
from lockstep.project.paths import FEATURE_CHOICE, RECIPE
from lockstep.storage.tables import atomic_write, read_json, write_json

HEADER = """\
# The feature steps of the final model. To use them as a recipe of your own, paste them into the dataset file below
# `features:` under a name, indented by two spaces more than the name; the same steps give the same bytes.
"""
WIDTH = 116


class _Dumper(yaml.SafeDumper):
    """Quotes texts that begin like numbers: `1e3` is a text to PyYAML and a number to our reader."""

    def represent_text(self, text: str) -> yaml.ScalarNode:
        """A text as a scalar."""
        return self.represent_scalar("tag:yaml.org,2002:str", text, style="'" if text[:1] in NUMERIC else None)


NUMERIC = tuple("+-.0123456789")
_Dumper.add_representer(str, _Dumper.represent_text)


@dataclass(frozen=True)
class ChosenRecipe:
    """The feature steps of a run.

    Attributes:
        steps: Those of all training rows, and so of the final model.
        of_folds: Those of each fold, which its own training rows chose; empty if all have the same.
        automatic: What they were chosen from; None of a recipe of the dataset file.
    """

    steps: Recipe
    of_folds: tuple[Recipe, ...] = ()
    automatic: AutomaticRecipe | None = None

    def of_fold(self, number: int) -> Recipe:
        """The steps of a fold."""
        return self.of_folds[number] if self.of_folds else self.steps

    def to_json(self) -> dict[str, Any]:
        """The steps with all their settings, for the key of a search; the folds' own only where they have some."""
        content: dict[str, Any] = {"features": steps_json(self.steps)}
        return content | (
            {"features_of_folds": [steps_json(steps) for steps in self.of_folds]} if self.of_folds else {}
        )

    def write(self, recipe: Path = RECIPE, choice: Path = FEATURE_CHOICE) -> None:
        """Write the steps of all training rows as YAML, and the rest as JSON."""
        with atomic_write(recipe) as part:
            part.write_text(HEADER + "".join(map(_yaml_line, self.steps)), encoding="utf-8")
        automatic = None if self.automatic is None else _automatic_json(self.automatic)
        write_json({"automatic": automatic, "folds": [steps_json(steps) for steps in self.of_folds]}, choice)

    @classmethod
    def read(cls, recipe: Path = RECIPE, choice: Path = FEATURE_CHOICE) -> Self:
        """Read what `write` wrote.

        Raises:
            ConfigError: if the project's own step cannot be imported.
            OSError, ValueError: if a file is missing or damaged.
        """
        parse, content = TypeAdapter(Recipe).validate_python, read_json(choice)
        automatic = content["automatic"]
        return cls(
            parse(read_yaml(recipe)),
            tuple(parse(steps) for steps in content["folds"]),
            None if automatic is None else AutomaticRecipe.model_validate(automatic),
        )


def steps_json(steps: Sequence[Step], *, brief: bool = False) -> list[dict[str, Any]]:
    """Steps as JSON values; `brief` without the settings that have their default."""
    return [{"step": step.kind_name(), **step.model_dump(mode="json", exclude_defaults=brief)} for step in steps]


def _automatic_json(automatic: AutomaticRecipe) -> dict[str, Any]:
    content: dict[str, Any] = {"start": steps_json(automatic.start), "candidates": steps_json(automatic.candidates)}
    return content | ({} if automatic.groups is None else {"groups": list(automatic.groups)})


def _yaml_line(step: Step) -> str:
    (content,) = steps_json([step], brief=True)
    how: dict[str, Any] = {"default_flow_style": True, "sort_keys": False, "allow_unicode": True, "width": WIDTH}
    text = str(yaml.dump(content, Dumper=_Dumper, **how))
    first, *more = text.splitlines()
    return "".join(f"{line}\n" for line in [f"- {first}", *(f"  {line}" for line in more)])
