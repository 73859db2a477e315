"""Facts about people: columns that look personal are found, and their values stand in nothing that is committed."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
import yaml

from lockstep.clean.cleaning import clean_table
from lockstep.clean.column_block import Column
from lockstep.clean.table_blocks import TableBlocks
from lockstep.cli import main
from lockstep.evaluate.dependence import dependence
from lockstep.evaluate.evaluate_blocks import Judging
from lockstep.evaluate.rows import new_rows, predict_rows
from lockstep.evaluate.slices import worst_rows
from lockstep.features.features_block import check_recipe
from lockstep.features.step import STEPS
from lockstep.inspect.personal import personal_reason
from lockstep.model.example import without_personal
from lockstep.model.intake import Intake
from lockstep.model.saved import SavedModel
from lockstep.table.table_columns import TableColumns
from lockstep.table.target import WeightedTargetBlock
from tests.conftest import OwnTable
from tests.unit.modelling import model, table

PERSONAL = [
    ("c", ["ada@mail.example", "b.c@mail.example"], "e-mail addresses"),
    ("Email", ["hidden", "shown", "none"], "e-mail addresses"),
    ("phone", ["0151 2345678", "030-123456", "0211 998877"], "phone numbers"),
    ("c", ["+49 151 2345678", "+1 (555) 123-4567"], "phone numbers"),
    ("dob", ["1980-01-02", "1991-12-30", "1975-06-01"], "dates of birth"),
    ("dateOfBirth", ["02.01.1980", "30.12.1991", "01.06.1975"], "dates of birth"),
    ("last_name", ["Meier", "Smith", "Diaz"], "names of people"),
    ("Nombre", ["Ana García", "Luis Pérez", "Eva Ruiz"], "names of people"),
    ("MRN", ["100234", "100987", "101222"], "numbers of people"),
    ("medical record number", ["A-12", "B-77", "C-90"], "numbers of people"),
    ("Patienten-Nr.", ["12", "77", "90"], "numbers of people"),
    ("Name", ["Braund, Mr. Owen", "Heikkinen, Miss. Laina", "Allen, Mrs. Ann"], "names of people"),
    ("member name", ["Ackerman, Gary", "Adams, Sandra", "Del Río, Ana"], "names of people"),
    ("name", ["Ackerman, Gary", "Adams, Sandra", "O'Neil, T. J."], "names of people"),
    ("pan_no", ["4111", "5222", "6011"], "account or card numbers"),
    ("c", ["12 Main Street", "5 Elm Rd", "77 Oak Ave"], "addresses"),
    ("address", ["Haus am See", "Hauptstr. 5", "x"], "addresses"),
    ("c", ["123-45-6789", "987-65-4321"], "national or tax numbers"),
    ("c", ["DE89 3704 0044 0532 0130 00", "GB82WEST12345698765432"], "account numbers"),
    ("c", ["4539 1488 0343 6467", "4111111111111111"], "card numbers"),
    ("c", ["10.0.0.1", "192.168.17.5", "::1"], "IP addresses"),
    ("customer_id", ["1", "2", "3"], "numbers of people"),
    ("Customer ID", ["C-01", "C-02", "C-03"], "numbers of people"),
    ("First Name", ["Ada", "Bo", "Cy"], "names of people"),
    ("CustomerID", ["C-01", "C-02", "C-03"], "numbers of people"),
]
NOT_PERSONAL = [
    ("product_name", ["Chair", "Table", "Lamp"]),
    ("name", ["ford torino", "amc hornet", "audi 100ls"]),
    ("pan_day", ["4", "5", "107"]),
    ("pan", ["4", "5", "107"]),
    ("place", ["Irvine, CA", "Austin, TX", "Cork, IE"]),
    ("birth_weight", ["3100", "2900", "3300"]),
    ("number_of_phones", ["1", "2", "3"]),
    ("phone_service", ["Yes", "No"]),
    ("has_email", ["yes", "no"]),
    ("clip", ["a", "b", "c"]),
    ("shipping", ["1.5", "2.5", "3.5"]),
    ("price", ["4111", "5222", "1999"]),
    ("version", ["1.2.3", "1.2.4", "2.0.0"]),
    ("date", ["2020-01-01", "2020-01-02"]),
    ("order_id", ["1", "2", "3"]),
    ("account", ["DE00370400440532013000", "DE11370400440532013000"]),
    ("embarked", ["C", "Q", "S"]),
]


@pytest.mark.parametrize(("name", "texts", "reason"), PERSONAL)
def test_a_personal_column_is_told_by_name_or_form(name: str, texts: list[str], reason: str) -> None:
    assert personal_reason(name, texts) == reason


@pytest.mark.parametrize(("name", "texts"), NOT_PERSONAL)
def test_other_columns_are_not_personal(name: str, texts: list[str]) -> None:
    assert personal_reason(name, texts) == ""


def _write_customers(folder: Path) -> None:
    random = np.random.default_rng(0)
    pd.DataFrame(
        {
            "email": [f"q{number}@mail.example" for number in random.permutation(60)],
            "last_name": ["Schneider"] * 30 + ["SCHNEIDER"] * 10 + ["Hofmann"] * 19 + ["Schnieder"],
            "date_of_birth": pd.date_range("1950-03-01", periods=60, freq="97D").date,
            "shop": random.choice(["Zeta", "Yota"], 60),
            "age": random.integers(31, 77, 60),
            "y": random.normal(size=60).round(3),
        }
    ).to_csv(folder / "t.csv", index=False)


def test_comments_show_no_value_of_a_personal_column(own_table: OwnTable, capsys: pytest.CaptureFixture[str]) -> None:
    _write_customers(own_table.folder)
    assert main(["new-dataset", "t.csv", "--target", "y"]) == 0
    assert (
        "email (e-mail addresses), last_name (names of people), date_of_birth (dates of birth)"
        in capsys.readouterr().out
    )
    text = Path("datasets/t.yaml").read_text(encoding="utf-8")
    columns = yaml.safe_load(text)["columns"]
    assert [name for name, facts in columns.items() if facts.get("personal")] == ["email", "last_name", "date_of_birth"]
    assert "schn" not in text.lower()
    assert "1950" not in text
    assert "@mail" not in text
    assert "Zeta" in text


def test_without_samples_comments_show_no_value_at_all(own_table: OwnTable) -> None:
    _write_customers(own_table.folder)
    assert main(["new-dataset", "t.csv", "--target", "y", "--no-samples"]) == 0
    text = Path("datasets/t.yaml").read_text(encoding="utf-8")
    comments = " ".join(line.partition("#")[2] for line in text.splitlines())
    assert not any(value in comments for value in ("1950", "@mail", "Zeta", "31 to", "to 76"))
    assert "2 different" in comments


@pytest.mark.parametrize("options", [[], ["--no-samples"]])
def test_the_encoding_and_the_lines_around_a_table_show_no_value(
    own_table: OwnTable, capsys: pytest.CaptureFixture[str], options: list[str]
) -> None:
    rows = "".join(f"Jürgen Hübner {'äöß'[number % 3]},{number * 7 % 5},{number % 7}\n" for number in range(60))
    Path("t.csv").write_text(f"Liste von Ada\n\nlast_name,a,y\n{rows}", encoding="cp1252")
    assert main(["new-dataset", "t.csv", "--target", "y", *options]) == 0
    text = Path("datasets/t.yaml").read_text(encoding="utf-8") + capsys.readouterr().out
    assert "encoding: " in text
    assert "source.encoding was found out; correct it in the dataset file if it is wrong" in text
    assert "bner" not in text
    assert ("Ada" in text) == (not options)


FACTS: list[tuple[dict[str, Any], str]] = [
    ({"type": "category"}, "Ada"),
    ({"type": "text"}, "Ada"),
    ({"type": "number", "decimal": ",", "min": 20.5}, "41,5"),
    ({"type": "integer", "max": 0}, "-7"),
    ({"type": "boolean"}, "true"),
    ({"type": "date"}, "1980-05-06"),
    ({"type": "date", "format": "%d.%m.%Y"}, "06.05.1980"),
    ({"type": "date", "format": "quarter"}, "1980-Q2"),
    ({"type": "date", "format": "unix"}, "326419200"),
    ({"type": "time"}, "14:31:07"),
    ({"type": "duration", "max": 600}, "0:07:33"),
]


@pytest.mark.parametrize(("facts", "text"), FACTS)
def test_the_models_example_has_made_values_in_personal_columns(facts: dict[str, Any], text: str) -> None:
    columns = {"p": Column.model_validate({**facts, "personal": True, "missing": True}), "a": Column(type="category")}
    raw = pa.table({"p": [text, None, text], "a": ["x", "y", "x"]})
    example = without_personal(raw, columns)
    assert text not in example.column("p").to_pylist()
    assert example.column("p").null_count == 1
    assert example.column("a").equals(raw.column("a"))
    request = Intake(columns, (), (), ()).request(example)
    assert len(request["dataframe_split"]["data"]) == 3


HARD_TO_MAKE: list[dict[str, Any]] = [
    {"type": "number", "percent": True, "decimal": ",", "max": 0.5},
    {"type": "number", "unit": ["€"], "scale": {"k": 1000}, "thousands": ".", "decimal": ",", "min": 1500},
    {"type": "integer", "min": 2.5, "max": 3.5},
    {"type": "integer", "min": 10**12 + 1},
    {"type": "integer", "missing_values": ["1"]},
    {"type": "integer", "map": {"low": 10, "high": 30}, "min": 10},
    {"type": "category", "missing_values": ["***"]},
    {"type": "date", "missing_values": ["2000-01-01"]},
    {"type": "time", "format": "%H:%M", "min": 46_810},
    {"type": "duration", "max": -5},
    {"type": "duration", "min": 0.2, "max": 0.5},
    {"type": "duration", "format": "%M:%S", "min": 5400},
]


@pytest.mark.parametrize("facts", HARD_TO_MAKE)
def test_a_made_value_is_read_by_its_own_column(facts: dict[str, Any]) -> None:
    column = Column.model_validate({**facts, "personal": True})
    example = without_personal(pa.table({"p": ["the value"] * 2}), {"p": column}, [""])
    assert Intake({"p": column}, (), ("",), ()).frame(example)["p"].notna().all()


def test_a_personal_target_is_refused_under_its_new_name_too() -> None:
    facts = {
        "target": "income",
        "weight": None,
        "exposure": None,
        "missing_values": [""],
        "columns": {"a": {"type": "number"}, "y": {"type": "number", "personal": True}},
        "clean": [{"rule": "rename", "columns": {"y": "income"}}],
    }
    with pytest.raises(ValueError, match="target: 'income' is personal, and every report shows its values; predict"):
        TableBlocks.model_validate(facts)


@pytest.mark.parametrize("step", [{"step": "words"}, {"step": "multi_value", "separator": ";", "top": 2}])
def test_values_of_a_personal_column_do_not_become_names_of_features(step: dict[str, Any]) -> None:
    columns = TableColumns({"p": "text", "y": "number"}, frozenset(), personal=frozenset(["p"]))
    target = WeightedTargetBlock.model_validate({"target": "y", "weight": None, "exposure": None})
    with pytest.raises(ValueError, match="column 'p' is personal, and its values would be names of features; set top"):
        check_recipe("full", (STEPS.parse({**step, "column": "p"}),), columns, target)
    hidden = {**step, "column": "p", "top": 0, "encode": True}
    check_recipe("full", (STEPS.parse(hidden),), columns, target)


def test_what_rules_compute_from_a_personal_column_is_personal() -> None:
    facts = _table_blocks()
    assert facts.personal() == {"born", "born_year"}
    intake = Intake.of(facts, ["born", "born_year", "a"])
    assert Intake.from_json(intake.to_json()).personal == {"born", "born_year"}


def _table_blocks() -> TableBlocks:
    return TableBlocks.model_validate(
        {
            "target": "y",
            "weight": None,
            "exposure": None,
            "missing_values": [""],
            "columns": {
                "birth": {"type": "date", "personal": True},
                "a": {"type": "number"},
                "y": {"type": "number"},
            },
            "clean": [
                {"rule": "rename", "columns": {"birth": "born"}},
                {"rule": "date_part", "name": "born_year", "column": "born", "part": "year"},
            ],
        }
    )


def test_the_data_report_has_no_value_of_a_personal_column() -> None:
    raw = pa.table({"birth": ["1980-05-06"] * 12, "a": [str(n) for n in range(12)], "y": [str(n) for n in range(12)]})
    _, report = clean_table(raw, _table_blocks(), "facts")
    columns = {column["name"]: column for column in report["columns"]}
    assert "1980" not in repr([columns["born"], columns["born_year"]])
    assert columns["born"]["distinct"] == 1
    assert columns["a"]["max"] == 11


def _knows_words() -> SavedModel:
    columns = {"a": Column(type="number"), "word": Column(type="category", personal=True, missing=True)}
    return replace(model(), intake=Intake(columns, (), (), ()))


def test_the_worst_rows_and_the_dependence_hide_personal_values() -> None:
    made, test = _knows_words(), table(40, seed=1)
    test.loc[test["a"] > 0.5, "word"] = None
    rows = new_rows(made, test)
    predictions, _ = predict_rows(made, rows)
    worst = worst_rows(made, rows, predictions, ["word", "a"])
    assert set(worst["word"].dropna()) == {"***"}
    expected = test.set_index("row_id").loc[worst["row_id"]]
    assert worst["word"].isna().tolist() == expected["word"].isna().tolist()
    np.testing.assert_array_equal(worst["a"], expected["a"])
    assert [curve.feature for curve in dependence(made, rows, ["word", "a"], 0)] == ["a"]
    assert [curve.feature for curve in dependence(model(), rows, ["word", "a"], 0)] == ["word", "a"]


@pytest.mark.parametrize(
    "judging",
    [
        {"slices": [{"by": "value", "column": "p"}], "coordinates": None},
        {"slices": [{"by": "quantiles", "column": "p"}], "coordinates": None},
        {"slices": [], "coordinates": ["a", "p"]},
    ],
)
def test_reports_by_a_personal_columns_values_are_refused(judging: dict[str, Any]) -> None:
    columns = TableColumns({"p": "number", "a": "number", "y": "number"}, frozenset(), personal=frozenset(["p"]))
    with pytest.raises(ValueError, match="column 'p' is personal, and reports would show its values; leave the entry"):
        Judging.model_validate(judging).check(columns, "y")
    Judging.model_validate({"slices": [{"by": "seen", "column": "p"}], "coordinates": None}).check(columns, "y")


def test_the_columns_file_names_personal_columns_and_stays_as_it_was_without_any(tmp_path: Path) -> None:
    TableColumns({"p": "text"}, frozenset(), personal=frozenset(["p"])).write(tmp_path / "columns.json")
    assert TableColumns.read(tmp_path / "columns.json").personal == {"p"}
    TableColumns({"p": "text"}, frozenset()).write(tmp_path / "columns.json")
    assert "personal" not in (tmp_path / "columns.json").read_text(encoding="utf-8")
