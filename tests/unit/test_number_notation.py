"""new-dataset sees how numbers are written, and what is no number."""

from typing import Any

import pytest

from lockstep.inspect.notations.number_notation import has_decimal_comma, propose_numbers
from lockstep.inspect.notations.proposal import Proposal


def _proposed(*texts: str, decimal_comma: bool = False) -> Proposal | None:
    return propose_numbers(dict.fromkeys(texts, 5), decimal_comma=decimal_comma)


TWELVE = tuple(str(number) for number in range(1, 13))


@pytest.mark.parametrize(
    ("texts", "facts"),
    [
        (("1", "2.5", "-3e5", "+4"), {}),
        (("1,5", "2,25"), {"decimal": ","}),
        (("0,034", "1,360"), {"decimal": ","}),
        (("1,234", "12"), {"thousands": ","}),
        (("1,234", "56,789.5"), {"thousands": ","}),
        (("12,34,567", "1,234"), {"thousands": ","}),
        (("1.234,5", "12,0"), {"decimal": ",", "thousands": "."}),
        (("1.234.567", "12"), {"thousands": ".", "decimal": ","}),
        (("1 234", "12 345,5"), {"thousands": " ", "decimal": ","}),
        (("1\u202f234", "12"), {"thousands": " "}),
        (("1'234", "12.5"), {"thousands": "'"}),
        (("€26,453.80", "€9.10"), {"thousands": ",", "unit": "€"}),
        (("-$5", "$-6", "$7"), {"unit": "$"}),
        (("2.361,06 €", "5,1€"), {"decimal": ",", "thousands": ".", "unit": "€"}),
        (("5 EUR", "6,50 EUR"), {"decimal": ",", "unit": "EUR"}),
        (("Rs. 500", "Rs. 1,200"), {"thousands": ",", "unit": "Rs."}),
        (("80.7 bhp", "107 bhp"), {"unit": "bhp"}),
        (("12kg", "9"), {"unit": "kg"}),
        (("2 kg", "500 g"), {"scale": {"g": 0.001, "kg": 1.0}}),
        (("50.8%", "7 %"), {"percent": True}),
        (("1.2k", "3M", "7"), {"scale": {"M": 1e6, "k": 1e3}}),
        (("1.2k", "30k"), {"scale": {"k": 1e3}}),
        (("3.5M", "4M"), {"scale": {"M": 1e6}}),
        (("$1.2k", "$3M"), {"scale": {"M": 1e6, "k": 1e3}, "unit": "$"}),
        (("1,2 Mio. €", "30 Tsd. €"), {"decimal": ",", "scale": {"Mio.": 1e6, "Tsd.": 1e3}, "unit": "€"}),
        (("5 m", "6 m"), {"unit": "m"}),
        (("(45.00)", "45"), {"negative": "parentheses"}),
        (("5-", "6"), {"negative": "trailing"}),
        (("<5", "7", ">100"), {"censored": True}),
        (("80+", "79"), {"censored": True}),
        (("1 year", "2 years"), {"unit": ["year", "years"]}),
        (("118 m2", "9.5 m2"), {"unit": "m2"}),
        (("4.47 l/100km", "5 l/100km"), {"unit": "l/100km"}),
        (("543", "168.500", "6.329"), {"thousands": ".", "decimal": ","}),
        (("1.338", "15.329", "2.5"), {}),
        (("1.338", "15.329"), {}),
        (("\u221219.6", "5"), {}),
        (("4 mmHg", "5 mmHg"), {"unit": "mmHg"}),
        (("1st", "2nd", "3rd", "4th"), {"unit": ["nd", "rd", "st", "th"]}),
        (("ca. 36 kg", "40 kg"), {"unit": ["ca.", "kg"]}),
        (("~5", "7", "up to 9"), {"unit": ["up to", "~"]}),
        (("1,290[1]", "84", "7[a]"), {"thousands": ",", "unit": ["[1]", "[a]"]}),
        (("5 kg*", "6 kg"), {"unit": ["kg", "kg*"]}),
        (("48'673.-", "90.50"), {"thousands": "'", "unit": ".-"}),
        (("1.200,-- €", "90,50 €"), {"decimal": ",", "thousands": ".", "unit": [",-- €", "€"]}),
        ((" $ (1,200.50)", " $ 12.00 "), {"thousands": ",", "unit": "$", "negative": "parentheses"}),
        (("$5.50", "$7", " $-   "), {"unit": "$", "map": {"$-": 0}}),
        (("5 CR", "6 DR"), {"scale": {"CR": 1.0, "DR": -1.0}}),
        (("4/10", "7.5/10", "9/10"), {"unit": "/10"}),
        (("4 out of 5", "3 out of 5", "2 out of 5"), {"unit": "out of 5"}),
        (("42.5%", "0.425", "61%", "0.31"), {"scale": {"%": 0.01}}),
        (("42.5%", "0.425", "61%", "3"), {"unit": "%"}),
        (("6.8 ‰", "7 ‰"), {"unit": "‰"}),
        (("188 g CO2/km", "90 g CO2/km"), {"unit": "g CO2/km"}),
    ],
)
def test_a_notation_of_numbers_is_seen(texts: tuple[str, ...], facts: dict[str, Any]) -> None:
    found = _proposed(*texts)
    assert found is not None
    assert found.facts == facts
    assert bool(found.why) == bool(facts)


@pytest.mark.parametrize(
    "texts",
    [
        ("red", "blue"),
        ("007", "12"),
        ("10-20", "20-30"),
        ("agent_52", "agent_7"),
        ("Room 12", "Room 13"),
        ("12A", "13B", "14C", "15D"),
        ("192.168.100.200", "10.100.100.100"),
        ("1.2.3", "1.2.4"),
        ("12:30", "13:45"),
        ("23.07.2020", "24.07.2020"),
        ("120/80", "130/85"),
        ("1", "2", "A"),
        ("3", "5 lb", "6 ft 2 in"),
        ("C-001893", "C-002092"),
        ("4/10", "7/9", "2/3"),
        ("1/2", "3/2"),
        ("No. 5", "No. 6"),
        ("12 (3)", "14 (2)"),
    ],
)
def test_codes_and_words_are_no_numbers(texts: tuple[str, ...]) -> None:
    assert _proposed(*texts) is None


@pytest.mark.parametrize(
    ("odd", "accepted"),
    [
        (("unknown",), True),
        (("unknown", ".", "--", "Not Available"), True),
        (("keine Angabe",), True),
        (("whatever",), True),
        (("***",), True),
        (("apple", "pear"), False),
        (("3 to 5",), False),
    ],
)
def test_the_only_words_among_many_numbers_are_missing_values(odd: tuple[str, ...], accepted: bool) -> None:
    found = _proposed(*TWELVE, *odd)
    assert (found is not None and found.odd == set(odd)) == accepted


def test_another_column_settles_what_a_comma_means() -> None:
    assert has_decimal_comma({"25,64": 1, "1,5": 1})
    assert not has_decimal_comma({"1,234": 1, "12": 1})
    for text, mark, other in (("1,234", ",", "decimal"), ("1.234", ".", "thousands")):
        plain, settled = _proposed(text), _proposed(text, decimal_comma=True)
        assert plain is not None
        assert settled is not None
        assert settled.facts[other] == mark
        assert plain.facts != settled.facts


def test_amounts_in_different_currencies_are_noted() -> None:
    found = _proposed("$5", "€6", "€7")
    assert found is not None
    assert "different currencies" in found.notes[0]
