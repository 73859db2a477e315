"""Kinds of free text, names and lists."""

from collections.abc import Callable

import pandas as pd

from tests.generated_tables.made import Made, chance, kind, one_of, read, words
from tests.generated_tables.readings import Prose
from tests.generated_tables.vocabularies import FIRST_NAMES, LAST_NAMES, SENTENCES
from tests.tables.draws import Random


def _unique(draw: Callable[[], str], n_rows: int) -> list[str]:
    texts = dict[str, None]()
    while len(texts) < n_rows:
        texts[draw()] = None
    return list(texts)


@kind
def sentences(random: Random, n_rows: int) -> Made:
    def sentence() -> str:
        text = " ".join(one_of(random, part) for part in SENTENCES)
        return (text.capitalize() + one_of(random, (".", "!", "", " :-)"))) + (" Again." if chance(random, 0.2) else "")

    texts = words(_unique(sentence, n_rows))
    return Made(texts, read(Prose(texts=pd.Series(texts))), ("review", "comment", "description", "notes"), "either")


@kind
def names_of_people(random: Random, n_rows: int) -> Made:
    comma = chance(random, 0.3)
    texts = words(
        _unique(
            lambda: (
                f"{one_of(random, LAST_NAMES)}{', ' if comma else ' '}{one_of(random, FIRST_NAMES)}"
                f"{' ' + chr(65 + int(random.integers(26))) + '.' if chance(random, 0.6) else ''}"
            ),
            n_rows,
        )
    )
    truth = read(Prose(texts=pd.Series(texts)), feature=None, reasons=["personal", "identifier"])
    return Made(texts, truth, ("name", "customer name", "passenger", "full_name"), "never")


@kind
def emails(random: Random, n_rows: int) -> Made:
    texts = words(
        _unique(
            lambda: (
                f"{one_of(random, FIRST_NAMES)}.{one_of(random, LAST_NAMES)}{random.integers(999)}@mail.example".lower()
            ),
            n_rows,
        )
    )
    truth = read(Prose(texts=pd.Series(texts)), feature=None, reasons=["personal", "identifier"])
    return Made(texts, truth, ("email", "e-mail", "contact"), "never")


@kind
def addresses(random: Random, n_rows: int) -> Made:
    texts = words(
        _unique(
            lambda: f"{random.integers(1, 999)} {one_of(random, LAST_NAMES)} Street, Apt {random.integers(99)}", n_rows
        )
    )
    truth = read(Prose(texts=pd.Series(texts)), feature=None, reasons=["personal", "identifier"])
    return Made(texts, truth, ("address", "street"), "never")


@kind
def lists_of_words(random: Random, n_rows: int) -> Made:
    parts = ("rock", "pop", "jazz", "metal", "folk", "soul", "house", "punk")
    separator = one_of(random, (";", "|", ", "))
    texts = words(
        [separator.join(random.choice(list(parts), int(random.integers(1, 4)), replace=False)) for _ in range(n_rows)]
    )
    return Made(texts, read(Prose(texts=pd.Series(texts))), ("genres", "tags", "interests"), "never")
