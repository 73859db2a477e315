"""Kinds of numbers without a unit."""

import numpy as np
import pandas as pd

from tests.generated_tables.made import Made, chance, kind, one_of, read, words
from tests.generated_tables.readings import Dates, Groups, Numbers
from tests.tables.draws import Random, Vector

NAMES = (
    "size",
    "level",
    "mean depth",
    "x1",
    "var_7",
    "Länge",
    "measure",
    "AREA",
    "reading.a",
    "dose",
    "w3",
    "temp_out",
)
THOUSANDS = (",", ".", " ", "'", "\u00a0", "\u202f", "\u2019")


def quantity(random: Random, n_rows: int, decimals: int, *, negative: bool = True) -> Vector:
    """Numbers of one of several distributions and scales, rounded."""
    shape = int(random.integers(3 if negative else 2))
    size = 10.0 ** random.uniform(0.5, 3.5)
    draws = (
        random.lognormal(0.0, 0.6, n_rows) * size,
        random.uniform(0.1, 1.0, n_rows) * size,
        random.normal(0.0, 1.0, n_rows) * size,
    )[shape]
    return np.asarray(np.round(draws, decimals))


def wide(random: Random, n_rows: int, decimals: int) -> Vector:
    """Positive numbers below and above a thousand, some rows of each."""
    values = np.round(10.0 ** random.uniform(1.5, random.uniform(4.0, 7.5), n_rows), decimals)
    values[random.choice(n_rows, 3, replace=False)] = np.round(random.uniform(12, 980, 3), decimals)
    values[random.choice(n_rows, 3, replace=False)] = np.round(random.uniform(2_100, 9_800, 3), decimals)
    return values


def grouped(value: float, decimals: int, thousands: str, decimal: str) -> str:
    """A number with its thousands divided."""
    text = f"{value:,.{decimals}f}"
    return text.replace(",", "\0").replace(".", decimal).replace("\0", thousands)


def number(texts: list[str], values: Vector, names: tuple[str, ...] = NAMES, *, typed: bool = False) -> Made:
    """A column of numbers."""
    series = pd.Series(values) if typed else None
    return Made(words(texts), read(Numbers(values=values)), names, typed=series, signal=values, far=typed)


@kind
def whole_numbers(random: Random, n_rows: int) -> Made:
    top = int(10 ** random.uniform(1, 6))
    low = -top if chance(random, 0.2) else 0
    values = random.integers(low, top + 2, n_rows)
    names = ("population", "steps", "n_rooms", "height mm", "q5", "anzahl", "calls", "pop2")
    made = number([str(value) for value in values], values.astype(np.float64), names, typed=True)
    return Made(made.texts, made.truth, names, typed=pd.Series(values), signal=made.signal, far=True)


@kind
def few_whole_numbers(random: Random, n_rows: int) -> Made:
    values = random.integers(1, int(random.integers(4, 11)), n_rows)
    truth = read(Numbers(values=values.astype(np.float64)), Groups(labels=pd.Series(values)))
    names = ("rating", "floors", "children", "stars", "k2", "doors")
    return Made(
        words([str(value) for value in values]), truth, names, typed=pd.Series(values), signal=values.astype(np.float64)
    )


@kind
def whole_numbers_with_a_point(random: Random, n_rows: int) -> Made:
    values = random.integers(3, 5_000, n_rows).astype(np.float64)
    return number([f"{value:.{1 + (n_rows % 2)}f}" for value in values], values, typed=True)


@kind
def decimals(random: Random, n_rows: int) -> Made:
    places = int(random.integers(1, 7))
    values = quantity(random, n_rows, places)
    fixed = chance(random, 0.5)
    texts = [f"{value:.{places}f}" if fixed else repr(float(value)) for value in values]
    if chance(random, 0.15):
        texts = [text.replace("0.", ".", 1) if text.startswith(("0.", "-0.")) else text for text in texts]
    return number(texts, values, typed=True)


@kind
def padded_decimals(random: Random, n_rows: int) -> Made:
    values = quantity(random, n_rows, 2)
    return number([f"{value:9.2f}" for value in values], values)


@kind
def scientific(random: Random, n_rows: int) -> Made:
    values = np.array([float(f"{value:.3e}") for value in random.lognormal(0.0, 4.0, n_rows)])
    style = one_of(random, (".3e", ".3E"))
    return number([format(value, style) for value in values], values, typed=True)


@kind
def decimal_commas(random: Random, n_rows: int) -> Made:
    places = int(random.integers(1, 3))
    values = quantity(random, n_rows, places)
    return number([f"{value:.{places}f}".replace(".", ",") for value in values], values)


@kind
def some_decimal_commas(random: Random, n_rows: int) -> Made:
    values = quantity(random, n_rows, 1)
    values[: n_rows // 3] = np.round(values[: n_rows // 3])
    return number([f"{value:g}".replace(".", ",") if abs(value) < 1e5 else f"{value:.0f}" for value in values], values)


@kind
def divided_thousands(random: Random, n_rows: int) -> Made:
    places = int(random.integers(0, 3))
    thousands = one_of(random, THOUSANDS)
    values = wide(random, n_rows, places)
    decimal = "," if thousands == "." or (thousands != "," and chance(random, 0.5)) else "."
    return number([grouped(value, places, thousands, decimal) for value in values], values)


@kind
def indian_thousands(random: Random, n_rows: int) -> Made:
    values = np.round(10.0 ** random.uniform(2, 8, n_rows))
    return number([_indian(int(value)) for value in values], values)


def _indian(value: int) -> str:
    head, tail = divmod(value, 1000)
    if not head:
        return str(tail)
    digits = str(head)
    start = len(digits) % 2
    pairs = ([digits[:start]] if start else []) + [digits[at : at + 2] for at in range(start, len(digits), 2)]
    return ",".join([*pairs, f"{tail:03d}"])


@kind
def parentheses(random: Random, n_rows: int) -> Made:
    values = quantity(random, n_rows, 2)
    values = np.where(random.random(n_rows) < 0.3, -np.abs(values), np.abs(values)) + 0.0
    separated = chance(random, 0.4)
    texts = [f"{abs(value):,.2f}" if separated else f"{abs(value):.2f}" for value in values]
    return number([f"({text})" if value < 0 else text for text, value in zip(texts, values, strict=True)], values)


@kind
def minus_behind(random: Random, n_rows: int) -> Made:
    values = quantity(random, n_rows, 2)
    values = np.where(random.random(n_rows) < 0.3, -np.abs(values), np.abs(values)) + 0.0
    space = one_of(random, ("", "", " "))
    return number([f"{abs(v):.2f}{space}-" if v < 0 else f"{v:.2f}" for v in values], values)


@kind
def signs(random: Random, n_rows: int) -> Made:
    values = random.normal(0, 20, n_rows).round(1) + 0.0
    minus = one_of(random, ("-", "\u2212"))
    return number([f"{value:+.1f}".replace("-", minus) for value in values], values)


@kind
def censored(random: Random, n_rows: int) -> Made:
    limit = int(random.integers(2, 9))
    values = np.maximum(np.round(random.lognormal(np.log(limit) + 1, 1.0, n_rows), 1), limit)
    values[:3] = limit
    mark = one_of(random, ("<", "< ", "≤"))
    texts = [f"{mark}{limit}" if value == limit else f"{value:g}" for value in values]
    return number(texts, values, ("lead ppm", "psa", "pm25", "nitrate", "titer"))


@kind
def infinite(random: Random, n_rows: int) -> Made:
    values = quantity(random, n_rows, 3)
    rows = random.choice(n_rows, max(1, n_rows // 40), replace=False)
    endless = values.copy()
    endless[rows] = np.inf if chance(random, 0.7) else -np.inf
    texts = words([repr(float(value)) for value in endless])
    known = np.where(np.isinf(endless), np.nan, endless)
    return Made(texts, read(Numbers(values=known)), NAMES, missing="never", typed=pd.Series(endless), signal=values)


@kind
def years(random: Random, n_rows: int) -> Made:
    values = random.integers(1950, 2025, n_rows)
    dates = np.array([f"{value}-01-01" for value in values], dtype="datetime64[s]")
    truth = read(Numbers(values=values.astype(np.float64)), Dates(values=dates))
    names = ("year_built", "baujahr", "model year", "vintage")
    return Made(
        words([str(v) for v in values]), truth, names, typed=pd.Series(values), signal=values.astype(np.float64)
    )
