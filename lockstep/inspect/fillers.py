"""Notes on fillers: values such as -200 or 999 that stand for "no value", with the lines that say so."""

import json
from collections.abc import Iterable, Mapping, Sequence

import pyarrow as pa

from lockstep.evaluate.screens.filler import Filler, find_filler
from lockstep.inspect.missing import NUMBER, text_counts
from lockstep.inspect.reading import ReadColumn


def filler_notes(table: pa.Table, reads: Iterable[ReadColumn], target: str, missing: Sequence[str]) -> list[str]:
    """A note per column with a filler, the target's first.

    Args:
        table: The table as read.
        reads: Its columns, converted.
        target: The column to predict.
        missing: Texts that mean "no value" already.
    """
    counts = {name: text_counts(table.column(name)) for name in table.column_names}
    fillers = [(read, filler) for read in reads if (filler := find_filler(read.values)) is not None]
    fillers.sort(key=lambda pair: pair[0].name != target)
    return [_note(read, filler, counts, missing, is_target=read.name == target) for read, filler in fillers]


def _note(
    read: ReadColumn,
    filler: Filler,
    counts: Mapping[str, Mapping[str, int]],
    missing: Sequence[str],
    *,
    is_target: bool,
) -> str:
    where = f"in {filler.share:.1%} of the rows, far from all others ({filler.others})"
    what, column = f"{read.name}: {filler.shown} {where}: a filler?", _in_yaml(read.name)
    texts = [text for text in counts[read.name] if _is(text, filler)]
    if not texts:  # a typed file has no texts
        rule = f"{{rule: drop_values, column: {column}, values: [{filler.shown}]}}"
        return f"{what} If so, make it missing in the file, or drop its rows: {rule}"
    values = ", ".join(f'"{text}"' for text in [*missing, *texts])
    also = [name for name, others in counts.items() if name != read.name and any(text in others for text in texts)]
    rows = f", and the rule {{rule: drop_missing, columns: [{column}]}}" if is_target else ""
    note = f"{what} If so: missing_values: [{values}], {column}: {{type: {read.type}, missing: true}}{rows}"
    return f"{note} (then missing in {', '.join(also[:4])}, too)" if also else note


def _in_yaml(name: str) -> str:
    """A column's name as YAML reads it, also within brackets."""
    return name if name.isidentifier() else json.dumps(name, ensure_ascii=False)


def _is(text: str, filler: Filler) -> bool:
    """Whether a text of the file is the filler."""
    if filler.dates:
        return text.strip().startswith(filler.shown) or text.strip() == filler.shown.replace("-", "")
    return bool(NUMBER.fullmatch(text.strip())) and float(text) == filler.value
