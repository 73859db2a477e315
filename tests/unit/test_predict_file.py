"""Files of many batches: every row is answered once, in order, and counted from the start of the file."""

from pathlib import Path

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from pyarrow import csv

from lockstep.data import row_files
from lockstep.errors import DataError
from lockstep.model.saved import SavedModel
from lockstep.predict import predict_file
from tests.unit.raw_rows import answering, dataset_of, raw_table


@pytest.fixture
def asked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> tuple[SavedModel, pa.Table]:
    """A model and 300 raw rows, which make several batches of a file."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(row_files, "BLOCK_BYTES", 2**13)
    monkeypatch.setattr(row_files, "ROWS_AT_ONCE", 64)
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
    assert answers["predicted"].tolist() == model.answer(rows)["predicted"].tolist()


@pytest.mark.parametrize("kind", ["csv", "parquet"])
def test_rows_are_counted_from_the_start_of_the_file(asked: tuple[SavedModel, pa.Table], kind: str) -> None:
    model, raw = asked
    write = csv.write_csv if kind == "csv" else pq.write_table
    for value, message in (("fast", "'fast' is not a number"), ("400", r"400\.0 is outside 0\.0 to 300\.0")):
        write(_with(raw, "tempo", 280, value), f"in.{kind}")
        with pytest.raises(DataError, match=f"in.{kind}: column 'tempo': row 281: {message}; correct the value"):
            predict_file(f"in.{kind}", "out.csv", model)
        assert not Path("out.csv").exists()
