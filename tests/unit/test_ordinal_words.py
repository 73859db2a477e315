"""Words of a scale become numbers in its order, written out; other words stay a category."""

import pytest

from lockstep.clean.column_block import Column
from lockstep.inspect.notations.ordinal_words import propose_order

# One order per case, from its lower end, as files write it.
ORDERS = [
    "Low Medium High",
    "low med hi",
    "Low Medium High Very_High",
    "Poor Fair Average Good Excellent",
    "Po Fa TA Gd Ex",
    "Bad Good Better Best",
    "Below_College College Bachelor Master Doctor",
    "Non-Travel Travel_Rarely Travel_Frequently",
    "never rarely sometimes often always",
    "Strongly-Disagree Disagree Neutral Agree Strongly-Agree",
    "very_dissatisfied dissatisfied neutral satisfied very_satisfied",
    "XS S M L XL XXL",
    "mild moderate severe",
    "None Low Moderate High",
    "Bronze Silver Gold",
    "cold mild warm hot",
    "BASIC PLUS PREMIUM",
    "Junior Mid-Level Senior Lead",
    "primary secondary tertiary",
    "Month-to-month One_year Two_year",
    "normal overweight obese",
    "Developing Successful High Top",
    "Emerging Developing Proficient Advanced",
    "Not_Verified Source_Verified Verified",
    "niedrig mittel hoch",
    "sehr_schlecht schlecht gut sehr_gut",
    "klein mittel groß",
    "faible moyen élevé",
    "jamais parfois souvent",
    "bajo medio alto",
    "leve moderado grave",
    "ligero moderado severo crítico",
    "léger modéré grave",
    "lieve moderato grave",
    "leicht mittel schwer",
    "ruim regular bom ótimo",
    "slecht matig goed",
    "I II III IV",
    "18-25 26-35 36-45 46+",
    "<18 18-24 25-34",
    "1-9km/h 10-24 25-39 55+",
    "0 1 2 3+",
    "Low High",
]


@pytest.mark.parametrize("order", ORDERS)
def test_words_of_a_scale_get_its_order(order: str) -> None:
    words = order.split()
    proposal = propose_order("c", dict.fromkeys(sorted(words), 9))
    assert proposal is not None
    assert proposal.facts == {"type": "integer", "map": {word: number for number, word in enumerate(words, 1)}}
    assert proposal.why == f"an order: {' < '.join(words)}"
    Column.model_validate(dict(proposal.facts))


@pytest.mark.parametrize(
    "words",
    [
        ["26 to 35", "36 to 45", "60 and over"],
        ["< 1 year", "1 year", "2 years", "10+ years"],
        ["Less than $40K", "$40K - $60K", "$60K - $80K", "$120K +"],
        ["under 1,000", "1,000-4,999", "5,000 or more"],
        ["unter 18", "18 bis 30", "über 30"],
        ["1-3 months", "4-6 months", "more than 6 months"],
    ],
)
def test_ranges_are_ordered_by_their_lower_bounds(words: list[str]) -> None:
    proposal = propose_order("c", dict.fromkeys(sorted(words), 9))
    assert proposal is not None
    assert proposal.facts["map"] == {word: number for number, word in enumerate(words, 1)}


def test_a_refused_answer_has_no_place_among_ranges() -> None:
    found = propose_order(
        "c", dict.fromkeys(["Under 2,600", "2,600 to 5,200", "Above 5,200", "Refused", "Don't know"], 9)
    )
    assert found is not None
    assert found.facts["map"] == {"Under 2,600": 1, "2,600 to 5,200": 2, "Above 5,200": 3}
    assert found.odd == {"Refused", "Don't know"}


@pytest.mark.parametrize("name", ["grade", "credit_rating", "energy class", "Energy_Class"])
def test_letters_are_an_order_by_the_columns_name_alone(name: str) -> None:
    letters = {"A": 9, "B": 9, "C": 9}
    found = propose_order(name, letters)
    assert found is not None
    assert found.facts["map"] == {"C": 1, "B": 2, "A": 3}
    assert propose_order("type", letters) is None
    assert propose_order("class", letters) is None
    signs = propose_order("grade", {"A": 9, "A-": 9, "B+": 9})
    assert signs is not None
    assert signs.facts["map"] == {"B+": 1, "A-": 2, "A": 3}


def test_spellings_of_one_word_have_its_number_and_no_answer_is_odd() -> None:
    found = propose_order("c", {"Low": 9, "low ": 2, "MEDIUM": 5, "High": 5, "Unknown": 3, "#VALUE!": 1})
    assert found is not None
    assert found.facts["map"] == {"Low": 1, "low ": 1, "MEDIUM": 2, "High": 3}
    assert found.odd == {"Unknown", "#VALUE!"}
    assert found.why == "an order: Low < MEDIUM < High"


@pytest.mark.parametrize(
    "words",
    [
        ["Low", "Main", "High"],
        ["Monday", "Tuesday", "Wednesday"],
        ["Jan", "Feb", "Mar"],
        ["red", "green", "blue"],
        ["yes", "no"],
        ["male", "female"],
        ["A", "B", "C"],
        ["good", "cold", "small"],
        ["low", "unknown"],
        ["2-1", "1-0", "0-3"],
        ["0-50", "0-100", "25-75"],
        ["<5", "5", "6"],
        ["single", "married", "divorced"],
        ["C", "Q", "S"],
        ["555-1234", "555-9876", "333-1111"],
    ],
)
def test_other_words_are_no_order(words: list[str]) -> None:
    assert propose_order("c", dict.fromkeys(words, 9)) is None
