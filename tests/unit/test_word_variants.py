"""Variants of one word become one, and likely typos a note; words and codes that differ for a reason stay."""

import unicodedata
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from lockstep.clean.column_block import Column
from lockstep.clean.word_texts import prepared_texts
from lockstep.inspect.notations import word_variants
from lockstep.inspect.notations.word_variants import edits, propose_variants

CITIES = {"Berlin": 300, "Munich": 200, "Hamburg": 150, "Leipzig": 90}


def _cleaned(texts: dict[str, int], facts: dict[str, Any]) -> list[str]:
    column = Column.model_validate({"type": "category", **facts})
    values: list[str] = prepared_texts(pa.chunked_array([pa.array(list(texts))]), column, []).to_pylist()
    return values


@pytest.mark.parametrize(
    ("variant", "word"),
    [
        ("berlin", "Berlin"),
        ("BERLIN ", "Berlin"),
        (" Berlin", "Berlin"),
        ("Berl\u00edn", "Berlin"),
        ("New_York", "New York"),
        ("new  york", "New York"),
        ("NEW-YORK", "New York"),
        ("New\u00a0York", "New York"),
        (unicodedata.normalize("NFD", "Köln"), "Köln"),
        ("KOLN", "Köln"),
        ("Koeln", "Köln"),
        ("yes ", "Yes"),
        ("YES", "Yes"),
        ("y", "Y"),
    ],
)
def test_a_variant_is_mapped_to_the_most_frequent_spelling(variant: str, word: str) -> None:
    texts = {word: 80, variant: 20, "Amsterdam": 60, "N": 30}
    proposal = propose_variants(texts)
    assert proposal is not None
    assert proposal.facts == {"map": {variant: word}}
    assert repr(word) in proposal.why
    assert _cleaned(texts, dict(proposal.facts)) == [word, word, "Amsterdam", "N"]


@pytest.mark.parametrize(
    "texts",
    [
        {"m": 50, "M": 60, "k": 40, "K": 45, "G": 9},  # milli and mega: codes whose case is a difference
        {"C": 9, "C++": 9, "C#": 9},
        {"A": 9, "A-": 9, "A+": 9},
        {"-5 to 5": 9, "5 to 5": 9},
        {"か": 9, "が": 9},  # a mark makes another letter
        {"и": 9, "й": 9},
        {"red": 9, "green": 9},
        {"only": 9},
    ],
)
def test_different_words_stay_different(texts: dict[str, int]) -> None:
    assert propose_variants(texts) is None


def test_short_words_that_are_also_written_as_words_are_variants() -> None:
    found = propose_variants({"Rot": 41, "ROT": 43, "rot": 55, "Tee": 8, "TEE": 7, "neu": 12})
    assert found is not None
    assert found.facts == {"map": {"ROT": "rot", "Rot": "rot", "TEE": "Tee"}}


def test_a_rare_lower_case_code_and_spellings_of_levels_are_variants() -> None:
    assert (propose_variants({"KW": 400, "kw": 3, "PS": 100}) or pytest.fail("none")).facts == {"map": {"kw": "KW"}}
    levels = propose_variants({"low": 50, "Low": 40, "high": 40, "High": 50, "mid": 20, "Mid": 20})
    assert levels is not None
    assert levels.facts["map"] == {"Low": "low", "high": "High", "mid": "Mid"}


@pytest.mark.parametrize("change", [str.upper, lambda text: f" {text}  "])
def test_of_many_variants_strip_and_case_take_the_place_of_the_map(change: Any) -> None:
    words = [
        f"{first}{second}"
        for first in ("Bel", "Dor", "Kar", "Mon", "Tal")
        for second in ("an", "er", "ova", "us", "ino", "ey", "ic")
    ]
    texts = dict.fromkeys(words, 20) | {change(word): 5 for word in words} | {"Kár": 3, "KAR": 9}
    proposal = propose_variants(texts)
    assert proposal is not None
    assert proposal.facts["strip"]
    assert len(proposal.facts.get("map", {})) <= 2
    assert len(set(_cleaned(texts, dict(proposal.facts)))) == len(words) + 1


@pytest.mark.parametrize(
    ("typo", "word"),
    [
        ("Berlln", "Berlin"),
        ("Hambrug", "Hamburg"),
        ("Xamburg", "Hamburg"),
        ("Lepzig", "Leipzig"),
        ("Saarbrucn", "Saarbrucken"),
    ],
)
def test_a_likely_typo_is_a_note_with_the_line_to_paste(typo: str, word: str) -> None:
    proposal = propose_variants({**CITIES, "Saarbrucken": 200, typo: 2})
    assert proposal is not None
    assert proposal.facts == {}
    assert proposal.notes == (f'typos in 2 rows? If so, add to the column: map: {{"{typo}": "{word}"}}',)


@pytest.mark.parametrize(
    ("rare", "frequent"),
    [
        ("A1234", "A1235"),
        ("cars", "cart"),
        ("houses", "house"),
        ("atypical", "typical"),
        ("unimportant", "important"),
        ("Plan A", "Plan B"),
        ("Downtown East", "Downtown West"),
        ("Sunwest Airlines", "Skywest Airlines"),
        ("Coffee Lake-S", "Coffee Lake"),
        ("Model B Plus", "Model Plus"),
        ("Type III", "Type II"),
        ("Slovakia", "Slovenia"),
        ("Austria", "Australia"),
        ("North", "South"),
    ],
)
def test_another_word_is_no_typo(rare: str, frequent: str) -> None:
    assert propose_variants({frequent: 500, rare: 2, "something": 100}) is None


def test_a_typo_in_one_row_is_counted_in_the_singular() -> None:
    proposal = propose_variants({"Hamburg": 50, "Hambrug": 1, "Berlin": 50})
    assert proposal is not None
    assert proposal.notes[0].startswith("typos in 1 row?")


def test_a_word_as_frequent_as_its_neighbour_is_no_typo() -> None:
    assert propose_variants({"Maria": 60, "Mario": 50, "Marta": 40}) is None


@pytest.mark.parametrize(
    ("first", "second", "distance"),
    [("abcd", "acbd", 1), ("abc", "abc", 0), ("abc", "xyz", 2), ("kitten", "sitten", 1)],
)
def test_edits_are_counted_up_to_a_limit(first: str, second: str, distance: int) -> None:
    assert edits(first, second, 1) == distance


def test_five_thousand_words_are_not_compared_in_pairs(monkeypatch: pytest.MonkeyPatch) -> None:
    random = np.random.default_rng(0)
    words = {"".join(random.choice(list("abcdefghijklmnop"), 8)): int(random.integers(1, 300)) for _ in range(5000)}
    compared = list[str]()

    def far(first: str, _: str, limit: int) -> int:
        compared.append(first)
        return limit + 1

    monkeypatch.setattr(word_variants, "edits", far)
    assert propose_variants(words) is None
    assert len(compared) < 5000
