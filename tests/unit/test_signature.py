"""What MLflow is told of a model's input and output, and that it keeps to it."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

from lockstep.clean.column_block import Column
from lockstep.model.intake import Intake
from lockstep.model.saved import SavedModel
from lockstep.tracking.logged_model import PACKAGE, ROOMS, SERVED_BY
from lockstep.tracking.signature import signature_of
from tests.pipeline.code_used import used_from
from tests.unit.modelling import model, table, with_interval
from tests.unit.raw_rows import dataset_of

pytestmark = pytest.mark.slow

COLUMNS = {"a": Column(type="number", min=0), "word": Column(type="category", missing=True)}
INTAKE = Intake(COLUMNS, (), ("",), ())
MODELS = {
    "number": lambda: model(2),
    "interval": lambda: with_interval(0.8, table()),
    "classes": lambda: model(n_classes=3),
}


def _fields(schema: Any) -> list[tuple[str | None, str, bool]]:
    return [(column.name, column.type.name, column.required) for column in schema.inputs]


def test_the_signature_is_that_of_the_raw_table_and_needs_no_fit() -> None:
    dataset = dataset_of("spotify_songs")
    columns = ["tempo", "key", "track_name", "playlist_genre", "release_year", "n_copies"]
    unfitted = replace(model(), intake=Intake.of(dataset, columns), boosters=[])
    assert _fields(signature_of(unfitted).inputs) == [
        ("track_name", "string", False),
        ("track_album_release_date", "string", True),
        ("playlist_genre", "string", True),
        ("key", "double", True),
        ("tempo", "double", True),
        ("n_copies", "double", False),
    ]


@pytest.mark.filterwarnings("ignore:.*An input example was not provided")
@pytest.mark.parametrize("kind", MODELS)
def test_mlflow_enforces_the_signature_and_returns_the_table(kind: str, tmp_path: Path) -> None:
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
        assert _fields(signature_of(made).outputs) == [(None, "double", True)]
        assert np.array_equal(answer, expected["predicted"])
    else:
        assert [name for name, _, _ in _fields(signature_of(made).outputs)] == list(answer) == made.prediction_columns
        pd.testing.assert_frame_equal(answer, expected, check_exact=True)
    for wrong, message in (
        (rows.drop(columns="a"), "a"),
        (rows.assign(a="much"), "column a"),
        (rows.assign(a=[*[0.5] * 4, -1, *[0.5] * 15]), r"column 'a': row 5: -1\.0 is outside 0\.0 to inf"),
        (rows.assign(a=np.nan), "column 'a': row 1: the value is missing"),
    ):
        with pytest.raises(mlflow.MlflowException, match=message):
            served.predict(wrong)
    new = served.predict(pd.DataFrame({"a": [0.5, 0.5], "word": ["never seen", None]}))
    assert len(new) == 2
    assert len(served.predict(pd.DataFrame({"a": [0.5]}))) == 1


def test_the_code_that_goes_with_a_model_is_all_that_serving_it_imports() -> None:
    used = used_from(f"lockstep/{SERVED_BY}") - {f"lockstep/{SERVED_BY}"}
    assert used
    assert [file for file in used if not file.startswith(tuple(f"lockstep/{room}" for room in ROOMS))] == []
