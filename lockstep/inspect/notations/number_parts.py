"""The parts of a text that contains one number: its digits, and what stands before and behind them."""

import re
from dataclasses import dataclass
from typing import Any

from lockstep.clean.number_texts import OUTSIDE, single_spaces
from lockstep.inspect.notations.units import PRICE_DASH, is_currency, without_qualifier

LONGEST = 60  # characters of a number with its unit
# A limit of a scale, as in 4/10 and 3 out of 5.
OUT_OF = r" ?(?:/|of|out of|von|sur|de) ?\d+"
FOOTNOTE_BEHIND = r"\D*\[[^\[\]]{1,12}\]"
BODY = re.compile(
    r"(\D*?)([.,]?\d(?:[\d.,'\u2019 ]*\d)?[.,]?)((?:[eE][+-]?\d+)?)"
    rf"(\D*| ?[^\W\d_]\S*(?: [^\W\d_]\S*){{0,2}}|{OUT_OF}|{FOOTNOTE_BEHIND})"
)
# Between a sign and a digit, or around a unit.
SIGNS = "+-\u2212"
DASHES = "-\u2212"


@dataclass(frozen=True)
class NumberParts:
    """The parts of a text that contains one number.

    Attributes:
        body: Digits with their separators.
        before, after: The texts around it, without signs and parentheses.
        keys: Notations beside separators and units that the text needs: negative, censored.
    """

    body: str
    before: str
    after: str
    keys: tuple[tuple[str, Any], ...] = ()


def parts_of(text: str) -> NumberParts | None:
    """The parts of a text; None if it does not contain exactly one number."""
    if len(text) > LONGEST:
        return None
    rest, keys = single_spaces(text), dict[str, Any]()
    if outside := OUTSIDE.fullmatch(rest):
        rest, keys["negative"] = "".join(outside.groups()).strip(), "parentheses"
    if limit := re.match(r"(?:[<>]=?|[≤≥]) ?", rest):
        rest, keys["censored"] = rest[limit.end() :], True
    match = BODY.fullmatch(rest)
    if match is None:
        return None
    before, body, _, after = match.groups()
    if after.strip() == "+":
        after, keys["censored"] = "", True
    if body[-1] in ".," and PRICE_DASH.match(body[-1] + after):
        body, after = body[:-1], body[-1] + after
    elif after.strip() and after.strip() in DASHES:
        if any(sign in before for sign in SIGNS):
            return None
        after, keys["negative"] = "", "trailing"
    signs = [character for character in before if character in SIGNS]
    unit = "".join(character for character in before if character not in SIGNS).strip()
    if len(signs) > 1 or (signs and keys.get("negative")) or not _may_be_before(unit):
        return None
    return NumberParts(body, unit, after.strip(), tuple(sorted(keys.items())))


def _may_be_before(unit: str) -> bool:
    """Whether a text before a number leaves it one: nothing, a currency, a word such as approx., or both."""
    currency = without_qualifier(unit)
    return not currency or is_currency(currency)
