"""Keys of searches and fold evaluations: equal keys mean equal results."""

import hashlib
import json
import platform
from functools import cache
from importlib.metadata import version
from pathlib import Path
from typing import Any

import lockstep
from lockstep.fitting.booster import ROUNDS
from lockstep.project.custom import code_files, package_versions
from lockstep.project.imports import import_closure
from lockstep.workers.trial import FoldTask

# Libraries that the results depend on. Python is not among them: Python 3.11 to 3.13 gave the same bytes.
LIBRARIES = ("numpy", "optuna", "pandas", "pyarrow", "scikit-learn", "xgboost")
# Entry point of the code that turns a fold's arrays into its score.
FITTING_ENTRY = Path("workers/worker.py")


@cache
def library_versions() -> dict[str, str]:
    """Versions of the libraries the results depend on."""
    return {name: version(name) for name in LIBRARIES}


@cache
def fitting_versions() -> dict[str, str]:
    """Versions that a fold's score depends on besides its task and rows: libraries, processor type, our own code."""
    code = hashlib.sha256()
    for file in fitting_code():
        code.update("/".join(file.parts[-2:]).encode() + b"\0" + file.read_bytes())
    return {**library_versions(), "processor": platform.machine(), "lockstep.model": code.hexdigest()[:16]}


def fitting_code() -> list[Path]:
    """The files of this package that turn a fold's arrays into its score, sorted; collected from the imports.

    Features enter through the arrays and settings through the task, so their code is not included.
    """
    package = Path(lockstep.__file__).parent
    return sorted(import_closure(package / FITTING_ENTRY, package.parent, [package.name]))


def fold_key(task: FoldTask, fingerprint: str) -> str:
    """The key under which a fold evaluation is stored.

    Args:
        task: The fold task.
        fingerprint: sha256 of the fold's rows (lockstep.fitting.folds.FoldSet.fingerprints).
    """
    limits, budget = task.budget, None
    if limits.stops_early(task.params):
        budget = [limits.early_stopping_rounds, *([] if ROUNDS in task.params else [limits.max_rounds])]
    versions = {**fitting_versions(), **_metric_versions(tuple(task.fitting.custom_metrics))}
    return key_of([fingerprint, dict(task.params), budget, task.seed, task.fitting.to_json(), versions])


@cache
def _metric_versions(names: tuple[str, ...]) -> dict[str, str]:
    """Versions of the packages that the project's own metrics import."""
    return package_versions({path: text for name in names for path, text in code_files("metrics", name).items()})


def key_of(content: Any) -> str:
    """sha256 of plain JSON values, independent of the order of keys."""
    return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()


def file_digest(path: Path) -> str:
    """sha256 of a file."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
