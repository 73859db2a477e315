"""Kinds that are rarer in tables and plain to a person: digits of other scripts, footnotes, two units in one text."""

import numpy as np
import pandas as pd

from tests.generated_tables.categories import FLAGS, codes
from tests.generated_tables.made import Made, chance, kind, one_of, read, words
from tests.generated_tables.numbers import NAMES, grouped, number, quantity, wide
from tests.generated_tables.quantities import MONEY, SHARES, SIZES
from tests.generated_tables.readings import Numbers, Prose, Seconds, Truths
from tests.tables.draws import Random

ZEROS = "\u0660\u06f0\u0966\u09e6\uff10"  # of Arabic, Persian, Devanagari, Bengali and full-width digits


@kind
def digits_of_another_script(random: Random, n_rows: int) -> Made:
    places = int(random.integers(2))
    values, zero = quantity(random, n_rows, places, negative=False), one_of(random, tuple(ZEROS))
    point = {"\uff10": "\uff0e", "\u0660": "\u066b", "\u06f0": "\u066b"}.get(zero, ".")
    signs = str.maketrans({".": point, **{str(digit): chr(ord(zero) + digit) for digit in range(10)}})
    return number([f"{value:.{places}f}".translate(signs) for value in values], values)


@kind
def numbers_that_are_not_exact(random: Random, n_rows: int) -> Made:
    word = one_of(random, ("ca. ", "~", "approx. ", "about ", "etwa ", "est. ", "up to ", "≈ ", "circa "))
    unit, share = one_of(random, ("", "", " kg", " km")), random.uniform(0.1, 1.0)
    values = quantity(random, n_rows, 1, negative=False)
    return number([f"{word if chance(random, share) else ''}{value:.1f}{unit}" for value in values], values, SIZES)


@kind
def numbers_with_footnotes(random: Random, n_rows: int) -> Made:
    marks = (("[1]", "[2]", "[3]", "[4]"), ("*", "**"), ("†", "‡"), ("[a]", "[note 2]"), (" *",), ("¹", "²"))
    chosen, values = marks[int(random.integers(len(marks)))], wide(random, n_rows, 0)
    texts = [f"{value:,.0f}{one_of(random, chosen) if chance(random, 0.2) else ''}" for value in values]
    texts[0] = f"{values[0]:,.0f}{chosen[0]}"
    return number(texts, values)


@kind
def accounting_format(random: Random, n_rows: int) -> Made:
    """Amounts as a spreadsheet aligns them: the sign of the currency, parentheses, and a dash for 0."""
    values, symbol = quantity(random, n_rows, 2), one_of(random, ("$", "€", "£"))
    values = np.where(random.random(n_rows) < 0.1, 0.0, values)
    values[:4] = [-12.5, 30.0, -1250.75, 0.0]
    texts = [
        f" {symbol}-   " if not value else f" {symbol}({-value:,.2f})" if value < 0 else f" {symbol}{value:,.2f} "
        for value in values
    ]
    return number(texts, values, MONEY)


@kind
def prices_with_a_dash(random: Random, n_rows: int) -> Made:
    """Whole amounts with a dash in place of the decimals."""
    values = np.round(wide(random, n_rows, 0))
    form = one_of(random, ("{point},- €", "{point},--", "{apostrophe}.-", "CHF {apostrophe}.\u2013", "{point},-"))
    texts = [form.format(point=grouped(value, 0, ".", ","), apostrophe=grouped(value, 0, "'", ".")) for value in values]
    return number(texts, values, MONEY)


@kind
def credits_and_debits(random: Random, n_rows: int) -> Made:
    values = quantity(random, n_rows, 2)
    values[:4] = [-12.5, 30.0, -1250.75, 8.25]
    credit, debit = (("CR", "DR"), ("Cr", "Dr"), ("Cr.", "Dr."))[int(random.integers(3))]
    texts = [f"{abs(value):,.2f} {debit if value < 0 else credit}" for value in values]
    return number(texts, values, ("balance", "posting", "entry"))


@kind
def lengths_in_two_units(random: Random, n_rows: int) -> Made:
    styles = (("{}'{}\"", 12), ("{} ft {} in", 12), ("{}ft {}in", 12), ("{}\u2032{}\u2033", 12), ("{} lb {} oz", 16))
    style, size = (*styles, ("{} st {} lb", 14), ("{} m {} cm", 100), ("{} kg {} g", 1000))[int(random.integers(8))]
    large, small = random.integers(1, 12, n_rows), random.integers(0, size, n_rows)
    values = (large * size + small).astype(np.float64)
    texts = [style.format(*pair) for pair in zip(large, small, strict=True)]
    truth = read(Seconds(values=values))
    return Made(words(texts), truth, ("height", "size", "birth weight", "span"), signal=values)


@kind
def years_and_months(random: Random, n_rows: int) -> Made:
    years, months = random.integers(0, 30, n_rows), random.integers(0, 12, n_rows)
    years, months = np.append([3, 0, 2], years[3:]), np.append([2, 7, 0], months[3:])
    styles = ((" yrs", " mo"), (" years", " months"), ("y", "m"), (" Jahre", " Monate"), ("yr", "mo"))
    long, short = styles[int(random.integers(len(styles)))]
    texts = [
        " ".join([*([f"{y}{long}"] if y else []), *([f"{m}{short}"] if m or not y else [])])
        for y, m in zip(years, months, strict=True)
    ]
    values = (12.0 * years + months).astype(np.float64)
    return Made(words(texts), read(Seconds(values=values)), ("tenure", "experience", "age at visit"), signal=values)


@kind
def points_of_a_scale(random: Random, n_rows: int) -> Made:
    top = int(one_of(random, ("5", "10", "100")))
    values = np.round(random.uniform(0, top, n_rows), int(random.integers(2)))
    style = one_of(random, ("{}/{}", "{} / {}", "{} out of {}", "{} of {}"))
    return number([style.format(f"{value:g}", top) for value in values], values, ("rating", "stars", "grade", "vote"))


@kind
def percents_and_shares(random: Random, n_rows: int) -> Made:
    """A column of a spreadsheet in which some cells lost their format: 42.5% and 0.425."""
    values = np.round(random.uniform(2, 98, n_rows), 1)
    texts = [f"{value:.1f}%" if chance(random, 0.6) else f"{value / 100:.3f}" for value in values]
    texts[:4] = [f"{values[0]:.1f}%", f"{values[1] / 100:.3f}", f"{values[2]:.1f}%", f"{values[3] / 100:.3f}"]
    return number(texts, values, SHARES)


@kind
def truth_values_in_two_forms(random: Random, n_rows: int) -> Made:
    values = codes(random, n_rows, 2)
    forms = ((("FALSE", "0"), ("TRUE", "1")), (("No", "false"), ("Yes", "true")), (("0", "no"), ("1", "yes")))
    chosen = forms[int(random.integers(len(forms)))]
    texts = words([one_of(random, chosen[int(value)]) for value in values])
    return Made(texts, read(Truths(values=values)), FLAGS, "either", signal=values)


@kind
def ranges(random: Random, n_rows: int) -> Made:
    """Two numbers in some rows: their middle, or a text that is kept."""
    low = random.integers(20, 3000, n_rows)
    high = low + random.integers(1, 500, n_rows)
    style, share = one_of(random, ("{}-{}", "{} - {}", "{} to {}", "{}\u2013{}")), random.uniform(0.02, 1.0)
    some = random.random(n_rows) < share
    some[:2] = True
    texts = words([style.format(a, b) if both else str(a) for a, b, both in zip(low, high, some, strict=True)])
    values = np.where(some, (low + high) / 2, low).astype(np.float64)
    return Made(texts, read(Numbers(values=values), Prose(texts=pd.Series(texts))), NAMES, "never", signal=values)


@kind
def pairs_of_numbers(random: Random, n_rows: int) -> Made:
    """Two quantities in one text, which only a person can take apart."""
    style = one_of(random, ("{}/{}", "{} x {}", "{}\u00d7{}", "{} \u00b1 {}", "{} ({})", "{}, {}"))
    texts = [style.format(*pair) for pair in zip(random.integers(90, 190, n_rows), random.integers(30, 89, n_rows),
                                                 strict=True)]  # fmt: skip
    return Made(words(texts), read(Prose(texts=pd.Series(texts))), ("blood pressure", "dimensions", "pair"), "never")
