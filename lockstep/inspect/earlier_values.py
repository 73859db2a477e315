"""Earlier values of the target by their names: population_2016 beside population_2021, sales_lag_7 beside sales."""

import re
from collections.abc import Sequence

PERIOD = "year|yr|season|quarter|month|week|day|night|hour|period|visit|time|wave|round"
EARLIER = re.compile(
    rf"\b(lag(ged)?( ?\d+)?|prev(ious)?|prior|yesterday|ago|histor(y|ical)|t ?minus ?\d+"
    rf"|(last|past) (\d+|({PERIOD})s?))\b"
)
# Words before a number that counts periods, and numbers that are years.
COUNTED = re.compile(rf"(?:t|q|y|w|d|m|{PERIOD})s?")
YEARS = range(1800, 2200)


def is_earlier_value(target: str, column: str) -> bool:
    """Whether a column is named as the target is, but for an earlier period."""
    target_words, words = _words(target), _words(column)
    if EARLIER.search(" ".join(words)) and not EARLIER.search(" ".join(target_words)):
        return any(words[start : start + len(target_words)] == target_words for start in range(len(words)))
    differing = [place for place, pair in enumerate(zip(target_words, words, strict=False)) if pair[0] != pair[1]]
    if len(target_words) != len(words) or len(differing) != 1:
        return False
    place = differing[0]
    if not (target_words[place].isdecimal() and words[place].isdecimal()):
        return False
    later, earlier = int(target_words[place]), int(words[place])
    counted = place > 0 and COUNTED.fullmatch(words[place - 1]) is not None
    return earlier < later and (counted or (earlier in YEARS and later in YEARS))


def is_of_earlier_year(target: str, column: str) -> bool:
    """Whether all years in a column's name are before those in the target's."""
    years, later = _years(column), _years(target)
    return bool(years and later) and max(years) < min(later)


def _years(name: str) -> list[int]:
    return [int(word) for word in _words(name) if len(word) == 4 and word.isdecimal() and int(word) in YEARS]


def _words(name: str) -> Sequence[str]:
    """The words of a name in lower case; a number is a word of its own."""
    return re.findall(r"[^\W\d_]+|\d+", re.sub(r"(?<=[a-z])(?=[A-Z])", " ", name).lower())
