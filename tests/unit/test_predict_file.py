"""Files of many batches: every row is answered once, in order, and counted from the start of the file."""

import re
import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from pyarrow import csv

from lockstep.errors import DataError
from lockstep.model.saved import SavedModel
from lockstep.model.trained import Origin
from lockstep.predict import row_files
from lockstep.predict.predict import LoadedModel, predict_file
from lockstep.predict.row_files import RowFile, open_reader
from tests.conftest import ROOT, SETTINGS
from tests.unit.modelling import model
from tests.unit.raw_rows import answering, dataset_of, raw_table

pytestmark = pytest.mark.slow


@pytest.fixture
def asked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> tuple[SavedModel, pa.Table]:
    """A model and 300 raw rows, which make several batches of a file."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(row_files, "BLOCK_BYTES", 2**13)
    monkeypatch.setattr(row_files, "BATCH_ROWS", 64)
    dataset = dataset_of("spotify_tracks")
    raw = raw_table(dataset).drop_columns([""])
    model, _ = answering(dataset, "full", raw.append_column("", raw.column("track_id")))
    return model, raw


def _with(raw: pa.Table, name: str, row: int, value: str) -> pa.Table:
    texts = raw.column(name).to_pylist()
    texts[row] = value
    return raw.set_column(raw.column_names.index(name), name, pa.array(texts))


@pytest.mark.parametrize("kind", ["csv", "parquet"])
@pytest.mark.parametrize(("name", "value"), [("tempo", "\u00a0120.5"), ("key", "3.0"), ("key", "3")])
def test_every_row_is_answered_once_and_in_order(
    asked: tuple[SavedModel, pa.Table], kind: str, name: str, value: str
) -> None:
    model, raw = asked
    rows = _with(raw, name, 280, value)
    write = csv.write_csv if kind == "csv" else pq.write_table
    write(rows, f"in.{kind}")
    assert predict_file(f"in.{kind}", "out.parquet", model, ["track_id"]) == 300
    answers = pd.read_parquet("out.parquet")
    assert answers["track_id"].tolist() == raw.column("track_id").to_pylist()
    assert answers["predicted"].tolist() == model.predict_raw(rows)["predicted"].tolist()


@pytest.mark.parametrize("kind", ["csv", "parquet"])
def test_rows_are_counted_from_the_start_of_the_file(asked: tuple[SavedModel, pa.Table], kind: str) -> None:
    model, raw = asked
    write = csv.write_csv if kind == "csv" else pq.write_table
    for value, message in (("fast", "'fast' is not a number"), ("400", r"400\.0 is outside 0\.0 to 300\.0")):
        write(_with(raw, "tempo", 280, value), f"in.{kind}")
        with pytest.raises(DataError, match=f"in.{kind}: column 'tempo': row 281: {message}; correct the value"):
            predict_file(f"in.{kind}", "out.csv", model)
        assert not Path("out.csv").exists()


@pytest.mark.parametrize(
    ("line", "message"),
    [
        (b"1,2", "cannot be read as CSV: row 281: has 2 values, the header "),
        (
            "caf\u00e9,".encode("latin-1"),
            "row 281: column 1: is not UTF-8 text; save it as UTF-8",
        ),
    ],
)
def test_rows_that_are_no_csv_are_counted_alike(asked: tuple[SavedModel, pa.Table], line: bytes, message: str) -> None:
    model, raw = asked
    csv.write_csv(raw, "in.csv")
    lines = Path("in.csv").read_bytes().splitlines()
    assert len(lines) == 301
    lines[281] = line if line == b"1,2" else line + lines[281].split(b",", 1)[1]
    Path("in.csv").write_bytes(b"\n".join(lines) + b"\n")
    with pytest.raises(DataError, match=message):
        predict_file("in.csv", "out.csv", model, ["track_id"])


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("a,b\n1,2\n".encode("utf-16"), "in.csv: is no UTF-8 text; save it as UTF-8, or name what is packed .csv.gz"),
        (b"\x1f\x8b\x08\n", "in.csv: is packed with gzip; name it .csv.gz"),
        (b"a,b", "in.csv: cannot be read as CSV: there is no complete line of column names; .*, or write one line .*"),
        (b"\n\n", "in.csv: cannot be read as CSV: there is no complete line of column names; .*, or write one line .*"),
    ],
)
def test_a_file_that_is_no_table_is_one_line(tmp_path: Path, content: bytes, message: str) -> None:
    (tmp_path / "in.csv").write_bytes(content)
    with pytest.raises(DataError, match=rf"^{re.escape(str(tmp_path))}/{message}$"):
        open_reader(RowFile.of_name(str(tmp_path / "in.csv")), ["a"], [""])


def test_a_row_group_larger_than_memory_is_read_in_pieces(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(row_files, "BLOCK_BYTES", 2**16)
    rows = pa.table({name: np.random.default_rng(0).random(500_000) for name in "ab"})
    pq.write_table(rows, tmp_path / "in.parquet", row_group_size=rows.num_rows, use_dictionary=False)
    expected, size = rows.slice(0, 2**15).combine_chunks(), rows.nbytes
    del rows
    before = pa.total_allocated_bytes()
    batches = open_reader(RowFile.of_name(str(tmp_path / "in.parquet")), ["a"], []).batches(
        dict.fromkeys("ab", pa.float64())
    )
    assert next(batches).equals(expected)
    assert pa.total_allocated_bytes() - before < size / 2


def test_a_model_of_another_target_than_the_dataset_files_is_warned_of(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    made = replace(model(), origin=Origin("diabetes", "0.1.0"))
    (tmp_path / "datasets").mkdir()
    shutil.copy(SETTINGS, "params.yaml")
    facts = (ROOT / "datasets/diabetes.yaml").read_text(encoding="utf-8")
    for target in ("s6", made.target.column):
        Path("datasets/diabetes.yaml").write_text(facts.replace("target: progression", f"target: {target}"))
        expected = [
            f"models/model predicts y, datasets/diabetes.yaml names the target {target}; `dvc repro` trains a model of"
            " that one"
        ]
        assert LoadedModel(made, "models/model").warnings == (expected if target == "s6" else [])
