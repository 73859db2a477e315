"""Broken and odd files asked of `lockstep predict`: every row is answered, or one line and the earlier file stays."""

import base64
import gzip
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from lockstep.check.config import parse_dataset
from lockstep.errors import DataError
from lockstep.guards.tables import parquet_size
from lockstep.model.saved import SavedModel
from lockstep.predict import row_files
from lockstep.predict.predict import predict_file
from tests.unit.raw_rows import answering

FACTS = """
about: made
target: y
metric: null
weight: null
exposure: null
source: {kind: sklearn, loader: diabetes}
missing_values: [""]
columns: {a: {type: number}, b: {type: number, missing: true}, y: {type: number}}
clean: []
features: {both: [{step: columns, columns: [a, b]}], one: [{step: columns, columns: [b]}]}
judging: {slices: [], coordinates: null}
"""
ROWS = "".join(f"{row},{row % 7}\n" for row in range(20))
GOOD = "a,b\n" + ROWS


def _model(recipe: str) -> SavedModel:
    random = np.random.default_rng(0)
    raw = pa.table({name: [f"{value:.3f}" for value in random.random(60)] for name in "aby"})
    return answering(parse_dataset(FACTS, Path("facts")), recipe, raw)[0]


@pytest.fixture(scope="module")
def model() -> SavedModel:
    return _model("both")


@pytest.fixture
def own_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def _with(row: int, text: str) -> str:
    lines = GOOD.splitlines()
    return "\n".join([*lines[:row], text, *lines[row + 1 :]]) + "\n"


# id, file, content, the line; None: all 20 rows are answered as those of the good file
CASES: list[tuple[str, str, str | bytes, str | None]] = [
    ("byte-order mark", "in.csv", b"\xef\xbb\xbf" + GOOD.encode(), None),
    ("semicolons", "in.csv", GOOD.replace(",", ";"), None),
    ("tabs", "in.csv", GOOD.replace(",", "\t"), None),
    ("line ends of Windows", "in.csv", GOOD.replace("\n", "\r\n"), None),
    ("line ends of old Macs", "in.csv", GOOD.replace("\n", "\r"), None),
    ("empty lines", "in.csv", GOOD.replace("\n", "\n\n"), None),
    ("columns in another order", "in.csv", "b,a\n" + "".join(f"{row % 7},{row}\n" for row in range(20)), None),
    ("quoted values", "in.csv", '"a","b"\n' + "".join(f'"{row}","{row % 7}"\n' for row in range(20)), None),
    ("gzip in two parts", "in.csv.gz", gzip.compress(b"a,b\n") + gzip.compress(ROWS.encode()), None),
    ("UTF-16", "in.csv", GOOD.encode("utf-16"), "is no UTF-8 text; save it as UTF-8"),
    ("Latin-1", "in.csv", _with(7, "é,1").encode("latin-1"), "row 7: column 1: is not UTF-8 text; save it as UTF-8"),
    ("a NUL byte", "in.csv", _with(7, "6\0,1"), r"column 'a': row 7: '6\x00' is not a number; correct the value"),
    (
        "a short row",
        "in.csv",
        _with(7, "6"),
        "row 7: has 1 values, the header 2 names: '6'; write one",
    ),
    ("a long row", "in.csv", _with(7, "6,6,6"), "row 7: has 3 values, the header 2 names: '6,6,6'"),
    ("a quote never closed", "in.csv", _with(7, '6,"6'), "row 7: .* is not a number; close the quote"),
    ("decimal commas", "in.csv", _with(7, '"6,5",6'), "row 7: '6,5' is not a number; correct the value"),
    ("infinity", "in.csv", _with(7, "inf,1"), "column 'a': row 7: the value is infinite"),
    ("1e400", "in.csv", _with(7, "1e400,1"), "column 'a': row 7: the value is infinite"),
    ("a number beyond float32", "in.csv", _with(7, "1e39,1"), "'a' has values beyond 3.4e38"),
    ("two columns of one name", "in.csv", GOOD.replace("a,b", "a,a", 1), "column name 'a' occurs twice"),
    ("a blank before a name", "in.csv", GOOD.replace("a,b", " a,b", 1), "no column 'a'; the model needs: a"),
    ("gzip called CSV", "in.csv", gzip.compress(GOOD.encode()), "is packed with gzip; name it .csv.gz"),
    ("CSV called gzip", "in.csv.gz", GOOD, "cannot be read as CSV: "),
    ("gzip cut off", "in.csv.gz", gzip.compress(GOOD.encode())[:-12], "cannot be read as CSV: "),
    ("a text longer than a block", "in.csv", _with(7, "6" * 3_000_000 + ",1"), "a row is longer than 1 MiB; close"),
    ("CSV called Parquet", "in.parquet", GOOD, "cannot be read as Parquet: "),
    ("nothing", "in.csv", b"", "the file is empty; a CSV file starts with the names of its columns"),
]


@pytest.mark.parametrize(("name", "content", "line"), [case[1:] for case in CASES], ids=[case[0] for case in CASES])
def test_every_row_is_answered_or_one_line_says_why_not(
    model: SavedModel,
    own_folder: Path,
    monkeypatch: pytest.MonkeyPatch,
    name: str,
    content: str | bytes,
    line: str | None,
) -> None:
    monkeypatch.setattr(row_files, "BLOCK_BYTES", 2**20)
    Path(name).write_bytes(content if isinstance(content, bytes) else content.encode())
    if line is None:
        assert predict_file(name, "out.parquet", model) == 20
        Path("good.csv").write_text(GOOD)
        predict_file("good.csv", "good.parquet", model)
        assert Path("out.parquet").read_bytes() == Path("good.parquet").read_bytes()
        return
    Path("out.csv").write_text("earlier")
    with pytest.raises(DataError, match=line.replace("(", r"\(").replace("\\x", r"\\x")) as refused:
        predict_file(name, "out.csv", model, force=True)
    assert "\n" not in str(refused.value)
    assert len(str(refused.value)) < 300
    assert Path("out.csv").read_text() == "earlier"
    assert {file.name for file in own_folder.iterdir()} == {name, "out.csv"}


@pytest.mark.parametrize("neighbour", ["1.5", "\u00a01.5"], ids=["numbers", "text"])
def test_an_infinite_number_means_the_same_in_csv_and_parquet(
    model: SavedModel, own_folder: Path, neighbour: str
) -> None:
    asked = replace(model, intake=replace(model.raw_rows, missing_values=("", "inf")))
    for texts in (["2", "inf", "Infinity", "INF"], ["2", "inf", "-inf", "2"]):
        Path("in.csv").write_text("a,b\n" + "".join(f"{neighbour},{text}\n" for text in texts))
        pq.write_table(pa.table({"a": [1.5] * 4, "b": [float(text) for text in texts]}), "in.parquet")
        told = []
        for name in ("in.csv", "in.parquet"):
            try:
                predict_file(name, "out.parquet", asked, force=True)
                told.append(pq.read_table("out.parquet").to_pydict())
            except DataError as error:
                told.append({"error": [str(error).removeprefix(f"{name}: ")]})
        assert told[0] == told[1]
        assert ("error" in told[0]) == ("-inf" in texts)


def test_an_empty_line_of_a_single_column_is_a_row_without_a_value(own_folder: Path) -> None:
    asked = ["1", "", "3", "", "", "6"]
    Path("in.csv").write_text("\n".join(["b", *asked]) + "\n")
    pq.write_table(pa.table({"b": [float(text) if text else None for text in asked]}), "in.parquet")
    model = _model("one")
    assert predict_file("in.csv", "out.parquet", model) == 6
    assert predict_file("in.parquet", "same.parquet", model) == 6
    assert Path("out.parquet").read_bytes() == Path("same.parquet").read_bytes()


@pytest.mark.parametrize("before", ["\n\n", "\r\n\r\n\r\n", "\r", "\ufeff\n"])
@pytest.mark.parametrize("name", ["in.csv", "in.csv.gz"])
def test_empty_lines_before_the_name_of_a_single_column_are_no_rows(own_folder: Path, name: str, before: str) -> None:
    content = f"{before}b\n1\n\n3\n".encode()
    Path(name).write_bytes(gzip.compress(content) if name.endswith("gz") else content)
    Path("plain.csv").write_text("b\n1\n\n3\n")
    model = _model("one")
    assert predict_file(name, "out.parquet", model) == 3
    assert predict_file("plain.csv", "same.parquet", model) == 3
    assert Path("out.parquet").read_bytes() == Path("same.parquet").read_bytes()


@pytest.mark.parametrize(
    ("values", "line"),
    [
        (
            lambda: pa.array([[1.0]] * 5),
            "column 'a': values of type list<.*> cannot be read as number",
        ),
        (lambda: pa.array([{"x": 1.0}] * 5), "column 'a': values of type struct<.*> cannot be read as number"),
        (lambda: pa.array([1.0, np.inf, 1.0, 1.0, 1.0]), "column 'a': row 2: the value is infinite"),
        (lambda: pa.array(["1", "x", "1", "1", "1"]), "column 'a': row 2: 'x' is not a number; correct the value"),
    ],
    ids=["lists", "records", "infinity", "words"],
)
def test_parquet_values_that_cannot_be_asked_are_named(
    model: SavedModel, own_folder: Path, values: Callable[[], pa.Array], line: str
) -> None:
    pq.write_table(pa.table({"a": values(), "b": [1.0] * 5}), own_folder / "in.parquet")
    with pytest.raises(DataError, match=line):
        predict_file("in.parquet", "out.csv", model)


def test_a_request_of_a_thousand_columns_names_few_of_them(model: SavedModel, own_folder: Path) -> None:
    Path("in.csv").write_text(",".join(f"c{number}" for number in range(1000)) + "\n")
    with pytest.raises(DataError, match=r"no column 'key' to keep; it has: c0, c1, .*, and 980 more"):
        predict_file("in.csv", "out.csv", model, ["key"])


def test_one_long_text_that_stands_for_many_is_refused_before_it_is_read(
    model: SavedModel, own_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(parquet_size, "LARGE", 20 * 2**20)
    texts, numbers = pa.array(["x" * 2**17] * 400), np.zeros(400)
    pq.write_table(pa.table({"a": texts, "b": numbers, "c": texts}), "in.parquet", compression="zstd")
    with pytest.raises(DataError, match=r"^in\.parquet: \d+ bytes stand for 400 rows of 3 columns with more than 20"):
        predict_file("in.parquet", "out.csv", model)
    # a column that nobody asks for is not read
    pq.write_table(pa.table({"a": numbers, "b": numbers, "c": texts}), "in.parquet", compression="zstd")
    assert predict_file("in.parquet", "out.csv", model) == 400


def test_parquet_of_integers_that_arrow_has_no_type_for_is_one_line(model: SavedModel, own_folder: Path) -> None:
    pq.write_table(pa.table({"a": [1] * 5, "b": [1] * 5}), "in.parquet")
    content, note = Path("in.parquet").read_bytes(), pq.read_metadata("in.parquet").metadata[b"ARROW:schema"]
    # 128 bits where Arrow's own note of the types has 64
    longer = base64.b64encode(base64.b64decode(note).replace(b"\x40\0\0\0", b"\x80\0\0\0"))
    Path("in.parquet").write_bytes(content.replace(note, longer))
    with pytest.raises(DataError, match=r"^in\.parquet: cannot be read as Parquet: Integers with more than 64 bits"):
        predict_file("in.parquet", "out.csv", model)


def test_very_many_columns_are_refused_before_arrow_makes_them(model: SavedModel, own_folder: Path) -> None:
    before = pa.default_memory_pool().max_memory()
    for name, content in (("in.csv", b"," * 400_000), ("in.csv.gz", gzip.compress(b"," * 400_000))):
        Path(name).write_bytes(content)
        with pytest.raises(DataError, match=r"has more than 25,000 columns; leave some out of the file$"):
            predict_file(name, "out.csv", model)
    assert pa.default_memory_pool().max_memory() - before < 64 * 2**20
