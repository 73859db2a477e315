"""What MLflow is told of a model's input and output, and that it keeps to it."""

import io
import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from pyarrow import csv

from lockstep.check.config import parse_dataset
from lockstep.clean.column_block import Column
from lockstep.errors import DataError
from lockstep.model.example import example_rows
from lockstep.model.intake import Intake
from lockstep.model.request_rows import request_rows
from lockstep.model.saved import SavedModel
from lockstep.storage.tables import write_json
from lockstep.tracking.logged_model import PACKAGE, ROOMS, SERVED_BY
from lockstep.tracking.signature import metadata_of, signature_of
from tests.pipeline.code_used import used_from
from tests.unit.modelling import model, table, with_interval
from tests.unit.raw_rows import answering, dataset_of

pytestmark = pytest.mark.slow

COLUMNS = {"a": Column(type="number", min=0), "word": Column(type="category", missing=True)}
INTAKE = Intake(COLUMNS, (), ("",), ())
NAMES = ("x", "k", "code", "flag", "rate", "since", "y")
MODELS = {
    "number": lambda: model(2),
    "interval": lambda: with_interval(0.8, table()),
    "classes": lambda: model(n_classes=3),
}


def _fields(schema: Any) -> list[tuple[str | None, bool]]:
    return [(column.name, column.required) for column in schema.inputs]


def test_the_signature_is_that_of_the_raw_table_and_needs_no_fit() -> None:
    dataset = dataset_of("spotify_songs")
    columns = ["tempo", "key", "track_name", "playlist_genre", "release_year", "n_copies"]
    unfitted = replace(model(), intake=Intake.of(dataset, columns), boosters=[])
    assert _fields(signature_of(unfitted).inputs) == [
        ("track_name", False),
        ("track_album_release_date", True),
        ("playlist_genre", True),
        ("key", True),
        ("tempo", True),
        ("n_copies", False),
    ]
    about = metadata_of(unfitted)
    assert about["target"] == "y"
    assert about["columns"]["key"] == {"type": "integer", "min": -1, "max": 11}
    assert about["columns"]["track_album_release_date"] == {"type": "date"}


# A column of each kind that pandas, CSV and JSON bring in several types; "unknown" is a word for a missing number.
SOURCE = "x,k,code,flag,rate,since,y\n" + "".join(
    f"{row / 7:.3f},{row % 5 or 'unknown'},{row % 3 or ''},{'yes' if row % 2 else 'no'},{row}%,{2000 + row},{row}\n"
    for row in range(30)
)
FACTS = """
about: made
target: y
metric: null
weight: null
exposure: null
source: {kind: sklearn, loader: diabetes}
missing_values: [""]
columns:
  x: {type: number}
  k: {type: integer, missing_values: [unknown], missing: true}
  code: {type: category, missing: true}
  flag: {type: boolean}
  rate: {type: number, percent: true}
  since: {type: date}
  y: {type: number}
clean: [{rule: date_part, name: year, column: since, part: year}]
features: {all: [{step: columns, columns: [x, k, code, flag, rate, year]}]}
judging: {slices: [], coordinates: null}
"""


def _requests(schema: Any) -> dict[str, Callable[[Any], Any]]:
    """Ways in which the rows of the source reach a model: by pandas, and through MLflow's server."""
    from mlflow.pyfunc.scoring_server import invocations

    frame = pd.read_csv(io.StringIO(SOURCE))
    rows = frame.astype(object).where(frame.notna(), None)
    split, records = rows.to_dict("split", index=False), rows.to_dict("records")

    def served(content: str, kind: str) -> Callable[[Any], Any]:
        return lambda model: json.loads(invocations(content, kind, model, schema).response)["predictions"]

    return {
        "pandas": lambda model: model.predict(frame),
        "pandas, texts": lambda model: model.predict(pd.read_csv(io.StringIO(SOURCE), dtype=str)),
        "pandas, one row": lambda model: [float(model.predict(frame.iloc[[row]])[0]) for row in range(30)],
        "CSV": served(SOURCE, "text/csv"),
        "JSON, split": served(json.dumps({"dataframe_split": split}), "application/json"),
        "JSON, records": served(json.dumps({"dataframe_records": records}), "application/json"),
    }


def test_rows_of_the_source_pass_from_pandas_csv_and_json(tmp_path: Path) -> None:
    import mlflow

    raw = csv.read_csv(
        io.BytesIO(SOURCE.encode()), convert_options=csv.ConvertOptions(column_types=dict.fromkeys(NAMES, pa.string()))
    )
    made, _ = answering(parse_dataset(FACTS, Path("facts")), "all", raw)
    made.save(tmp_path / "model")
    write_json(made.raw_rows.request(raw.slice(0, 5)), tmp_path / "model/example.json")
    mlflow.pyfunc.save_model(
        tmp_path / "logged",
        python_model=str(PACKAGE / SERVED_BY),
        artifacts={"model": str(tmp_path / "model")},
        signature=signature_of(made),
        input_example=example_rows(tmp_path / "model"),
        pip_requirements=[],
    )
    served, expected = mlflow.pyfunc.load_model(str(tmp_path / "logged")), made.predict_raw(raw)["predicted"].tolist()
    assert len(set(expected)) > 10
    for way, ask in _requests(served.metadata.get_input_schema()).items():
        assert list(ask(served)) == expected, way


def test_a_truth_value_in_a_column_of_the_files_text_is_refused() -> None:
    columns = {"word": Column(type="category"), "flag": Column(type="boolean")}
    frame = pd.DataFrame({"word": [True], "flag": [True]})
    intake = Intake(columns, (), ("",), (), source={"kind": "csv"})
    with pytest.raises(DataError, match=r"column 'word': row 1: True is a truth value, .* read it with dtype=str"):
        request_rows(frame, intake)
    # a Parquet file's truth values are these
    assert request_rows(frame, replace(intake, source={"kind": "parquet"})).to_pydict() == {
        "word": ["true"],
        "flag": ["true"],
    }


@pytest.mark.filterwarnings("ignore:.*An input example was not provided")
@pytest.mark.parametrize("kind", MODELS)
def test_mlflow_enforces_the_signature_and_returns_the_table(
    kind: str, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    import mlflow

    made: SavedModel = replace(MODELS[kind](), intake=INTAKE)
    made.save(tmp_path / "model")
    mlflow.pyfunc.save_model(
        tmp_path / "logged",
        python_model=str(PACKAGE / SERVED_BY),
        artifacts={"model": str(tmp_path / "model")},
        signature=signature_of(made),
        pip_requirements=[],
    )
    served = mlflow.pyfunc.load_model(str(tmp_path / "logged"))
    rows = table(20, seed=3)[["word", "a"]]
    expected = made.predict_raw(pa.Table.from_pandas(rows))
    answer = served.predict(rows.assign(extra=1))
    if kind == "number":
        assert _fields(signature_of(made).outputs) == [(None, True)]
        assert np.array_equal(answer, expected["predicted"])
    else:
        assert [name for name, _ in _fields(signature_of(made).outputs)] == list(answer) == made.prediction_columns
        pd.testing.assert_frame_equal(answer, expected, check_exact=True)
    for wrong, message in (
        (rows.drop(columns="a"), "a"),
        (rows.assign(a="much"), "column 'a': row 1: 'much' is not a number"),
        (rows.assign(a=pd.Series([{"v": 0.5}] * 20, dtype=object)), "column 'a': row 1: .* is no single value"),
        (rows.assign(a=[*[0.5] * 4, -1, *[0.5] * 15]), r"column 'a': row 5: -1\.0 is outside 0\.0 to inf"),
    ):
        with pytest.raises(mlflow.MlflowException, match=message):
            served.predict(wrong)
    with caplog.at_level("WARNING", "lockstep"):
        assert len(served.predict(rows.assign(a=np.nan))) == 20
    assert "input: 20 values are missing where training had none: column 'a' in rows 1, 2, " in caplog.text
    new = served.predict(pd.DataFrame({"a": [0.5, 0.5], "word": ["never seen", None]}))
    assert len(new) == 2
    assert len(served.predict(pd.DataFrame({"a": [0.5]}))) == 1


def test_the_code_that_goes_with_a_model_is_all_that_serving_it_imports() -> None:
    used = used_from(f"lockstep/{SERVED_BY}") - {f"lockstep/{SERVED_BY}"}
    assert used
    assert [file for file in used if not file.startswith(tuple(f"lockstep/{room}" for room in ROOMS))] == []
