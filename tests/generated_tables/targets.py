"""Targets, made of the columns of a table, and columns that give them away."""

import numpy as np
import pandas as pd

from tests.generated_tables.made import Made, chance, one_of, read, words
from tests.generated_tables.numbers import grouped
from tests.generated_tables.readings import Anything, Groups, Numbers, Truth
from tests.tables.draws import Random, Vector

NAMES = ("y", "outcome", "target", "result", "zielwert")
CLASSES = (
    ("no", "yes"), ("0", "1"), ("cat", "dog", "horse"), ("False", "True"), ("P", "Q"), ("stays", "leaves"),
    ("setosa", "versicolor", "virginica"), ("ja", "nein"), ("x1", "x2", "x3", "x4"), ("spam", "ham"), ("Y", "N"),
)  # fmt: skip
NOISE = 0.8


def made_target(random: Random, signals: list[Vector]) -> tuple[str, Made]:
    """The kind of the target, and its column: numbers or classes that depend on some columns, with noise."""
    chosen = signals[:3]
    score = sum((_standardized(signal) * random.choice([-1.0, 1.0]) for signal in chosen), np.zeros(len(signals[0])))
    score = _standardized(score) + NOISE * random.normal(size=len(score))
    return _classes(random, score) if chance(random, 0.4) else _number(random, score)


def _standardized(values: Vector) -> Vector:
    spread = float(values.std())
    return (values - values.mean()) / spread if spread else values * 0.0


def _number(random: Random, score: Vector) -> tuple[str, Made]:
    size = 10.0 ** random.uniform(0, 3)
    values = np.round(size * (5.0 + score) + 0.37, 2)
    forms = {
        "plain": lambda value: f"{value:.2f}",
        "decimal comma": lambda value: f"{value:.2f}".replace(".", ","),
        "currency": lambda value: f"€{value:,.2f}",
        "unit": lambda value: f"{value:.2f} kWh",
        "thousands": lambda value: grouped(value, 2, ".", ","),
    }
    form = one_of(random, ("plain",) * 8 + tuple(forms))
    texts = words([forms[form](value) for value in values])
    typed = pd.Series(values) if form == "plain" else None
    made = Made(texts, read(Numbers(values=values)), NAMES, typed=typed, signal=values)
    if chance(random, 0.08):
        rows = random.random(len(values)) < 0.05
        texts = np.where(rows, "", texts)
        made = Made(texts, read(Numbers(values=values).without(rows)), NAMES)
    return "target: number" if form == "plain" else f"target: {form}", made


def _classes(random: Random, score: Vector) -> tuple[str, Made]:
    names = CLASSES[int(random.integers(len(CLASSES)))]
    which = np.searchsorted(np.quantile(score, np.arange(1, len(names)) / len(names)), score)
    texts = words([names[int(code)] for code in which])
    truth = read(Groups(labels=pd.Series(texts), types=("category", "boolean", "integer", "text")))
    return "target: classes", Made(texts, truth, NAMES)


def leaks(random: Random, kind: str, target: Made) -> dict[str, list[Made]]:
    """Columns that give a target away, by the kind of the leak."""
    suspected = Truth((Anything(mention="target"),), None, ("leak", "copy"))
    if kind == "target: classes":
        texts = words(
            [{text: f"group {code}" for code, text in enumerate(sorted(set(target.texts)))}[t] for t in target.texts]
        )
        return {"leak: classes renamed": [Made(texts, suspected, ("decision", "state"), "never")]}
    if target.signal is None:
        return {}
    values = target.signal
    kinds = ("leak: scaled", "leak: bins", "leak: sum of parts", "leak: copy")
    chosen = one_of(random, kinds)
    if chosen == "leak: bins":
        edges = np.quantile(values, (0.2, 0.4, 0.6, 0.8))
        texts = words([f"class {code + 1}" for code in np.searchsorted(edges, values)])
        return {chosen: [Made(texts, suspected, ("band", "group size"), "never")]}
    if chosen == "leak: sum of parts":
        part = np.round(values * random.uniform(0.2, 0.8, len(values)), 2)
        return {chosen: [_numbers(part, suspected, ("part one",)), _numbers(values - part, suspected, ("part two",))]}
    factor = 1.19 if chosen == "leak: scaled" else 1.0
    return {chosen: [_numbers(values * factor, suspected, ("incl tax", "final", "booked"))]}


def _numbers(values: Vector, truth: Truth, names: tuple[str, ...]) -> Made:
    return Made(words([f"{value:.4f}" for value in values]), truth, names, "never", typed=pd.Series(values.round(4)))
