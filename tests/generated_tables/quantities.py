"""Kinds of numbers with a currency, a unit, a percent sign or a scale."""

import numpy as np

from tests.generated_tables.made import Made, chance, kind, one_of
from tests.generated_tables.numbers import grouped, number, quantity, wide
from tests.tables.draws import Random

SYMBOLS = ("$", "€", "£", "¥", "R$", "₹", "kr", "zł", "US$", "C$", "₽")
CODES = ("USD", "EUR", "CHF", "GBP", "SEK", "usd", "Rs.", "Eur")
UNITS = (
    "kg",
    "km",
    "bhp",
    "CC",
    "°C",
    "mmHg",
    "m²",
    "m2",
    "km/h",
    "kWh",
    "l/100km",
    "mg/dL",
    "lbs",
    "ft",
    "sqft",
    "ms",
)
UNITS_OF_WORDS = ("rooms", "Jahre", "pieces", "people", "kcal", "Stück", "points", "g CO2/km")
SPELLINGS = (("km", "kms"), ("kg", "Kg", "KG"), ("lb", "lbs"), ("year", "years"), ("Mbit/s", "Mbps"), ("cm", "cm."))
MONEY = ("amount", "revenue", "salary", "betrag", "cost_2", "fee", "premium")
SIZES = ("weight", "mileage", "power", "torque", "engine", "pressure", "f4", "Verbrauch")
SHARES = ("margin", "humidity", "discount", "anteil", "turnout", "r2")


@kind
def money_with_symbol(random: Random, n_rows: int) -> Made:
    values, symbol = wide(random, n_rows, 2), one_of(random, SYMBOLS)
    before = chance(random, 0.6)
    thousands, decimal = one_of(random, (",.", "..", ".,", " ,", "'.")), "."
    thousands, decimal = ("", ".") if thousands == ".." else (thousands[0], thousands[1])
    space = one_of(random, ("", " "))
    texts = [grouped(value, 2, thousands, decimal) for value in values]
    return number([f"{symbol}{space}{text}" if before else f"{text}{space}{symbol}" for text in texts], values, MONEY)


@kind
def money_with_code(random: Random, n_rows: int) -> Made:
    values, code = wide(random, n_rows, 0 if chance(random, 0.3) else 2), one_of(random, CODES)
    thousands = "," if chance(random, 0.4) else ""
    texts = [grouped(value, 2, thousands, ".").removesuffix(".00") for value in values]
    before = chance(random, 0.4)
    return number([f"{code} {text}" if before else f"{text} {code}" for text in texts], values, MONEY)


@kind
def negative_money(random: Random, n_rows: int) -> Made:
    values, symbol = quantity(random, n_rows, 2), one_of(random, ("$", "€", "£"))
    values[:4] = [-12.5, 30.0, -1250.75, 7.25]
    form = one_of(random, ("-$1", "$-1", "($1)"))
    shapes = {"-$1": "-{symbol}{text}", "$-1": "{symbol}-{text}", "($1)": "({symbol}{text})"}
    texts = [
        (shapes[form] if value < 0 else "{symbol}{text}").format(symbol=symbol, text=f"{abs(value):,.2f}")
        for value in values
    ]
    return number(texts, values, ("balance", "profit", "change", "saldo"))


@kind
def with_unit(random: Random, n_rows: int) -> Made:
    places = int(random.integers(0, 3))
    values = quantity(random, n_rows, places, negative=False)
    unit, space = one_of(random, UNITS), one_of(random, ("", " ", " "))
    return number([f"{value:.{places}f}{space}{unit}" for value in values], values, SIZES)


@kind
def with_unit_of_a_word(random: Random, n_rows: int) -> Made:
    values, unit = quantity(random, n_rows, 0, negative=False), one_of(random, UNITS_OF_WORDS)
    return number([f"{value:.0f} {unit}" for value in values], values, SIZES)


@kind
def with_unit_in_some_rows(random: Random, n_rows: int) -> Made:
    values, unit = quantity(random, n_rows, 1, negative=False), one_of(random, UNITS)
    bare = random.random(n_rows) < random.uniform(0.05, 0.5)
    space = one_of(random, ("", " "))
    texts = [
        f"{value:.1f}" if without else f"{value:.1f}{space}{unit}" for value, without in zip(values, bare, strict=True)
    ]
    return number(texts, values, SIZES)


@kind
def with_unit_in_several_spellings(random: Random, n_rows: int) -> Made:
    values = quantity(random, n_rows, 1, negative=False)
    spellings = SPELLINGS[int(random.integers(len(SPELLINGS)))]
    chosen = random.choice(list(spellings), n_rows)
    return number([f"{value:.1f} {unit}" for value, unit in zip(values, chosen, strict=True)], values, SIZES)


@kind
def with_decimal_comma_and_unit(random: Random, n_rows: int) -> Made:
    values, unit = quantity(random, n_rows, 1, negative=False), one_of(random, ("kg", "€", "km", "cm", "Euro"))
    return number([f"{value:.1f} {unit}".replace(".", ",") for value in values], values, SIZES)


@kind
def units_of_two_sizes(random: Random, n_rows: int) -> Made:
    large, small, factor = (("kg", "g", 1000.0), ("km", "m", 1000.0), ("GB", "MB", 1000.0))[int(random.integers(3))]
    values = np.round(10.0 ** random.uniform(1.5, 4.5, n_rows))
    values = np.where(values >= factor, np.round(values, -2), values)
    texts = [f"{value / factor:.1f} {large}" if value >= factor else f"{value:.0f} {small}" for value in values]
    return number(texts, values, ("weight", "distance", "file size"))


@kind
def percent(random: Random, n_rows: int) -> Made:
    places = int(random.integers(0, 3))
    values = np.round(random.uniform(-5 if chance(random, 0.2) else 0, 100, n_rows), places) + 0.0
    comma, space = chance(random, 0.25) and places > 0, one_of(random, ("", "", " "))
    texts = [f"{value:.{places}f}" for value in values]
    return number([(text.replace(".", ",") if comma else text) + space + "%" for text in texts], values, SHARES)


@kind
def scaled(random: Random, n_rows: int) -> Made:
    factors = {"k": 1e3, "M": 1e6} if chance(random, 0.5) else {"K": 1e3, "M": 1e6, "B": 1e9}
    symbol, space = one_of(random, ("", "", "$", "€")), one_of(random, ("", "", " "))
    texts, values = list[str](), list[float]()
    for value in 10.0 ** random.uniform(1.5, 8, n_rows):
        letter = max((name for name in factors if factors[name] <= value), key=lambda name: factors[name], default="")
        shown = f"{value / factors.get(letter, 1.0):.1f}".removesuffix(".0")
        texts.append(f"{symbol}{shown}{space if letter else ''}{letter}")
        values.append(float(shown) * factors.get(letter, 1.0))
    return number(texts, np.array(values), ("views", "followers", "market cap", "downloads", "reach"))


@kind
def all_thousands(random: Random, n_rows: int) -> Made:
    values = np.round(random.uniform(1.0, 90.0, n_rows), 1)
    letter = one_of(random, ("k", "K", "M"))
    return number([f"{value:.1f}{letter}" for value in values], values, ("followers", "reach", "plays"))
