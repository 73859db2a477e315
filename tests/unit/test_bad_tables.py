"""Broken tables through the real stages: one line, exit code 1, and no half-made output."""

from collections.abc import Callable

import pytest

from lockstep.paths import RAW, TRAIN
from tests.conftest import GOOD_ROWS, OwnTable

HTML = b"<!DOCTYPE html><html><body>please log in</body></html>"


def _rows(change: Callable[[int], str]) -> str:
    return "a,b,y\n" + "".join(change(row) + "\n" for row in range(40))


CASES = [
    ("empty file", "", "own.csv: the file is empty; check the source"),
    ("HTML instead of CSV", HTML, "own.csv: is an HTML page, not a table"),
    ("header only", "a,b,y\n", "own.csv: has a header but no rows"),
    ("missing target column", "a,b\n1,2\n", "columns.y: the table has no such column; it has: a, b"),
    ("undescribed column", "a,b,c,y\n1,2,3,4\n", "the table also has 'c'; describe them, or leave them out"),
    ("duplicate column names", "a,b,a,y\n1,2,3,4\n", "column name 'a' stands twice in the header"),
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
    ("ragged row", "a,b,y\n1,2,3\n1,2\n", "own.csv: cannot be read as CSV: CSV parse error: Row #3: Expected 3"),
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
    _fails_with(own_table, capsys, "put the new sha256 into the dataset file")
    assert not RAW.exists()


def test_more_folds_than_rows(own_table: OwnTable, capsys: pytest.CaptureFixture[str]) -> None:
    own_table.write(GOOD_ROWS)
    own_table.edit_params("folds: 5", "folds: 500")
    _fails_with(own_table, capsys, "params.yaml: split: 40 rows cannot be split with strategy random, folds 500")
    assert not TRAIN.exists()


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
