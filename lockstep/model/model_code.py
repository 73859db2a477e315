"""The project's own steps and rules that a saved model needs, and when they may run.

A model's folder has a copy of their code, and the description states its sha256. No code from there is run: a model
uses the project's own code if it is the same, and the copy only where the caller trusts it.
"""

import shutil
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from lockstep.clean.rule import RULES
from lockstep.errors import DataError
from lockstep.features.step import STEPS
from lockstep.guards.models.model_files import read_code
from lockstep.guards.text.messages import shown
from lockstep.project.custom import OWN_FILE, code_files, custom_in, digests, package_versions

# The folder of the copies, inside the model's folder.
CODE = Path("code")
# The folders whose code predictions need.
AT_PREDICTION = ("steps", "rules")
Names = Mapping[str, Sequence[str]]


class UntrustedCodeError(DataError):
    """A model needs code that this project does not have."""


def write_code(folder: Path, used: Names) -> dict[str, str]:
    """Copy the code of the project's own classes into the model's folder.

    Args:
        folder: The model's folder.
        used: Names of classes by their folder of custom/.

    Returns:
        sha256 of each file, for the description; empty if the model uses built-in classes only.
    """
    files = _code_of(used)
    shutil.rmtree(folder / CODE, ignore_errors=True)  # of an earlier model
    for path, content in files.items():
        target = folder / CODE / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(content)
    return digests(files)


@contextmanager
def model_code(folder: Path, description: Mapping[str, Any], *, trust: bool) -> Iterator[None]:
    """Within the block the names of the project's own classes stand for the code that the model was trained with.

    Args:
        folder: The model's folder.
        description: The content of model.json.
        trust: Whether the copy in the model's folder may run if the project has other code.

    Raises:
        UntrustedCodeError: if the project has other code, or none, and the copy is not trusted.
        ValueError: if the description and the copies contradict each other.
    """
    used, stated = _own_names(description), _stated(description)
    if not used or not {f"custom/{folder}/{name}.py" for folder, names in used.items() for name in names} <= set(
        stated
    ):
        # a description that states no code reaches neither the project's nor the folder's
        with custom_in(None):
            yield
        return
    other = _difference(used, stated)
    if other is None:
        yield
        return
    if not trust:
        raise UntrustedCodeError(
            f"{folder}: the model needs its own {other}, which this project does not have in the same form; code from a"
            f" model's folder is not run: predict in the project that trained it, train a model"
            f" of the present code (`dvc repro`), or read {folder / CODE} and give"
            " --trust-code (a server: LOCKSTEP_TRUST_CODE=1)"
        )
    _check_nothing_else(folder / CODE, description["code"])
    for path, digest in stated.items():
        if digests({path: read_code(folder / CODE / path)}) != {path: digest}:
            raise ValueError(f"{path} is not the file that the description states")
    with custom_in(folder / CODE):
        if (other := _difference(used, stated)) is not None:
            raise ValueError(f"{other} is not what the description states")
        yield


def code_requirements(folder: Path) -> dict[str, str]:
    """Distributions, with their versions here, that the code in a model's folder imports besides lockstep."""
    files = sorted((folder / CODE).rglob("*.py"))
    return package_versions({file.relative_to(folder / CODE).as_posix(): file.read_bytes() for file in files})


def _own_names(description: Mapping[str, Any]) -> dict[str, list[str]]:
    """Names in the description that are not those of built-in classes, by folder of custom/."""
    steps = {str(entry["step"]["step"]) for entry in description["features"]["steps"]} - set(STEPS.built_in())
    rules = {str(rule["rule"]) for rule in description.get("intake", {}).get("rules", ())} - set(RULES.built_in())
    names = {"steps": sorted(steps), "rules": sorted(rules)}
    return {folder: own for folder, own in names.items() if own}


def _stated(description: Mapping[str, Any]) -> dict[str, str]:
    """sha256 of the files that predictions need, by path."""
    stated = {str(path): str(digest) for path, digest in description.get("code", {}).items()}
    for path in stated:
        if not OWN_FILE.fullmatch(path):
            raise ValueError(f"{shown(path)} is no path of custom code")
    return {path: digest for path, digest in stated.items() if path.split("/")[1] in AT_PREDICTION}


def _check_nothing_else(folder: Path, stated: Collection[str]) -> None:
    """Refuse files that the description does not state: Python prefers byte code and libraries to a file's text."""
    for path in sorted(folder.rglob("*")):
        name = path.relative_to(folder).as_posix()
        if name not in stated and (path.is_symlink() or not path.is_dir()):
            raise ValueError(f"{shown(name)} is not stated by the description; delete it")


def _difference(used: Names, stated: Mapping[str, str]) -> str | None:
    """The first file in which the code at hand is not exactly the stated one; None if there is none."""
    try:
        present = digests(_code_of(used))
    except OSError:
        present = {}
    return min((path for path, _ in present.items() ^ stated.items()), default=None)


def _code_of(used: Names) -> dict[str, bytes]:
    files: dict[str, bytes] = {}
    for folder, names in sorted(used.items()):
        for name in names:
            files |= code_files(folder, name)
    return dict(sorted(files.items()))
