"""Whether a line of names is one, and unique names where they are repeated, empty or in two lines."""

import re
from collections.abc import Sequence
from itertools import pairwise

from lockstep.inspect.notations.missing import MARKERS

# A number or date however it is written: with a sign, currency, thousands, a unit of one sign; digits with separators.
NUMBER = re.compile(
    r"[-+(]?\s*[$€£¥]?\s*[-+]?\d[\d.,' \u00a0]*(?:[eE][-+]?\d+)?\s*[%€$£)]?|[-+]?\.\d+(?:[eE][-+]?\d+)?"
)
DATE = re.compile(r"\d{1,4}[-/.]\d{1,2}[-/.]\d{1,4}(?:[ T]\d{1,2}:\d{2}(?::\d{2})?\S*)?|\d{1,2}:\d{2}(?::\d{2})?")
YEAR = re.compile(r"(?:19|20)\d\d")
# Share of the values of a column that must be numbers for it to be one of numbers.
MOST = 0.9
# A longer text is neither a number nor a date.
LONGEST = 40


def is_value(text: str) -> bool:
    """Whether a text is a number, date or time, however it is written."""
    stripped = text.strip()
    return len(stripped) <= LONGEST and bool(NUMBER.fullmatch(stripped) or DATE.fullmatch(stripped))


def is_data_like(names: Sequence[str], columns: Sequence[Sequence[str]]) -> bool:
    """Whether a line of names is the first row of the data: its texts are like those of their columns.

    Args:
        names: The texts of the line.
        columns: The values of each column below it.
    """
    if _counts(names):
        return False
    pairs = [(name.strip(), [value.strip() for value in values]) for name, values in zip(names, columns, strict=False)]
    pairs = [(name, [value for value in values if value]) for name, values in pairs if name]
    data = [_is_like(name, values) for name, values in pairs]
    headings = [_is_heading(name, values) for name, values in pairs]
    values = [like and is_value(name) for like, (name, _) in zip(data, pairs, strict=True)]
    if sum(data) <= sum(headings):
        return False
    return any(values) or 2 * sum(data) >= len(pairs)


def has_headings(names: Sequence[str], columns: Sequence[Sequence[str]]) -> bool:
    """Whether a line has words above columns of numbers or dates."""
    return any(_is_heading(name.strip(), values) for name, values in zip(names, columns, strict=False) if name.strip())


def _counts(names: Sequence[str]) -> bool:
    """Whether most names are numbers that rise by the same step, such as years or the numbers of columns."""
    numbers = [int(name) for name in names if re.fullmatch(r"\s*\d{1,6}\s*", name)]
    steps = {after - before for before, after in pairwise(numbers)}
    return 3 <= len(numbers) < len(names) and len(steps) == 1 and steps.pop() > 0


def _is_like(name: str, values: Sequence[str]) -> bool:
    """Whether a name could be a value of its column."""
    if not is_value(name):
        return name in values and not _all_numbers(values)
    years = sum(bool(YEAR.fullmatch(value)) for value in values)
    return _all_numbers(values) and not (YEAR.fullmatch(name) and 2 * years < len(values))


def _is_heading(name: str, values: Sequence[str]) -> bool:
    """Whether a name is a word above numbers or dates."""
    return not is_value(name) and name.lower() not in MARKERS and _all_numbers(values)


def _all_numbers(values: Sequence[str]) -> bool:
    return bool(values) and sum(map(is_value, values)) >= MOST * len(values)


def combined_names(first: Sequence[str], second: Sequence[str]) -> tuple[str, ...]:
    """Names of two lines, joined by _; a group's name stands for the empty cells at its right."""
    names, group = list[str](), ""
    for above, below in zip(first, second, strict=True):
        group = above.strip() or group
        names.append("_".join(part for part in (group, below.strip()) if part))
    return unique_names(names)


def unique_names(names: Sequence[str]) -> tuple[str, ...]:
    """The names with a number where one is repeated (`a`, `a_2`), and by position where several are empty.

    An empty name in the first column stays: that of an index.
    """
    n_empty = sum(not name.strip() for name in names)
    named = [
        f"column_{position}" if not name.strip() and n_empty > 1 and position > 1 else name
        for position, name in enumerate(names, 1)
    ]
    taken, used, numbers = set(named), set[str](), dict[str, int]()
    result = list[str]()
    for name in named:
        unique = name
        while unique in used or (unique != name and unique in taken):
            numbers[name] = numbers.get(name, 1) + 1
            unique = f"{name}_{numbers[name]}"
        used.add(unique)
        result.append(unique)
    return tuple(result)
