"""A project as a person would make it for one table: new-dataset, then the command that it prints."""

import hashlib
import re
import shutil
from collections.abc import Sequence
from pathlib import Path

import pandas as pd
import yaml

from benchmarks.measure import Measured, measure
from benchmarks.study_run import start_project
from benchmarks.tables import ROOT, copy_repository, run
from benchmarks.yardstick.tables import TABLES
from lockstep.guards.text.yaml_file import read_yaml
from lockstep.project.paths import PARAMS

# Stages whose code decides rows, parameters and the model; the others only measure and show.
DECIDING_STAGES = ("fetch", "clean", "split", "tune", "train_best")
# Blocks of params.yaml that a cell sets itself, or that only measure.
NOT_SETTINGS = ("dataset", "seed", "evaluate")
NEXT = re.compile(r"^next: (dvc exp run .*?)(?:  \(.*)?$", re.MULTILINE)
SAMPLE_SEED = 0


def settings_version() -> str:
    """A short hash of the choices of params.yaml and of the code that act on a model; a cell with another is stale."""
    choices = {name: block for name, block in read_yaml(ROOT / PARAMS).items() if name not in NOT_SETTINGS}
    digest = hashlib.sha256(yaml.safe_dump(choices).encode())
    for file in deciding_files():
        digest.update(file.relative_to(ROOT).as_posix().encode() + b"\0" + file.read_bytes())
    return digest.hexdigest()[:12]


def deciding_files() -> list[Path]:
    """The code and the dataset files that decide a model: what dvc.yaml says of the stages, and new-dataset."""
    stages = read_yaml(ROOT / "dvc.yaml")["stages"]
    named = {name for stage in DECIDING_STAGES for name in stages[stage]["deps"]}
    roots = [ROOT / name for name in (*named, "lockstep/inspect", "datasets")]
    files = {file for root in roots for file in ([root] if root.is_file() else root.rglob("*"))}
    return sorted(file for file in files if file.suffix in (".py", ".yaml"))


def make_project(
    project: Path, name: str, folder: Path | None, row_limit: int | None
) -> tuple[list[str], Measured | None]:
    """Make a project in which a table is described.

    Args:
        project: Where it is made.
        name: One of TABLES.
        folder: The folder of the tables; None: only tables that Lockstep ships.
        row_limit: At most so many rows of a file, chosen at random; None: all.

    Returns:
        The words of the command to run next, and what new-dataset cost; None where Lockstep ships the dataset file.

    Raises:
        SystemExit: if the folder lacks the table, or a command fails.
    """
    table = TABLES[name]
    copy_repository(project)
    if not table.file:
        start_project(project)
        return with_settings(["dvc", "exp", "run", "-S", f"dataset={name}"], table.settings), None
    source = (folder or Path()) / f"{table.file}.csv"
    if folder is None or not source.is_file():
        raise SystemExit(f"yardstick: {name}: no file {source}; name the folder of the tables: --folder FOLDER")
    (project / "tables").mkdir()
    copy = project / "tables" / source.name
    shutil.copyfile(source, copy) if row_limit is None else _sample(source, copy, row_limit)
    start_project(project)
    described = measure(
        *("lockstep", "new-dataset", f"tables/{source.name}", "--target", table.target, "--name", name, *table.options),
        cwd=project,
    )
    return with_settings(next_command(described.output), table.settings), described


def next_command(printed: str) -> list[str]:
    """The words of the command that new-dataset prints as the next step.

    Raises:
        SystemExit: if it prints none.
    """
    found = NEXT.search(printed)
    if found is None:
        raise SystemExit(f"yardstick: new-dataset printed no command after `next:`:\n{printed}")
    return found[1].split()


def with_settings(command: Sequence[str], settings: Sequence[str]) -> list[str]:
    """A command with further settings of params.yaml, as `-S NAME=VALUE`."""
    return [*command, *(word for setting in settings for word in ("-S", setting))]


def make_split(project: Path, command: Sequence[str]) -> None:
    """Run the pipeline up to the split, with the settings of a command of `make_project`."""
    run(project, *command, "split")


def _sample(source: Path, copy: Path, row_limit: int) -> None:
    """Copy some rows of a CSV file, in their order, with every cell's text as it is."""
    rows = pd.read_csv(source, dtype=str, keep_default_na=False, na_filter=False)
    chosen = rows.sample(min(row_limit, len(rows)), random_state=SAMPLE_SEED).sort_index()
    chosen.to_csv(copy, index=False)
