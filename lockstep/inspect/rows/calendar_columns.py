"""Dates whose parts are columns of their own: year, month, day, hour."""

import re
from collections.abc import Collection, Mapping
from dataclasses import replace
from itertools import takewhile

import pandas as pd

from lockstep.clean.rules.date_of import MONTHS, PARTS, RANGES, AddDateOf
from lockstep.inspect.reading import ReadColumn
from lockstep.inspect.rows.structure import CalendarDate

WORDS: Mapping[str, re.Pattern[str]] = {
    "year": re.compile(r"(?i)year|yr|yyyy|jahr|annee|año|ano|anno"),
    "month": re.compile(r"(?i)month|mon|mo|mnth|mth|mm|monat|mois|mes|mese"),
    "day": re.compile(r"(?i)day|dd|mday|dom|dayofmonth|day_of_month|day of month|tag|jour|dia|día|giorno"),
    "hour": re.compile(r"(?i)hour|hr|hh|stunde|heure|hora|ora"),
    "minute": re.compile(r"(?i)minute|min|minutes"),
}
LONGEST_PART = 3
# A year of another length counts from somewhere: 0 and 1 in a table of two years.
YEARS = (1700, 2200)
# Rows in which the columns are no date, at most.
MAX_MISSING = 0.01


def find_calendars(reads: Mapping[str, ReadColumn], taken: Collection[str]) -> list[CalendarDate]:
    """The sets of columns that are dates together; year and month are needed.

    Args:
        reads: The columns that may hold parts.
        taken: Names that the dates must not have.
    """
    by_rest, found = dict[str, dict[str, str]](), list[CalendarDate]()
    for name, read in reads.items():
        for part, rest in _parts_of(name):
            if _in_range(read, part):
                by_rest.setdefault(rest, {}).setdefault(part, name)
    for rest, columns in by_rest.items():
        parts = {part: columns[part] for part in takewhile(columns.__contains__, PARTS)}
        if "month" not in parts:
            continue
        calendar = CalendarDate(_free_name(rest, {*taken, *(other.name for other in found)}), parts, 0)
        missing = int(calendar_moments(calendar, reads).isna().sum())
        if missing <= MAX_MISSING * len(reads[parts["year"]].values):
            found.append(replace(calendar, missing=missing))
    return found


def calendar_moments(calendar: CalendarDate, reads: Mapping[str, ReadColumn]) -> pd.Series:
    """The date of each row, as the rule date_of computes it."""
    frame = pd.DataFrame({column: reads[column].values for column in calendar.parts.values()})
    return AddDateOf(name=calendar.name, **calendar.parts).compute(frame)[calendar.name]


def _parts_of(name: str) -> list[tuple[str, str]]:
    """The parts that a column may hold by its name, with the rest of the name: month and `arrival` of arrival_month."""
    words = re.findall(r"[^\W_]+", re.sub(r"(?<=[a-z])(?=[A-Z])", " ", name))
    found = []
    for length in range(min(LONGEST_PART, len(words)), 0, -1):
        for start in range(len(words) - length + 1):
            text = " ".join(words[start : start + length]) if length > 1 else words[start]
            rest = " ".join([*words[:start], *words[start + length :]]).lower()
            found += [(part, rest) for part, pattern in WORDS.items() if pattern.fullmatch(text)]
        if found:
            return found
    return []


def _in_range(read: ReadColumn, part: str) -> bool:
    values = read.values.dropna()
    if not len(values):
        return False
    if part == "month" and read.type in ("text", "category"):
        return bool(values.astype(str).str.strip().str.lower().str[:3].isin(MONTHS).all())
    if read.type not in ("integer", "number"):
        return False
    first, last = YEARS if part == "year" else RANGES[part]
    return bool(values.between(first, last).all())


def _free_name(rest: str, taken: Collection[str]) -> str:
    """A name for the date of columns such as arrival_year: arrival_date."""
    words = rest.split()
    name = "_".join(words if "date" in words else [*words, "date"])
    names = [name, *(f"{name}_{number}" for number in range(2, len(taken) + 3))]
    return next(name for name in names if name not in taken)
