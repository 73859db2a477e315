"""Dates written as bare digits: 20200723, 202007, seconds since 1970; by their form, or where the name says so."""

import re

import pandas as pd

from lockstep.clean.date_texts import parse_dates
from lockstep.clean.location import shortened
from lockstep.inspect.notations.missing import is_known
from lockstep.inspect.notations.odd_texts import ZEROS, are_odd_ones
from lockstep.inspect.notations.proposal import Proposal, Texts
from lockstep.inspect.notations.text_samples import few_texts, in_words

DATE_NAME = re.compile(
    r"date|time|day|month|period|birth|stamp|epoch|unix|datum|data|fecha|jour|monat|mois|mes"
    r"|(^|_)(dob|dt|ts|ym|ymd|yyyymm(dd)?|utc|at|when|created|updated|modified)(_|$)"
)
UNIX_NAME = re.compile(r"time|stamp|epoch|unix|date|(^|_)(ts|utc|at|created|updated|modified|seen|last|first)(_|$)")
CODE_NAME = re.compile(r"(^|_)(id|ids|no|nr|number|code|sku|zip|key|phone|account|barcode|ean)(_|$)")
YEARS = (1900, 2100)
UNIX_YEARS = (1980, 2050)
MIN_VALUES = 3
# By the number of digits: formats, and the names of columns that may have them (None: any but a code's).
FORMATS: dict[int, tuple[tuple[str, re.Pattern[str] | None], ...]] = {
    6: (("%Y%m", DATE_NAME), ("%y%m%d", DATE_NAME)),
    8: (("iso", None), ("%d%m%Y", DATE_NAME), ("%m%d%Y", DATE_NAME)),
    12: (("%Y%m%d%H%M", None), ("unix_ms", UNIX_NAME)),
    13: (("unix_ms", UNIX_NAME),),
    14: (("%Y%m%d%H%M%S", None),),
    9: (("unix", UNIX_NAME),),
    10: (("unix", UNIX_NAME),),
}
WORDS = {
    "%Y%m": "year and month",
    "%y%m%d": "two-digit year, month and day",
    "%d%m%Y": "day, month and year",
    "%m%d%Y": "month, day and year",
    "%Y%m%d": "year, month and day",
    "%Y%m%d%H%M": "year, month, day, hour and minute",
    "%Y%m%d%H%M%S": "year, month, day, hour, minute and second",
    "unix": "seconds since 1970",
    "unix_ms": "milliseconds since 1970",
}


def propose_compact_dates(name: str, texts: Texts) -> Proposal | None:
    """Read a column of bare digits as dates if every number is one; None otherwise.

    Args:
        name: The name of the column.
        texts: Its different texts and their rows.
    """
    lengths = {len(_whole(text)) for text in few_texts(texts) if not _is_odd(text)}
    if not lengths or not lengths <= FORMATS.keys() or (len(lengths) > 1 and not lengths <= {9, 10, 12, 13}):
        return None
    plain = in_words(name)
    odd = frozenset(text for text in texts if _is_odd(text))
    words = pd.Series([text.strip() for text in texts if text not in odd], dtype="str")
    for pattern, names in FORMATS[max(lengths)]:
        if names.search(plain) if names else not CODE_NAME.search(plain):
            pattern = _with_decimals(pattern, words)
            dates = parse_dates(words, [pattern])
            if _are_dates(pattern, dates) and are_odd_ones(odd, len(words)):
                return _proposal(pattern, words, odd)
    return None


def _whole(text: str) -> str:
    return text.strip().partition(".")[0]


def _is_odd(text: str) -> bool:
    """Whether a text is a word, or digits that stand for a missing value: 0, 00000000, 99999999."""
    digits = text.strip()
    return (
        is_known(text)
        or not re.search(r"\d", text)
        or ZEROS.fullmatch(digits) is not None
        or re.fullmatch("9+", digits) is not None
    )


def _with_decimals(pattern: str, words: pd.Series) -> str:
    """The pattern of whole numbers that were written as 20200723.0."""
    if pattern.startswith("unix") or not words.str.endswith(".0").all():
        return pattern
    return {"iso": "%Y%m%d"}.get(pattern, pattern) + ".0"


def _are_dates(pattern: str, dates: pd.Series) -> bool:
    low, high = UNIX_YEARS if pattern.startswith("unix") else YEARS
    return bool(dates.dt.year.between(low, high).all()) and dates.nunique() >= MIN_VALUES


def _proposal(pattern: str, words: pd.Series, odd: frozenset[str]) -> Proposal:
    if pattern == "iso":
        return Proposal({"type": "date"}, "", odd)
    why = f"{WORDS[pattern.removesuffix('.0')]}: {shortened(words[0])}"
    return Proposal({"type": "date", "format": [pattern]}, why, odd)
