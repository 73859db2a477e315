"""Ordinal words: categories with an order, such as low, medium and high, and ranges such as 18-25."""

import itertools
import re
from collections.abc import Sequence

from lockstep.inspect.notations.missing import is_known
from lockstep.inspect.notations.ordinal_vocabularies import NAMED_VOCABULARIES, PAIRS, VOCABULARIES, fold
from lockstep.inspect.notations.proposal import Proposal, Texts

# A column of more different words is no scale.
MAX_WORDS = 30
MIN_WORDS = 3
# Words for "no value" among those of a scale; they stay values where the scale has a place for them.
NO_ANSWER = frozenset(
    [
        "na",
        "n/a",
        "unknown",
        "not available",
        "not applicable",
        "not specified",
        "missing",
        "keine angabe",
        "no answer",
        "refused",
        "declined",
        "don't know",
        "dont know",
        "not stated",
        "not reported",
        "not known",
        "no response",
        "prefer not to say",
        "prefer not to answer",
        "undisclosed",
        "weiß nicht",
    ]
)
NUMBER = r"[$€£]?\s?(\d[\d,.' ]*\d|\d)\s?([kKmM](?![^\W\d_]))?"
UNIT = r"(?:\s?(?:%|[^\W\d_]+(?:/[^\W\d_]+)?[.²³]?)){0,2}"
RANGE = re.compile(
    rf"\s*{NUMBER}{UNIT}\s?(?:-|\u2013|\u2014|to|bis|à|a|until|through)\s?{NUMBER}{UNIT}\s*", re.IGNORECASE
)
BELOW = re.compile(
    rf"\s*(?:<=?|≤|under|below|less than|up to|fewer than|at most|unter|bis|moins de)\s?{NUMBER}{UNIT}"
    rf"|\s*{NUMBER}{UNIT}\s(?:or less|or under|or fewer|and under|and below|or younger)\s*",
    re.IGNORECASE,
)
ABOVE = re.compile(
    rf"\s*(?:>=?|≥|over|above|more than|at least|from|über|ab|plus de)\s?{NUMBER}{UNIT}"
    rf"|\s*{NUMBER}\s?\+{UNIT}|\s*{NUMBER}{UNIT}\s(?:\+|plus|or more|or over|or older|and over|and above"
    r"|and older|and more|or above|und mehr|und älter|et plus)\s*",
    re.IGNORECASE,
)
# What the reading of numbers takes: 5, <5 and >5.
CENSORED = re.compile(r"\s*[<>]?=?\s*[+-]?[\d.,]+\s*")
SINGLE = re.compile(rf"\s*{NUMBER}{UNIT}\s*")


def propose_order(name: str, texts: Texts) -> Proposal | None:
    """The words of a scale as whole numbers, in its order.

    Args:
        name: The column's name; grades such as A and B are an order only in a column called grade, rating, class, ...
        texts: The different texts of a column of words and the rows of each.

    Returns:
        The facts `type` and `map`; None if the words are not all of one scale. Months and weekdays are none: after
        December comes January.
    """
    if not 2 <= len(texts) <= MAX_WORDS:
        return None
    return _words(name, texts) or _ranges(texts)


def _words(name: str, texts: Texts) -> Proposal | None:
    """The order of a vocabulary that covers all words, or all but those that mean "no value"."""
    folded = {text: fold(text) for text in texts}
    named = [scale for pattern, scales in NAMED_VOCABULARIES if pattern.search(name) for scale in scales]
    for scale in [*named, *VOCABULARIES]:
        place = {word: position for position, words in enumerate(scale) for word in words}
        odd = frozenset(text for text, word in folded.items() if word not in place and _is_no_answer(text))
        covered = {text: place[word] for text, word in folded.items() if word in place}
        places = sorted(set(covered.values()))
        enough = len(places) >= MIN_WORDS or (len(places) == 2 and set(folded.values()) - NO_ANSWER in PAIRS)
        if enough and len(covered) + len(odd) == len(texts):
            return _proposal(covered, places, odd)
    return None


def _is_no_answer(text: str) -> bool:
    return fold(text) in NO_ANSWER or is_known(text)


def _proposal(covered: dict[str, int], places: Sequence[int], odd: frozenset[str]) -> Proposal:
    number = {place: position + 1 for position, place in enumerate(places)}
    order = dict(
        sorted(((text, number[place]) for text, place in covered.items()), key=lambda pair: (pair[1], pair[0]))
    )
    return Proposal({"type": "integer", "map": order}, f"an order: {_shown(order)}", odd)


def _shown(order: dict[str, int]) -> str:
    """The order as `Low < Medium < High`, one spelling of each."""
    first = dict[int, str]()
    for text, number in order.items():
        first.setdefault(number, text.strip())
    return " < ".join(f"{text:.30}" for text in first.values())


def _ranges(texts: Texts) -> Proposal | None:
    """The order of ranges by their lower bounds: 18-25, 26-35, 60+; scores such as 2-1 and 1-2 have none."""
    odd = frozenset(text for text in texts if _is_no_answer(text))
    bounds = {text: _bounds(text) for text in texts if text not in odd}
    known = {text: bound for text, bound in bounds.items() if bound is not None}
    if len(known) < len(bounds) or len(set(known.values())) < MIN_WORDS:
        return None
    ordered = sorted(set(known.values()))
    follows = all(high <= low for (_, high), (low, _) in itertools.pairwise(ordered))
    if not follows or all(CENSORED.fullmatch(text) for text in known):
        return None
    return _proposal({text: ordered.index(bound) for text, bound in known.items()}, range(len(ordered)), odd)


def _bounds(text: str) -> tuple[float, float] | None:
    """The lower and upper bound of a range; None for another text."""
    if len(text) > 60:
        return None
    if match := RANGE.fullmatch(text):
        low, high = _value(match[1], match[2] or match[4]), _value(match[3], match[4])
        if match[2] is None and low is not None and high is not None and low > high:
            low = _value(match[1], None)
        return (low, high) if low is not None and high is not None and low <= high else None
    for pattern, lowest in ((BELOW, True), (ABOVE, False), (SINGLE, None)):
        if match := pattern.fullmatch(text):
            groups = [group for group in match.groups() if group is not None]
            value = _value(groups[0], groups[1] if len(groups) > 1 else None)
            if value is None:
                return None
            if lowest is None:
                return value, value
            return (float("-inf"), value) if lowest else (value, float("inf"))
    return None


def _value(digits: str, scale: str | None) -> float | None:
    plain = re.sub(r"[,.' ](?=\d{3}(?!\d))", "", digits).replace(",", ".")
    try:
        return float(plain) * {"k": 1e3, "m": 1e6}.get((scale or "").lower(), 1.0)
    except ValueError:
        return None
