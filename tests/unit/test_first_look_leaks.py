"""Leaks at a first look: presence, late dates, outcomes, formulas that no single column shows; and honest columns."""

from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

from lockstep.evaluate.screens.formula import find_formulas
from lockstep.inspect.earlier_values import is_earlier_value
from lockstep.inspect.inspection import inspect

ROWS = 400
Random = np.random.Generator


@pytest.fixture
def random() -> Random:
    return np.random.default_rng(5)


def _leaks(table: dict[str, Any]) -> dict[str, str]:
    found = inspect(pa.Table.from_pandas(pd.DataFrame(table), preserve_index=False), "y")
    return {column.name: column.why for column in found.of("leak")}


def _leaks_of(target: str, table: dict[str, Any]) -> set[str]:
    found = inspect(pa.Table.from_pandas(pd.DataFrame(table), preserve_index=False), target)
    return {column.name for column in found.of("leak")}


def _days(random: Random, low: int = 0, high: int = 900) -> Any:
    return np.datetime64("2020-01-01", "s") + random.integers(low, high, ROWS) * np.timedelta64(86_400, "s")


def test_what_is_filled_for_one_class_alone_is_a_leak(random: Random) -> None:
    fraud = random.random(ROWS) < 0.2
    some = fraud & (random.random(ROWS) < 0.6)
    rare = random.random(ROWS) < 0.2
    table = {
        "flagged": pd.Series(_days(random)).where(some),
        "note": pd.Series(random.choice(list("abc"), ROWS)).where(some),
        "seen": pd.Series(_days(random)).where(rare),
        "y": np.where(fraud, "yes", "no"),
    }
    leaks = _leaks(table)
    assert set(leaks) == {"flagged", "note"}
    figures = f"has a value in {some.sum()} rows, of which 100.0% have the target 1, against 20.0% of all"
    assert leaks["flagged"] == figures


def test_what_is_filled_only_where_a_number_is_not_0_is_a_leak(random: Random) -> None:
    cost = np.where(random.random(ROWS) < 0.5, 0, random.gamma(2, 100, ROWS))
    paid = pd.Series(_days(random)).where((cost > 0) & (random.random(ROWS) < 0.8))
    leaks = _leaks({"paid": paid, "a": random.normal(size=ROWS), "y": cost})
    assert leaks.keys() == {"paid"}
    assert "have the target not 0" in leaks["paid"]


def test_a_class_of_most_rows_makes_no_presence_a_leak(random: Random) -> None:
    alive = np.where(random.random(ROWS) < 0.97, "alive", "dead")
    missing = pd.Series(random.normal(size=ROWS)).where((random.random(ROWS) < 0.5) | (alive == "dead"))
    assert not _leaks({"a": missing, "b": random.normal(size=ROWS), "y": alive})


def test_the_later_of_two_dates_is_a_leak_if_the_time_between_them_tells_the_target(random: Random) -> None:
    begun, days = _days(random), random.integers(1, 60, ROWS)
    ended = begun + days * np.timedelta64(86_400, "s")
    noise = {"a": random.normal(size=ROWS)}
    assert set(_leaks({"begun": begun, "ended": ended, **noise, "y": days})) == {"ended"}
    assert not _leaks({"begun": begun, "ended": ended, **noise, "y": random.normal(size=ROWS)})
    late = random.random(ROWS) < 0.3
    updated = begun + np.where(late, random.integers(1, 5, ROWS), 0) * np.timedelta64(86_400, "s")
    leaks = _leaks({"begun": begun, "updated": updated, **noise, "y": np.where(late, "churned", "stays")})
    assert set(leaks) == {"updated"}


def test_a_price_by_the_time_between_two_dates_is_no_leak_but_noted(random: Random) -> None:
    begun, minutes = _days(random), random.integers(3, 60, ROWS)
    table = {"begun": begun, "ended": begun + minutes * np.timedelta64(60, "s"), "fare": 2.5 + 0.6 * minutes}
    found = inspect(pa.Table.from_pandas(pd.DataFrame(table)), "fare")
    assert not found.of("leak")
    assert found.notes[0].startswith("ended: the time since begun: Spearman +1.000 with the target. Unless known when")


def test_a_column_that_tells_nearly_every_class_is_noted_as_an_outcome(random: Random) -> None:
    dead = random.random(2000) < 0.05
    injury = np.where(dead & (random.random(2000) < 0.9), 4, random.integers(0, 4, 2000))
    table = {"injury": injury, "a": random.normal(size=2000), "y": np.where(dead, "dead", "alive")}
    found = inspect(pa.Table.from_pandas(pd.DataFrame(table)), "y")
    assert not found.of("leak")
    assert found.notes[0].startswith("injury: tells the class in 99.")
    fair = table | {"injury": np.where(dead & (random.random(2000) < 0.3), 4, random.integers(0, 4, 2000))}
    assert inspect(pa.Table.from_pandas(pd.DataFrame(fair)), "y").notes == ()


def test_formulas_that_no_single_column_shows_are_found(random: Random) -> None:
    noise = {f"n{number}": random.normal(size=ROWS) for number in range(30)}
    a, b, q = random.gamma(3, 10, ROWS), random.gamma(3, 10, ROWS), random.integers(1, 5, ROWS).astype(float)
    large, off, percent = (
        random.normal(1e4, 2e3, ROWS),
        random.choice([0, 0.05, 0.1], ROWS),
        random.integers(0, 30, ROWS),
    )
    gaps = [np.where(random.random(ROWS) < 0.3, np.nan, part) for part in (a, b)]
    height, weight = random.normal(170, 10, ROWS).round(), random.normal(70, 12, ROWS).round(1)
    cases = [
        ({"a": large + a, "b": large}, a, "a - b"),
        ({"a": gaps[0], "b": gaps[1]}, np.nansum(gaps, axis=0), "a + b"),
        ({"a": a, "q": q, "off": off}, q * a * (1 - off), "a * q * (1 - off)"),
        ({"a": a, "tax": percent.astype(float)}, a * (1 + percent / 100), "a * (1 + tax / 100)"),
        ({"h": height, "w": weight}, np.round(weight / (height / 100) ** 2, 1), "w / h^2"),
    ]
    for columns, y, text in cases:
        numbers = {name: np.asarray(column, dtype=np.float64) for name, column in {**noise, **columns}.items()}
        (formula,) = find_formulas(numbers, np.asarray(y, dtype=np.float64))
        assert text in formula.text
        assert set(formula.columns) == set(columns)


def test_a_target_that_is_nearly_always_the_same_is_no_formula(random: Random) -> None:
    for seed in range(20):
        few = np.random.default_rng(seed)
        columns = {f"c{number}": np.asarray(few.random(30) < 0.1, dtype=np.float64) for number in range(500)}
        assert find_formulas(columns, np.asarray(few.poisson(0.2, 30), dtype=np.float64)) == []


@pytest.mark.parametrize(
    ("target", "column", "earlier"),
    [
        ("population_2021", "population_2016", True),
        ("population_2016", "population_2021", False),
        ("score_t2", "score_t1", True),
        ("wave3 income", "wave1 income", True),
        ("sensor_2", "sensor_1", False),
        ("sales", "sales_lag_7", True),
        ("sales", "lag1_sales", True),
        ("sales", "previousSales", True),
        ("sales", "sales_last_week", True),
        ("price", "last_price", False),
        ("price", "price_per_m2", False),
        ("sales", "prior_visits", False),
    ],
)
def test_an_earlier_value_of_the_target_is_known_by_its_name(target: str, column: str, earlier: bool) -> None:
    assert is_earlier_value(target, column) is earlier


def test_an_earlier_value_of_the_target_is_a_note_and_what_is_made_of_the_target_a_leak(random: Random) -> None:
    area, before = random.gamma(3, 100, ROWS), random.gamma(2, 1000, ROWS).round()
    growth = random.normal(0.05, 0.05, ROWS).round(4)
    now = (before * (1 + growth)).round()
    table = {
        "area": area,
        "population_2016": before,
        "population_2021": now,
        "density_2021": now / area,
        "growth_pct": growth,
    }
    assert _leaks_of("population_2021", {**table, "growth_pct": random.normal(size=ROWS)}) == {"density_2021"}
    old = {"change_2011_2016_pct": random.normal(0.05, 0.05, ROWS), "growth_pct": random.normal(size=ROWS)}
    assert _leaks_of("population_2021", {**table, **old, "density_2016": before / area}) == {"density_2021"}
    del table["density_2021"]
    assert _leaks_of("population_2021", table) == {"growth_pct"}
    found = inspect(pa.Table.from_pandas(pd.DataFrame(table)), "population_2021")
    assert any(note.startswith("population_2016: Spearman") and "stays in the recipes" in note for note in found.notes)


def test_relatives_by_name_that_explain_the_target_together_are_leaks_and_others_a_note(random: Random) -> None:
    city = random.normal(20, 4, ROWS)
    highway = city + random.normal(8, 2, ROWS)
    combined = 1 / (0.55 / city + 0.45 / highway)
    noise = {"weight": random.normal(size=ROWS)}
    assert _leaks_of("comb_mpg", {"city_mpg": city, "hwy_mpg": highway, **noise, "comb_mpg": combined}) == {
        "city_mpg",
        "hwy_mpg",
    }
    assert not _leaks_of("y", {"a": city, "b": highway, **noise, "y": combined})
    fare, tip, extra = random.gamma(3, 5, ROWS), random.gamma(2, 1, ROWS), random.choice([0.5, 1, 1.5], ROWS)
    bill = {"tip": tip, "total": fare + tip + extra, **noise, "fare": fare}
    assert _leaks_of("fare", bill) == {"total"}
