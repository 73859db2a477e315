"""What the texts before and behind a column's numbers say: units, scales, percent."""

import re
from collections import Counter
from collections.abc import Collection, Sequence
from typing import Any

from lockstep.inspect.notations.number_parts import OUT_OF, NumberParts
from lockstep.inspect.notations.units import Found, is_currency, scale_of, unit_in, units_of, without_qualifier

# Keys of a column's entry, reasons and notes.
Notation = tuple[dict[str, Any], list[str], list[str]]

# Texts such as 1/2 and 3/2 are fractions or dates, unless more numbers have the same limit.
MIN_ON_SCALE = 3
SHARE = re.compile(r"0?[.,]\d+|[01]([.,]0+)?")


def notation_around(parts: Collection[NumberParts]) -> Notation | None:
    """The keys for the texts before and after numbers."""
    before = Counter(part.before for part in parts)
    after = Counter(part.after for part in parts)
    facts, reasons, notes = dict[str, Any](), list[str](), list[str]()
    units = sorted(text for text in before if text)
    has_currency = any(without_qualifier(text) for text in units)
    if _are_shares_too(parts):
        facts["scale"] = {"%": 0.01}
        reasons.append("percent as a share")
        notes.append(
            "numbers without % are at most 1 and read as shares: 0.5 is 50%; if they are percents, write unit: %"
        )
    elif set(after) == {"%"}:
        facts["percent"] = True
        reasons.append("percent as a share")
    elif set(after) != {""}:
        if any(re.fullmatch(OUT_OF, text) for text in after):
            found = _out_of(parts)
        else:
            found = scale_of(after, with_currency=has_currency) or units_of(after)
        if found is None:
            return None
        units += found.units
        if found.scale:
            facts["scale"] = found.scale
        reasons += found.reasons
        notes += found.notes
    if units:
        facts["unit"] = units[0] if len(units) == 1 else units
        qualifiers = [text for text in units if without_qualifier(text) != text]
        inner = {unit_in(text) for text in units if text not in qualifiers} - {""}
        reasons[:0] = [f"unit {' or '.join(sorted(inner))}"] if inner else []
        reasons += [f"words such as {qualifiers[0]} left out"] if qualifiers else []
    currencies = sorted({text for text in units if is_currency(text)})
    if len(currencies) > 1 and not same_currency(currencies):
        notes.append(f"amounts in different currencies ({', '.join(currencies)}) are not converted")
    return facts, reasons, notes


def _are_shares_too(parts: Collection[NumberParts]) -> bool:
    """Whether some numbers are percents and the others shares of one: 42.5% and 0.425."""
    bare = [part.body for part in parts if not part.after]
    percents = [part.body for part in parts if part.after == "%"]
    return (
        len(bare) + len(percents) == len(parts)
        and len(set(bare)) > 1
        and all(SHARE.fullmatch(body) for body in bare)
        and sum(SHARE.fullmatch(body) is not None for body in percents) < len(percents) / 2
    )


def _out_of(parts: Collection[NumberParts]) -> Found | None:
    """The limit of a scale as a unit, if it is the same for all: 4/10, 7/10."""
    limits = {part.after for part in parts}
    if len(limits) > 1 or len({part.body for part in parts}) < MIN_ON_SCALE:
        return None
    return Found(units=sorted(limits))


def same_currency(currencies: Sequence[str]) -> bool:
    """Whether texts are a sign and a code of one currency."""
    signs = {"€": "EUR", "$": "USD", "£": "GBP", "¥": "JPY", "₹": "INR", "US$": "USD", "RS": "INR", "RS.": "INR"}
    return len({signs.get(text.upper(), text.upper()) for text in currencies}) == 1
