"""Leaks: columns that determine the target, alone or together, such as copies, parts, or price per metre with metres.

A column that is unknown at prediction time usually looks too good to be true.
"""

import re
from collections.abc import Collection, Sequence
from itertools import combinations

import pandas as pd

from lockstep.evaluate.screens.formula import explained_together, find_formulas
from lockstep.evaluate.screens.one_sided import LaterDate, later_date, presence
from lockstep.evaluate.screens.single_column import MIN_ROWS, bins_of, class_measures, number_measures
from lockstep.inspect.reading import ReadColumn
from lockstep.table.filler import as_floats

# Names of targets that are common in names of other columns.
GENERIC = frozenset(
    ["class", "count", "label", "output", "rating", "result", "score", "status", "target", "type", "value"]
)
# Dates that are compared with one another.
MAX_DATES = 10
TAKE_OUT = "Unless known when a prediction is needed, take {} out of the recipes"


def leak_reason(read: ReadColumn, target: ReadColumn, *, classes: bool) -> str:
    """The reason why a column may leak the target, with the figure; empty if there is none."""
    values = read.values.reset_index(drop=True)
    if read.present >= MIN_ROWS and values.astype(str).equals(target.values.reset_index(drop=True).astype(str)):
        return "equals the target in every row"
    measures = (class_measures if classes else number_measures)(_screened(read), target.values)
    for measure in measures:
        if measure.too_good:
            return measure.text
    if reason := presence(read.values, target.values, classes=classes):
        return reason
    if _name_in(target.name, read.name):
        figures = ", ".join(measure.text for measure in measures)
        return f"its name contains the target's{': ' + figures if figures else ''}"
    return ""


def late_dates(reads: Sequence[ReadColumn], target: ReadColumn, *, classes: bool) -> list[LaterDate]:
    """The dates that tell the target by the time since an earlier one."""
    dates = [read.values for read in reads if read.type == "date"][:MAX_DATES]
    pairs = (later_date(one, other, target.values, classes=classes) for one, other in combinations(dates, 2))
    return [found for found in pairs if found is not None]


def outcomes(reads: Sequence[ReadColumn], target: ReadColumn) -> list[str]:
    """Notes on columns that tell nearly every class, as an outcome does that comes with it."""
    told = ((read.name, class_measures(_screened(read), target.values)) for read in reads)
    return [
        f"{name}: {measure.text}: an outcome? {TAKE_OUT.format('it')}"
        for name, measures in told
        if (measure := next((measure for measure in measures if measure.is_outcome), None)) is not None
    ]


def formulas(reads: Sequence[ReadColumn], target: ReadColumn, suspects: Collection[str]) -> dict[str, str]:
    """The formula of each column that determines a number together with others.

    In a product or quotient with a suspected column, the others are no leaks: metres, beside price per metre. All parts
    of a sum are leaks.
    """
    present = target.values.notna().to_numpy()
    columns = {read.name: as_floats(read.values[present]) for read in _numbers(reads)}
    found = find_formulas(columns, as_floats(target.values[present]), suspects)
    return {name: formula.text for formula in found for name in formula.columns}


def near_leaks(reads: Sequence[ReadColumn], target: ReadColumn) -> list[str]:
    """Notes on columns that nearly determine a number: bins of it, and a few columns that explain 99% of it."""
    notes = [
        f"{read.name}: its {count} values do not overlap in the target: bins of it? {TAKE_OUT.format('it')}"
        for read in reads
        if (count := bins_of(_screened(read), target.values))
    ]
    notes += [
        f"{found.column}: {found.text}. {TAKE_OUT.format('it')}"
        for found in late_dates(reads, target, classes=False)
        if not found.is_leak
    ]
    present = target.values.notna().to_numpy()
    columns = {read.name: as_floats(read.values[present]) for read in _numbers(reads)}
    if columns and (together := explained_together(columns, as_floats(target.values[present]))) is not None:
        notes.append(f"{together.text}. {TAKE_OUT.format('them')}")
    return notes


def _screened(read: ReadColumn) -> pd.Series:
    """The values, without an order if the column is text."""
    return read.values.astype("str").where(read.values.notna()) if read.type in ("text", "ignore") else read.values


def _name_in(target: str, column: str) -> bool:
    target_words, words = _words(target), _words(column)
    if not target_words or len("".join(target_words)) < 3 or (len(target_words) == 1 and target_words[0] in GENERIC):
        return False
    return any(words[start : start + len(target_words)] == target_words for start in range(len(words)))


def _words(name: str) -> Sequence[str]:
    return re.findall(r"[^\W_]+", re.sub(r"(?<=[a-z])(?=[A-Z])", " ", name).lower())


def _numbers(reads: Sequence[ReadColumn]) -> list[ReadColumn]:
    return [read for read in reads if read.is_number]
