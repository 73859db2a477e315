"""Whether a column of texts contains times of day or durations, and in which formats."""

import re
from collections import Counter
from collections.abc import Callable, Sequence

import numpy as np
import pandas as pd

from lockstep.clean.location import shortened
from lockstep.clean.span_texts import PART, UNIT_WORDS, Seconds, parse_durations, parse_times
from lockstep.inspect.notations.missing import is_known
from lockstep.inspect.notations.odd_texts import are_odd_ones
from lockstep.inspect.notations.proposal import Proposal, Texts
from lockstep.inspect.notations.text_samples import few_texts, in_words, sampled

# Names of columns in lower case, their words joined by _.
DURATION_NAME = re.compile(
    r"duration|length|elapsed|runtime|minutes|dauer|dur[eé]e|duraci|durat|(^|_)(lap|pace|split|finish|running|mins?(_|$))"
)
HOURS_NAME = re.compile(r"hours|stunden|heures|horas")
TIME_NAME = re.compile(r"time|hour|clock|uhr|zeit|heure|hora|hhmm|departure|arrival|(^|_)(start|end|ora)(_|$)")
PAIR_NAME = re.compile(r"(^|_)(scores?|ratios?|results?|odds|verses?|aspect|sets?)(_|$)")
LIKELY, MIN_VALUES, MIN_PAIRS = 0.5, 3, 8
# Shapes of times that are not read without a format, their formats and the shape in words.
TIMES = (
    (r"\d{1,2}:\d\d(:\d\d([.,]\d{1,9})?)?( ?[ap]\.?m\.?)?", "", ""),
    (r"\d{1,2}h\d\d", "%Hh%M", "hour and minute"),
    (r"\d{1,2} h \d\d", "%H h %M", "hour and minute"),
    (r"\d{1,2}:\d\d uhr", "%H:%M Uhr", "hour and minute"),
    (r"\d{1,2} uhr", "%H Uhr", "hour"),
    (r"\d{1,2} ?h", "%Hh", "hour"),
    (r"\d{1,2}:\d\d ?h", "%H:%Mh", "hour and minute"),
    (r"\d{1,2} [ap]\.?m\.?", "%I %p", "hour with am and pm"),
    (r"\d{1,2}[ap]\.?m\.?", "%I%p", "hour with am and pm"),
    (r"\d{1,2}\.\d\d [ap]\.?m\.?", "%I.%M %p", "hour and minute with am and pm"),
    (r"\d{1,2}:\d\d:\d\d:\d{3}", "%H:%M:%S:%f", "hour, minute, second and fraction"),
    (r"\d{1,2}時\d{1,2}分", "%H時%M分", "hour and minute"),
)
CLOCK = re.compile(r"-?(\d{1,6} ?d(ays?)?,? )?\d{1,6}:\d\d(:\d\d)?([.,]\d{1,9})?", re.IGNORECASE)
# More than a day in hours, minutes and seconds; 24:00:00 is also a midnight.
LONG_CLOCK = re.compile(r"(2[5-9]|[3-9]\d|\d{3,6}):[0-5]\d:[0-5]\d([.,]\d{1,9})?", re.ASCII)
# Years and months have no fixed length; as numbers of days they have a usual one.
DAYS = {
    "years": 365.25, "year": 365.25, "yrs": 365.25, "yr": 365.25, "months": 30.4375, "month": 30.4375, "mths": 30.4375,
    "mos": 30.4375, "weeks": 7, "week": 7, "wks": 7, "wk": 7, "days": 1, "day": 1,
}  # fmt: skip
CALENDAR = re.compile(r"\d+(?:\.\d+)? ?([a-z]+)", re.IGNORECASE)


def propose_times(name: str, texts: Texts) -> Proposal | None:
    """Read a column as times of day; None if it contains none.

    Args:
        name: The name of the column: a duration by its name is none, and HHMM is a time only by its name.
        texts: Its different texts and their rows.
    """
    if (
        DURATION_NAME.search(in_words(name))
        or PAIR_NAME.search(in_words(name))
        or not _begins_with(texts, r"\d{1,2}\D|\d{4}$")
    ):
        return None
    words = pd.Series(list(texts), dtype="str").str.strip()
    shapes = Counter(_time_format(text, name) for text in sampled(words))
    formats = tuple(form for form, _ in shapes.most_common() if form is not None)
    if not formats:
        return None
    if any(LONG_CLOCK.fullmatch(text) for text in words):
        return None  # 27:46:40 is a duration
    if formats == ("",):
        return _proposal("time", texts, words, parse_times, (), "")
    if "" in formats:
        formats = (*(form for form in formats if form), "%H:%M", "%H:%M:%S")
    if formats == ("%Hh",):
        return None  # 9 h may as well be a duration
    why = next((words for _, form, words in TIMES if form == formats[0]), "hour and minute")
    return _proposal("time", texts, words, parse_times, formats, why)


def _time_format(text: str, name: str) -> str | None:
    """The format of a time; empty if it needs none, None if it is no time."""
    text = " ".join(text.split())
    for shape, form, _ in TIMES:
        if re.fullmatch(shape, text, re.IGNORECASE | re.ASCII):
            return form.replace("Hh", "H h") if form == "%Hh" and " " in text else form
    is_plain = re.fullmatch(r"[0-2]\d[0-5]\d", text, re.ASCII) and TIME_NAME.search(in_words(name))
    return "%H%M" if is_plain else None


def propose_durations(name: str, texts: Texts) -> Proposal | None:
    """Read a column as durations; None if it contains none, or numbers of one unit such as 12 min.

    Args:
        name: The name of the column, which tells durations such as 3:45 from times of day.
        texts: Its different texts and their rows.
    """
    if not _begins_with(texts, r"(?i)-?\d|-?PT?\d"):
        return None
    words = pd.Series(list(texts), dtype="str").str.strip()
    sample = [" ".join(text.split()) for text in sampled(words) if not is_known(text)]
    clocks = sum(CLOCK.fullmatch(text) is not None for text in sample)
    if clocks > LIKELY * len(sample):
        return _clock_durations(name, texts, words, sample)
    units = {unit for text in sample for unit in _units(text)}
    if any(text.upper().startswith(("P", "-P")) for text in sample) or len(units) > 1:
        return _proposal("duration", texts, words, parse_durations, (), "") or _calendar_units(texts, words)
    return _calendar_units(texts, words)


def _units(text: str) -> list[str]:
    return [unit for part in PART.finditer(text.lower()) for unit in UNIT_WORDS if part[unit]]


def _clock_durations(name: str, texts: Texts, words: pd.Series, sample: Sequence[str]) -> Proposal | None:
    """Durations such as 1:02:03 and 90:30."""
    is_named = DURATION_NAME.search(in_words(name)) is not None
    if PAIR_NAME.search(in_words(name)) or not (is_named or _exceeds_a_day(sample)):
        return None
    colons = {len(re.findall(":", text)) for text in sample if CLOCK.fullmatch(text)}
    if colons == {2}:
        return _proposal("duration", texts, words, parse_durations, (), "")
    is_hours = HOURS_NAME.search(in_words(name)) is not None
    if any(" " in text for text in sample if CLOCK.fullmatch(text)) or not (
        is_named or is_hours or _are_minutes(sample)
    ):
        return None
    if is_hours and colons == {1}:
        return _proposal("duration", texts, words, parse_durations, ("%H:%M",), "hours:minutes")
    formats = ("%H:%M:%S", "%M:%S") if 2 in colons else ("%M:%S",)
    note = "" if 2 in colons else 'read as minutes and seconds; if they are hours and minutes, write format: ["%H:%M"]'
    return _proposal("duration", texts, words, parse_durations, formats, "minutes:seconds", note)


def _exceeds_a_day(sample: Sequence[str]) -> bool:
    """Whether a text has days, 24 hours or more, or a sign."""
    firsts = [re.match(r"-?(\d+)(:| ?d)", text, re.IGNORECASE) for text in sample]
    return any(first is not None and (first[2] != ":" or int(first[1]) >= 24 or first[0][0] == "-") for first in firsts)


def _are_minutes(sample: Sequence[str]) -> bool:
    """Whether second parts have leading zeros and reach sixty, as those of scores and ratios do not."""
    seconds = [text.rpartition(":")[2][:2] for text in sample if CLOCK.fullmatch(text)]
    return (
        len(seconds) >= MIN_PAIRS
        and all(second < "60" for second in seconds)
        and min(seconds) < "10"
        and max(seconds) >= "40"
    )


def _calendar_units(texts: Texts, words: pd.Series) -> Proposal | None:
    """Numbers of days from texts such as 2 years, 3 weeks, 1 month."""
    used = {match[1] for text in sampled(words) if (match := CALENDAR.fullmatch(text))}
    if len({DAYS.get(unit.lower()) for unit in used} - {None}) < 2:
        return None
    used = {match[1] for text in words if (match := CALENDAR.fullmatch(text)) and match[1].lower() in DAYS}
    odd = frozenset(
        text for text in texts if not (match := CALENDAR.fullmatch(text.strip())) or match[1].lower() not in DAYS
    )
    if not are_odd_ones(odd, len(words) - len(odd)):
        return None
    scale = {unit: DAYS[unit.lower()] for unit in sorted(used)}
    why = f"days, a month as {DAYS['month']}: {shortened(next(text for text in words if CALENDAR.fullmatch(text)))}"
    return Proposal({"type": "number", "scale": scale}, why, odd)


def _begins_with(texts: Texts, start: str) -> bool:
    """Whether half of a first look's texts begin so."""
    first = [text.strip() for text in few_texts(texts) if not is_known(text)]
    return sum(re.match(start, text) is not None for text in first) > LIKELY * len(first)


def _proposal(
    kind: str,
    texts: Texts,
    words: pd.Series,
    parse: Callable[[pd.Series, Sequence[str]], Seconds],
    formats: tuple[str, ...],
    why: str,
    note: str = "",
) -> Proposal | None:
    """The entry of a column of which all texts but a few odd ones are read."""
    seconds = parse(words, formats)
    read = ~np.isnan(seconds)
    n_values = len(np.unique(seconds[read]))
    unread = set(words[~read])
    odd = frozenset(text for text in texts if text.strip() in unread)
    if n_values < min(MIN_VALUES, len(words)) or not read.any() or not are_odd_ones(unread, n_values):
        return None
    facts: dict[str, object] = {"type": kind, **({"format": list(formats)} if formats else {})}
    sample = f"{why}: {shortened(words[read].iloc[0])}" if why else ""
    return Proposal(facts, sample, odd, (note,) if note else ())
