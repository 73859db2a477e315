"""Broken tables through the real stages: one line, exit code 1, and no half-made output."""

import json
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from lockstep import stage
from lockstep.project.paths import RAW, TRAIN
from lockstep.storage.tables import read_json
from tests.conftest import GOOD_ROWS, OwnTable

HTML = b"<!DOCTYPE html><html><body>please log in</body></html>"


def _rows(change: Callable[[int], str]) -> str:
    return "a,b,y\n" + "".join(change(row) + "\n" for row in range(40))


CASES = [
    ("empty file", "", "own.csv: the file is empty; check the source"),
    ("HTML instead of CSV", HTML, "own.csv: is an HTML page, not a table"),
    ("header only", "a,b,y\n", "own.csv: has a header but no rows"),
    ("missing target column", "a,b\n1,2\n", "columns.y: the table has no such column; it has: a, b"),
    ("undescribed column", "a,b,c,y\n1,2,3,4\n", "the table also has c; describe them, or leave them out"),
    ("duplicate column names", "a,b,a,y\n1,2,3,4\n", "column name 'a' occurs twice in the header"),
    (
        "text in a numeric column",
        _rows(lambda row: f"{row},{'many' if row == 6 else 1},{row}"),
        "columns.b: row 7: 'many' is not a number",
    ),
    ("all-NaN column", _rows(lambda row: f"{row},,{row}"), "columns.b: every value is missing"),
    (
        "missing value",
        _rows(lambda row: f"{row},{'' if row == 3 else 1},{row}"),
        "columns.b: row 4: the value is missing (1 in all); set `missing: true`",
    ),
    ("constant target", _rows(lambda row: f"{row},{row},3"), "target: 'y' is 3.0 in every row; there is nothing to"),
    ("infinite value", _rows(lambda row: f"{row},1e400,{row}"), "columns.b: row 1: the value is infinite"),
    ("one row", "a,b,y\n1,2,3\n", "1 rows are left after cleaning; at least 10 are needed"),
    (
        "ragged row",
        "a,b,y\n1,2,3\n1,2\n",
        "own.csv: cannot be read as CSV: row 2: has 2 values, the header 3 names: '1,2'; write one value per column",
    ),
    ("damaged gzip", b"\x1f\x8b\x08\x00broken", "own.csv: damaged gzip file: "),
    ("number with underscores", _rows(lambda row: f"{row},1_000,{row}"), "columns.b: row 1: '1_000' is not a number"),
    ("not UTF-8", "a,b,y\n1,é,3\n".encode("latin-1"), "own.csv: cannot be read as CSV"),
]


@pytest.mark.parametrize(("content", "line"), [case[1:] for case in CASES], ids=[case[0] for case in CASES])
def test_a_broken_table_ends_with_one_line(
    own_table: OwnTable, capsys: pytest.CaptureFixture[str], content: str | bytes, line: str
) -> None:
    own_table.write(content)
    _fails_with(own_table, capsys, line)


def test_a_missing_file_is_named(own_table: OwnTable, capsys: pytest.CaptureFixture[str]) -> None:
    own_table.write(GOOD_ROWS)
    (own_table.folder / "own.csv").unlink()
    _fails_with(own_table, capsys, "source.path: own.csv: no such file; put it there or correct the path")


def test_a_changed_file_is_refused_with_the_remedy(own_table: OwnTable, capsys: pytest.CaptureFixture[str]) -> None:
    own_table.write(GOOD_ROWS, sha256="0" * 64)
    _fails_with(own_table, capsys, "take it in with `lockstep check --update-source`")
    assert not RAW.exists()


def test_more_folds_than_rows(own_table: OwnTable, capsys: pytest.CaptureFixture[str]) -> None:
    own_table.write(GOOD_ROWS)
    own_table.edit_params("folds: 5", "folds: 500")
    _fails_with(own_table, capsys, "params.yaml: split: 40 rows cannot be split with strategy random, folds 500")
    assert not TRAIN.exists()


@pytest.mark.parametrize("encoding", ["utf-16", "rot13", "base64", "none-such"])
def test_a_wrong_encoding_is_one_line(own_table: OwnTable, capsys: pytest.CaptureFixture[str], encoding: str) -> None:
    own_table.write(GOOD_ROWS)
    facts = own_table.folder / "datasets/own.yaml"
    facts.write_text(facts.read_text().replace("path: own.csv", f"path: own.csv, encoding: {encoding}"))
    _fails_with(own_table, capsys, "own.csv: cannot be read as CSV")


def test_a_column_emptied_by_a_rule_is_reported_not_fatal(own_table: OwnTable) -> None:
    own_table.write(_rows(lambda row: f"{row},{row if row < 5 else ''},{row}"))
    facts = own_table.folder / "datasets/own.yaml"
    text = facts.read_text().replace("b: {type: number}", "b: {type: number, missing: true}")
    facts.write_text(text.replace("clean: []", "clean: [{rule: drop_outside, column: a, min: 10}]"))
    own_table.run("fetch", "clean")
    quality = json.loads((own_table.folder / "reports/data_quality.json").read_text())
    assert [column["mean"] for column in quality["columns"] if column["name"] == "b"] == [None]


def test_a_full_or_forbidden_disk_is_one_line(
    own_table: OwnTable, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    own_table.write(GOOD_ROWS)
    (own_table.folder / "data").write_text("a file where a folder must be")
    _fails_with(own_table, capsys, "fetch: data")


def test_a_stage_without_its_input_is_one_line(own_table: OwnTable, capsys: pytest.CaptureFixture[str]) -> None:
    own_table.write(GOOD_ROWS)
    with pytest.raises(SystemExit):
        own_table.run("split")
    errors = capsys.readouterr().err
    assert "data/clean/table.parquet" in errors
    assert "run `dvc repro`" in errors
    assert errors.count("\n") == 1


def test_an_unusable_timings_file_does_not_fail_a_finished_stage(
    own_table: OwnTable, capsys: pytest.CaptureFixture[str]
) -> None:
    own_table.write(GOOD_ROWS)
    (own_table.folder / ".lockstep").mkdir()
    (own_table.folder / ".lockstep/timings.json").write_text("[]")
    own_table.run("fetch")
    assert RAW.exists()
    assert "the duration of this stage is not stored" in capsys.readouterr().err


def test_stages_that_end_together_all_keep_their_time(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DVC_ROOT", str(tmp_path))
    names = [f"stage {number}" for number in range(40)]
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda name: stage._store_time(name, 1.0), names))
    assert sorted(read_json(tmp_path / ".lockstep/timings.json")) == sorted(names)


def test_a_value_out_of_range_names_row_and_bounds(own_table: OwnTable, capsys: pytest.CaptureFixture[str]) -> None:
    own_table.write(GOOD_ROWS)
    facts = own_table.folder / "datasets/own.yaml"
    facts.write_text(facts.read_text().replace("a: {type: number}", "a: {type: number, max: 30}"))
    _fails_with(own_table, capsys, "columns.a: row 32: 31.0 is outside -inf to 30.0 (9 rows)")


def _fails_with(own_table: OwnTable, capsys: pytest.CaptureFixture[str], line: str) -> None:
    with pytest.raises(SystemExit) as end:
        own_table.run("fetch", "clean", "split")
    assert end.value.code == 1
    errors = capsys.readouterr().err
    assert line in errors
    assert errors.count("\n") == 1
    assert "Traceback" not in errors
