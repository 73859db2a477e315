"""Quantities in two units are recognised, and texts with two numbers of other kinds are not."""

from collections import Counter
from typing import Any

import pytest

from lockstep.inspect.notations.compound_units import propose_compound

MONTH, YEAR = 30.4375, 365.25


@pytest.mark.parametrize(
    ("texts", "facts"),
    [
        (("5 ft 11 in", "6 ft", "6 ft 1 in"), {"scale": {"ft": 12, "in": 1}}),
        (("5'11\"", "6'0\"", "5'2\""), {"scale": {"'": 12, '"': 1}}),
        (("5'11", "6'0\"", "5'2\"", "5'3\""), {"scale": {"'": 12, '"': 1}}),
        (("7 lb 3 oz", "8 lbs 1 oz"), {"scale": {"lb": 16, "lbs": 16, "oz": 1}}),
        (("1 m 80 cm", "1 m 75,5 cm"), {"scale": {"m": 1, "cm": 0.01}, "decimal": ","}),
        (("3 yrs 2 mo", "7 mo", "2 yrs 1 mo"), {"scale": {"yrs": YEAR, "mo": MONTH}}),
        (
            ("3 Jahre 2 Monate", "1 Jahr 1 Monat"),
            {"scale": dict(zip(("Jahr", "Jahre", "Monat", "Monate"), (YEAR, YEAR, MONTH, MONTH), strict=True))},
        ),
        (("48°5'7\"", "9°12'"), {"scale": {"°": 1, "'": 1 / 60, '"': 1 / 3600}}),
    ],
)
def test_two_units_become_one_number(texts: tuple[str, ...], facts: dict[str, Any]) -> None:
    found = propose_compound(Counter(texts))
    assert found is not None
    assert found.facts == {"type": "number", **facts}
    assert not found.odd


@pytest.mark.parametrize(
    "texts",
    [
        ("5 ft", "11 in"),
        ("5 kg 3 m", "6 kg 2 m"),
        ("2 bed 1 bath", "3 bed 2 bath"),
        ("5 x 3", "7 x 2"),
        ("5 ft 11 in", "6 ft 1 in", "tall", "short", "medium", "huge"),
        ("the 5 ft wall", "a 3 ft 2 in wall", "a 4 ft 2 in wall"),
    ],
)
def test_other_texts_with_two_numbers_are_left(texts: tuple[str, ...]) -> None:
    assert propose_compound(Counter(texts)) is None


def test_a_word_for_missing_beside_two_units_becomes_missing() -> None:
    found = propose_compound(Counter(["5 ft 11 in", "6 ft 1 in", "5 ft 2 in", "unknown"]))
    assert found is not None
    assert found.odd == {"unknown"}
