"""The roles of columns: nothing is left out for a wrong reason, and identifiers are no features."""

from collections.abc import Callable, Sequence

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

from lockstep.inspect.findings import Finding, TableFindings, TargetFinding
from lockstep.inspect.reading import read_columns
from lockstep.inspect.roles import describe_column, how_to_keep
from lockstep.inspect.suggested_recipes import suggested_recipes

ROWS = 200
MISSING = ("",)
Draw = np.random.Generator
Values = Sequence[object]
NAMES = [
    f"{a}{b}" for a in ("Bel", "Dor", "Kar", "Mon", "Tal", "Ven") for b in ("a", "ea", "ina", "ovic", "son", "stein")
]


def _column(name: str, make: Callable[[Draw], Values], *, missing: float = 0.0) -> Finding:
    random = np.random.default_rng(5)
    texts = [str(value) for value in make(random)]
    gaps = random.random(len(texts)) < missing
    column = pa.chunked_array([pa.array(["" if gap else text for gap, text in zip(gaps, texts, strict=True)])])
    return describe_column(read_columns(pa.table({name: column}), MISSING, "y")[name])


def _rising(low: int, high: int) -> Callable[[Draw], Values]:
    return lambda random: list(np.cumsum(random.integers(low, high, ROWS)))


def _count(first: int = 1, *, shuffled: bool = False, of: int = ROWS) -> Callable[[Draw], Values]:
    def make(random: Draw) -> Values:
        numbers = first + np.arange(of)
        return list(random.permutation(numbers)[:ROWS] if shuffled else numbers[:ROWS])

    return make


def _form(form: str) -> Callable[[Draw], Values]:
    return lambda random: [form.format(int(number)) for number in random.permutation(90_000)[:ROWS] + 10_000]


def _random_text(letters: str, length: int) -> Callable[[Draw], Values]:
    return lambda random: ["".join(random.choice(list(letters), length)) for _ in range(ROWS)]


def _uuid(random: Draw) -> Values:
    digits = ["".join(random.choice(list("0123456789abcdef"), 32)) for _ in range(ROWS)]
    return [f"{text[:8]}-{text[8:12]}-{text[12:16]}-{text[16:20]}-{text[20:]}" for text in digits]


def _words(count: int) -> Callable[[Draw], Values]:
    """Distinct texts of so many words."""
    return lambda random: [
        " ".join([f"{random.choice(NAMES)}{random.choice(NAMES).lower()}", *random.choice(NAMES, count - 1)])
        + NAMES[row % 36]
        for row in range(ROWS)
    ]


ALNUM = "abcdefghijkmnopqrstuvwxyzABCDEFGHJKLMNOP0123456789"
IDENTIFIERS = {
    "counts the rows": ("c", _count()),
    "counts them backwards": ("c", lambda _: range(ROWS, 0, -1)),
    "counts them in another order": ("c", _count(100, shuffled=True)),
    "named id, with gaps": ("customer_id", _count(shuffled=True, of=5000)),
    "named number, rising": ("orderNumber", _rising(1, 9)),
    "caseid": ("caseid", lambda random: [f"{n}:{n % 7}:{k}" for k, n in enumerate(random.permutation(ROWS))]),
    "prefix": ("c", _form("C-{:06}")),
    "word and number": ("c", _form("Unit {}")),
    "plate": (
        "c",
        lambda random: [
            f"{a}{b}-{n}"
            for a, b, n in zip(*[random.choice(list("KLMN"), ROWS)] * 2, random.permutation(ROWS), strict=True)
        ],
    ),
    "leading zeros": ("c", _form("00{}")),
    "ids that few rows share": ("subject_id", lambda random: random.integers(0, 300, ROWS)),
    "written ids that few rows share": ("PatientID", lambda random: [f"P{n}" for n in random.integers(0, 300, ROWS)]),
    "uuid": ("c", _uuid),
    "hex": ("c", _random_text("0123456789abcdef", 12)),
    "random letters and digits": ("c", _random_text(ALNUM, 11)),
    "named id, letters only": ("user_id", _random_text("abcdefgh", 9)),
    "rounded by a spreadsheet": (
        "Order ID",
        lambda random: [f"{n:.5E}" for n in random.integers(10**11, 10**12, ROWS) // 4 * 4],
    ),
}


@pytest.mark.parametrize("name", IDENTIFIERS)
def test_an_identifier_is_left_out(name: str) -> None:
    found = _column(*IDENTIFIERS[name])
    assert found.role == "identifier", found
    assert "to keep it" in how_to_keep(found)


@pytest.mark.parametrize("name", ["rownames", "RowNumber", "row", "index", "Row_Names", "obs"])
def test_an_index_is_left_out_whatever_its_order(name: str) -> None:
    found = _column(name, _count(shuffled=True, of=3000))
    assert (found.type, found.role) == ("ignore", "identifier")
    assert found.why.startswith("an index, by its name")


FEATURES = {
    "income": ("income", lambda random: random.permutation(90_000)[:ROWS], "plain"),
    "area that rises with the rows": ("area", _rising(1, 40), "plain"),
    "time that rises with the rows": ("elapsed", lambda random: np.cumsum(random.random(ROWS)).round(4), "plain"),
    "a year per row": ("year", lambda _: range(1800, 1800 + ROWS), "plain"),
    "days of a month per row": ("day", lambda _: range(1, ROWS + 1), "plain"),
    "a rank": ("rank", _count(shuffled=True), "plain"),
    "equal steps of a dose": ("dose", lambda _: range(0, 5 * ROWS, 5), "plain"),
    "an index of prices": ("price_index", lambda random: random.permutation(90_000)[:ROWS], "plain"),
    "a large quantity of few digits": ("gdp", lambda random: [f"{n}.5E12" for n in random.permutation(ROWS)], "plain"),
    "titles": ("c", _words(5), "words"),
    "single words": ("c", lambda random: [f"{a}{b.lower()}" for a in NAMES[:20] for b in NAMES[:10]], "words"),
    "e-mail addresses": ("c", lambda random: [f"a{n}@mail.example" for n in random.permutation(ROWS)], "words"),
    "pairs of numbers": ("c", lambda random: [f"{a:.2f}_{b:.2f}" for a, b in random.random((ROWS, 2))], "words"),
    "numbers beside a few ranges": (
        "c",
        lambda random: [f"{n} - {n + 40}" if n % 29 == 0 else n for n in random.permutation(9000)[:ROWS]],
        "words",
    ),
    "a phrase with a number": ("c", _form("the song number {}"), "words"),
    "keys in prose": ("key", _words(6), "words"),
    "codes that repeat": ("ticket", lambda random: [f"A{n}" for n in random.integers(0, 220, ROWS)], "encoded"),
    "names that repeat": ("c", lambda random: [" ".join(random.choice(NAMES[:20], 2)) for _ in range(ROWS)], "encoded"),
    "an entity per two rows": ("customer_id", lambda _: [n // 2 * 17 for n in range(ROWS)], "encoded"),
}


@pytest.mark.parametrize("name", FEATURES)
def test_what_says_something_of_a_row_is_a_feature(name: str) -> None:
    column, make, role = FEATURES[name]
    found = _column(column, make)
    assert found.role == role, found
    assert how_to_keep(found) == ""


@pytest.mark.parametrize(
    ("name", "make", "missing", "role"),
    [
        ("cabin", lambda random: [f"B{n}" for n in random.integers(0, 300, ROWS)], 0.7, "presence"),
        ("complaint_no", _count(shuffled=True, of=5000), 0.8, "presence"),
        ("policy_id", _form("P-{}"), 0.3, "presence"),
        ("description", _words(6), 0.7, "words"),
        ("policy_id", _form("P-{}"), 0.01, "identifier"),
        ("coupon", lambda random: [f"SAVE{n}" for n in random.integers(0, 20, ROWS)], 0.5, "encoded"),
        ("income", lambda random: random.permutation(90_000)[:ROWS], 0.9, "plain"),
    ],
)
def test_a_mostly_missing_identifier_leaves_its_presence(
    name: str, make: Callable[[Draw], Values], missing: float, role: str
) -> None:
    found = _column(name, make, missing=missing)
    assert found.role == role, found
    if role == "presence":
        target = TargetFinding("y", "number", (), 0, ())
        recipes = suggested_recipes(TableFindings(ROWS, target, (found,), MISSING), {})
        assert recipes["full"].steps == [{"step": "missing_indicator", "columns": [name]}]


def test_of_many_texts_a_sample_decides() -> None:
    values = pd.Series(np.arange(300_000)).map("C-{:07}".format)
    column = pa.chunked_array([pa.array(values)])
    assert describe_column(read_columns(pa.table({"c": column}), (), "y")["c"]).role == "identifier"
