"""Kinds of truth values, names of groups and ordered words."""

import numpy as np
import pandas as pd

from tests.generated_tables.made import Made, chance, kind, one_of, read, words
from tests.generated_tables.readings import Anything, Groups, Order, Truths
from tests.generated_tables.vocabularies import GROUPS, LIKELY_ORDERS, ORDERS, SYLLABLES, TRUTHS
from tests.tables.draws import Random, Vector, Words

NAMES = ("colour", "city", "heating", "kind", "region", "payment", "país", "segment", "g1", "Gruppe", "body style")
FLAGS = ("smoker", "has garden", "active", "fumeur", "aktiv", "churned before", "flag2", "is_new", "member")
TASTES = ("quality", "risk", "satisfaction", "frequency", "level of pain", "stufe", "o4", "condition", "priority")


def codes(random: Random, n_rows: int, n_groups: int, *, least: int = 3) -> Vector:
    """The group of each row, each group at least some times, some more frequent than others."""
    weights = random.dirichlet(np.full(n_groups, 4.0))
    drawn = random.choice(n_groups, n_rows, p=weights)
    drawn[: least * n_groups] = np.tile(np.arange(n_groups), least)[:n_rows]
    random.shuffle(drawn)
    return drawn.astype(np.float64)


def grouped(texts: Words, names: tuple[str, ...] = NAMES, signal: Vector | None = None) -> Made:
    """A column whose texts are its groups."""
    return Made(texts, read(Groups(labels=pd.Series(texts))), names, missing="either", signal=signal)


def _drawn(vocabulary: tuple[str, ...], which: Vector) -> Words:
    return words([vocabulary[int(code)] for code in which])


@kind
def truth_values(random: Random, n_rows: int) -> Made:
    values = codes(random, n_rows, 2)
    pair = TRUTHS[int(random.integers(len(TRUTHS)))]
    typed = pd.Series(values.astype(bool)) if pair[1] in ("true", "True", "TRUE", "1") else None
    texts = _drawn(pair, values)
    return Made(texts, read(Truths(values=values)), FLAGS, "either", typed=typed, signal=values)


@kind
def truth_values_in_several_spellings(random: Random, n_rows: int) -> Made:
    values = codes(random, n_rows, 2)
    spellings: tuple[tuple[tuple[str, ...], tuple[str, ...]], ...] = (
        (("no", "No", "N", "NO"), ("yes", "Yes", "Y", "YES")),
        (("nein", "Nein", "n"), ("ja", "Ja", "j")),
        (("false", "F", "0"), ("true", "T", "1")),
        (("No", "no"), ("Yes", "yes")),
    )
    chosen = spellings[int(random.integers(len(spellings)))]
    texts = words([one_of(random, chosen[int(v)]) for v in values])
    # another word beside yes and no may be a third answer
    return Made(texts, read(Truths(values=values)), FLAGS, "either", signal=values)


@kind
def marks(random: Random, n_rows: int) -> Made:
    """A cross or nothing: true or false, or a mark that is there or missing."""
    values, cross = codes(random, n_rows, 2), one_of(random, ("x", "X", "✓", "1"))
    texts = words([cross if value else "" for value in values])
    present = pd.Series(texts).where(values == 1)
    truth = read(Truths(values=values), Groups(labels=present), Truths(values=np.where(values == 1, 1.0, np.nan)))
    return Made(texts, truth, FLAGS, "never", signal=values)


@kind
def few_groups(random: Random, n_rows: int) -> Made:
    vocabulary = GROUPS[int(random.integers(len(GROUPS)))]
    which = codes(random, n_rows, len(vocabulary))
    return grouped(_drawn(vocabulary, which), signal=random.normal(size=len(vocabulary))[which.astype(int)])


@kind
def many_groups(random: Random, n_rows: int) -> Made:
    n_groups = max(8, n_rows // int(random.integers(4, 12)))
    vocabulary = tuple("".join(random.choice(list(SYLLABLES), 4)).title() for _ in range(n_groups))
    which = codes(random, n_rows, n_groups, least=2)
    return grouped(_drawn(vocabulary, which), ("town", "make", "agent", "supplier", "v9"))


@kind
def groups_of_several_spellings(random: Random, n_rows: int) -> Made:
    """Variants that differ by letter case, spaces or accents are one group."""
    vocabulary = [names for names in GROUPS if min(map(len, names)) > 2 and names[0] != "日本"]
    chosen = vocabulary[int(random.integers(len(vocabulary)))]
    which = codes(random, n_rows, len(chosen))
    texts, change = _drawn(chosen, which), int(random.integers(4))
    changes = (
        str.upper,
        str.title,
        lambda text: f"{text} ",
        lambda text: text.replace("a", "A", 1).replace("e", "E", 1),
    )
    for row in np.flatnonzero(random.random(n_rows) < random.uniform(0.05, 0.3)):
        texts[row] = changes[change](texts[row])
    truth = read(Groups(labels=pd.Series(_drawn(chosen, which))))
    return Made(texts, truth, NAMES, "either", signal=which)


@kind
def groups_with_and_without_accents(random: Random, n_rows: int) -> Made:
    plain = {
        "São Paulo": "Sao Paulo",
        "Belém": "Belem",
        "Brasília": "Brasilia",
        "Recife": "Recife",
        "Vitória": "Vitoria",
    }
    which = codes(random, n_rows, len(plain))
    texts = _drawn(tuple(plain), which)
    bare = random.random(n_rows) < 0.25
    return Made(
        words([plain[text] if without else text for text, without in zip(texts, bare, strict=True)]),
        read(Groups(labels=pd.Series(texts))), ("city", "cidade", "birth place"), "either", signal=which,
    )  # fmt: skip


@kind
def groups_with_typing_mistakes(random: Random, n_rows: int) -> Made:
    """A rare text one letter from a frequent one: merged, or named in a note."""
    vocabulary = ("Hamburg", "Frankfurt", "Stuttgart", "Dortmund")
    which = codes(random, n_rows, 4, least=8)
    texts = _drawn(vocabulary, which)
    row = int(random.integers(n_rows))
    right = texts[row]
    place = int(random.integers(2, len(right) - 2))
    wrong = right[:place] + right[place + 1] + right[place] + right[place + 2 :]
    wrong = wrong if wrong != right else right[:place] + right[place + 1 :]
    merged = pd.Series(texts.copy())
    texts[row] = wrong
    truth = read(Groups(labels=pd.Series(texts), mention=wrong), Groups(labels=merged))
    return Made(texts, truth, ("city", "stadt", "branch"), "never", signal=which)


@kind
def ordered_words(random: Random, n_rows: int) -> Made:
    order = ORDERS[int(random.integers(len(ORDERS)))]
    ranks = codes(random, n_rows, len(order))
    return Made(_drawn(order, ranks), read(Order(ranks=ranks)), TASTES, "either", signal=ranks)


@kind
def perhaps_ordered_words(random: Random, n_rows: int) -> Made:
    order = LIKELY_ORDERS[int(random.integers(len(LIKELY_ORDERS)))]
    ranks = codes(random, n_rows, len(order))
    texts = _drawn(order, ranks)
    truth = read(Order(ranks=ranks), Groups(labels=pd.Series(texts)))
    return Made(texts, truth, TASTES, "either", signal=ranks)


@kind
def one_value_and_blanks(random: Random, n_rows: int) -> Made:
    texts = words(["discounted" if chance(random, 0.4) else "" for _ in range(n_rows)])
    texts[:2] = ["discounted", ""]
    return Made(texts, read(Anything(), feature=None, reasons=["constant"]), ("note", "tag"), "never")
