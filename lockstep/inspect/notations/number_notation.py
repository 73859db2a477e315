"""How the numbers of a column of texts are written: separators, units, percent, scales, negative ones."""

import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any

from lockstep.clean.column_block import Column
from lockstep.clean.number_texts import NumberNotation, single_spaces
from lockstep.inspect.notations.missing import NUMBER, odd_texts
from lockstep.inspect.notations.number_parts import DASHES, LONGEST, NumberParts, parts_of
from lockstep.inspect.notations.number_units import Notation, notation_around
from lockstep.inspect.notations.proposal import Proposal, Texts
from lockstep.inspect.notations.units import is_currency

SAMPLE = 2000
# So many numbers with exactly three digits behind the point, and no other length, have no decimals.
MANY_GROUPS = 20
# A column with one of these has numbers even if they are few.
SURE_KEYS = frozenset(["unit", "percent", "scale", "thousands"])
LEADING_ZERO = re.compile(r"0\d+")
DECIMALS = re.compile(r"[+-]?\d*[.,]\d+")
ADDRESS = re.compile(r"\d{1,3}(\.\d{1,3}){3}")


def propose_numbers(texts: Texts, *, decimal_comma: bool = False) -> Proposal | None:
    """The notation in which a column's texts are numbers, plain or not; None if they are none.

    Args:
        texts: The different texts of the column.
        decimal_comma: Whether another column of the table has decimal commas, which settles 1.234 and 1,234.
    """
    present = sorted(texts)
    if max(map(len, present), default=0) > 100 * LONGEST:
        return None
    sample = present[:: max(1, len(present) // SAMPLE)]
    parts = {text: found for text in sample if (found := parts_of(text)) is not None}
    if not parts or (len(parts) < len(sample) / 2 and len(parts) < 10):
        return None
    if any(LEADING_ZERO.fullmatch(text.strip()) for text in sample) and not any(map(DECIMALS.fullmatch, sample)):
        return None
    facts, reasons, notes = _notation(parts.values(), decimal_comma=decimal_comma) or (None, [], [])
    if facts is None:
        return None
    notation = NumberNotation(Column.model_validate({"type": "number", **facts}))
    unread = {text for text in present if not _reads(notation, text, plain=not facts)}
    if zeros := sorted(text for text in unread if _is_zero(text, _units(facts))):
        facts["map"] = dict.fromkeys(map(single_spaces, zeros), 0)
        reasons.append(f"{single_spaces(zeros[0])} is 0")
        unread -= set(zeros)
    odd = odd_texts(texts, unread, is_sure=bool(facts.keys() & SURE_KEYS))
    if odd is None:
        return None
    if not facts:
        return Proposal({}, odd=odd)
    shown = max((text for text in parts if text not in odd), key=_peculiarity)
    return Proposal(facts, f"{', '.join(reasons)}: {shown!r}", odd, tuple(notes))


def _units(facts: Mapping[str, Any]) -> list[str]:
    """The declared units."""
    units = facts.get("unit", ())
    return [units] if isinstance(units, str) else list(units)


def _is_zero(text: str, units: Iterable[str]) -> bool:
    """Whether a text is a currency and a dash, as spreadsheets show an amount of 0."""
    return any(is_currency(unit) and unit in text and text.replace(unit, "").strip() in DASHES for unit in units)


def _peculiarity(text: str) -> tuple[int, int, str]:
    """How well a text shows a notation: by the characters beside its digits."""
    return sum(not character.isdigit() for character in text), len(text), text


def _reads(notation: NumberNotation, text: str, *, plain: bool) -> bool:
    if plain:
        return bool(NUMBER.fullmatch(text.strip().replace("\u2212", "-")))
    number = notation.number(text)
    return number is not None and abs(number) != float("inf")


def has_decimal_comma(texts: Texts) -> bool:
    """Whether a column certainly has decimal commas: 25,6 or 0,125 or 1.234,50."""
    present = sorted(texts)
    sample = present[:: max(1, len(present) // SAMPLE)]
    bodies = [found.body for text in sample if (found := parts_of(text)) is not None]
    if not bodies or len(bodies) < len(sample) / 2:
        return False
    return separators_of(bodies, decimal_comma=False) in ((",", ""), (",", "."), (",", " "), (",", "'"))


def separators_of(bodies: Sequence[str], *, decimal_comma: bool) -> tuple[str, str] | None:
    """The characters before decimals and between thousands with which all bodies are numbers; None if there are none.

    Args:
        bodies: Digits with separators.
        decimal_comma: Whether a decimal comma is expected, where the bodies do not tell.
    """
    if all(ADDRESS.fullmatch(body) for body in bodies):
        return None
    plain = all(re.fullmatch(r"\d*\.?\d*", body) for body in bodies)
    if plain and not _points_group(bodies, decimal_comma=decimal_comma):
        return (".", "")
    if not any(character in body for body in bodies for character in ",'\u2019 "):
        return (",", ".") if all(_grouped(body, r"\.") for body in bodies if "." in body) else None
    with_comma = [body for body in bodies if "," in body]
    fixed = len(with_comma) == len(bodies) and all(body.count(",") == 1 and "." not in body for body in bodies)
    commas_group = all(_grouped(body, ",") for body in with_comma) and not (decimal_comma and fixed)
    candidates = [(".", ","), (",", ""), (",", "."), (".", " "), (",", " "), (".", "'"), (",", "'")]
    for decimal, thousands in candidates if commas_group else candidates[1:]:
        if all(_matches(body, decimal, thousands) for body in bodies):
            return decimal, thousands
    return None


def _points_group(bodies: Sequence[str], *, decimal_comma: bool) -> bool:
    """Whether points, none or one in each number, stand between thousands: 543, 168.500, 6.329.

    Decimals would have other lengths too, or, where their number is fixed, stand in every number.
    """
    dotted = [body for body in bodies if "." in body]
    others = [body for body in bodies if "." not in body]
    if not dotted or not all(_grouped(body, r"\.") for body in dotted) or any(len(body) > 3 for body in others):
        return False
    if decimal_comma:
        return True
    return bool(others) and (len(dotted) >= MANY_GROUPS or any(body.endswith("0") for body in dotted))


def _grouped(body: str, mark: str) -> bool:
    """Whether digits are in groups as between thousands: 1,234 and 12,34,567 but not 0,123."""
    whole = body.split("." if mark == "," else ",")[0]
    return bool(re.fullmatch(rf"[1-9]\d{{0,2}}(?:{mark}\d{{2,3}})*{mark}\d{{3}}", whole))


def _matches(body: str, decimal: str, thousands: str) -> bool:
    facts = {"type": "number", "decimal": decimal, "thousands": thousands}
    return NumberNotation(Column.model_validate(facts)).number(body) is not None


def _notation(parts: Collection[NumberParts], *, decimal_comma: bool) -> Notation | None:
    """The keys of a column's entry, the reasons and the notes; None if no notation fits all parts."""
    separators = separators_of([part.body for part in parts], decimal_comma=decimal_comma)
    if separators is None:
        return None
    decimal, thousands = separators
    facts, reasons = dict[str, Any](), list[str]()
    if decimal != ".":
        facts["decimal"] = decimal
        reasons.append("decimal comma")
    if thousands:
        facts["thousands"] = thousands
        reasons.append(f"{NAMES[thousands]} between thousands")
    around = notation_around(parts)
    if around is None:
        return None
    extra, why, notes = around
    keys = {key: value for part in parts for key, value in part.keys}
    if {("negative", "parentheses"), ("negative", "trailing")} <= {pair for part in parts for pair in part.keys}:
        return None
    if "censored" in keys:
        why.append("limits such as <5 and 80+ as numbers")
    if "negative" in keys:
        why.append(
            f"negative numbers {'in parentheses' if keys['negative'] == 'parentheses' else 'with the sign behind'}"
        )
    return facts | extra | keys, reasons + why, notes


NAMES = {",": "comma", ".": "point", " ": "space", "'": "apostrophe"}
