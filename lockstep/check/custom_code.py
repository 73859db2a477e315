"""Check the project's own code in custom/: imports work, classes are complete, and no stage misses a dependency."""

import re
import tomllib
from importlib.metadata import packages_distributions
from importlib.util import find_spec
from pathlib import Path

from lockstep.clean.rule import RULES
from lockstep.errors import ConfigError, kind_and_reason, one_line
from lockstep.features.step import STEPS
from lockstep.metrics.metric import METRICS
from lockstep.project.custom import FOLDERS, PACKAGE, all_custom_files, misplaced
from lockstep.project.imports import modules_of, third_party

PYPROJECT = Path("pyproject.toml")
REQUIREMENT_NAME = re.compile(r"\s*([A-Za-z0-9][A-Za-z0-9._-]*)")


def check_custom_code() -> list[str]:
    """Import the project's own steps, rules and metrics.

    Returns:
        A line for each imported package that the project's requirements do not name.

    Raises:
        ConfigError: with one line that names file and line, for the first mistake.
    """
    required, notes = _requirements(), list[str]()
    for file in all_custom_files():
        if file.parent not in {Path(PACKAGE, folder) for folder in FOLDERS}:
            raise ConfigError(misplaced(file.as_posix()))
        for package, line in _imports_of(file).items():
            where = f"{file}: line {line}: imports {package}"
            if not _is_installed(package):
                raise ConfigError(f"{where}, which is not installed; install it, and name it in {PYPROJECT}")
            distributions = {_normalised(name) for name in packages_distributions().get(package, [package])}
            if not distributions & required:
                notes.append(f"{where}, which {PYPROJECT} does not name; add {min(distributions)} to its dependencies")
    for kind in (STEPS, RULES, METRICS):
        kind.classes()
    return notes


def _imports_of(file: Path) -> dict[str, int]:
    """Third-party packages that a file imports, with their lines.

    Raises:
        ConfigError: if it is not Python, or imports from another folder of custom/, of which its stages know nothing.
    """
    try:
        modules = modules_of(file.read_bytes(), [PACKAGE, file.parent.name])
    except SyntaxError as error:
        raise ConfigError(f"{file}: line {error.lineno}: {one_line(error.msg)}; correct it") from None
    except ValueError as error:
        raise ConfigError(f"{file}: is not Python ({kind_and_reason(error)}); correct it") from None
    for module, line in modules:
        if module.split(".")[0] == PACKAGE and module.split(".")[1:2] != [file.parent.name]:
            raise ConfigError(
                f"{file}: line {line}: imports {module}, and the stages that use {file.parent} do not depend on it;"
                f" move what both use into {file.parent}/_shared.py"
            )
    return third_party(modules, [PACKAGE, "lockstep"])


def _is_installed(package: str) -> bool:
    try:
        return find_spec(package) is not None
    except (ImportError, ValueError):
        return False


def _requirements() -> set[str]:
    """Names of the distributions that the project's files name, normalised."""
    lines = [line for file in sorted(Path().glob("requirements*.txt")) for line in _lines(file)]
    if PYPROJECT.is_file():
        try:
            project = tomllib.loads(PYPROJECT.read_text(encoding="utf-8")).get("project", {})
        except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
            raise ConfigError(f"{PYPROJECT}: cannot be read ({one_line(error, 200)}); correct it") from None
        lines += project.get("dependencies", [])
        lines += [line for extra in project.get("optional-dependencies", {}).values() for line in extra]
    return {_normalised(match[1]) for line in lines if (match := REQUIREMENT_NAME.match(line))}


def _lines(file: Path) -> list[str]:
    return file.read_text(encoding="utf-8", errors="replace").splitlines()


def _normalised(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()
