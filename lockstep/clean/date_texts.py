"""Dates from their texts."""

import math
import re
from collections.abc import Callable, Sequence

import numpy as np
import pandas as pd

# YYYY, YYYY-MM, YYYY-MM-DD or YYYYMMDD; a day may be followed by a time, whose fraction and zone are ignored.
DATE = (
    r"^(\d{4})(?:-(\d{2}))?$|^(\d{4})(-?)(\d{2})\4(\d{2})"
    r"(?:[T ](\d{2}):?(\d{2})(?::?(\d{2})(?:[.,]\d+)?)?(?: ?Z| ?[+-]\d{2}:?\d{2})?)?$"
)
QUARTER = r"^(?:(\d{4})[-/ .]?Q([1-4])|Q([1-4])[-/ .]?(\d{4}))$"
WEEK = r"^(?:(\d{4})[-/ .]?(?:W|KW|wk) ?(\d{1,2})|(?:W|KW|wk) ?(\d{1,2})[-/ .]?(\d{4}))$"
# A zone behind a clock time, which is ignored.
ZONE = r"(?<=:\d\d)(?:\.\d+)? ?(?:Z|UTC|GMT|[A-Z]{3,4}|[+-]\d{2}:?\d{2})(?= |$)"
# Names of months and their short forms in some languages, each by a beginning that no other month has in the language.
MONTHS = {
    "Jan": "jan|jän|gen|ene|янв",
    "Feb": "feb|fév|fev|фев",
    "Mar": "mar|mär|maa|mrt|мар",
    "Apr": "apr|avr|abr|апр",
    "May": "may|mai|mei|mag|май|мая",
    "Jun": "jun|juin|giu|июн",
    "Jul": "jul|juil|lug|июл",
    "Aug": "aug|aoû|aou|ago|авг",
    "Sep": "sep|set|сен",
    "Oct": "oct|okt|out|ott|окт",
    "Nov": "nov|ноя",
    "Dec": "dec|dez|déc|dic|дек",
}
MONTH_WORD = re.compile(r"[^\W\d_]{3,}\.?")
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
    """Texts of a pattern of strptime; months may be named in several languages."""
    texts = words.str.split().str.join(" ")
    if "%b" in pattern or "%B" in pattern:
        pattern = pattern.replace("%B", "%b")
        texts = texts.map(_english_month)
    if "%z" in pattern:
        pattern = re.sub(r" ?%z", "", pattern)
        texts = texts.str.replace(ZONE, "", regex=True)
    return _calendar(texts, pattern)


def _english_month(text: str) -> str:
    """The text with its month in the form of strptime's %b."""
    for word in MONTH_WORD.findall(text):
        for short, beginnings in MONTHS.items():
            if re.match(beginnings, word.lower()):
                return text.replace(word, short, 1)
    return text


def _quarters(words: pd.Series) -> pd.Series:
    parts = words.str.upper().str.extract(QUARTER)
    year, quarter = parts[0].fillna(parts[3]), parts[1].fillna(parts[2]).astype("float64")
    return _calendar(year + "-" + (3 * quarter - 2).map("{:.0f}".format, na_action="ignore"), "%Y-%m")


def _weeks(words: pd.Series) -> pd.Series:
    """The Monday of a week by ISO 8601."""
    parts = words.str.extract(WEEK, flags=re.IGNORECASE)
    year, week = parts[0].fillna(parts[3]), parts[1].fillna(parts[2])
    return _calendar(year + "-" + week.str.zfill(2) + "-1", "%G-%V-%u")


def _unix_times(words: pd.Series, per_second: int) -> pd.Series:
    numbers = words.where(words.str.fullmatch(r"-?\d{1,16}(\.\d{1,9})?"))
    seconds = (numbers.astype("float64") / per_second).map(math.floor, na_action="ignore")
    dates: pd.Series = seconds.where(seconds.abs() <= LAST_SECOND).astype("Int64").astype("datetime64[s]")
    return dates
