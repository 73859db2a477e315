"""Screens of plain columns: fillers, columns that tell a target, formulas."""

import numpy as np
import numpy.typing as npt
import pandas as pd
import pytest

from lockstep.evaluate.screens.formula import explained_together, find_formulas
from lockstep.evaluate.screens.single_column import bins_of, class_measures, number_measures
from lockstep.table.filler import find_filler

Vector = npt.NDArray[np.float64]
ROWS = 300


@pytest.fixture
def random() -> np.random.Generator:
    return np.random.default_rng(3)


def _with(values: Vector, filler: float, count: int) -> pd.Series:
    return pd.Series(np.concatenate([values, np.full(count, filler)]))


@pytest.mark.parametrize(
    ("filler", "count", "found"),
    [
        (-200, 30, True),
        (999, 3, True),
        (99, 3, False),
        (9999, 3, True),
        (0, 60, False),
        (500, 30, True),
        (123, 30, False),
    ],
)
def test_a_filler_is_far_round_and_repeated(
    random: np.random.Generator, filler: float, count: int, found: bool
) -> None:
    values = _with(random.integers(18, 90, ROWS).astype(np.float64), filler, count)
    filled = find_filler(values)
    assert (filled is not None) == found
    if filled is not None:
        assert (filled.value, int(filled.rows.sum()), filled.low >= 18, filled.high <= 89) == (
            filler,
            count,
            True,
            True,
        )


def test_one_far_value_is_an_outlier_and_no_filler(random: np.random.Generator) -> None:
    assert find_filler(_with(random.normal(size=ROWS), -200, 1)) is None


def test_far_values_of_skewed_and_counted_columns_are_no_fillers(random: np.random.Generator) -> None:
    columns = [
        random.lognormal(0, 2, ROWS),
        np.round(random.lognormal(3, 1.5, ROWS)),
        random.poisson(1, ROWS),
        random.integers(0, 2, ROWS),
        np.minimum(random.gamma(1, 10, ROWS), 20),
        random.choice([1, 2, 10, 50], ROWS),
        random.choice([1, 20, 100, 500, 1000, 10000], ROWS),
        np.where(random.random(ROWS) < 0.5, 0, random.uniform(100, 200, ROWS)),
    ]
    assert [find_filler(pd.Series(column)) for column in columns] == [None] * len(columns)


def test_a_date_before_all_others_at_new_year_is_a_filler() -> None:
    days = pd.Series(pd.date_range("2015-03-01", periods=200)).astype("datetime64[s]")
    first = pd.Series(pd.to_datetime(["1900-01-01"] * 4)).astype("datetime64[s]")
    filled = find_filler(pd.concat([days, first], ignore_index=True))
    assert filled is not None
    assert (filled.shown, filled.others) == ("1900-01-01", "2015-03-01 to 2015-09-16")
    assert find_filler(days) is None


def test_the_first_of_three_months_is_no_filler() -> None:
    months = pd.Series(pd.to_datetime(["2018-01-01", "2018-02-01", "2018-03-01"] * 100))
    assert find_filler(months) is None


@pytest.mark.parametrize(("day", "is_filler"), [("2010-05-17", False), ("2010-01-01", True), ("9999-09-09", True)])
def test_a_day_long_after_all_others_is_a_filler_only_at_new_year_or_in_the_far_future(
    day: str, is_filler: bool
) -> None:
    days = np.datetime64("1990-01-01", "s") + np.arange(995) * np.timedelta64(86_400, "s")
    found = find_filler(pd.Series(np.append(days, [np.datetime64(day, "s")] * 5)))
    assert (found is not None and found.shown == day) is is_filler


def test_bins_do_not_overlap_in_the_target_but_for_a_few_rows(random: np.random.Generator) -> None:
    y = pd.Series(random.normal(size=ROWS))
    level = pd.Series(pd.qcut(y, 5, labels=list("caebd")).astype(str))
    assert bins_of(level, y) == 5
    wrong = level.copy()
    wrong.iloc[:2] = wrong.iloc[:2].map(dict(zip("caebd", "aebdc", strict=True)))
    assert bins_of(wrong, y) == 5
    wrong.iloc[:20] = "a"
    assert bins_of(wrong, y) == 0
    assert bins_of(pd.Series(random.choice(list("ab"), ROWS)), y) == 0
    mostly_zero = pd.Series(np.where(random.random(ROWS) < 0.99, 0.0, 1.0))
    assert bins_of(pd.Series(random.choice(list("abc"), ROWS)), mostly_zero) == 0


def test_one_to_one_maps_and_monotone_columns_tell_all_of_a_target(random: np.random.Generator) -> None:
    y = pd.Series(random.integers(0, 5, ROWS).astype(np.float64))
    shuffled = y.map({0: "d", 1: "a", 2: "e", 3: "b", 4: "c"})
    assert [measure.too_good for measure in number_measures(shuffled, y)] == [True]
    assert number_measures(pd.Series(np.exp(y)), y)[0].too_good
    assert not any(measure.too_good for measure in number_measures(y + random.normal(0, 1, ROWS), y))
    assert any(measure.too_good for measure in class_measures(shuffled, y))


def test_sums_products_and_quotients_of_several_columns_are_found(random: np.random.Generator) -> None:
    noise = {f"n{number}": random.normal(size=ROWS) for number in range(30)}
    a, b, c = (random.gamma(3, 10, ROWS) for _ in range(3))
    columns = {"a": a, "b": b, "c": c, **noise}
    told = [
        [formula.text for formula in find_formulas(columns, y)] for y in (a + b - 2 * c, a * b / c, 1.19 * a * b + 0)
    ]
    end = " is the target in at least 99% of the rows"
    assert told == [[f"a + b - 2 * c{end}"], [f"a * b / c{end}"], [f"1.19 * a * b{end}"]]


def test_a_formula_is_found_although_a_few_rows_are_wrong_or_missing(random: np.random.Generator) -> None:
    a, b = random.normal(size=ROWS), random.normal(size=ROWS)
    y = a + b
    y[:2] += 50
    a[5:15] = np.nan
    (formula,) = find_formulas({"a": a, "b": b, "n": random.normal(size=ROWS)}, y)
    assert formula.columns == ("a", "b")


def test_noise_and_ordinary_columns_form_no_formula(random: np.random.Generator) -> None:
    for rows in (20, 60, ROWS):
        columns = {f"n{number}": random.normal(size=rows) for number in range(60)}
        assert find_formulas(columns, columns["n0"] + columns["n1"] + 0.3 * random.normal(size=rows)) == []
        assert explained_together(columns, random.normal(size=rows)) is None


def test_columns_that_alone_tell_the_target_are_no_factors(random: np.random.Generator) -> None:
    metres, per_metre = random.gamma(5, 20, ROWS), random.gamma(9, 300, ROWS)
    columns = {"metres": metres, "per_metre": per_metre}
    assert find_formulas(columns, metres * per_metre, ["per_metre"]) == []
    assert len(find_formulas(columns, metres * per_metre)) == 1
