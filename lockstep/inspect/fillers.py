"""Notes on values such as -200, 999 or "unknown" that may stand for "no value", with the lines that say so."""

from collections.abc import Iterable

from lockstep.inspect.findings import Finding
from lockstep.inspect.notations.missing import is_known
from lockstep.inspect.reading import ReadColumn
from lockstep.inspect.yaml_text import flow
from lockstep.table.filler import Filler, find_filler

MAX_WORDS = 4


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
    column = flow(read.name)
    facts = read.facts.model_dump(exclude_defaults=True, exclude={"missing"}, mode="json")
    facts["missing_values"] = [*facts.get("missing_values", []), filler.shown]
    entry = f"{column}: {flow({**facts, 'missing': True})}"
    note = f"{read.name}: {filler.shown} {where}: a filler? If so: {entry}"
    if not is_target:
        return note
    confirmed = flow({**read.facts.model_dump(exclude_defaults=True, exclude={"missing"}), "genuine": [filler.shown]})
    return (
        f"{note}, and the rule {{rule: drop_missing, columns: [{column}]}}. If not: {column}: {confirmed}. Until one of"
        " the two is written, `dvc repro` stops at clean"
    )


def missing_word_notes(columns: Iterable[tuple[Finding, ReadColumn]]) -> list[str]:
    """A note per column of words with some that people write for "no value", as unknown or not available.

    There they may be values, so that they stay until a person says otherwise.

    Args:
        columns: Columns of the table, with what was found about them.
    """
    notes = []
    for finding, read in columns:
        if read.type != "text" or finding.type not in ("category", "text"):
            continue
        counts = read.values.value_counts()
        words = sorted(text for text in counts.index if is_known(text))[:MAX_WORDS]
        if not words:
            continue
        told = ", ".join(f"{word} in {counts[word]:,} {'row' if counts[word] == 1 else 'rows'}" for word in words)
        facts = read.facts.model_dump(exclude_defaults=True, exclude={"missing"}, mode="json")
        facts |= {"type": finding.type, "missing_values": [*facts.get("missing_values", []), *words], "missing": True}
        notes.append(f"{read.name}: {told}: no value? If so: {flow(read.name)}: {flow(facts)}")
    return notes
