"""Whether a column of texts contains dates, and in which formats."""

import re
from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass

import pandas as pd

from lockstep.clean.location import shortened
from lockstep.inspect.notations.compact_dates import propose_compact_dates
from lockstep.inspect.notations.date_patterns import Shape, shape_of
from lockstep.inspect.notations.date_plausibility import is_plausible
from lockstep.inspect.notations.day_month import settle
from lockstep.inspect.notations.missing import is_known
from lockstep.inspect.notations.odd_texts import ZEROS, are_odd_ones
from lockstep.inspect.notations.proposal import Proposal, Texts
from lockstep.inspect.notations.text_samples import few_texts, sampled

MAX_FORMATS = 4
# Bare digits; decimals behind those of Unix times, and .0 behind all, as 01.2020 is a month.
COMPACT = re.compile(r"[0-9]+(\.0)?|[0-9]{9,}\.[0-9]{1,9}")
# The share of a first look's texts that must have the shape of a date.
LIKELY = 0.5
# Invalid days such as 31.02.2020 are mistakes of a column of dates up to this share of its different texts.
INVALID_SHARE, MAX_INVALID = 0.02, 20
DIRECTIVES = {
    "Y": "year", "y": "yy", "m": "month", "b": "month", "B": "month", "d": "day", "a": "weekday", "A": "weekday",
    "H": "hour", "I": "hour", "M": "minute", "S": "second", "f": "fraction", "p": "am/pm", "z": "zone", "j": "day",
}  # fmt: skip
NAMED = {"iso": "ISO date", "quarter": "quarter", "week": "week of the year"}
CENTURY = 60  # years; a wider range of two-digit years may hide a wrong century


@dataclass(frozen=True)
class _Part:
    """The texts of a column that one shape reads, and their dates."""

    formats: tuple[str, ...]
    texts: pd.Series
    dates: pd.Series
    why: str
    other: str


def propose_dates(
    name: str, texts: Texts, order: Sequence[str] | None = None, other_formats: Collection[str] = ()
) -> Proposal | None:
    """Read a column as dates; None if it contains none.

    Args:
        name: The name of the column: bare digits are dates only if it says so.
        texts: Its different texts and their rows.
        order: Its texts in the file's order, which may tell days from months.
        other_formats: Formats that are settled for other columns of the table.
    """
    first = [text.strip() for text in few_texts(texts) if not is_known(text)]
    if first and sum(COMPACT.fullmatch(text) is not None for text in first) > LIKELY * len(first):
        return propose_compact_dates(name, texts)
    if not first or sum(bool(shape_of(text)) for text in first) < LIKELY * len(first):
        return None
    words = pd.Series(list(texts), dtype="str").str.strip()
    parts = _parts(words, order, other_formats)
    left = words.drop([row for part in parts for row in part.texts.index])
    if not parts or not _may_be_left(left, parts, len(words)):
        return None
    if not all(is_plausible(name, part.formats[0], part.texts, part.dates, part is parts[0]) for part in parts):
        return None
    unread = set(left)
    return _proposal(parts, frozenset(text for text in texts if text.strip() in unread))


def _parts(words: pd.Series, order: Sequence[str] | None, other_formats: Collection[str]) -> list[_Part]:
    """The texts by shape, that of most texts first."""
    parts: list[_Part] = []
    hopeless: set[Shape] = {()}
    while len(parts) < MAX_FORMATS and len(words):
        by_shape: dict[Shape, list[str]] = {}
        for text in sampled(words):
            by_shape.setdefault(shape_of(text), []).append(text)
        counts = Counter({shape: len(texts) for shape, texts in by_shape.items() if shape not in hopeless})
        if not counts:
            break
        shape = counts.most_common(1)[0][0]
        settled = settle(shape, words, order, [*other_formats, *(name for part in parts for name in part.formats)])
        read = settled.dates.notna()
        if not read.any():
            hopeless.add(shape)
            continue
        formats = tuple(_with_long_names(pattern, by_shape[shape]) for pattern in settled.formats)
        turned = next((part.formats[0] for part in parts if part.formats[0] in shape), "")
        parts.append(_Part(formats, words[read], settled.dates[read], settled.why, settled.other or turned))
        words = words[~read]
    return parts


def _may_be_left(left: pd.Series, parts: Sequence[_Part], n_texts: int) -> bool:
    """Whether the texts that are no dates may become missing: a few words, or a few days that do not exist."""
    n_dates = pd.concat([part.dates for part in parts]).nunique()
    words = [text for text in left if not shape_of(text) or ZEROS.fullmatch(text)]
    n_invalid = len(left) - len(words)
    few = n_invalid <= 1 or n_invalid <= min(MAX_INVALID, INVALID_SHARE * n_texts)
    return are_odd_ones(words, n_dates) and few and (not len(left) or n_dates > 3 * len(left))


def described(pattern: str) -> str:
    """A format in words: day.month.year."""
    return NAMED.get(pattern) or re.sub("%(.)", lambda match: DIRECTIVES[match[1]], pattern)


def _with_long_names(pattern: str, texts: Sequence[str]) -> str:
    """The pattern with %B and %A where names are written out in some of its texts."""
    directives = re.findall(r"%[ab]|(?<!%)[^\W\d_]+", pattern)
    for place, directive in enumerate(directives):
        words = [found[place] for text in texts if len(found := re.findall(r"[^\W\d_]+", text)) > place]
        if directive in ("%a", "%b") and any(len(word) > 4 for word in words):
            pattern = pattern.replace(directive, directive.upper())
    return pattern


def _proposal(parts: Sequence[_Part], odd: frozenset[str]) -> Proposal:
    """The entry of the column."""
    formats = [*dict.fromkeys(pattern for part in parts for pattern in part.formats)]
    notes = [_order_note(formats, part) for part in parts if part.other]
    two_digits = [part for part in parts if "%y" in part.formats[0]]
    notes += [note for part in two_digits if (note := _century_note(part))]
    if formats == ["iso"]:
        return Proposal({"type": "date"}, "", odd, tuple(notes))
    why = "; ".join(
        f"{' or '.join(map(described, part.formats))}: {shortened(part.texts.iloc[0])}"
        + (f" ({part.why})" if part.why else "")
        for part in parts
    )
    return Proposal({"type": "date", "format": formats}, why, odd, tuple(notes))


def _order_note(formats: Sequence[str], part: _Part) -> str:
    """How a person settles the order of day and month."""
    chosen = part.formats[0]
    mixed = part.other in formats
    rest = [pattern for pattern in formats if pattern != part.other and (mixed or pattern != chosen)]
    line = ", ".join(f'"{pattern}"' for pattern in [part.other, *rest])
    if mixed:
        first = formats[min(formats.index(chosen), formats.index(part.other))]
        return f"dates in two orders of day and month: what fits both is read as {described(first)}"
    return (
        f"the values do not tell day and month apart: read as {described(chosen)}; "
        f"if they are {described(part.other)}, write format: [{line}]"
    )


def _century_note(part: _Part) -> str:
    """A warning where two-digit years lie far apart, in both centuries."""
    last = int(part.dates.argmax())
    latest, years = part.texts.iloc[last], part.dates.dt.year
    if years.max() - years.min() <= CENTURY:
        return ""
    return (
        "two-digit years: 69 to 99 are read as 1969 to 1999, 00 to 68 as 2000 to 2068, "
        f"so {shortened(latest)} is in {years.max()}; correct the file if that is wrong"
    )
