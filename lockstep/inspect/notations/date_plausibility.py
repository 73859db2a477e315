"""Whether texts that can be read as dates are meant as dates: versions, seasons and decimals may look like them."""

import re

import pandas as pd

VERSION = re.compile(r"(?i)version|release|build|(^|[_\W])(ver|ip|ipv4|address)([_\W]|$)")
MONTH_NAME = re.compile(r"(?i)date|month|period|time|monat|mois|(^|[_\W])m[eê]s([_\W]|$)")
PLAUSIBLE_YEARS, RECENT_YEARS = (1000, 2999), (1900, 2100)
# The share of years within these ranges: fillers such as 0001-01-01 and 9999-12-31 are beyond them.
IN_RANGE = 0.9
MIN_DATES, MIN_DECIMALS = 3, 5
MANY_DAYS = 20  # so many different numbers up to 31 are days, not years


def is_plausible(name: str, pattern: str, texts: pd.Series, dates: pd.Series, is_main: bool) -> bool:
    """Whether texts of a format are dates.

    Args:
        name: The name of the column.
        pattern: The format.
        texts: The texts that have it.
        dates: Their dates.
        is_main: Whether no other format of the column reads more texts; others are believed because of it.
    """
    directives = set(re.findall("%.", pattern))
    is_weak = bool(directives) and not {"%d", "%Y"} <= directives
    low, high = RECENT_YEARS if is_weak else PLAUSIBLE_YEARS
    if dates.dt.year.between(low, high).mean() < IN_RANGE:
        return False
    if not is_main:
        return True
    if pattern == "iso":
        return _are_iso_dates(texts)
    if "." in pattern and VERSION.search(name):
        return False
    return not is_weak or (dates.nunique() >= MIN_DATES and _is_without_a_day(name, pattern, texts, dates))


def _are_iso_dates(texts: pd.Series) -> bool:
    """Whether some texts have more than a year, and are no seasons."""
    longer = texts[texts.str.len() > len("2020")]
    return len(longer) >= min(MIN_DATES, (len(texts) + 1) // 2) and not _are_seasons(longer)


def _are_seasons(texts: pd.Series) -> bool:
    """Whether texts are 2009-10, 2010-11: two years, not a month."""
    parts = texts.str.extract(r"^\d\d(\d\d)[-/](\d\d)$").astype("float64")
    return len(texts) > 1 and bool(((parts[0] + 1) % 100 == parts[1]).all())


def _is_without_a_day(name: str, pattern: str, texts: pd.Series, dates: pd.Series) -> bool:
    """Whether texts such as 2020.07, 2009/10 and Jan-20 are months; other texts pass."""
    if pattern in ("%Y.%m", "%m.%Y"):
        # a number would not keep the zero at its end or beginning
        zeros = texts.str.endswith("0") if pattern == "%Y.%m" else texts.str.startswith("0")
        return dates.nunique() >= MIN_DECIMALS and bool(zeros.any() or MONTH_NAME.search(name))
    if pattern in ("%Y-%m", "%Y/%m"):
        return not _are_seasons(texts)
    if re.search("%[bB]", pattern) and "%y" in pattern and "%d" not in pattern:
        numbers = texts.str.extract(r"(\d\d)")[0].astype("int64")
        is_beyond_days = bool((numbers > 31).any() or (numbers == 0).any())
        return is_beyond_days or (not pattern.startswith("%y") and numbers.nunique() < MANY_DAYS)
    return True
