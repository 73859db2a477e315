"""Numbers written as text in another notation than a plain number's: 1.234,50 €, 12 kg, 50.8%, 1.2k, (45), <5."""

import re
from collections.abc import Iterable

from lockstep.clean.column_block import Column

# A space between thousands stands for all kinds of spaces, which `single_spaces` makes this one.
THOUSANDS = {"": "", ",": ",", ".": r"\.", " ": " ", "'": "['\u2019]"}
SIGNS = {"+": 1.0, "-": -1.0, "\u2212": -1.0}
SIGN = "[+\u2212-]"


class NumberNotation:
    """The notation that a column declares.

    Args:
        column: Facts of a column of type number or integer.
    """

    def __init__(self, column: Column) -> None:
        self._column = column
        self._pattern = re.compile(_pattern(column))

    def number(self, text: str) -> float | None:
        """The number that a text stands for; None if it does not have the notation."""
        match = self._pattern.fullmatch(single_spaces(text))
        if match is None:
            return None
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


def _any_of(texts: Iterable[str]) -> str:
    """An expression for one of several texts, the longest first."""
    return "|".join(re.escape(single_spaces(text)) for text in sorted(texts, key=lambda text: (-len(text), text)))


def single_spaces(text: str) -> str:
    """The text without spaces around it, with single ones within; also no-break and thin spaces."""
    return " ".join(text.split())


def _shown(value: object) -> str:
    if isinstance(value, dict):
        return ", ".join(f"{key}={factor:g}" for key, factor in value.items())
    if isinstance(value, tuple):
        return " or ".join(value)
    return {True: "true"}.get(value, repr(value)) if isinstance(value, bool) else repr(value)
