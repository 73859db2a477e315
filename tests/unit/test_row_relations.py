"""Copies, order in time, groups and places at a first look: made tables of each kind, and ones that only look so."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
import yaml

from lockstep.check.config import Dataset
from lockstep.cli import main
from lockstep.evaluate.screens.copies import find_copies
from lockstep.features.features_block import start_of
from lockstep.features.step import STEPS
from lockstep.inspect.findings import TableFindings
from lockstep.inspect.inspection import inspect
from lockstep.inspect.rows.places import place_steps
from lockstep.inspect.rows.structure import SplitAdvice
from tests.conftest import OwnTable

ROWS = 400
Random = np.random.Generator
Table = dict[str, Any]


def _inspect(table: Table) -> TableFindings:
    return inspect(pa.Table.from_pandas(pd.DataFrame(table), preserve_index=False), "y")


def _split(table: Table) -> tuple[str | None, str | None, str | None]:
    split = _inspect(table).relations.split
    return split.strategy, split.time, split.group


def _walk(random: Random, n_rows: int = ROWS) -> Any:
    """A series whose values are like those before."""
    noise, walk = random.normal(size=n_rows), np.zeros(n_rows)
    for row in range(1, n_rows):
        walk[row] = 0.9 * walk[row - 1] + noise[row]
    return walk


def _days(n_rows: int = ROWS, freq: str = "D") -> Any:
    return pd.date_range("2019-01-01", periods=n_rows, freq=freq).astype("datetime64[s]")


def _daily(random: Random) -> Table:
    order = random.permutation(ROWS)
    return {"day": _days()[order], "a": random.normal(size=ROWS), "y": random.normal(size=ROWS)}


def _sales_in_time(random: Random) -> Table:
    """Some rows on some days, the target moves with time."""
    day = np.sort(random.integers(0, 3 * ROWS, ROWS))
    return {"sold": _days(3 * ROWS)[day], "a": random.normal(size=ROWS), "y": np.sin(day / 90) + _noise(random, 0.3)}


def _customers(random: Random) -> Table:
    """Dates of birth say nothing of the order of the rows."""
    return {"born": _days(9000)[random.integers(0, 9000, ROWS)], "a": random.normal(size=ROWS), "y": _noise(random)}


def _panel(random: Random) -> Table:
    """Every store has a row on every day: its rows recur, so that time divides them."""
    store, day = np.tile(np.arange(25), 40), np.repeat(np.arange(40), 25)
    size = random.gamma(3, 10, 25)
    return {
        "store_id": [f"s{number}" for number in store],
        "day": _days(40)[day],
        "size": size[store],
        "a": random.normal(size=1000),
        "y": size[store] + _noise(random, n_rows=1000),
    }


def _parts(random: Random) -> Table:
    table = _daily(random)
    days = pd.DatetimeIndex(table.pop("day"))
    return {"Year": days.year, "month": days.month_name().str[:3], "day": days.day, **table}


def _patients(random: Random) -> Table:
    """Several visits of each patient, who has an age and a sex."""
    patient = random.permutation(np.repeat(np.arange(80), 5))
    return {
        "patient": [f"p{number}" for number in patient],
        "age": random.integers(20, 90, 80)[patient],
        "sex": random.choice(["f", "m"], 80)[patient],
        "dose": random.normal(size=ROWS),
        "y": random.normal(size=80)[patient] + _noise(random),
    }


def _agents(random: Random) -> Table:
    """Agents sell to customers of all kinds: no column is theirs."""
    agent = random.integers(0, 60, ROWS)
    return {"agent_id": [f"a{number}" for number in agent], "age": random.integers(20, 90, ROWS), "y": _noise(random)}


def _coming_and_going(random: Random) -> Table:
    """Machines that run for some days each, one after the other, while the target moves with time."""
    machine = np.repeat(np.arange(80), 5)
    power = random.normal(size=80)[machine]
    return {
        "machine": [f"m{number}" for number in machine],
        "hour": _days(freq="h"),
        "power": power,
        "y": _walk(random),
    }


def _noise(random: Random, scale: float = 1.0, n_rows: int = ROWS) -> Any:
    return random.normal(0, scale, n_rows)


@pytest.mark.parametrize(
    ("make", "split"),
    [
        (_daily, ("time", "day", None)),
        (_sales_in_time, ("time", "sold", None)),
        (_parts, ("time", "date", None)),
        (_panel, ("time", "day", None)),
        (_customers, (None, None, None)),
        (_patients, ("group", None, "patient")),
        (_agents, (None, None, None)),
        (_coming_and_going, ("group_time", "hour", "machine")),
    ],
)
def test_the_split_follows_from_the_evidence(
    make: Callable[[Random], Table], split: tuple[str | None, str | None, str | None]
) -> None:
    assert _split(make(np.random.default_rng(4))) == split


def test_the_evidence_has_its_figures_and_settles_no_more_than_it_can() -> None:
    random = np.random.default_rng(4)
    assert "one row per period of day, with a correlation of " in _inspect(_daily(random)).relations.split.why
    assert "patient has 80 values of 5.0 rows each, within which 2 of 3 other columns are constant; " in (
        _inspect(_patients(random)).relations.split.why
    )
    (hint,) = _inspect(_customers(random)).relations.split.hints
    assert hint.text({"born": "birth day"}).endswith("split.strategy=time 'split.time=\"birth day\"'")


@pytest.mark.parametrize("name", ["date_of_birth", "birthDate", "Geburtsdatum", "Fecha de nacimiento"])
def test_a_date_of_birth_is_not_when_a_row_came_about(name: str) -> None:
    table = _customers(np.random.default_rng(4))
    admitted = np.random.default_rng(5).permutation(table["born"])
    assert _inspect({name: table["born"], "a": table["a"], "y": table["y"]}).relations.split.hints == ()
    (hint,) = _inspect({name: table["born"], "admitted": admitted, "y": table["y"]}).relations.split.hints
    assert hint.time == "admitted"


def test_names_of_groups_are_no_features_where_test_rows_have_others() -> None:
    found = _inspect(_patients(np.random.default_rng(4)))
    assert (found.columns[0].role, found.columns[0].type) == ("identifier", "category")
    assert "names groups, of which the test rows have others" in found.columns[0].why


def _in_order(random: Random, y: Any) -> tuple[SplitAdvice, ...]:
    table = {"no": range(ROWS), "a": random.normal(size=ROWS), "b": random.choice(list("pq"), ROWS), "y": y}
    return _inspect(table).relations.split.hints


def test_an_order_of_the_rows_alone_is_a_hint_unless_something_else_explains_it() -> None:
    random = np.random.default_rng(4)
    (hint,) = _in_order(random, _walk(random))
    assert "correlate by 0." in hint.why
    assert (hint.strategy, hint.time) == ("time", "no")
    assert _in_order(random, np.sort(random.normal(size=ROWS))) == ()
    assert _in_order(random, random.normal(size=ROWS)) == ()
    town = np.repeat(np.arange(20), 20)
    runs = {"town": [f"t{number}" for number in town], "y": random.normal(size=20)[town] + _noise(random, 0.3)}
    assert _inspect(runs).relations.split.hints == ()
    sorted_by = np.sort(random.uniform(0, 9, ROWS))
    assert _inspect({"x": sorted_by, "y": np.sin(sorted_by)}).relations.split == SplitAdvice()


def _copied(table: Table, copies: int, *, classes: bool = False) -> tuple[int, bool]:
    frame = pd.DataFrame(table)
    whole = pd.concat([frame, frame.iloc[:copies]], ignore_index=True)
    found = find_copies(whole, "y", classes=classes, test_size=0.2)
    return found.rows, found.accidental


def test_rows_that_chance_does_not_repeat_are_copies() -> None:
    random = np.random.default_rng(4)
    letters = {"a": random.choice(list("pqr"), ROWS), "b": random.choice(list("xy"), ROWS)}
    assert _copied({"x": random.normal(size=ROWS), **letters, "y": random.normal(size=ROWS)}, 40) == (40, True)
    assert _copied({"x": random.normal(size=ROWS), "y": random.choice(list("ab"), ROWS)}, 40, classes=True) == (
        40,
        True,
    )
    assert _copied({**letters, "y": random.normal(size=ROWS)}, 40) == (40, True)
    frame = pd.DataFrame({"x": random.normal(size=ROWS), "y": random.normal(size=ROWS)})
    assert find_copies(pd.concat([frame, frame]), "y", classes=False, test_size=0.2).in_test == pytest.approx(0.8)


def test_rows_that_repeat_by_nature_are_no_copies() -> None:
    random = np.random.default_rng(4)
    letters = {"a": random.choice(list("pqr"), ROWS), "b": random.choice(list("xy"), ROWS)}
    kinds: list[tuple[Table, bool]] = [
        ({**letters, "y": random.choice(list("ab"), ROWS)}, True),
        ({**letters, "y": np.where(letters["a"] == "p", 9.5, 7.25)}, False),
        ({**letters, "y": random.poisson(0.2, ROWS)}, False),
    ]
    product = random.integers(0, 60, ROWS)
    catalogue = {
        "product": product,
        "weight": random.normal(size=60)[product],
        "price": random.normal(size=60)[product],
    }
    kinds.append(({**catalogue, "y": random.choice(list("ab"), ROWS, p=[0.95, 0.05])}, True))
    for table, classes in kinds:
        rows, accidental = _copied(table, 0, classes=classes)
        assert rows > 100
        assert not accidental


def _places(table: Table) -> list[tuple[str, str]]:
    return [(place.y, place.x) for place in _inspect(table).relations.places]


def test_places_are_seen_by_name_and_range() -> None:
    random = np.random.default_rng(4)

    def pair(y: str, x: str, scale: float = 1.0) -> Table:
        return {y: scale * random.uniform(37, 38, ROWS), x: scale * random.uniform(-123, -122, ROWS)}

    y = {"y": random.normal(size=ROWS)}
    assert _places({**pair("lat", "lng"), **y}) == [("lat", "lng")]
    two = pair("pickup_lat", "pickup_long") | pair("dropoffLatitude", "dropoffLongitude")
    assert _places({**two, **y}) == [("pickup_lat", "pickup_long"), ("dropoffLatitude", "dropoffLongitude")]
    assert _places({**pair("y_coord", "x_coord", 1e5), **y}) == [("y_coord", "x_coord")]
    assert _places({**pair("lat", "long", 1e3), **y}) == []
    assert _places({"long": random.uniform(1, 9, ROWS), "wide": random.uniform(1, 9, ROWS), **y}) == []


def test_neighbours_are_features_where_they_help() -> None:
    random = np.random.default_rng(4)
    place = {"lat": random.uniform(0, 1, 600), "lng": random.uniform(0, 1, 600)}
    hills = np.sin(14 * place["lat"]) * np.sin(14 * place["lng"])
    near = _inspect({**place, "y": hills + _noise(random, 0.1, 600)}).relations.places[0]
    far = _inspect({**place, "y": random.normal(size=600)}).relations.places[0]
    assert (near.helps, far.helps) == (True, False)
    assert "% lower with rotated coordinates and neighbours" in near.why


@pytest.mark.parametrize(
    ("names", "middle", "unit", "scale"),
    [
        (("lat", "lng"), 0, 1, 1),
        (("lat", "lng"), 45, 1, 0.707),
        (("lat", "lng"), -70, 1, 0.342),
        (("lat", "lng"), -89.99, 1, 0.001),
        (("northing", "easting"), 5e6, 1e5, 1),
    ],
)
def test_a_place_has_neighbours_at_any_latitude_and_in_metres(
    names: tuple[str, str], middle: float, unit: float, scale: float
) -> None:
    """Bumps that are round on the ground: a degree of longitude is shorter than one of latitude, by the scale."""
    random = np.random.default_rng(4)
    north, east = random.uniform(0, 1, (2, 600))
    hills = np.sin(14 * north) * np.sin(14 * east) + _noise(random, 0.1, 600)
    columns = (middle + unit * 0.001 * north, unit * 0.001 * east / scale)
    place = _inspect({**dict(zip(names, columns, strict=True)), "y": hills}).relations.places[0]
    assert (place.scale, place.helps) == (scale, True)
    neighbours = STEPS.parse(place_steps(place.y, place.x, place.scale, "near")[1])
    rows = pd.DataFrame(dict(zip(names, columns, strict=True)))
    made = neighbours.for_target(0, 0).fit_transform(rows, hills)
    assert np.corrcoef(made[:, 0], hills)[0, 1] > 0.9


def _written(own_table: OwnTable, table: Table) -> tuple[Dataset, str]:
    pd.DataFrame(table).to_csv(own_table.folder / "t.csv", index=False)
    assert main(["new-dataset", "t.csv", "--target", "y", "--force"]) == 0
    text = Path("datasets/t.yaml").read_text(encoding="utf-8")
    return Dataset.model_validate(yaml.safe_load(text)), text


def test_the_file_and_the_next_command_use_the_split(own_table: OwnTable, capsys: pytest.CaptureFixture[str]) -> None:
    random = np.random.default_rng(4)
    dataset, text = _written(own_table, _parts(random))
    assert [rule.kind_name() for rule in dataset.clean] == ["date_of"]
    assert "split.strategy=time split.time=date" in text.replace("\n# ", " ")
    assert "next: dvc exp run -S dataset=t -S split.strategy=time -S split.time=date  (" in capsys.readouterr().out
    assert "date_weekday" in {name for step in start_of(dataset.features["full"]) for name in step.makes()}
    dataset, text = _written(own_table, _customers(random))
    assert "next: dvc exp run -S dataset=t  (" in capsys.readouterr().out
    params = Path("params.yaml").read_text(encoding="utf-8")
    Path("params.yaml").write_text(params.replace("strategy: random", "strategy: time"), encoding="utf-8")
    _written(own_table, _customers(random))
    assert "next: dvc exp run -S dataset=t -S split.strategy=random  (" in capsys.readouterr().out


def test_the_features_of_places_are_in_the_file(own_table: OwnTable) -> None:
    random = np.random.default_rng(4)
    place = {"lat": random.uniform(50, 51, 600), "lng": random.uniform(0, 1, 600)}
    hills = np.sin(14 * place["lat"]) * np.sin(14 * place["lng"])
    dataset, _ = _written(own_table, {**place, "y": hills + _noise(random, 0.1, 600)})
    assert dataset.judging.coordinates == ("lat", "lng")
    assert {"lng_lat_at_45", "near_1_5_target"} <= {
        name for step in start_of(dataset.features["full"]) for name in step.makes()
    }


def test_copies_are_dropped_by_a_rule_and_natural_repeats_shown(own_table: OwnTable) -> None:
    random = np.random.default_rng(4)
    frame = pd.DataFrame(
        {"a": random.normal(size=200), "b": random.choice(list("pq"), 200), "y": random.normal(size=200)}
    )
    dataset, text = _written(own_table, dict(pd.concat([frame, frame.iloc[:50]], ignore_index=True)))
    assert [rule.kind_name() for rule in dataset.clean] == ["drop_duplicates"]
    assert "50 rows repeat an earlier one" in text
    letters = {name: random.choice(list("pqr"), 200) for name in ("a", "b", "y")}
    dataset, text = _written(own_table, letters)
    assert dataset.clean == ()
    assert 'add {rule: drop_duplicates, keep: first, columns: [a, b, "y"]}' in text.replace("\n  # ", " ")
