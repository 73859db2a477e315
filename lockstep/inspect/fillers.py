"""Notes on fillers: values such as -200 or 999 that stand for "no value", with the lines that say so."""

import json
from collections.abc import Iterable

from lockstep.inspect.reading import ReadColumn
from lockstep.table.filler import Filler, find_filler


def filler_notes(reads: Iterable[ReadColumn], target: str) -> list[str]:
    """A note per column with a filler, the target's first.

    Args:
        reads: The table's columns, converted.
        target: The column to predict.
    """
    fillers = [(read, filler) for read in reads if (filler := find_filler(read.values)) is not None]
    fillers.sort(key=lambda pair: pair[0].name != target)
    return [_note(read, filler, is_target=read.name == target) for read, filler in fillers]


def _note(read: ReadColumn, filler: Filler, *, is_target: bool) -> str:
    where = f"in {filler.share:.1%} of the rows, far from all others ({filler.others})"
    column = _in_yaml(read.name)
    facts = read.facts.model_dump(exclude_defaults=True, exclude={"missing"}, mode="json")
    facts["missing_values"] = [*facts.get("missing_values", []), filler.shown]
    entry = f"{column}: {_flow({**facts, 'missing': True})}"
    note = f"{read.name}: {filler.shown} {where}: a filler? If so: {entry}"
    if not is_target:
        return note
    confirmed = _flow({**read.facts.model_dump(exclude_defaults=True, exclude={"missing"}), "genuine": [filler.shown]})
    return (
        f"{note}, and the rule {{rule: drop_missing, columns: [{column}]}}. If not: {column}: {confirmed}. Until one of"
        " the two is written, `dvc repro` stops at clean"
    )


def _flow(value: object) -> str:
    """A value in YAML's flow style."""
    if isinstance(value, dict):
        return f"{{{', '.join(f'{_in_yaml(key)}: {_flow(item)}' for key, item in value.items())}}}"
    if isinstance(value, list):
        return f"[{', '.join(json.dumps(item, ensure_ascii=False) for item in value)}]"
    return value if isinstance(value, str) and value.isidentifier() else json.dumps(value, ensure_ascii=False)


def _in_yaml(name: str) -> str:
    """A column's name as YAML reads it, also within brackets."""
    return name if name.isidentifier() else json.dumps(name, ensure_ascii=False)
