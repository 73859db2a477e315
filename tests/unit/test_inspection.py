"""Inspecting tables: types, missing values, identifiers, leaks, targets; small tables with one thing each."""

from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

from lockstep.errors import DataError
from lockstep.inspect.findings import Finding, TableFindings
from lockstep.inspect.inspection import inspect
from lockstep.inspect.notations.missing import NUMBER

ROWS = 60
RANDOM = np.random.default_rng(0)
NOISE = RANDOM.normal(size=ROWS)
Values = Any  # a list or array of ROWS values


@pytest.fixture(autouse=True)
def same_draws() -> None:
    """Every test draws the same numbers, in whatever order tests run."""
    RANDOM.bit_generator.state = np.random.default_rng(1).bit_generator.state


def _inspect(target: Values = None, *, as_classes: bool = False, **columns: Values) -> TableFindings:
    """Text columns, as from a CSV file, beside a target of noise."""
    y = [f"{value:.4f}" for value in NOISE] if target is None else target
    table: dict[str, Any] = {name: pa.array([str(value) for value in values]) for name, values in columns.items()}
    return inspect(pa.table({**table, "y": pa.array([str(value) for value in y])}), "y", as_classes=as_classes)


def _column(values: Values, name: str = "c") -> Finding:
    columns: dict[str, Values] = {name: values, "other": RANDOM.normal(size=len(values))}
    found = _inspect(**columns)
    return found.columns[0]


def _cycle(*values: object) -> list[object]:
    return [values[row % len(values)] for row in range(ROWS)]


def _shuffled(values: Values) -> list[object]:
    return [values[position] for position in np.random.default_rng(1).permutation(len(values))]


TYPES = [
    ("decimals", [f"{value:.3f}" for value in RANDOM.normal(size=ROWS)], "number", "plain"),
    ("whole", _shuffled([row * row for row in range(ROWS)]), "integer", "plain"),
    ("whole with .0", _shuffled([f"{row % 17}.0" for row in range(ROWS)]), "integer", "plain"),
    ("true and false", _cycle("True", "FALSE", "true"), "boolean", "plain"),
    ("yes and no", _cycle("yes", "no"), "boolean", "plain"),
    ("0 and 1", _cycle(0, 1, 1), "boolean", "plain"),
    ("few words", _cycle("red", "green", "blue"), "category", "plain"),
    ("many words that repeat", _shuffled(_cycle(*[f"town {n}" for n in range(20)])), "category", "encoded"),
    ("leading zeros", _shuffled(_cycle(*[f"0{n}" for n in range(10, 30)])), "category", "encoded"),
    ("years and months", _shuffled(_cycle("2012", "2012-08", "2013-01-05")), "date", "plain"),
    ("days", [str(day.date()) for day in pd.date_range("2020-01-01", periods=ROWS)], "date", "plain"),
    ("compact days", [f"{day:%Y%m%d}" for day in pd.date_range("2020-01-01", periods=ROWS)], "date", "plain"),
    (
        "date-times",
        [f"{day:%Y-%m-%dT%H:%M:%SZ}" for day in pd.date_range("2020", periods=ROWS, freq="7h")],
        "date",
        "plain",
    ),
    ("years", _shuffled(_cycle(*range(1990, 2010))), "integer", "plain"),
    ("identifier", [f"x{row:04x}" for row in range(ROWS)], "text", "identifier"),
    ("titles", [f"the song number {row}" for row in range(ROWS)], "text", "words"),
    ("constant", ["DE"] * ROWS, "ignore", "constant"),
    ("empty", _cycle("", "NA", "?"), "ignore", "empty"),
    ("row number", list(range(1, ROWS + 1)), "integer", "identifier"),
    ("shuffled row number", _shuffled(list(range(100, 100 + ROWS))), "integer", "identifier"),
    ("rising by any step", list(np.cumsum(RANDOM.integers(1, 9, ROWS))), "integer", "plain"),
]


@pytest.mark.parametrize(("values", "kind", "role"), [case[1:] for case in TYPES], ids=[case[0] for case in TYPES])
def test_a_column_gets_its_type_and_role(values: Values, kind: str, role: str) -> None:
    found = _column(values)
    assert (found.type, found.role) == (kind, role), found.why


def test_a_unique_number_is_an_identifier_only_by_its_name() -> None:
    values = _shuffled([row * row + 7 for row in range(ROWS)])
    assert _column(values, "population").role == "plain"
    assert [_column(values, name).role for name in ("customer_id", "customerId", "id", "order no")] == [
        "identifier"
    ] * 4


def test_a_repeated_number_that_names_things_is_a_category() -> None:
    found = _column(_shuffled(_cycle(*range(500, 520))), "store_id")
    assert (found.type, found.role) == ("category", "encoded")


@pytest.mark.parametrize(("separator", "repeats"), [(";", 3), ("|", 3), (", ", 3)])
def test_several_values_in_one_text_are_seen(separator: str, repeats: int) -> None:
    genres = ["rock", "pop", "jazz", "folk", "soul"]
    texts = [separator.join(RANDOM.choice(genres, count, replace=False)) for count in RANDOM.integers(1, 4, ROWS)]
    found = _column(texts)
    assert (found.type, found.role, found.separator, found.n_parts) == ("text", "parts", separator.strip(), 5)


def test_prose_with_commas_is_not_taken_for_parts() -> None:
    assert _column([f"a house, built in {row}, near the {row} river" for row in range(ROWS)]).role == "words"


@pytest.mark.parametrize("marker", ["", "NA", "N/A", "nan", "null", "None", "?", "-", " NA "])
def test_a_missing_value_is_found_however_it_is_written(marker: str) -> None:
    found = _inspect(c=[marker if row % 10 == 0 else row * 1.5 for row in range(ROWS)])
    assert found.missing_values == (marker,)
    assert (found.columns[0].type, found.columns[0].missing) == ("number", 6)


def test_a_few_words_among_numbers_are_missing_values() -> None:
    found = _inspect(c=["n.a." if row == 7 else row * 1.5 for row in range(ROWS)], d=["inf", *NOISE[1:]])
    assert [(column.type, column.facts) for column in found.columns[:2]] == [
        ("number", {"missing_values": ["n.a."]}),
        ("number", {"missing_values": ["inf"]}),
    ]


@pytest.mark.parametrize(
    ("word", "classes"), [("F", ("A", "C", "F")), ("N", ("Y", "N")), ("n.a.", ("good", "bad", "n.a."))]
)
def test_a_word_among_numbers_stays_where_it_is_a_value(word: str, classes: tuple[str, ...]) -> None:
    numbers = [word if row == 7 else row * 1.5 for row in range(ROWS)]
    found = _inspect(_cycle(*classes), c=numbers, a=NOISE)
    assert found.missing_values == ()
    assert set(found.target.classes) == set(classes)
    assert found.target.missing == 0
    found = _inspect(size=numbers, group=_cycle(*classes), a=NOISE)
    assert (found.columns[1].missing, found.columns[1].distinct) == (0, len(classes))


def test_a_word_among_the_numbers_of_two_columns_is_a_missing_value() -> None:
    numbers = ["n.a." if row == 7 else row * 1.5 for row in range(ROWS)]
    found = _inspect(c=numbers, d=_shuffled(numbers))
    assert [column.facts.get("missing_values") for column in found.columns[:2]] == [["n.a."]] * 2


def test_a_rare_question_mark_among_titles_is_a_title() -> None:
    titles = [f"the song {row}" for row in range(999)]
    table = pa.table({"c": ["?", *titles], "y": np.random.default_rng(0).normal(size=1000)})
    assert inspect(table, "y").missing_values == ()


def test_none_and_minus_are_classes_of_a_target_of_words() -> None:
    assert _inspect(_cycle("+", "-"), a=NOISE).target.classes == ("-", "+")
    disorders = _cycle("None", "Insomnia", "Apnea")
    assert _inspect(disorders, a=NOISE).target.classes == ("Apnea", "Insomnia", "None")


def test_date_parts_are_those_that_differ() -> None:
    months = _cycle(*[f"20{year:02d}-{month:02d}" for year in (19, 20) for month in range(1, 13)])
    assert _column(months).date_parts == ("year", "month")
    hours = [f"2020-01-{1 + row % 28:02d} {row % 24:02d}:00" for row in range(ROWS)]
    assert _column(hours).date_parts == ("day", "hour", "weekday")


def test_copies_are_left_out_and_named() -> None:
    metres = RANDOM.normal(size=ROWS).round(3)
    found = _inspect(
        m=metres, feet=metres * 3.28, code=_cycle(1, 2, 3), name=_cycle("a", "b", "c"), letter=_cycle(*"xyz")
    )
    roles = {column.name: (column.role, column.why) for column in found.columns}
    assert roles["feet"] == ("copy", "orders the rows like 'm' in every row")
    assert roles["letter"] == ("copy", "names the same rows as 'name' in every row")
    assert roles["code"][0] == "plain"


def test_a_date_is_no_copy_of_a_number_that_orders_like_it() -> None:
    days = pd.date_range("2019-01-01", periods=200, freq="9D")[np.random.default_rng(1).permutation(200)[:ROWS]]
    found = _inspect(
        order=days.day_of_year + 400 * days.year,
        day=days.date,
        again=days.date,
        later=(days + pd.Timedelta(days=3)).date,
    )
    assert [column.role for column in found.columns[:4]] == ["plain", "plain", "copy", "plain"], [
        column.why for column in found.columns
    ]
    assert (found.columns[1].type, found.columns[1].date_parts[:2]) == ("date", ("year", "month"))


def _leaks(found: TableFindings) -> dict[str, str]:
    return {column.name: column.why for column in found.of("leak")}


def test_what_orders_the_rows_like_a_number_is_a_leak() -> None:
    found = _inspect(
        NOISE, cube=NOISE**3, near=NOISE + RANDOM.normal(0, 0.001, ROWS), weak=NOISE + 0.5 * RANDOM.normal(size=ROWS)
    )
    assert set(_leaks(found)) == {"cube", "near"}
    assert _leaks(found)["cube"] == "Spearman +1.000 with the target"


def test_an_equal_column_and_one_that_names_the_number_are_leaks() -> None:
    price = RANDOM.choice([10, 20, 30, 40, 55], ROWS)
    label = pd.Series(price).map({10: "e", 20: "a", 30: "d", 40: "b", 55: "c"})
    found = _inspect(price, same=price, label=label, free=RANDOM.normal(size=ROWS))
    assert _leaks(found) == {
        "same": "equals the target in every row",
        "label": "its values explain 100.0% of the target",
    }


def test_parts_and_factors_of_the_target_are_leaks() -> None:
    a, b = RANDOM.integers(0, 50, 200), RANDOM.integers(0, 50, 200)
    table = pa.table({"a": a, "b": b, "c": RANDOM.normal(size=200), "y": a + b})
    assert _leaks(inspect(table, "y")) == dict.fromkeys("ab", "a + b is the target in at least 99% of the rows")
    metres, per_metre = RANDOM.gamma(5, 20, 200), RANDOM.gamma(9, 300, 200)
    table = pa.table({"metres": metres, "price_per_metre": per_metre, "price": metres * per_metre})
    found = inspect(table, "price")
    assert list(_leaks(found)) == ["price_per_metre"]
    assert found.columns[0].role == "plain"


def test_formulas_are_sought_among_all_numbers_whatever_stands_before_them() -> None:
    a, b = RANDOM.integers(0, 50, 200), RANDOM.integers(0, 50, 200)
    texts = {f"t{number}": RANDOM.choice(["p", "q", "r"], 200) for number in range(90)}
    wide = {f"c{number}": RANDOM.normal(size=200) for number in range(90)}
    assert set(_leaks(inspect(pa.table({**texts, **wide, "a": a, "b": b, "y": a + b}), "y"))) == {"a", "b"}


def test_several_parts_and_factors_of_the_target_are_leaks() -> None:
    parts = {f"p{number}": RANDOM.gamma(2, 10, 200) for number in range(5)}
    noise = {f"n{number}": RANDOM.normal(size=200) for number in range(20)}
    found = inspect(pa.table({**noise, **parts, "y": np.round(sum(parts.values()), 2)}), "y")
    assert _leaks(found) == dict.fromkeys(parts, "p0 + p1 + p2 + p3 + p4 is the target in at least 99% of the rows")
    amount, unit, kept = (
        RANDOM.integers(1, 20, 200),
        np.round(RANDOM.gamma(3, 10, 200), 2),
        RANDOM.choice([0.8, 1], 200),
    )
    columns = {**noise, "amount": amount, "unit": unit, "kept": kept, "y": np.round(amount * unit * kept, 2)}
    assert set(_leaks(inspect(pa.table(columns), "y"))) == {"amount", "unit", "kept"}


def test_bins_of_the_target_and_columns_that_nearly_give_it_are_noted_and_stay() -> None:
    level = pd.qcut(NOISE, 4, labels=["d", "a", "c", "b"]).astype(str)
    fair = RANDOM.choice(["p", "q", "r"], ROWS)
    found = _inspect(NOISE, level=level, fair=fair)
    assert not _leaks(found)
    assert [note.split(":")[0] for note in found.notes] == ["level"]
    assert "its 4 values do not overlap in the target: bins of it?" in found.notes[0]
    a, b = RANDOM.normal(size=200), RANDOM.normal(size=200)
    found = inspect(pa.table({"a": a, "b": b, "y": a + b + 0.05 * RANDOM.normal(size=200)}), "y")
    assert not _leaks(found)
    assert "a and b together explain 99." in found.notes[0]


def test_a_far_repeated_round_value_is_noted_with_the_lines_that_make_it_missing() -> None:
    values = np.where(RANDOM.random(200) < 0.1, -200, RANDOM.integers(-9, 18, 200))
    ages = np.where(RANDOM.random(200) < 0.05, "999", RANDOM.integers(18, 90, 200).astype(str))
    found = inspect(pa.table({"age": ages, "y": values.astype(str)}), "y")
    target, age = found.notes
    assert target.startswith("y: -200 in ")
    assert '"y": {type: integer, missing_values: ["-200"], missing: true}' in target
    assert '{rule: drop_missing, columns: ["y"]}' in target
    assert 'age: {type: integer, missing_values: ["999"], missing: true}' in age
    named = inspect(pa.table({"x": RANDOM.normal(size=200), "price [EUR]: net": values}), "price [EUR]: net")
    assert '"price [EUR]: net": {type: integer, missing_values: ["-200"], missing: true}' in named.notes[0]


@pytest.mark.parametrize(
    ("target", "column", "leak"),
    [
        ("price", "price_per_metre", True),
        ("price", "PricePerMetre", True),
        ("age", "mileage", False),
        ("class", "energy_class", False),
        ("y", "y_position", False),
    ],
)
def test_a_name_that_holds_the_targets_words_is_suspicious(target: str, column: str, leak: bool) -> None:
    table = pa.table({column: RANDOM.normal(size=ROWS), "other": RANDOM.normal(size=ROWS), target: NOISE})
    assert (column in _leaks(inspect(table, target))) == leak


def test_leaks_of_classes() -> None:
    y = _shuffled(_cycle("no", "yes", "no"))
    sign = np.array([1.0 if name == "yes" else -1.0 for name in y])
    columns: dict[str, Values] = {
        "score": sign + RANDOM.uniform(-0.9, 0.9, ROWS),
        "code": ["p" if name == "yes" else "q" for name in y],
        "left": [str(row) if name == "yes" else "" for row, name in enumerate(y)],
        "fair": sign + RANDOM.normal(0, 1.5, ROWS),
    }
    leaks = _leaks(_inspect(y, **columns))
    assert set(leaks) == {"score", "code", "left"}
    assert leaks["score"] == "AUC 1.000 alone"
    assert leaks["code"].startswith("tells the class in 100.0% of the rows, against 66.7% without it")


TARGETS = [
    ("words", _cycle("b", "a", "b", "c"), False, ("a", "b", "c"), "category"),
    ("yes and no", _cycle("no", "yes", "no"), False, ("no", "yes"), "category"),
    ("the rarer word is second", _cycle("good", "bad", "good"), False, ("good", "bad"), "category"),
    ("true and false", _cycle("True", "False"), False, (False, True), "boolean"),
    ("0 and 1", _cycle(0, 1), False, (0, 1), "integer"),
    ("two numbers", _cycle(5, 3), False, (3, 5), "integer"),
    ("a grade", _cycle(1, 2, 3, 4), False, (), "integer"),
    ("a grade as classes", _cycle(1, 2, 3, 4), True, (1, 2, 3, 4), "integer"),
    ("a number", NOISE, False, (), "number"),
]


@pytest.mark.parametrize(
    ("values", "as_classes", "classes", "kind"), [case[1:] for case in TARGETS], ids=[case[0] for case in TARGETS]
)
def test_targets(values: Values, as_classes: bool, classes: tuple[object, ...], kind: str) -> None:
    target = _inspect(values, as_classes=as_classes, a=RANDOM.normal(size=ROWS)).target
    assert [*map(repr, target.classes)] == [*map(repr, classes)]
    assert target.type == kind


def test_notes_about_targets() -> None:
    def notes(values: Values) -> str:
        return " ".join(_inspect(values, a=RANDOM.normal(size=len(values))).target.notes)

    assert "skewness" in notes(np.exp(2 * NOISE))
    assert "booster.target_transform=log, which helps where RMSLE counts" in notes(np.exp(2 * NOISE))
    assert "booster.objective=pseudo_huber, which helps where MAE counts" in notes(np.exp(2 * NOISE) - 1)
    # Of zeros the median is 0: an objective that predicts it would predict nothing else.
    zeros = np.where(np.arange(len(NOISE)) % 20 == 0, np.exp(NOISE), 0)
    assert "booster.objective=tweedie, which helps where Tweedie deviance counts" in notes(zeros)
    assert "booster.objective=poisson, which helps where Poisson deviance counts" in notes(np.round(10 * zeros))
    # Whole numbers far above 0 in few rows are costs, not counts.
    assert "booster.objective=tweedie, which helps where Tweedie deviance counts" in notes(np.round(1000 * zeros))
    assert "also try" not in notes(np.where(np.arange(len(NOISE)) == 1, -1, zeros))
    assert "also try" not in notes(_cycle(0, 1, 2, 3, 4, 5))
    assert "skewness" not in notes(NOISE)
    assert "classes: [1, 2, 3]" in notes(_cycle(1, 2, 3))
    assert "fewer than 20 rows: c" in notes([*_cycle("a", "b"), "c", "c"])
    assert "taken as names" not in notes(_cycle("good", "bad"))


@pytest.mark.parametrize(("n_classes", "more"), [(20, ""), (23, " and 3 more")])
def test_of_many_classes_the_notes_name_the_first_ones(n_classes: int, more: str) -> None:
    classes = [f"c{number:02}" for number in range(n_classes)]
    values = [classes[row % n_classes] for row in range(2 * n_classes)]
    notes = _inspect(values, as_classes=True, a=RANDOM.normal(size=len(values))).target.notes
    assert f"rows of each class: {', '.join(f'{name} 2' for name in classes[:20])}{more}" in notes
    assert any(note.startswith(f"fewer than 20 rows: {', '.join(classes[:20])}{more};") for note in notes)


@pytest.mark.parametrize(
    ("target", "objective"),
    [
        (np.arange(200) % 3, "poisson"),
        (np.arange(200) % 2, "poisson"),
        (pa.array([str(number % 2) for number in range(200)]), "poisson"),
        (np.where(np.arange(200) % 20 == 0, 30_000, 0), "tweedie"),
        (np.where(np.arange(200) % 20 == 0, 0.5, 0), "tweedie"),
        (0.5 + np.arange(200), "gamma"),
    ],
)
def test_with_an_exposure_the_objective_that_it_needs_is_named(target: Values, objective: str) -> None:
    table = pa.table({"y": target, "a": RANDOM.normal(size=200), "years": 0.5 + np.arange(200) % 2})
    found = inspect(table, "y", exposure="years").target
    assert found.needs == f"booster.objective={objective}"
    assert f"the exposure needs an objective with a log link: {found.needs}" in found.notes
    assert found.type in ("integer", "number")
    assert inspect(table, "y").target.needs is None


def test_an_exposure_of_a_target_below_0_is_refused() -> None:
    table = pa.table({"y": np.arange(200) - 1, "a": RANDOM.normal(size=200), "years": 1 + np.arange(200) % 2})
    with pytest.raises(DataError, match="below 0, the lowest -1; counts and costs have none"):
        inspect(table, "y", exposure="years")


@pytest.mark.parametrize(
    ("texts", "facts", "mean"),
    [
        (("1,5", "2,5", "-3,25"), {"decimal": ","}, 0.25),
        (("754.68 EUR", "1,062.10 EUR", "9 EUR"), {"thousands": ",", "unit": "EUR"}, 608.593),
        (("12.5%", "40%"), {"percent": True}, 0.2625),
    ],
)
def test_a_target_of_numbers_in_another_notation_is_a_number(
    texts: tuple[str, ...], facts: dict[str, Any], mean: float
) -> None:
    found = _inspect(_cycle(*texts), a=NOISE)
    assert (found.target.type, found.target.classes) == ("number", ())
    assert found.columns[-1].facts == facts
    assert f"mean {mean}" in found.target.notes[0]


def test_repeated_rows_are_counted_without_identifiers() -> None:
    values = RANDOM.normal(size=30)
    table = pa.table({"id": range(60), "a": [*values, *values], "y": [*values**2, *values**2]})
    assert inspect(table, "y").relations.copies.rows == 30


def test_types_of_parquet_files() -> None:
    times = pd.date_range("2020-01-01", periods=ROWS, freq="5h", tz="Europe/Berlin")
    table = pa.table(
        {
            "flag": pa.array(_cycle(True, False, None)),
            "float": NOISE,
            "whole": pa.array([None if row == 3 else float(row * row % 31) for row in range(ROWS)]),
            "infinite": [np.inf, *NOISE[1:]],
            "decimal": pa.array([1, 2, 3] * 20).cast(pa.decimal128(24, 2)),
            "when": times.to_pydatetime().tolist(),
            "name": pa.array(_cycle("a", "b", "NA")).dictionary_encode(),
            "codes": pa.array(_cycle(9, 3, 5)).dictionary_encode(),
            "list": [[1, 2]] * ROWS,
            "y": RANDOM.normal(size=ROWS),
        }
    )
    found = inspect(table, "y")
    assert {column.name: column.type for column in found.columns} == {
        "flag": "boolean",
        "float": "number",
        "whole": "integer",
        "infinite": "number",
        "decimal": "integer",
        "when": "date",
        "name": "category",
        "codes": "integer",
        "list": "ignore",
        "y": "number",
    }
    assert found.missing_values == ("NA",)
    assert found.columns[3].facts == {"missing_values": ["inf"]}
    goal = inspect(pa.table({"a": NOISE, "y": pa.array(_cycle(0, 1)).dictionary_encode()}), "y").target
    assert (goal.type, goal.classes) == ("integer", (0, 1))


ERRORS = [
    ("no such column", {"a": NOISE, "Price": NOISE}, "price", "the table has no such column, did you mean 'Price'?"),
    ("one column", {"y": NOISE}, "y", "the table has one column, 'y'; a target and at least one other"),
    ("constant target", {"a": NOISE, "y": [3] * ROWS}, "y", "target 'y': is 3 in every row; there is nothing to learn"),
    ("empty target", {"a": NOISE, "y": [""] * ROWS}, "y", "target 'y': every value is missing; name another column"),
    ("date", {"a": NOISE, "y": _cycle("2020-01-01", "2020-01-02")}, "y", "target 'y': is a date"),
    (
        "names",
        {"a": NOISE, "y": [f"n{row}" for row in range(ROWS)]},
        "y",
        "has 60 different texts, too many for classes",
    ),
    ("few rows", {"a": [1, 2, 3], "y": [1, 2, 4]}, "y", "the table has 3 rows; at least 10 are needed"),
    ("few targets", {"a": NOISE, "y": ["", 1, 2, 5] + [""] * 56}, "y", "target 'y': 3 rows have a value; 10 are"),
    ("nothing left", {"a": [1] * ROWS, "y": NOISE}, "y", "no column is left to learn 'y' from: a: always 1"),
    ("reserved", {"a": NOISE, "row_id": NOISE}, "row_id", "the name is reserved for the pipeline"),
]


@pytest.mark.parametrize(("columns", "target", "line"), [case[1:] for case in ERRORS], ids=[case[0] for case in ERRORS])
def test_a_table_that_cannot_be_learned_from_is_one_line(columns: dict[str, Values], target: str, line: str) -> None:
    table = pa.table({name: [str(value) for value in values] for name, values in columns.items()})
    with pytest.raises(DataError) as error:
        inspect(table, target)
    assert line in str(error.value)
    assert "\n" not in str(error.value)


def test_the_same_table_gives_the_same_findings() -> None:
    table = pa.table({"a": RANDOM.normal(size=ROWS), "b": _cycle("x", "y", "z"), "y": NOISE})
    assert inspect(table, "y") == inspect(table, "y")


def test_a_separator_sign_behind_a_number_is_no_error() -> None:
    # Python strips it from a text, but reads no number with it
    values = [*(str(row) for row in range(40)), "2\x1e", "unknown"]
    random = np.random.default_rng(0)
    found = inspect(pa.table({"a": values, "b": random.normal(size=42), "y": random.normal(size=42)}), "y")
    assert found.columns[0].type in ("number", "integer", "text")


def test_a_long_text_is_seen_to_be_no_number_in_one_pass() -> None:
    # 10^10 steps where each digit is a new beginning
    for text in ("1" * 200_000, f"1.{'1' * 200_000}", f"1e{'1' * 200_000}"):
        assert NUMBER.fullmatch(text)
        assert not NUMBER.fullmatch(f"{text}x")
    assert [text for text in ("1", "+1.", "-.5", "1.5e+3", ".", "", "e1", "1e") if NUMBER.fullmatch(text)] == [
        "1",
        "+1.",
        "-.5",
        "1.5e+3",
    ]


def test_what_is_found_cannot_steer_a_terminal() -> None:
    name, word = "\x1b]0;x\x07", "\x1b[2J"
    with pytest.raises(DataError) as error:
        inspect(pa.table({name: [word] * ROWS, "y": NOISE}), "y")
    assert str(error.value).isprintable()
    with pytest.raises(DataError) as error:
        inspect(pa.table({"a": NOISE, "y": [word] * ROWS}), "y")
    assert str(error.value).isprintable()
    with pytest.raises(DataError) as error:
        inspect(pa.table({"a": NOISE, "y": NOISE}), word)
    assert str(error.value).isprintable()
    found = inspect(pa.table({"a": NOISE, "y": _cycle(word, "b")}), "y")
    assert all(note.isprintable() for note in found.target.notes)


def test_a_copy_in_another_notation_is_left_out_without_its_notation() -> None:
    values = [f"{row * 37 % 61}.5" for row in range(ROWS)]
    found = _inspect(size=values, area=[f"{value} m2" for value in values])
    assert (found.columns[1].type, found.columns[1].role, found.columns[1].facts) == ("ignore", "copy", {})


def test_words_for_no_value_among_words_are_noted_and_stay() -> None:
    found = _inspect(colour=_cycle("red", "blue", "green", "unknown"), other=NOISE)
    assert (found.columns[0].type, found.columns[0].missing, found.columns[0].distinct) == ("category", 0, 4)
    (note,) = found.notes
    assert note.startswith("colour: unknown in 15 rows: no value? If so: ")
    assert note.endswith(" colour: {type: category, missing_values: [unknown], missing: true}")
    assert not _inspect(colour=_cycle("red", "blue", "green"), no=NOISE).notes
