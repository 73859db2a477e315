"""Texts beside numbers: currencies, scales such as k and Mio., units, and units of one kind that can be converted."""

import re
import unicodedata
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field

CURRENCY_CODES = frozenset([
    "A$", "AED", "AU$", "AUD", "BRL", "C$", "CA$", "CAD", "CHF", "CNY", "CZK", "DKK", "DM", "EUR", "FR", "FR.", "FT",
    "GBP", "HK$", "HKD", "HUF", "IDR", "ILS", "INR", "JPY", "KR", "KR.", "KRW", "KČ", "MXN", "NOK", "NZ$", "NZD",
    "PHP", "PLN", "R$", "RMB", "RP", "RP.", "RS", "RS.", "RUB", "S$", "SAR", "SEK", "SFR.", "SGD", "THB", "TL",
    "TRY", "US$", "USD", "VND", "ZAR", "ZŁ",
])  # fmt: skip
SCALES = {
    "k": 1e3, "tsd": 1e3, "tsd.": 1e3, "thousand": 1e3, "mil": 1e6, "m": 1e6, "mn": 1e6, "mm": 1e6, "mio": 1e6,
    "mio.": 1e6, "million": 1e6, "millions": 1e6, "b": 1e9, "bn": 1e9, "mrd": 1e9, "mrd.": 1e9, "billion": 1e9,
    "billions": 1e9, "tn": 1e12, "trillion": 1e12, "lakh": 1e5, "lac": 1e5, "lakhs": 1e5, "cr": 1e7, "crore": 1e7,
}  # fmt: skip
# Scales that are also units: metres, megabytes.
ALSO_UNITS = frozenset(["m", "mm", "b", "mil", "cr"])
# Units of one kind, with what they are in the first one.
FAMILIES: tuple[Mapping[str, float], ...] = (
    {"kg": 1.0, "g": 0.001, "mg": 1e-6, "t": 1000.0, "lb": 0.45359237, "lbs": 0.45359237, "oz": 0.028349523125},
    {"m": 1.0, "km": 1000.0, "cm": 0.01, "mm": 0.001, "mi": 1609.344, "ft": 0.3048, "in": 0.0254, "yd": 0.9144},
    {"l": 1.0, "ml": 0.001, "cl": 0.01, "dl": 0.1, "hl": 100.0},
    {"gb": 1.0, "b": 1e-9, "kb": 1e-6, "mb": 1e-3, "tb": 1e3},
    {"m²": 1.0, "ha": 10_000.0, "km²": 1e6, "m2": 1.0, "km2": 1e6, "sqm": 1.0, "sqft": 0.09290304, "acre": 4046.8564224,
     "acres": 4046.8564224},
    {"kw": 1.0, "w": 0.001, "mw": 1000.0},
    {"hz": 1.0, "khz": 1e3, "mhz": 1e6, "ghz": 1e9},
)  # fmt: skip
# What a unit has, if it is no currency: a letter, or a sign of degrees, inches, percent.
UNIT = r"[^\W\d_]|[%‰°″'\"*]"
# A dash in place of decimals: 12.- and 1.200,-- are whole amounts.
PRICE_DASH = re.compile(r"[.,] ?[-\u2012-\u2015]{1,2} ?")
# Marks of footnotes behind a number or its unit: 84[1], 12*, 5 kg†; m² is another unit than m.
FOOTNOTE = re.compile(r" ?(\[[^\[\]]{1,12}\]|[*†‡§]{1,3})$|^[⁰¹²³⁴-⁹]+$")
MAX_FOOTNOTES = 40
# Words before numbers that say how exact they are.
QUALIFIERS = frozenset([
    "~", "≈", "≃", "ca", "ca.", "circa", "c.", "approx", "approx.", "approximately", "about", "around", "roughly",
    "nearly", "almost", "est.", "estimated", "etwa", "rund", "ungefähr", "zirka", "env.", "environ", "aprox.",
    "aproximadamente", "cerca de", "±", "up to", "under", "below", "less than", "at most", "max.", "max", "over",
    "above", "more than", "at least", "min.", "min", "from", "starting at", "bis", "bis zu", "unter", "weniger als",
    "höchstens", "über", "mehr als", "mindestens", "ab", "moins de", "plus de", "jusqu'à", "au moins", "menos de",
    "más de", "hasta",
])  # fmt: skip
# Sides of an account: a credit adds to its balance, a debit reduces it.
SIDES = {"cr": 1.0, "dr": -1.0}
ORDINAL_ENDINGS = frozenset(["st", "nd", "rd", "th"])
LONGEST_UNIT, MAX_UNITS = 16, 3


@dataclass(frozen=True)
class Found:
    """What the texts behind numbers are.

    Attributes:
        scale: The factor of each.
        units: Those without a factor.
        reasons, notes: For comments.
    """

    scale: dict[str, float] = field(default_factory=dict)
    units: list[str] = field(default_factory=list)
    reasons: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)


def is_currency(text: str) -> bool:
    """Whether a text is a currency's sign or code."""
    return text.upper() in CURRENCY_CODES or (len(text) == 1 and unicodedata.category(text) == "Sc")


def without_qualifier(before: str) -> str:
    """A text before a number without words such as approx. and up to."""
    words = before.split(" ")
    ends = range(len(words), 0, -1)
    return next((" ".join(words[end:]) for end in ends if " ".join(words[:end]).lower() in QUALIFIERS), before)


def unit_in(after: str) -> str:
    """The unit in a text behind a number, without a dash in place of decimals and marks of footnotes."""
    return FOOTNOTE.sub("", PRICE_DASH.sub("", after, count=1) if PRICE_DASH.match(after) else after)


def scale_of(after: Mapping[str, int], *, with_currency: bool) -> Found | None:
    """The scales among the texts behind numbers, with or without a currency; None if one is no scale.

    Args:
        after: The texts, and how many numbers have each; empty where nothing is behind a number.
        with_currency: Whether a currency stands before the numbers, so that 5M is no length.
    """
    scale, units = dict[str, float](), set[str]()
    for text in sorted(after):
        match = re.fullmatch(r"([^\W\d_]+\.?)? ?(\S*)", text)
        if match is None:
            return None
        word, rest = match.groups()
        if word is None or word.lower() not in SCALES or (rest and not is_currency(rest)):
            whole = is_currency(text)
            split = _joined(text)
            if split is None and not whole and text:
                return None
            word, rest = split or ("", text)
        if word:
            scale[word] = SCALES[word.lower()]
        if rest:
            units.add(rest)
    sure = with_currency or units or len(set(scale.values())) > 1
    if not scale or (not sure and all(_may_be_unit(word, after) for word in scale)):
        return None
    factors = ", ".join(f"{word} = {factor:g}" for word, factor in scale.items())
    return Found(scale, sorted(units), [factors])


def _joined(text: str) -> tuple[str, str] | None:
    """A scale with a currency right behind it: k€."""
    for end in range(len(text) - 1, 0, -1):
        if text[:end].lower() in SCALES and is_currency(text[end:].strip()):
            return text[:end], text[end:].strip()
    return None


def _may_be_unit(word: str, after: Mapping[str, int]) -> bool:
    """Whether a scale may be meant as a unit: metres are written m, and millions M."""
    return word in ALSO_UNITS or (word.lower() in ALSO_UNITS and "" not in after and word != "M")


def units_of(after: Mapping[str, int]) -> Found | None:
    """The units behind numbers, converted where they are of one kind; None if the texts are no units."""
    texts = sorted(text for text in after if text)
    inner = {text: unit_in(text) for text in texts}
    if any(inner[text] != text for text in texts) and len(texts) <= MAX_FOOTNOTES:
        return _without_marks(after, inner)
    if any(len(text) > LONGEST_UNIT or not (is_currency(text) or re.search(UNIT, text)) for text in texts):
        return None
    words = {text.lower().rstrip(".") for text in texts}
    if words == SIDES.keys():
        return Found({text: SIDES[text.lower().rstrip(".")] for text in texts}, reasons=["credits less debits"])
    if words <= ORDINAL_ENDINGS:
        return Found(units=texts)
    if len({_singular(word) for word in words}) == 1:
        return Found(units=_shortest(texts))
    for family in FAMILIES:
        if words <= family.keys():
            return _converted(texts, after, family)
    if len(words) > MAX_UNITS:
        return None
    note = (
        f"numbers in different units ({', '.join(texts)}) are not converted; where they can be, give factors by scale"
    )
    return Found(units=texts, notes=[note])


def _without_marks(after: Mapping[str, int], inner: Mapping[str, str]) -> Found | None:
    """Units beside which marks stand: those of the texts without the marks, of one factor."""
    rest = Counter[str]()
    for text, count in after.items():
        rest[inner.get(text, text)] += count
    found = units_of(rest) if rest.keys() - {""} else Found()
    if found is None or found.scale:
        return None
    marks = sorted(text for text, unit in inner.items() if text != unit)
    return Found(
        units=sorted({*found.units, *inner}), reasons=[f"marks such as {marks[0]} left out"], notes=found.notes
    )


def _singular(word: str) -> str:
    return word.removesuffix("s") if len(word) > 3 else word


def _shortest(texts: list[str]) -> list[str]:
    """One spelling of each text, since letter case does not matter."""
    return sorted({text.lower(): text for text in reversed(texts)}.values())


def _converted(texts: list[str], after: Mapping[str, int], family: Mapping[str, float]) -> Found:
    """The factors that bring numbers to the most frequent unit."""
    main = max(texts, key=lambda text: (after[text], text))
    base = family[main.lower().rstrip(".")]
    scale = {text: float(f"{family[text.lower().rstrip('.')] / base:.12g}") for text in texts}
    without = f"; {after['']} numbers without a unit count as {main}" if after.get("") else ""
    return Found(scale, reasons=[f"units converted to {main}{without}"])
