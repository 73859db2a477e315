"""Quantities in two units: 5 ft 11 in, 5'11", 11 st 4 lb, 3 yrs 2 mo, 48\u00b07'30"."""

import re
from collections.abc import Mapping, Sequence

from lockstep.clean.column_block import Column
from lockstep.clean.location import shortened
from lockstep.clean.number_texts import NumberNotation, single_spaces
from lockstep.inspect.notations.missing import is_known, odd_texts
from lockstep.inspect.notations.proposal import Proposal, Texts

# Marks of feet and inches, and of minutes and seconds of an angle.
FEET, INCHES = "' \u2032 \u2019 `", "\" \u2033 \u201d '' \u2019\u2019"
YEAR, MONTH = 365.25, 30.4375


def _table(**factors: float) -> dict[str, float]:
    """Factors of units, from texts that list their spellings."""
    return {word: factor for words, factor in factors.items() for word in words.split()}


# Units of one quantity, and what each is in the named one.
QUANTITIES: tuple[tuple[str, Mapping[str, float]], ...] = (
    ("inches", _table(**{f"ft ft. feet foot {FEET}": 12, f"in in. inch inches {INCHES}": 1})),
    ("degrees", _table(**{"\u00b0 \u00ba": 1, FEET: 1 / 60, INCHES: 1 / 3600})),
    ("ounces", _table(**{"st": 224, "lb lbs lb. lbs. pound pounds": 16, "oz oz. ounce ounces": 1})),
    ("grams", _table(**{"kg": 1000, "g": 1, "mg": 0.001})),
    ("metres", _table(**{"km": 1000, "m": 1, "cm": 0.01, "mm": 0.001})),
    (
        f"days, a month as {MONTH}",
        _table(
            **{
                "years year yrs yr y jahre jahr ans an a\u00f1os a\u00f1o anni anno anos ano jaar": YEAR,
                "months month mos mo mths mth m monate monat mois meses mes mesi mese m\u00eas maanden maand": MONTH,
                "weeks week wks wk w wochen woche semaines semanas": 7,
                "days day d tage tag jours jour d\u00edas d\u00eda giorni dias dagen": 1,
            }
        ),
    ),
)
PART = re.compile(r"\d+(?:[.,]\d+)? ?([^\W\d_]+\.?|['\u2032\u2019\"\u2033\u201d`\u00b0\u00ba]{1,2})")
DECIMAL_COMMA = re.compile(r"\d,\d")
SAMPLE, LIKELY, MIN_IN_PARTS = 500, 0.5, 2


def propose_compound(texts: Texts) -> Proposal | None:
    """Read a column as numbers of two or more units that are added; None if few of its texts have two.

    Args:
        texts: Its different texts and their rows.
    """
    present = [single_spaces(text) for text in sorted(texts) if not is_known(text)]
    parts = {text: PART.findall(text) for text in present[:: max(1, len(present) // SAMPLE)]}
    units = sorted({unit for found in parts.values() for unit in found})
    in_parts = [text for text, found in parts.items() if len(found) > 1]
    if len(in_parts) < MIN_IN_PARTS or sum(map(bool, parts.values())) <= LIKELY * len(parts):
        return None
    for name, table in QUANTITIES:
        if len({table.get(unit.lower()) for unit in units}) > 1 and all(unit.lower() in table for unit in units):
            return _proposal(texts, name, {unit: table[unit.lower()] for unit in units}, in_parts)
    return None


def _proposal(texts: Texts, name: str, scale: Mapping[str, float], in_parts: Sequence[str]) -> Proposal | None:
    facts: dict[str, object] = {"type": "number", "scale": dict(scale)}
    if any(map(DECIMAL_COMMA.search, in_parts)):
        facts["decimal"] = ","
    notation = NumberNotation(Column.model_validate(facts))
    odd = odd_texts(texts, {text for text in texts if notation.number(text) is None}, is_sure=True)
    return None if odd is None else Proposal(facts, f"{name}: {shortened(in_parts[0])}", odd)
