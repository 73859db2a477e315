"""Dates from their texts."""

import math
import re
import unicodedata
from collections.abc import Callable, Sequence

import numpy as np
import pandas as pd

from lockstep.clean.date_words import is_weekday, month_of

# YYYY, YYYY-MM, YYYY-MM-DD or YYYYMMDD; a day may be followed by a time, whose fraction and zone are ignored.
DATE = (
    r"^(\d{4})(?:-(\d{2}))?$|^(\d{4})(-?)(\d{2})\4(\d{2})"
    r"(?:[T ](\d{2}):?(\d{2})(?::?(\d{2})(?:[.,]\d+)?)?(?: ?(?:Z|UTC|GMT)| ?[+-]\d{2}(?::?\d{2})?)?)?$"
)
USUAL_ISO = r"^[1-9][0-9]{3}-[0-9]{2}-[0-9]{2}(?:[T ][0-9]{2}:[0-9]{2}(?::[0-9]{2})?)?$"
ISO_PATTERNS = (
    ("YYYY-MM-DD", "%Y-%m-%d"),
    ("YYYY-MM-DD HH:MM", "%Y-%m-%d %H:%M"),
    ("YYYY-MM-DD HH:MM:SS", "%Y-%m-%d %H:%M:%S"),
)
# 2020-Q1, 2020Q1, 2020 1Q; Q1 2020, 1Q20, Q1/20, Quarter 1 2020
QUARTER_LAST = r"^(\d{4})[-/ .:]{0,2}(?:(?:Q|QTR|QUARTER) ?([1-4])|([1-4])Q)$"
QUARTER_FIRST = r"^(?:(?:Q|QTR|QUARTER) ?([1-4])|([1-4])Q),?[-/ .']{0,2}(\d{4}|\d{2})$"
# 2020-W05, 2020W05-3, 2020 KW 5; W5 2020, KW05/2020, Week 5, 2020
WEEK_WORDS = r"(?:W|KW|CW|WK|WEEK)"
WEEK_LAST = rf"^(\d{{4}})[-/ .]{{0,2}}{WEEK_WORDS}[-. ]?(\d{{1,2}})(?:-?([1-7]))?$"
WEEK_FIRST = rf"^{WEEK_WORDS}[-. ]{{0,2}}(\d{{1,2}}),?[-/ .]{{0,2}}(\d{{4}})$"
# A zone behind a clock time, which is ignored.
ZONE = (
    r"(?:(?<=:\d\d)(?:[.,]\d+)?|(?<=[AaPp][Mm])) ?"
    r"(?:(?:GMT|UTC)?[+-]\d{2}(?::?\d{2})?(?: \([^)]*\))?|Z|[A-Z]{3,4})(?= |$)"
)
# What follows the number of a day in some languages: 1st, 2nd, 1er, 1º.
ORDINAL = r"(?:st|nd|rd|th|er|re|º|ª|°)(?![^\W\d_])"
HALF_DAY = r"(?i)\b([ap])\. ?m\."  # a.m., p.m.
# Directives and words of a pattern, and words of a text, which stand at the same places.
PATTERN_WORD = re.compile(r"%(.)|[^\W\d_]+")
WORD = re.compile(r"[^\W\d_]+")
WORD_DIRECTIVES = "aAbBp"
SHORT_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
LAST_SECOND = 253_402_300_799  # of the year 9999


def parse_dates(words: pd.Series, formats: Sequence[str] = ("iso",)) -> pd.Series:
    """Dates and date-times as local times to the second; missing where a text has none of the formats.

    The zone behind a time is ignored: tables are about the local hour, not the hour in Greenwich.

    Args:
        words: Different texts.
        formats: iso, quarter, week, unix, unix_ms, or patterns of strptime; the first that fits a text counts.
    """
    dates = pd.Series(np.full(len(words), np.datetime64("NaT", "s")), index=words.index, dtype="datetime64[s]")
    for name in formats:
        left = dates.isna() & words.notna()
        if not left.any():
            break
        dates = dates.where(~left, _with_format(words[left], name).reindex(words.index))
    return dates


def _with_format(words: pd.Series, name: str) -> pd.Series:
    named: dict[str, Callable[[pd.Series], pd.Series]] = {
        "iso": _iso_dates,
        "quarter": _quarters,
        "week": _weeks,
        "unix": lambda words: _unix_times(words, 1),
        "unix_ms": lambda words: _unix_times(words, 1000),
    }
    return named[name](words) if name in named else _patterned(words, name)


def _iso_dates(words: pd.Series) -> pd.Series:
    """Dates of the usual ISO texts by pandas' own fast parser, of the others by their parts."""
    texts = words.str.replace("T", " ")
    usual = words.str.match(USUAL_ISO)
    lengths = words.str.len().where(usual, 0)
    dates = [_other_iso_dates(words[~usual])] if not usual.all() else []
    dates += [
        _calendar(texts[lengths == len(form)], pattern)
        for form, pattern in ISO_PATTERNS
        if (lengths == len(form)).any()
    ]
    found: pd.Series = pd.concat(dates) if dates else words.astype("datetime64[s]")
    return found


def _other_iso_dates(words: pd.Series) -> pd.Series:
    parts = words.str.extract(DATE)
    # the calendar has no year 0; Python's dates begin with year 1
    year, month, day = (
        parts[0].fillna(parts[2]).where(lambda years: years != "0000"),
        parts[1].fillna(parts[4]).fillna("01"),
        parts[5].fillna("01"),
    )
    hour, minute, second = (parts[group].fillna("00") for group in (6, 7, 8))
    return _calendar(year + "-" + month + "-" + day + " " + hour + ":" + minute + ":" + second, "%Y-%m-%d %H:%M:%S")


def _calendar(texts: pd.Series, pattern: str) -> pd.Series:
    dates: pd.Series = pd.to_datetime(texts, format=pattern, errors="coerce")
    return dates.astype("datetime64[s]")


def _patterned(words: pd.Series, pattern: str) -> pd.Series:
    """Texts of a pattern of strptime; months and weekdays may be named in several languages."""
    crowded = words.str.contains(r"\s\s|[^\S ]", regex=True)
    texts = words.where(~crowded, words[crowded].str.split().str.join(" ").reindex(words.index))
    if "%p" in pattern:
        texts = texts.str.replace(HALF_DAY, r"\1m", regex=True)
    if "%z" in pattern:
        pattern = re.sub(r" ?%z", "", pattern)
        texts = texts.str.replace(ZONE, "", regex=True)
    if re.search("%[aAbB]", pattern):
        pattern, texts = _with_english_names(pattern, texts)
    return _calendar(texts, pattern)


def _with_english_names(pattern: str, texts: pd.Series) -> tuple[str, pd.Series]:
    """The pattern with %b and %a in place of %B and %A, and texts with English short names without a period there.

    A weekday says nothing that the date does not: any becomes Mon, right or wrong. Ordinals lose their letters.
    """
    pattern = re.sub(rf"(?<=%d){ORDINAL}", "", pattern).replace("%B", "%b").replace("%A", "%a")
    pattern = re.sub(r"(?<=%[ab])\.", "", pattern)
    found = [match[1] for match in PATTERN_WORD.finditer(pattern) if not match[1] or match[1] in WORD_DIRECTIVES]

    def english(text: str) -> str:
        text, end, parts = re.sub(rf"(?<=\d){ORDINAL}", "", unicodedata.normalize("NFC", text)), 0, []
        for directive, match in zip(found, WORD.finditer(text), strict=False):
            name = _english_name(directive, match[0])
            if name:
                parts += [text[end : match.start()], name]
                end = match.end() + text.startswith(".", match.end())
        return "".join([*parts, text[end:]])

    return pattern, texts.map(english)


def _english_name(directive: str | None, word: str) -> str:
    month = month_of(word) if directive == "b" else None
    return SHORT_MONTHS[month - 1] if month else "Mon" if directive == "a" and is_weekday(word) else ""


def _quarters(words: pd.Series) -> pd.Series:
    texts = words.str.upper()
    last, first = texts.str.extract(QUARTER_LAST), texts.str.extract(QUARTER_FIRST)
    year = last[0].fillna(_four_digits(first[2]))
    quarter = last[1].fillna(last[2]).fillna(first[0]).fillna(first[1])
    month = quarter.map({"1": "01", "2": "04", "3": "07", "4": "10"}).astype("str")
    return _calendar(year + "-" + month, "%Y-%m")


def _four_digits(years: pd.Series) -> pd.Series:
    """Years of two digits as POSIX and strptime read them: 69 to 99 are 1969 to 1999."""
    century = pd.Series(np.where(years >= "69", "19", "20"), index=years.index, dtype="str")
    return years.where(years.str.len() != 2, century + years)


def _weeks(words: pd.Series) -> pd.Series:
    """The day of a week by ISO 8601, its Monday where none is given."""
    last, first = (words.str.extract(part, flags=re.IGNORECASE) for part in (WEEK_LAST, WEEK_FIRST))
    year, week = last[0].fillna(first[1]), last[1].fillna(first[0])
    return _calendar(year + "-" + week.str.zfill(2) + "-" + last[2].fillna("1"), "%G-%V-%u")


def _unix_times(words: pd.Series, per_second: int) -> pd.Series:
    numbers = words.where(words.str.fullmatch(r"-?\d{1,16}(\.\d{1,9})?"))
    seconds = (numbers.astype("float64") / per_second).map(math.floor, na_action="ignore")
    dates: pd.Series = seconds.where(seconds.abs() <= LAST_SECOND).astype("Int64").astype("datetime64[s]")
    return dates
