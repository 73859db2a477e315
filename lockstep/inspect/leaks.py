"""Leaks: columns that determine the target, alone or together, such as copies, parts, or price per metre with metres.

A column that is unknown at prediction time usually looks too good to be true.
"""

import re
from collections.abc import Collection, Sequence
from itertools import combinations

import pandas as pd

from lockstep.evaluate.screens.formula import CHANGED, Formula, explained_together, find_formulas
from lockstep.evaluate.screens.one_sided import LaterDate, later_date, presence
from lockstep.evaluate.screens.single_column import MIN_ROWS, bins_of, class_measures, number_measures
from lockstep.inspect.earlier_values import is_earlier_value, is_of_earlier_year
from lockstep.inspect.reading import ReadColumn
from lockstep.table.filler import as_floats

# Names of targets that are common in names of other columns.
GENERIC = frozenset(
    ["class", "count", "label", "output", "rating", "result", "score", "status", "target", "type", "value"]
)
# Words of a name that say a value was divided by another column.
RATIO = re.compile(
    r"(?i)(.*[\W_])?(per|ratio|rate|density|share|unit[\W_]?(price|cost)|mean|avg|average|yield)([\W_].*)?"
)
# Dates that are compared with one another.
MAX_DATES = 10
# Words that name a sum.
TOTALS = frozenset(["total", "totals", "sum", "gross", "net", "subtotal", "amount", "overall", "combined"])
TAKE_OUT = "Unless known when a prediction is needed, take {} out of the recipes"


def leak_reason(read: ReadColumn, target: ReadColumn, *, classes: bool) -> str:
    """The reason why a column may leak the target, with the figure; empty if there is none.

    An earlier value of the target is known with it, however close they are.
    """
    values = read.values.reset_index(drop=True)
    if read.present >= MIN_ROWS and values.astype(str).equals(target.values.reset_index(drop=True).astype(str)):
        return "equals the target in every row"
    measures = (class_measures if classes else number_measures)(_screened(read), target.values)
    earlier = is_earlier_value(target.name, read.name)
    for measure in measures:
        if measure.too_good and not earlier:
            return measure.text
    if reason := presence(read.values, target.values, classes=classes):
        return reason
    if _name_in(target.name, read.name) and not earlier:
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

    In a product or quotient with a suspected column, or one that is a ratio by its name, the others are no leaks:
    metres, beside price per metre. All parts of a sum are leaks, but for earlier values of the target and columns
    of years before it.
    """
    present = target.values.notna().to_numpy()
    columns = {read.name: as_floats(read.values[present]) for read in _numbers(reads)}
    found = find_formulas(columns, as_floats(target.values[present]), suspects)
    leaks = {name: formula.text for formula in found for name in _unknown_parts(formula)}
    return {
        name: text
        for name, text in leaks.items()
        if not (is_earlier_value(target.name, name) or is_of_earlier_year(target.name, name))
    }


def relatives(reads: Sequence[ReadColumn], target: ReadColumn) -> dict[str, str]:
    """The reason of each column that explains 99% of a number with a few others, and is a relative of it by its name.

    city_mpg and hwy_mpg are relatives of comb_mpg, and a total is one of each of its parts.
    """
    together = _together(reads, target)
    if together is None:
        return {}
    named = [name for name in together.columns if not is_earlier_value(target.name, name)]
    words = {word for word in _words(target.name) if word not in GENERIC and not word.isdecimal()}
    return {name: together.text for name in named if words & set(_words(name)) or TOTALS & set(_words(name))}


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
    notes += [
        f"{read.name}: {measure.text}; it stays in the recipes, as an earlier value of the target by its name"
        for read in reads
        if is_earlier_value(target.name, read.name)
        for measure in number_measures(_screened(read), target.values)[:1]
        if measure.too_good
    ]
    if (together := _together(reads, target)) is not None:
        notes.append(f"{together.text}. {TAKE_OUT.format('them')}")
    return notes


def _together(reads: Sequence[ReadColumn], target: ReadColumn) -> Formula | None:
    present = target.values.notna().to_numpy()
    numbers = [read for read in _numbers(reads) if not is_earlier_value(target.name, read.name)]
    columns = {read.name: as_floats(read.values[present]) for read in numbers}
    return explained_together(columns, as_floats(target.values[present])) if columns else None


def _unknown_parts(formula: Formula) -> Sequence[str]:
    """The columns of a formula that are leaks: of a product that has ratios, these."""
    if not formula.product:
        return formula.columns
    changes = CHANGED.findall(formula.text)
    ratios = [name for name in formula.columns if RATIO.fullmatch(name) and name not in changes]
    return ratios or formula.columns


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
