"""A project's own rules: one short class in one file, and each of its mistakes in one line."""

import textwrap
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa
import pytest
import yaml

from lockstep.check.config import Dataset, parse_dataset
from lockstep.clean.cleaning import clean_table
from lockstep.errors import ConfigError
from lockstep.model.intake import Intake
from lockstep.testing.rules import check_rule

PER_ROOM = '''
from lockstep.clean.rule import AddColumns


class PerRoom(AddColumns):
    """A quantity for each room; missing where there is no room."""

    column: str
    rooms: str

    def reads(self):
        return self.column, self.rooms

    def makes(self):
        return {"per_room": "number"}

    def compute(self, frame):
        return {"per_room": frame[self.column] / frame[self.rooms].where(frame[self.rooms] > 0)}
'''
WEEKENDS = '''
from lockstep.clean.rule import DropRows


class DropWeekends(DropRows):
    """Drop the rows of Saturdays and Sundays."""

    column: str

    def reads(self):
        return (self.column,)

    def reads_dates(self):
        return (self.column,)

    def rows_to_keep(self, frame):
        return frame[self.column].dt.day_of_week < 5
'''
SHARE = '''
from lockstep.clean.column_block import Column
from lockstep.clean.rule import AddColumns, Given


class ShareOfTotal(AddColumns):
    """The share of a row in the total of the table."""

    column: str

    def reads(self):
        return (self.column,)

    def makes(self):
        return {"share": "number"}

    def given(self):
        column = Column(type="number", min=0, max=1, missing=True)
        return {"share": Given(column, default=0.0, meaning="every row has no share")}

    def compute(self, frame):
        return {"share": (frame[self.column] / frame[self.column].sum()).fillna(0.0)}
'''
WriteRule = Callable[[str, str], None]


@pytest.fixture
def write_rule(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> WriteRule:
    """Writes custom/rules/NAME.py below the working directory."""
    (tmp_path / "custom/rules").mkdir(parents=True)
    monkeypatch.chdir(tmp_path)

    def write(name: str, text: str) -> None:
        (tmp_path / f"custom/rules/{name}.py").write_text(textwrap.dedent(text).lstrip(), encoding="utf-8")

    return write


def _dataset(*rules: dict[str, Any]) -> Dataset:
    facts: dict[str, Any] = {
        "about": "made by a test",
        "target": "y",
        "metric": None,
        "weight": None,
        "exposure": None,
        "source": {"kind": "sklearn", "loader": "diabetes"},
        "missing_values": [""],
        "columns": {
            "area": {"type": "number"},
            "rooms": {"type": "integer"},
            "day": {"type": "date"},
            "y": {"type": "number"},
        },
        "clean": list(rules),
        "features": {"raw": [{"step": "columns", "columns": ["area"]}]},
        "judging": {"slices": [], "coordinates": None},
    }
    return parse_dataset(yaml.safe_dump(facts, sort_keys=False), Path("facts"))


def _raw() -> pa.Table:
    days = [str(day.date()) for day in pd.date_range("2024-01-01", periods=28)]
    texts = {"area": [str(10 * row) for row in range(28)], "rooms": [str(row % 4) for row in range(28)]}
    return pa.table({**texts, "day": days, "y": [str(row * row % 7) for row in range(28)]})


PER = {"rule": "per_room", "column": "area", "rooms": "rooms"}


def test_a_rule_that_adds_a_column_does_so_in_training_and_at_prediction(write_rule: WriteRule) -> None:
    write_rule("per_room", PER_ROOM)
    dataset = _dataset(PER)
    clean, report = clean_table(_raw(), dataset, "facts")
    assert clean["per_room"].tolist()[1:4] == [10.0, 10.0, 10.0]
    assert report["rules"] == [{"rule": "per_room", "rows_in": 28, "rows_out": 28}]
    assert dataset.clean_types()["per_room"] == "number"
    assert dataset.made_of_target() == set()
    restored = Intake.from_json(Intake.of(dataset, ["per_room"]).to_json())
    assert list(restored.columns) == ["area", "rooms"]
    pd.testing.assert_series_equal(restored.frame(_raw())["per_room"], clean["per_room"])
    check_rule(dataset.clean[0].model_copy(update={"rooms": "floors"}))


def test_a_column_from_the_whole_table_is_brought_by_new_rows_or_has_the_rules_default(write_rule: WriteRule) -> None:
    write_rule("share", SHARE)
    intake = Intake.of(_dataset({"rule": "share", "column": "area"}), ["share"])
    assert list(intake.columns) == ["share"]
    assert set(intake.frame(_raw())["share"]) == {0.0}
    brought = _raw().append_column("share", pa.array(["0.5"] * 28))
    assert set(intake.frame(brought)["share"]) == {0.5}
    (note,) = intake.check_columns([], "rows.csv")
    assert note.startswith("rows.csv: no column 'share'; every row has no share; rows that count otherwise")
    check_rule(_dataset({"rule": "share", "column": "area"}).clean[0].model_copy(update={"column": "rooms"}))
    write_rule("share", SHARE.replace('return {"share": Given(', 'return {"other": Given('))
    with pytest.raises(ConfigError, match=r"custom/rules/share.py: given\(\) returns .*; return a Given for columns"):
        _dataset({"rule": "share", "column": "area"})


def test_values_may_be_an_array(write_rule: WriteRule) -> None:
    write_rule(
        "per_room", PER_ROOM[: PER_ROOM.rindex("return")] + 'return {"per_room": frame["area"].to_numpy() > 50}\n'
    )
    clean, _ = clean_table(_raw(), _dataset(PER), "facts")
    assert clean["per_room"].tolist() == [0.0] * 6 + [1.0] * 22


def test_a_rule_made_of_the_target_is_known_as_such(write_rule: WriteRule) -> None:
    write_rule("per_room", PER_ROOM)
    assert _dataset(PER | {"column": "y"}).made_of_target() == {"per_room"}


def test_a_rule_that_drops_rows_drops_none_at_prediction(write_rule: WriteRule) -> None:
    write_rule("weekends", WEEKENDS)
    dataset = _dataset({"rule": "weekends", "column": "day"})
    assert len(clean_table(_raw(), dataset, "facts")[0]) == 20
    assert len(Intake.of(dataset, ["area"]).frame(_raw())) == 28
    check_rule(dataset.clean[0])


@pytest.mark.parametrize(
    ("old", "new", "line"),
    [
        ("> 0)}", "> 0)", "custom/rules/per_room.py: line 17: '{' was never closed; correct it"),
        (
            "return self.column, self.rooms",
            "return self.colum, self.rooms",
            "custom/rules/per_room.py: line 11: Attrib",
        ),
        ("return self.column, self.rooms", "return self.column", r"reads\(\) returns 'area'; return a tuple of names"),
        ('{"per_room": "number"}', '["per_room"]', r"makes\(\) returns \['per_room'\]; return a mapping, {} for none"),
        ('{"per_room": "number"}', '{"per_room": "float"}', "return one of the types number, integer, boolean, categ"),
        ("def reads(self):", "def read(self):", "class PerRoom does not define reads, which a rule must define"),
        (
            "return self.column, self.rooms",
            "return ('nothing',)",
            r"clean\[0\] \(per_room\): no column 'nothing' at th",
        ),
        ('{"per_room": "number"}', '{"area": "number"}', r"clean\[0\] \(per_room\): makes column 'area' twice"),
    ],
)
def test_a_mistake_is_one_line_when_the_settings_are_read(write_rule: WriteRule, old: str, new: str, line: str) -> None:
    assert old in PER_ROOM
    write_rule("per_room", PER_ROOM.replace(old, new))
    with pytest.raises(ConfigError, match=line) as refused:
        _dataset(PER)
    assert "\n" not in str(refused.value)


def test_a_broken_validator_is_one_line(write_rule: WriteRule) -> None:
    validator = (
        '    @field_validator("column")\n    def short(cls, value):\n        return value.nothing\n\n    def reads'
    )
    write_rule("per_room", "from pydantic import field_validator\n" + PER_ROOM.replace("    def reads", validator))
    with pytest.raises(ConfigError, match=r"custom/rules/per_room.py: line 14: AttributeError: 'str' object has no"):
        _dataset(PER)


@pytest.mark.parametrize(
    ("new", "line"),
    [
        ("1 / 0", "custom/rules/per_room.py: line 17: ZeroDivisionError: division by zero; correct it"),
        ('frame["day"]', "custom/rules/per_room.py: line 17: KeyError: 'day'; correct it"),
        ("None", r"custom/rules/per_room.py: compute\(\) returns NoneType; return the values of each column by its"),
        ("{}", r"compute\(\) returns the columns none; the rule makes and changes per_room; return exactly those"),
        ('{"per_room": 3}', r"column 'per_room' is int; return a pandas Series or an array of one dimension"),
        (
            '{"per_room": frame[["area"]].to_numpy()}',
            r"column 'per_room' is ndarray; return a pandas Series",
        ),
        ('{"per_room": frame["area"].to_numpy()[1:]}', r"column 'per_room' has 27 rows, the table 28"),
        ('{"per_room": frame["area"][1:]}', r"column 'per_room' has 27 rows, the table 28; return one value for each"),
        ('{"per_room": frame["area"][::-1]}', r"has another index than the table; keep the order and the index"),
        ('{"per_room": frame["area"].astype(str)}', r"column 'per_room' is of type str; the values of a number are"),
    ],
)
def test_a_mistake_is_one_line_when_the_table_is_cleaned(write_rule: WriteRule, new: str, line: str) -> None:
    write_rule("per_room", PER_ROOM[: PER_ROOM.rindex("return")] + f"return {new}\n")
    with pytest.raises(ConfigError, match=line) as refused:
        clean_table(_raw(), _dataset(PER), "facts")
    assert "\n" not in str(refused.value)


@pytest.mark.parametrize(
    ("new", "line"),
    [
        (
            "[1] * len(frame)",
            r"custom/rules/weekends.py: rows_to_keep\(\) returns values of type int64; return True or",
        ),
        ("[True]", r"rows_to_keep\(\) returns an array of shape \(1,\); return one value for each of 28 rows"),
        ("frame[self.column][::-1] > '2024'", r"rows_to_keep\(\) has another index than the table"),
    ],
)
def test_a_wrong_mask_is_one_line(write_rule: WriteRule, new: str, line: str) -> None:
    write_rule("weekends", WEEKENDS[: WEEKENDS.rindex("return")] + f"return {new}\n")
    with pytest.raises(ConfigError, match=line):
        clean_table(_raw(), _dataset({"rule": "weekends", "column": "day"}), "facts")


def test_a_rule_cannot_change_columns_that_it_only_reads(write_rule: WriteRule) -> None:
    changing = "frame['area'] += 1\n        return {'per_room': frame"
    write_rule("per_room", PER_ROOM.replace('return {"per_room": frame', changing))
    clean, _ = clean_table(_raw(), _dataset(PER), "facts")
    assert clean["area"].tolist() == [10.0 * row for row in range(28)]
    assert clean["per_room"][1] == 11.0


def test_for_new_rows_returns_a_rule_or_none(write_rule: WriteRule) -> None:
    write_rule("per_room", PER_ROOM + "\n    def for_new_rows(self, needed):\n        return True\n")
    with pytest.raises(ConfigError, match=r"custom/rules/per_room.py: for_new_rows\(\) returns no rule of its class"):
        Intake.of(_dataset(PER), ["per_room"])
