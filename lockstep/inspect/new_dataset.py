"""A dataset file for a new table: read the table, inspect it, write the file, and check it."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from lockstep.check.config import parse_dataset
from lockstep.clean.columns import convert_columns
from lockstep.errors import ConfigError
from lockstep.fetch.download import file_name
from lockstep.fetch.file_places import is_address
from lockstep.fetch.source import FileSource
from lockstep.guards.text.messages import brief, listed, shown
from lockstep.guards.text.secrets import masked
from lockstep.guards.text.yaml_file import read_yaml
from lockstep.inspect.dataset_file import dataset_text
from lockstep.inspect.files.table_file import TABLES, FileOptions, TableFile, read_again, read_table_file
from lockstep.inspect.findings import LEFT_OUT, TableFindings
from lockstep.inspect.inspection import inspect
from lockstep.inspect.personal import personal_columns, without_samples
from lockstep.inspect.roles import how_to_keep
from lockstep.inspect.rows.structure import copies_text
from lockstep.inspect.update import Update, updated
from lockstep.project.blocks import DATASET_NAME
from lockstep.project.paths import DATASETS, PARAMS
from lockstep.project.settings import is_reserved
from lockstep.split.strategy import STRATEGIES
from lockstep.storage.tables import atomic_write

EXTENSIONS = (*TABLES, ".zip")
DEFAULTS = FileOptions()
# XGBoost refuses these characters in names of features.
REPLACEMENTS = str.maketrans({"[": "(", "]": ")", "<": "_below_"})


@dataclass(frozen=True)
class NewDataset:
    """The dataset file that was written, and what the summary says of it.

    Attributes:
        name: Name of the dataset.
        file: Its file.
        findings: The inspected table.
        renamed: Names after cleaning, where they differ.
        current_split: The block `split` of params.yaml.
        file_notes: What was found in its file: lines that are no rows, names, an encoding.
        update: What an update did.
    """

    name: str
    file: Path
    findings: TableFindings
    renamed: Mapping[str, str]
    current_split: Mapping[str, Any]
    file_notes: tuple[str, ...] = ()
    update: Update | None = None


def new_dataset(
    place: str,
    target: str,
    *,
    name: str | None = None,
    as_classes: bool = False,
    weight: str | None = None,
    exposure: str | None = None,
    force: bool = False,
    update: bool = False,
    samples: bool = True,
    options: FileOptions = DEFAULTS,
) -> NewDataset:
    """Inspect a table and write datasets/NAME.yaml; nothing is written unless the file is valid.

    Args:
        place: Path or http(s) address of a table: CSV, Parquet, a workbook, JSON, Feather, ARFF, a zip archive of one.
        target: The column to predict.
        name: Name of the dataset; by default the file's.
        as_classes: Whether the integers of a target are classes.
        weight: The column of the rows' weights.
        exposure: The column of their exposures.
        force: Whether an existing dataset file may be replaced.
        update: Whether an existing dataset file is brought up to date: what it says stays, new columns are added.
        samples: Whether comments may show values of the table; those of columns that look personal are never shown.
        options: What is said about the file's format, instead of found out.

    Raises:
        LockstepError: with one line that names the remedy.
    """
    if not PARAMS.is_file():
        raise ConfigError("params.yaml: no such file; run this from the repository's root")
    if place.startswith(("http://", "https://")) and not is_address(place):
        raise ConfigError(f"{masked(''.join(place.split()))}: cannot be read as an address; write http(s)://HOST/PATH")
    name = name or _name_of(place)
    if not re.fullmatch(DATASET_NAME, name):
        raise ConfigError(f"--name {name!r}: must begin with a letter or digit; allowed are letters, digits, _ and -")
    file = DATASETS / f"{name}.yaml"
    if file.exists() and not (force or update):
        raise ConfigError(
            f"{file}: exists already; take another --name, add what is new with --update, or replace it with --force"
        )
    if update and not file.exists():
        raise ConfigError(f"{file}: no such file to update; leave out --update")
    current = file.read_text(encoding="utf-8") if update else ""
    read = _read_again(place, current, options, file) if update else read_table_file(place, options)
    table = read.table
    findings = inspect(table, target, as_classes=as_classes, weight=weight, exposure=exposure)
    personal = personal_columns(table, target)
    findings = without_samples(findings, personal, everywhere=not samples)
    # letters that are not ASCII are shown with the words around them, such as names of people
    read = read.without_samples(everywhere=not samples) if personal or not samples else read
    columns = (column.name for column in findings.columns if column.type != "ignore")
    about = f"{_file_name(place)}, {table.num_rows:,} rows and {table.num_columns} columns"
    renamed = _clean_names(columns)
    text, change = dataset_text(findings, read.source, about, renamed, read.reasons), None
    if update:
        change = updated(current, text, file)
        text = change.text
    dataset = parse_dataset(text, file)
    convert_columns(table, dataset.columns, dataset.missing_values, str(file))
    with atomic_write(file) as part:
        part.write_text(text, encoding="utf-8")
    return NewDataset(name, file, findings, renamed, _current_split(), read.notes, change)


def _read_again(place: str, current: str, options: FileOptions, file: Path) -> TableFile:
    """The table as the dataset file reads it: nothing that a person corrected there is guessed again."""
    source = parse_dataset(current, file).source
    if not isinstance(source, FileSource):
        raise ConfigError(f"{file}: source: is no file; take another --name for {masked(place)}")
    return read_again(place, source, options, str(file))


def _file_name(place: str) -> str:
    return file_name(place) if "://" in place else Path(place).name


def _name_of(place: str) -> str:
    stem = _file_name(place)
    while stem.lower().endswith(EXTENSIONS):
        stem = stem.rpartition(".")[0]
    name = re.sub(r"[^A-Za-z0-9_-]+", "_", stem).strip("_-")
    if not name:
        raise ConfigError(f"{masked(place)}: no dataset name can be made of its name; choose one with --name")
    return name


def _clean_names(columns: Iterable[str]) -> dict[str, str]:
    """A new name for each column whose name is empty, reserved, or has a character that XGBoost refuses."""
    columns = list(columns)
    taken, renamed = set(columns), dict[str, str]()
    for name in columns:
        clean = name.translate(REPLACEMENTS)
        clean = re.sub(r"\s+", " ", brief(clean)).strip()
        if clean == name and not is_reserved(name) and name:
            continue
        clean = clean or "unnamed"
        clean = f"{clean}_column" if is_reserved(clean) else clean
        renamed[name] = _unused_name(clean, taken)
        taken.add(renamed[name])
    return renamed


def _unused_name(name: str, taken: set[str]) -> str:
    if name not in taken:
        return name
    number = 2
    while f"{name}_{number}" in taken:
        number += 1
    return f"{name}_{number}"


def summary(dataset: NewDataset) -> str:
    """A short table of the findings, and the next command."""
    if dataset.update is not None:
        return _update_summary(dataset.file, dataset.update)
    findings, target = dataset.findings, dataset.findings.target
    kind = f"{len(target.classes)} classes" if target.classes else "a number"
    size = f"{findings.n_rows} rows, {len(findings.columns)} columns"
    lines = [f"lockstep: wrote {dataset.file}: {size}, target {target.column} ({kind})"]
    lines += [f"  file      {brief(note)}" for note in dataset.file_notes]
    lines += [f"  note      {note}" for note in target.notes]
    lines += [f"  {role:<9} {listed(names)}" for role, names in _features_by_type(findings).items()]
    for column in findings.of(*LEFT_OUT):
        label = "LEAK?   " if column.role == "leak" else "left out"
        why = "; ".join(part for part in (brief(column.why), how_to_keep(column)) if part)
        lines.append(f"  {label}  {shown(column.name) if column.name else '(unnamed)'}: {why}")
    lines += [f"  note      {brief(note)}" for note in findings.notes]
    lines += [f"  note      {brief(note)}" for note in _relation_notes(dataset)]
    lines += ["  note      a rule drops the last row, which seems to be a total"] if findings.total is not None else []
    settings = [*_split_settings(dataset), *([target.needs] if target.needs else [])]
    command = " -S ".join([f"dvc exp run -S dataset={dataset.name}", *settings])
    return "\n".join([*lines, f"next: {command}  (with --temp or --queue: git add {dataset.file} first)"])


def _update_summary(file: Path, update: Update) -> str:
    lines = [f"lockstep: updated {file}: {len(update.added)} columns added, {len(update.differences)} entries kept"]
    lines += [f"  added     {shown(name)}; to learn from it, add it to a recipe" for name in update.added]
    return "\n".join([*lines, *(f"  differs   {brief(line)}" for line in update.differences)])


def _split_settings(dataset: NewDataset) -> list[str]:
    """The settings of the advised split, and defaults in place of what params.yaml has for another table."""
    current, settings = dataset.current_split, dataset.findings.relations.split.settings(dataset.renamed)
    strategy = current.get("strategy")
    if not settings and strategy in STRATEGIES.names() and STRATEGIES[str(strategy)].needs:
        settings = ["split.strategy=random"]
    gap = ["split.gap=null"] if current.get("gap") is not None else []
    window = ["split.window=expanding"] if current.get("window", "expanding") != "expanding" else []
    return [*settings, *gap, *window]


def _current_split() -> Mapping[str, Any]:
    """The block `split` of params.yaml; empty if there is none."""
    content = read_yaml(PARAMS)
    block = content.get("split") if isinstance(content, dict) else None
    return block if isinstance(block, dict) else {}


def _relation_notes(dataset: NewDataset) -> list[str]:
    """Copies, and the split with its evidence."""
    relations, notes = dataset.findings.relations, list[str]()
    if relations.copies.rows:
        done = "a rule drops them" if relations.copies.accidental else f"{dataset.file} shows a rule"
        notes.append(f"{copies_text(relations.copies)}; {done}")
    if relations.copies.with_other_target:
        notes.append(
            f"{relations.copies.with_other_target:,} rows equal an earlier one in all but the target; where they are"
            " one thing, keep its rows on one side by a column that names it: split.strategy=group"
        )
    split = relations.split
    advised = [split] if split.strategy is not None else []
    return [*notes, *(advice.text(dataset.renamed) for advice in [*advised, *split.hints])]


def _features_by_type(findings: TableFindings) -> dict[str, list[str]]:
    kinds: dict[str, list[str]] = {}
    for column in findings.of("plain", "encoded", "parts", "words", "presence"):
        kinds.setdefault(column.type, []).append(column.name)
    return dict(sorted(kinds.items()))
