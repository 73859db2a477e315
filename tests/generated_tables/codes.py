"""Kinds of codes, identifiers, indexes and columns without information."""

import uuid

import numpy as np
import pandas as pd

from tests.generated_tables.categories import codes as drawn_codes
from tests.generated_tables.made import Made, chance, kind, left_out, one_of, read, words
from tests.generated_tables.readings import Anything, Groups, Numbers, Prose
from tests.tables.draws import Random

IDS = ("id", "customer_id", "Order ID", "userId", "record no", "ref_id", "transaction_id", "case_key")
INDEXES = ("", "Unnamed: 0", "index", "level_0", "RowNumber", "row_number", "__index_level_0__")


@kind
def codes_with_leading_zeros(random: Random, n_rows: int) -> Made:
    width, n_groups = int(random.integers(3, 6)), max(6, n_rows // int(random.integers(5, 15)))
    which = drawn_codes(random, n_rows, n_groups, least=2).astype(int)
    pool = random.choice(10**width, n_groups, replace=False) % 10 ** (width - (1 if chance(random, 0.3) else 0))
    pool[0] = 7
    texts = words([f"{pool[code]:0{width}d}" for code in which])
    return Made(texts, read(Groups(labels=pd.Series(texts))), ("postcode", "zip", "plz", "branch", "c3"), "either")


@kind
def codes_of_letters_and_digits(random: Random, n_rows: int) -> Made:
    n_groups = max(6, n_rows // int(random.integers(4, 12)))
    pool = [f"{''.join(random.choice(list('ABCDEFGHKLM'), 2))}-{random.integers(100, 999)}" for _ in range(n_groups)]
    texts = words([pool[int(code)] for code in drawn_codes(random, n_rows, n_groups, least=2)])
    return Made(texts, read(Groups(labels=pd.Series(texts))), ("product", "sku", "diagnosis", "station"), "either")


@kind
def numeric_codes(random: Random, n_rows: int) -> Made:
    """Numbers that name groups: a person may leave them numbers."""
    n_groups = max(5, n_rows // int(random.integers(6, 15)))
    pool = random.choice(np.arange(1000, 9999), n_groups, replace=False)
    values = pool[drawn_codes(random, n_rows, n_groups, least=2).astype(int)]
    truth = read(Numbers(values=values.astype(np.float64)), Groups(labels=pd.Series(values)))
    return Made(words([str(v) for v in values]), truth, ("store_id", "zip_code", "area code", "dept_code"), "missing")


@kind
def repeated_entities(random: Random, n_rows: int) -> Made:
    n_groups = max(5, n_rows // 5)
    which = drawn_codes(random, n_rows, n_groups, least=2).astype(int)
    texts = words([f"P{code + 100:04d}" for code in which])
    truth = read(Groups(labels=pd.Series(texts)), feature=None, reasons=["identifier", "group"])
    return Made(texts, truth, ("patient_id", "customer", "driver_id"), "never")


@kind
def sequential_ids(random: Random, n_rows: int) -> Made:
    values = np.arange(n_rows) + int(random.integers(0, 100_000))
    step = int(random.integers(1, 4))
    return Made(
        words([str(v * step) for v in values]), left_out("identifier", "index"), IDS, "never", pd.Series(values * step)
    )


@kind
def shuffled_ids(random: Random, n_rows: int) -> Made:
    values = random.permutation(n_rows) + int(random.integers(1, 100_000))
    return Made(words([str(v) for v in values]), left_out("identifier", "index"), IDS, "never", pd.Series(values))


@kind
def random_ids(random: Random, n_rows: int) -> Made:
    values = random.choice(9_000_000, n_rows, replace=False) + 1_000_000
    return Made(words([str(v) for v in values]), left_out("identifier"), IDS, "never", pd.Series(values))


@kind
def universal_ids(random: Random, n_rows: int) -> Made:
    texts = [str(uuid.UUID(bytes=random.bytes(16), version=4)) for _ in range(n_rows)]
    return Made(words(texts), left_out("identifier"), ("id", "session", "uuid", "key"), "never")


@kind
def ids_with_prefix(random: Random, n_rows: int) -> Made:
    numbers = random.permutation(n_rows * 3)[:n_rows] if chance(random, 0.5) else np.arange(n_rows)
    style = one_of(random, ("ORD-{:05d}", "C{:04d}", "INV/2023/{:04d}", "TX_{:06d}", "a{:x}f9"))
    return Made(words([style.format(int(n)) for n in numbers]), left_out("identifier"), ("order", *IDS), "never")


@kind
def hash_ids(random: Random, n_rows: int) -> Made:
    texts = ["".join(random.choice(list("0123456789abcdef"), 16)) for _ in range(n_rows)]
    return Made(words(texts), left_out("identifier"), ("hash", "device_id", "token", "user"), "never")


@kind
def ids_with_leading_zeros(random: Random, n_rows: int) -> Made:
    numbers = random.choice(99_999, n_rows, replace=False)
    return Made(words([f"{n:07d}" for n in numbers]), left_out("identifier"), ("account", *IDS), "never")


@kind
def scientific_ids(random: Random, n_rows: int) -> Made:
    """Long identifiers after a spreadsheet saved them."""
    values = random.uniform(1, 9.99999, n_rows)
    texts = words([f"{value:.5f}E+{11 + n_rows % 3}" for value in values])
    return Made(texts, left_out("identifier"), ("id", "account_id", "order_id", "tracking no"), "never")


@kind
def long_ids(random: Random, n_rows: int) -> Made:
    texts = [str(4_000_000_000_000_000_000 + int(n) * 7919) for n in random.choice(10**9, n_rows, replace=False)]
    return Made(words(texts), left_out("identifier"), ("id", "tweet_id", "event_id"), "never")


@kind
def index(random: Random, n_rows: int) -> Made:
    values = np.arange(n_rows) + int(random.integers(2))
    values = random.permutation(values) if chance(random, 0.3) else values
    return Made(words([str(v) for v in values]), left_out("index", "identifier"), INDEXES, "never", pd.Series(values))


@kind
def sampled_index(random: Random, n_rows: int) -> Made:
    """The index of a sample of rows: unique, with gaps."""
    values = random.choice(n_rows * 10, n_rows, replace=False)
    return Made(words([str(v) for v in values]), left_out("index", "identifier"), ("", "Unnamed: 0", "index"), "never")


@kind
def mostly_missing_ids(random: Random, n_rows: int) -> Made:
    present = random.random(n_rows) < 0.25
    present[:4] = True
    texts = words([f"K-{n:05d}" if there else "" for n, there in zip(random.permutation(n_rows), present, strict=True)])
    return Made(
        texts, read(Anything(), feature=None, reasons=["identifier", "empty"]), ("referral_id", "card_no"), "never"
    )


@kind
def constant(random: Random, n_rows: int) -> Made:
    text = one_of(random, ("DE", "1", "0.0", "2020-01-01", "km", "yes", "v1.2", "$5.00"))
    return Made(words([text] * n_rows), left_out("constant"), ("country", "version", "source", "unit", "z"), "never")


@kind
def empty(random: Random, n_rows: int) -> Made:
    word = one_of(random, ("", "", "NA", "null", "-"))
    return Made(words([word] * n_rows), left_out("empty", "constant"), ("comment", "fax", "spare", "col9"), "never")


@kind
def nearly_empty(random: Random, n_rows: int) -> Made:
    values = np.full(n_rows, np.nan)
    rows = random.choice(n_rows, 3, replace=False)
    values[rows] = [12.5, 18.25, 30.0]
    texts = words(["" if np.isnan(value) else f"{value:g}" for value in values])
    return Made(texts, read(Numbers(values=values), feature=None, reasons=["empty"]), ("rebate", "old price"), "never")


@kind
def phones(random: Random, n_rows: int) -> Made:
    style = one_of(random, ("+49 {} {}", "({}) 555-{}", "0{}/{}", "+1-{}-555-{}"))
    texts = words([style.format(random.integers(100, 999), random.integers(1000, 999_999)) for _ in range(n_rows)])
    truth = read(Prose(texts=pd.Series(texts)), feature=None, reasons=["identifier", "personal"])
    return Made(texts, truth, ("phone", "mobile", "telefon"), "never")
