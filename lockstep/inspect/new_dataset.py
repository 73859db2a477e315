"""A dataset file for a table that Lockstep has not seen: read, inspect, write, and check what was written."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from lockstep.check.config import parse_dataset
from lockstep.clean.columns import convert_columns
from lockstep.errors import ConfigError
from lockstep.fetch.download import file_name
from lockstep.fetch.source_block import is_address
from lockstep.guards.text.messages import brief, listed, shown
from lockstep.guards.text.secrets import masked
from lockstep.inspect.dataset_file import dataset_text
from lockstep.inspect.findings import LEFT_OUT, TableFindings
from lockstep.inspect.inspection import inspect
from lockstep.inspect.table_file import read_table_file
from lockstep.project.blocks import DATASET_NAME
from lockstep.project.paths import DATASETS, PARAMS
from lockstep.project.settings import RESERVED
from lockstep.storage.tables import atomic_write

ENDINGS = (".csv", ".tsv", ".txt", ".parquet", ".pq", ".gz")
# XGBoost refuses these signs in names of features.
INSTEAD = str.maketrans({"[": "(", "]": ")", "<": "_below_"})


@dataclass(frozen=True)
class NewDataset:
    """What was written and why."""

    name: str
    file: Path
    findings: TableFindings


def new_dataset(
    place: str, target: str, *, name: str | None = None, as_classes: bool = False, force: bool = False
) -> NewDataset:
    """Look at a table and write datasets/NAME.yaml; nothing is written unless all of it is right.

    Args:
        place: Path or http(s) address of a CSV (gzipped or not) or Parquet file.
        target: The column to predict.
        name: Of the dataset; by default the file's.
        as_classes: Whether a target of whole numbers is classes.
        force: Whether an existing dataset file may be replaced.

    Raises:
        LockstepError: with one line that names the remedy.
    """
    if not PARAMS.is_file():
        raise ConfigError("params.yaml: no such file; run this from the repository's root")
    if place.startswith(("http://", "https://")) and not is_address(place):
        raise ConfigError(f"{masked(''.join(place.split()))}: cannot be read as an address; write http(s)://HOST/PATH")
    name = name or _name_of(place)
    if not re.fullmatch(DATASET_NAME, name):
        raise ConfigError(f"--name {name!r}: must begin with a letter or digit and hold only letters, digits, _ and -")
    file = DATASETS / f"{name}.yaml"
    if file.exists() and not force:
        raise ConfigError(f"{file}: exists already; take another --name, or replace it with --force")
    source, table = read_table_file(place)
    findings = inspect(table, target, as_classes=as_classes)
    kept = (column.name for column in findings.columns if column.type != "ignore")
    about = f"{_file_name(place)}, {table.num_rows:,} rows and {table.num_columns} columns"
    text = dataset_text(findings, source, about, _clean_names(kept))
    dataset = parse_dataset(text, file)
    convert_columns(table, dataset.columns, dataset.missing_values, str(file))
    with atomic_write(file) as part:
        part.write_text(text, encoding="utf-8")
    return NewDataset(name, file, findings)


def _file_name(place: str) -> str:
    return file_name(place) if "://" in place else Path(place).name


def _name_of(place: str) -> str:
    stem = _file_name(place)
    while stem.lower().endswith(ENDINGS):
        stem = stem.rpartition(".")[0]
    name = re.sub(r"[^A-Za-z0-9_-]+", "_", stem).strip("_-")
    if not name:
        raise ConfigError(f"{masked(place)}: its name makes no dataset name; choose one with --name")
    return name


def _clean_names(columns: Iterable[str]) -> dict[str, str]:
    """Another name for each column whose own cannot stay: empty, reserved, or with a sign XGBoost refuses."""
    columns = list(columns)
    taken, renamed = set(columns), dict[str, str]()
    for name in columns:
        better = name.translate(INSTEAD)
        better = re.sub(r"\s+", " ", brief(better)).strip()
        if better == name and name not in RESERVED and name:
            continue
        better = better or "unnamed"
        better = f"{better}_column" if better in RESERVED else better
        renamed[name] = _free(better, taken)
        taken.add(renamed[name])
    return renamed


def _free(name: str, taken: set[str]) -> str:
    if name not in taken:
        return name
    number = 2
    while f"{name}_{number}" in taken:
        number += 1
    return f"{name}_{number}"


def summary(written: NewDataset) -> str:
    """A short table of what was found, and the next command."""
    found, target = written.findings, written.findings.target
    kind = f"{len(target.classes)} classes" if target.classes else "a number"
    size = f"{found.n_rows} rows, {len(found.columns)} columns"
    lines = [f"lockstep: wrote {written.file}: {size}, target {target.column} ({kind})"]
    lines += [f"  note      {note}" for note in target.notes]
    lines += [f"  {role:<9} {listed(names)}" for role, names in _features_by_type(found).items()]
    for column in found.of(*LEFT_OUT):
        label = "LEAK?   " if column.role == "leak" else "left out"
        lines.append(f"  {label}  {shown(column.name) if column.name else '(unnamed)'}: {brief(column.why)}")
    if found.copies:
        lines.append(f"  note      {found.copies} rows repeat an earlier one; {written.file} shows a rule")
    return "\n".join(
        [*lines, f"next: dvc exp run -S dataset={written.name}  (with --temp or --queue: git add {written.file} first)"]
    )


def _features_by_type(found: TableFindings) -> dict[str, list[str]]:
    kinds: dict[str, list[str]] = {}
    for column in found.of("plain", "encoded", "parts", "words"):
        kinds.setdefault(column.type, []).append(column.name)
    return dict(sorted(kinds.items()))
