"""Numbers written as text in another notation than a plain number's: 1.234,50 €, 12 kg, 50.8%, 1.2k, (45), <5."""

import re
import unicodedata
from collections.abc import Iterable

from lockstep.clean.column_block import Column

# A space between thousands stands for all kinds of spaces, which `single_spaces` makes this one.
THOUSANDS = {"": "", ",": ",", ".": r"\.", " ": " ", "'": "['\u2019]"}
SIGNS = {"+": 1.0, "-": -1.0, "\u2212": -1.0}
SIGN = "[+\u2212-]"
# A currency before or behind parentheses: $ (45.00)
OUTSIDE = re.compile(r"([^\d()]*)\(([^()]*)\)([^\d()]*)")
# Full-width forms stand this far behind their ASCII characters.
FULL_WIDTH, FULL_WIDTH_OFFSET = range(0xFF01, 0xFF5F), 0xFEE0
OTHER_MARKS = {"\u066b": ".", "\u066c": ",", "\u066a": "%", "\uffe5": "¥"}
# Marks without a width, which copies from pages and spreadsheets contain.
INVISIBLE = frozenset(
    "\u061c\u200b\u200c\u200d\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2060\u2066\u2067\u2068\u2069\ufeff"
)
JOINTS = re.compile(r"[ ,]*(?:(?:and|&|und|et|y) )?")


class NumberNotation:
    """The notation that a column declares.

    Args:
        column: Facts of a column of type number or integer.
    """

    def __init__(self, column: Column) -> None:
        self._column = column
        self._pattern = re.compile(_pattern(column))
        has_parts = len(column.scale) > 1 and min(column.scale.values()) > 0
        self._part = re.compile(_part(column)) if has_parts else None

    def number(self, text: str) -> float | None:
        """The number that a text stands for; None if it does not have the notation."""
        text = single_spaces(text)
        if self._column.negative == "parentheses" and (outside := OUTSIDE.fullmatch(text)):
            text = f"({''.join(outside.groups())})"
        match = self._pattern.fullmatch(text)
        if match is None:
            return self._sum_of_parts(text)
        parts = match.groupdict()
        signs = [parts[name] for name in ("sign", "unit_sign", "trailing") if parts.get(name)]
        in_parentheses = parts.get("open") is not None
        if in_parentheses != (parts.get("close") is not None) or len(signs) + in_parentheses > 1:
            return None
        digits = parts["whole"] or "0"
        if self._column.thousands:
            digits = re.sub(THOUSANDS[self._column.thousands], "", digits)
        fraction = (parts["fraction"] or "").replace(self._column.decimal, ".", 1)
        value = float(f"{digits}{fraction}{parts['exponent'] or ''}")
        if parts.get("scale"):
            value *= self._column.scale[parts["scale"]]
        value = value / 100 if self._column.percent else value
        return value * (-1.0 if in_parentheses else SIGNS[signs[0]] if signs else 1.0)

    def _sum_of_parts(self, text: str) -> float | None:
        """The number of a text such as 5 ft 11 in, whose units become smaller; None if it is no such text."""
        if self._part is None:
            return None
        sign, text = (-1.0, text[1:]) if text.startswith(("-", "\u2212")) else (1.0, text)
        total, end, last = 0.0, 0, float("inf")
        for match in self._part.finditer(text):
            factor = self._column.scale[match["scale"]]
            if factor >= last or not JOINTS.fullmatch(text, end, match.start()):
                return None
            total += self._digits(match) * factor
            end, last = match.end(), factor
        rest = text[end:].strip()
        smaller = [factor for factor in self._column.scale.values() if factor < last]
        if rest.isdecimal() and end and smaller:
            return sign * (total + float(rest) * max(smaller))  # 5'11
        return sign * total if end and (not rest or rest in self._column.unit) else None

    def _digits(self, match: re.Match[str]) -> float:
        """The number of one part."""
        return float(match["whole"] + (match["fraction"] or "").replace(self._column.decimal, "."))

    def __str__(self) -> str:
        """The declared keys, for messages."""
        return ", ".join(f"{key} {_shown(value)}" for key, value in self._column.notation.items())


def _pattern(column: Column) -> str:
    """A regular expression for a text with single spaces; each part is optional once, so that matching is linear."""
    unit = f"(?i:{_any_of(column.unit)}) ?" if column.unit else ""
    before, after = (f"(?:{unit})?(?P<unit_sign>{SIGN})? ?", f"(?: ?{unit})?") if unit else ("", "")
    thousands = THOUSANDS[column.thousands]
    grouped = rf"\d{{1,3}}(?:{thousands}\d{{2,3}})*{thousands}\d{{3}}|" if thousands else ""
    decimal = re.escape(column.decimal)
    number = rf"(?=\d|{decimal}\d)(?P<whole>{grouped}\d+|)(?P<fraction>{decimal}\d*)?(?P<exponent>[eE][+-]?\d+)?"
    parts = [
        r"(?P<open>\()? ?" if column.negative == "parentheses" else "",
        r"(?:[<>]=?|[≤≥])? ?" if column.censored else "",
        f"(?P<sign>{SIGN})? ?",
        before,
        number,
        f"(?: ?(?P<scale>{_any_of(column.scale)}))?" if column.scale else "",
        " ?%" if column.percent else "",
        after,
        r"(?: ?\+)?" if column.censored else "",
        r"(?: ?(?P<trailing>[\u2212-]))?" if column.negative == "trailing" else "",
        r"(?: ?(?P<close>\)))?" if column.negative == "parentheses" else "",
    ]
    return "".join(parts)


def _part(column: Column) -> str:
    """A regular expression for a number and the text behind it, of which a text may have several."""
    return (
        rf"(?<![\d.,])(?P<whole>\d+)(?P<fraction>{re.escape(column.decimal)}\d+)?"
        rf" ?(?P<scale>{_any_of(column.scale)})(?![^\W\d_])"
    )


def _any_of(texts: Iterable[str]) -> str:
    """An expression for one of several texts, the longest first."""
    return "|".join(re.escape(single_spaces(text)) for text in sorted(texts, key=lambda text: (-len(text), text)))


def single_spaces(text: str) -> str:
    """The text without spaces around it, with single ones within; also no-break and thin spaces."""
    return " ".join(text.split())


def plain_digits(text: str) -> str:
    """The text with the digits and number marks of any script as ASCII ones, without marks that are not seen.

    Other characters stay: a superscript is no digit, and an accent belongs to its letter.
    """
    return text if text.isascii() else "".join(map(_plain, text))


def _plain(character: str) -> str:
    if character.isdecimal():
        return str(unicodedata.decimal(character))
    if ord(character) in FULL_WIDTH:
        return chr(ord(character) - FULL_WIDTH_OFFSET)
    return "" if character in INVISIBLE else OTHER_MARKS.get(character, character)


def _shown(value: object) -> str:
    if isinstance(value, dict):
        return ", ".join(f"{key}={factor:g}" for key, factor in value.items())
    if isinstance(value, tuple):
        return " or ".join(value)
    return {True: "true"}.get(value, repr(value)) if isinstance(value, bool) else repr(value)
