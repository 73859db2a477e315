"""The formats that a single text may have as a date, by its shape."""
# ruff: noqa: RUF001  words of several languages

import re
import unicodedata
from dataclasses import dataclass, field
from itertools import pairwise

from lockstep.clean.date_texts import DATE, ORDINAL, QUARTER_FIRST, QUARTER_LAST, WEEK_FIRST, WEEK_LAST
from lockstep.clean.date_words import SHORTEST_MONTH, is_weekday, month_of

# Formats by preference; those after the first come into question for texts of the same shape.
Shape = tuple[str, ...]
LONGEST_DATE = 80
CLOCK = (
    r"(?<!\d)(?<!^\d{4}:)(?:(?P<h>\d{1,2}):\d{2}(?P<s>:\d{2}(?P<f>[.,]\d{1,9})?)?"
    r"|(?P<bare>\d{1,2})(?= ?[AaPp]\.? ?[Mm]\b)"
    r"|\d{1,2}(?P<french>h)\d{2})(?P<half> ?[AaPp](?:\.? ?[Mm]\b\.?))?"
    r"(?P<zone> ?(?:(?:GMT|UTC)?[+-]\d{2}(?::?\d{2})?(?: \([^)]*\))?|Z|[A-Z]{3,4})(?= |$))?"
)
TOKEN = re.compile(rf"(?P<clock>{CLOCK})|(?P<digits>\d+)|(?P<word>[^\W\d_]+)|(?P<mark>[^\w]|_)")
MARKS = re.compile(r"[ .,/\-'’():_]*")
# Words that stand in dates beside months and weekdays.
FILLING_WORDS = "t of de del den der le the at um à a uhr h kl г года 年 月 日 년 월 일"
FILLING = frozenset(FILLING_WORDS.split())
EAST_ASIAN = frozenset("年月日년월일")
NAMED = (
    ("iso", re.compile(DATE)),
    ("quarter", re.compile(f"{QUARTER_LAST}|{QUARTER_FIRST}", re.IGNORECASE)),
    ("week", re.compile(f"{WEEK_LAST}|{WEEK_FIRST}", re.IGNORECASE)),
)


@dataclass
class _Parts:
    """A text in parts: `pattern` has None where a number stands, whose digits and place `numbers` has."""

    pattern: list[str | None] = field(default_factory=list)
    numbers: list[str] = field(default_factory=list)
    directives: set[str] = field(default_factory=set)
    words: set[str] = field(default_factory=set)

    def gaps(self) -> list[str]:
        """What stands between the numbers."""
        places = [place for place, part in enumerate(self.pattern) if part is None]
        return ["".join(map(str, self.pattern[a + 1 : b])) for a, b in pairwise(places)]

    def filled(self, *directives: str) -> str:
        """The pattern with a directive for each number."""
        left = iter(directives)
        return "".join(next(left) if part is None else part for part in self.pattern)


def shape_of(text: str) -> Shape:
    """The formats that a text may have, by its shape and not by its values; none if it is no date."""
    text = " ".join(unicodedata.normalize("NFC", text).split())
    if not 4 <= len(text) <= LONGEST_DATE or not any("0" <= sign <= "9" for sign in text):
        return ()
    if re.search(r"(?i)\bout of\b", text):
        return ()  # 3 out of 10, not October
    for name, expression in NAMED:
        if expression.match(text):
            return (name,)
    parts = _parts(re.sub(rf"(?<=\d){ORDINAL}", "", text)) if text[0].isalnum() else None
    if parts is None:
        return ()
    return _worded(parts) if "%b" in parts.directives else _numeric(parts)


def _parts(text: str) -> _Parts | None:
    """The parts of a text; None if there is one that does not belong into a date."""
    parts = _Parts()
    for match in TOKEN.finditer(text):
        if match["clock"]:
            directive, part = "clock", _clock(match)
        elif match["digits"]:
            parts.pattern.append(None)
            parts.numbers.append(match["digits"])
            continue
        elif match["word"]:
            directive = _directive(match["word"], text[match.start() :], parts)
            part = directive or match["word"]
            if not directive and match["word"].lower() not in FILLING:
                return None
            parts.words.add(match["word"])
        else:
            directive, part = "", match["mark"]
            if part == "." and parts.directives and parts.pattern[-1] in ("%a", "%b"):
                continue  # the period of a short name, which some texts of a column have
            if not MARKS.fullmatch(part):
                return None
        if directive in parts.directives:
            return None
        parts.directives |= {directive} - {""}
        parts.pattern.append(part)
    return parts


def _directive(word: str, rest: str, parts: _Parts) -> str:
    """%b of a month, %a of a weekday; a short name of both is a weekday if a month follows."""
    month = len(word) >= SHORTEST_MONTH and month_of(word) is not None
    if is_weekday(word) and "%a" not in parts.directives:
        others = re.findall(r"[^\W\d_]{3,}", rest)[1:]
        if not month or "%b" in parts.directives or any(month_of(other) for other in others):
            return "%a"
    return "%b" if month else ""


def _clock(match: re.Match[str]) -> str:
    """The pattern of a clock time."""
    hour = "%I" if match["half"] else "%H"
    minute = "" if match["bare"] else "h%M" if match["french"] else ":%M"
    # a fraction before a zone is ignored with the zone
    fraction = f"{match['f'][0]}%f" if match["f"] and (match["half"] or not match["zone"]) else ""
    second = (":%S" if match["s"] else "") + fraction
    half = " " * (match["half"] or "").startswith(" ") + "%p" * bool(match["half"])
    return hour + minute + second + half + (" %z" if match["zone"] else "")


def _worded(parts: _Parts) -> Shape:
    """Formats with a named month."""
    lengths = tuple(map(len, parts.numbers))
    if len(lengths) == 2 and max(lengths) == 4 and min(lengths) <= 2:
        return (parts.filled(*("%Y" if length == 4 else "%d" for length in lengths)),)
    if len(lengths) == 2 and lengths[1] == 2 and lengths[0] <= 2:
        day_first = parts.filled("%d", "%y")
        year_first = parts.pattern[0] is None and lengths[0] == 2
        return (day_first, parts.filled("%y", "%d")) if year_first else (day_first,)
    if lengths == (4,):
        return (parts.filled("%Y"),)
    plain = re.fullmatch(r"%b[-/]?( ?['’])?|((['’])?[-/]?%b)", "".join(part or "" for part in parts.pattern))
    return (parts.filled("%y"),) if lengths == (2,) and plain else ()


def _numeric(parts: _Parts) -> Shape:
    """Formats of numbers alone."""
    lengths, gaps = tuple(map(len, parts.numbers)), parts.gaps()
    east_asian = bool(parts.words & EAST_ASIAN)
    if len(lengths) == 3 and max(lengths) <= 4 and 3 not in lengths:
        same = gaps[0] == gaps[1] and gaps[0] in ("/", "-", ".", " ", ". ", "_", " / ", " - ", "/ ", ":")
        if lengths[0] == 4 and max(lengths[1:]) <= 2 and (same or east_asian):
            return (parts.filled("%Y", "%m", "%d"), parts.filled("%Y", "%d", "%m"))
        if not same or gaps[0] == ":" or max(lengths[:2]) > 2:
            return ()
        if lengths[2] == 4:
            return _day_or_month_first(parts, "%Y", gaps[0])
        if lengths[2] == 2 and gaps[0] != " ":
            year_first = [parts.filled("%y", "%m", "%d")] if lengths[0] == 2 else []
            return (*_day_or_month_first(parts, "%y", gaps[0]), *year_first)
    if len(lengths) == 2 and "clock" not in parts.directives and (gaps[0] in ("/", "-", ".") or east_asian):
        if lengths[0] == 4 and lengths[1] <= 2:
            return (parts.filled("%Y", "%m"),)
        if lengths == (4, 3) and gaps[0] == "-":
            return (parts.filled("%Y", "%j"),)
        if lengths[1] == 4 and lengths[0] <= 2 and not east_asian:
            return (parts.filled("%m", "%Y"),)
    return ()


def _day_or_month_first(parts: _Parts, year: str, gap: str) -> Shape:
    """Both orders; where nothing else tells, slashes have the month first (the USA), other marks the day."""
    day, month = parts.filled("%d", "%m", year), parts.filled("%m", "%d", year)
    return (month, day) if "/" in gap else (day, month)
