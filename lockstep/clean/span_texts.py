"""Times of day and durations from their texts, in seconds."""

import re
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import pandas as pd

from lockstep.clean.date_texts import parse_dates

Seconds = npt.NDArray[np.float64]

CLOCK = r"^(\d{1,2}):(\d{2})(?::(\d{2})(?:[.,](\d{1,9}))?)?(?: ?([AaPp])\.?[Mm]\.?)?$"
LONG_CLOCK = r"^(-?)(?:(\d{1,6}) ?d(?:ays?)?,? )?(\d{1,6}):(\d{2}):(\d{2})(?:[.,](\d{1,9}))?$"
UNITS = {
    "w": 604_800,
    "d": 86_400,
    "h": 3_600,
    "m": 60,
    "s": 1,
    "ms": 0.001,
}
UNIT_WORDS = {
    "w": "weeks|week|wks|wk|w",
    "d": "days|day|d",
    "h": "hours|hour|hrs|hr|h",
    "ms": "milliseconds|millisecond|msec|ms",
    "m": "minutes|minute|mins|min|m",
    "s": "seconds|second|secs|sec|s",
}
ONE_UNIT = "|".join(f"(?P<{unit}>{words})" for unit, words in UNIT_WORDS.items())
# The look behind keeps the time for a long row of digits from growing with the square of its length.
PART = re.compile(rf"(?<!\d)(\d+(?:[.,]\d+)?) ?(?:{ONE_UNIT})(?![a-z])")
ISO_DURATION = re.compile(r"p(?:(\d+)w)?(?:(\d+)d)?(?:t(?:(\d+)h)?(?:(\d+)m)?(?:(\d+(?:[.,]\d+)?)s)?)?")
DAY = 86_400


def parse_times(words: pd.Series, formats: Sequence[str] = ()) -> Seconds:
    """Times of day in seconds since midnight, shape (words,); NaN where a text is none.

    Args:
        words: Different texts.
        formats: Patterns of strptime; without any H:MM and H:MM:SS, with or without am and pm.
    """
    if formats:
        dates = parse_dates(words, formats)
        return _seconds_of_day(dates)
    parts = words.str.extract(CLOCK)
    hour, minute, second = (parts[group].fillna("0").astype("float64") for group in (0, 1, 2))
    half = parts[4].str.lower()
    hour = hour.where(half.isna() | ((hour >= 1) & (hour <= 12))) % DAY
    hour = hour.where(half.isna(), hour % 12 + 12 * (half == "p"))
    fraction = ("0." + parts[3].fillna("0")).astype("float64")
    valid = parts[0].notna() & (hour < 24) & (minute < 60) & (second < 60)
    return np.asarray((hour * 3600 + minute * 60 + second + fraction).where(valid), dtype=np.float64)


def _seconds_of_day(dates: pd.Series) -> Seconds:
    values = dates.to_numpy(dtype="datetime64[s]")
    return np.where(np.isnat(values), np.nan, (values.astype(np.int64) % DAY).astype(np.float64))


def parse_durations(words: pd.Series, formats: Sequence[str] = ()) -> Seconds:
    """Durations in seconds, shape (words,); NaN where a text is none.

    Args:
        words: Different texts.
        formats: Patterns of %d, %H, %M and %S such as "%M:%S"; without any 1:02:03, 2 days 03:00:00, 1h 30m, 90 min
            and PT1H30M.
    """
    if formats:
        return np.array([_in_units_of(text, formats) for text in words], dtype=np.float64)
    return np.array([_duration(text) for text in words], dtype=np.float64)


def _in_units_of(text: str, formats: Sequence[str]) -> float:
    """A duration by a pattern; its numbers may be of any size: 90:30 by %M:%S is 90 minutes and a half."""
    units = {"%d": "d", "%H": "h", "%M": "m", "%S": "s"}
    for pattern in formats:
        names = re.findall(r"%[dHMS]", pattern)
        expression = re.sub(r"%[dHMS]", r"(\\d{1,9}(?:\\.\\d{1,9})?)", re.escape(pattern).replace(r"\%", "%"))
        match = re.fullmatch(expression, " ".join(text.split()))
        if match is not None and names:
            return sum(float(part) * UNITS[units[name]] for part, name in zip(match.groups(), names, strict=True))
    return np.nan


def _duration(text: str) -> float:
    words = " ".join(text.lower().split())
    sign, words = (-1.0, words[1:].lstrip()) if words.startswith(("-", "\u2212")) else (1.0, words)
    if match := re.match(LONG_CLOCK, words):
        _, days, hours, minutes, seconds, fraction = match.groups()
        if int(minutes) >= 60 or int(seconds) >= 60:
            return np.nan
        whole = int(days or 0) * DAY + int(hours) * 3600 + int(minutes) * 60 + int(seconds)
        return sign * (whole + float(f"0.{fraction or 0}"))
    if (match := ISO_DURATION.fullmatch(words)) and any(match.groups()):
        sizes = (UNITS["w"], UNITS["d"], UNITS["h"], UNITS["m"], 1)
        return sign * sum(
            float((part or "0").replace(",", ".")) * size for part, size in zip(match.groups(), sizes, strict=True)
        )
    parts = list(PART.finditer(words))
    rest = PART.sub("", words).replace(",", "").replace("and", "").strip()
    if not parts or rest:
        return np.nan
    names = [next(unit for unit in UNIT_WORDS if part[unit]) for part in parts]
    if len(set(names)) < len(names):
        return np.nan
    return sign * sum(float(part[1].replace(",", ".")) * UNITS[name] for part, name in zip(parts, names, strict=True))
