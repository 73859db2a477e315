"""Raw rows become rows of the cleaned table, one by one, and get the cleaned rows' predictions."""

from functools import cache
from itertools import pairwise
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lockstep.check.config import parse_dataset
from lockstep.errors import DataError
from lockstep.features.features_block import start_of
from lockstep.model.intake import Intake
from lockstep.model.missing_cells import MissingCells
from lockstep.model.saved import SavedModel
from lockstep.storage.tables import read_json, write_json
from tests.unit.raw_rows import RECIPES, answering, dataset_of, raw_table, with_copies

every_recipe = pytest.mark.parametrize(("name", "recipe"), RECIPES)


@cache
def _made(name: str, recipe: str) -> tuple[SavedModel, pa.Table, pd.DataFrame]:
    dataset = dataset_of(name)
    raw = raw_table(dataset)
    model, clean = answering(dataset, recipe, raw)
    return model, with_copies(model, raw, clean), clean


@every_recipe
def test_raw_rows_get_the_predictions_of_the_cleaned_rows(name: str, recipe: str) -> None:
    model, raw, clean = _made(name, recipe)
    assert len(clean) < 300 or not name.startswith("spotify")
    frame, columns = model.raw_rows.frame(raw), model.features.columns
    pd.testing.assert_frame_equal(frame[columns], clean[columns], check_exact=True, check_dtype=False)
    answered = model.predict_raw(raw.select(list(model.raw_rows.columns)))
    expected = model.prediction_table(model.features.transform(clean))
    pd.testing.assert_frame_equal(answered, expected, check_exact=True)


@every_recipe
@settings(max_examples=6)
@given(cuts=st.sets(st.integers(0, 299), max_size=20))
def test_a_rows_answer_does_not_depend_on_its_batch(name: str, recipe: str, cuts: set[int]) -> None:
    model, raw, _ = _made(name, recipe)
    edges = [0, *sorted(cut for cut in cuts if cut < raw.num_rows), raw.num_rows]
    parts = [model.predict_raw(raw.slice(start, stop - start)) for start, stop in pairwise(edges)]
    together = model.predict_raw(raw)
    assert pd.concat(parts)["predicted"].to_numpy().tobytes() == together["predicted"].to_numpy().tobytes()


@every_recipe
def test_saved_and_loaded_a_model_answers_alike(name: str, recipe: str, tmp_path: Path) -> None:
    model, raw, _ = _made(name, recipe)
    model.save(tmp_path)
    loaded = SavedModel.load(tmp_path)
    assert loaded.raw_rows.to_json() == model.raw_rows.to_json()
    pd.testing.assert_frame_equal(loaded.predict_raw(raw), model.predict_raw(raw), check_exact=True)


@every_recipe
def test_an_example_request_holds_the_rows_as_json(name: str, recipe: str, tmp_path: Path) -> None:
    model, raw, _ = _made(name, recipe)
    write_json(model.raw_rows.request(raw.slice(0, 20)), tmp_path / "example.json")
    split = read_json(tmp_path / "example.json")["dataframe_split"]
    asked = pa.Table.from_pandas(pd.DataFrame(split["data"], columns=split["columns"]))
    pd.testing.assert_frame_equal(model.predict_raw(asked), model.predict_raw(raw.slice(0, 20)), check_exact=True)


@every_recipe
def test_a_missing_cell_is_answered_and_counted_and_refused_only_if_asked(name: str, recipe: str) -> None:
    model, raw, _ = _made(name, recipe)
    intake = model.raw_rows
    complete = [column for column, facts in intake.columns.items() if not facts.missing]
    rows = pa.table({column: raw.column(column).slice(0, len(complete)) for column in intake.columns})
    for row, column in enumerate(complete):
        texts = rows.column(column).to_pylist()
        texts[row] = ""
        rows = rows.set_column(rows.column_names.index(column), column, pa.array(texts))
    missing = MissingCells()
    answered = model.predict_raw(rows, "asked.csv", 100, missing)
    assert np.isfinite(answered["predicted"]).all()
    assert missing.counts == dict.fromkeys(complete, 1)
    message = missing.message("asked.csv")
    assert message is not None
    assert message.startswith(
        f"asked.csv: {len(complete)} values are missing where training had none: column {complete[0]!r} in row 101,"
    )
    with pytest.raises(DataError, match=f"asked.csv: column {complete[0]!r}: row 101: the value is missing; correct"):
        model.predict_raw(rows, "asked.csv", 100)


def test_a_message_names_the_first_rows_and_columns_and_counts_the_others() -> None:
    missing = MissingCells()
    assert missing.message("asked.csv") is None
    for batch in (0, 4):
        missing.add("a", pd.Series([None, 1, None, None]), batch)
    assert missing.message("asked.csv") == (
        "asked.csv: 6 values are missing where training had none: column 'a' in rows 1, 3, 4, 5, 7 and 1 more;"
        " the model predicts these rows without having learned from such ones"
    )
    for name in "bcdefg":
        missing.add(name, pd.Series([None]), 0)
    assert "column 'e' in row 1 and 2 more columns; " in str(missing.message("asked.csv"))


def test_only_the_columns_that_features_come_from_are_needed() -> None:
    housing = Intake.of(dataset_of("california_housing"), ["MedInc", "AveRooms"])
    assert list(housing.columns) == ["total_rooms", "households", "median_income"]
    spotify = dataset_of("spotify_songs")
    full = {column for step in start_of(spotify.features["full"]) for column in step.reads()}
    intake = Intake.of(spotify, sorted(full))
    assert "track_popularity" not in intake.columns
    assert "track_id" not in intake.columns
    assert intake.given == ("n_copies",)
    assert set(intake.optional) == {"track_name", "track_artist", "track_album_name", "n_copies"}


def test_rows_that_cleaning_would_drop_are_answered() -> None:
    dataset = dataset_of("spotify_songs")
    raw = raw_table(dataset)
    model, clean = answering(dataset, "raw", raw)
    assert len(clean) < raw.num_rows
    assert len(model.predict_raw(raw)) == raw.num_rows


def test_without_a_count_a_row_stands_for_itself() -> None:
    model, raw, _ = _made("spotify_songs", "full")
    position = raw.column_names.index("n_copies")
    absent = raw.remove_column(position)
    assert set(model.raw_rows.frame(absent)["n_copies"]) == {1}
    ones = raw.set_column(position, "n_copies", pa.array(["1"] * raw.num_rows))
    pd.testing.assert_frame_equal(model.predict_raw(absent), model.predict_raw(ones), check_exact=True)
    assert model.raw_rows.check_columns(absent.column_names, "songs.csv") == [
        "songs.csv: no column 'n_copies'; every row counts as one copy; rows that count otherwise in the trained table"
        " get other predictions than evaluate's"
    ]


def test_values_never_seen_in_training_are_answered() -> None:
    model, raw, _ = _made("spotify_tracks", "full")
    new = raw.slice(0, 3)
    for name in ("track_genre", "artists", "album_name"):
        new = new.set_column(new.column_names.index(name), name, pa.array(["never seen", "", "x"]))
    answered = model.predict_raw(
        new.set_column(new.column_names.index("track_genre"), "track_genre", pa.array(["new"] * 3))
    )
    assert np.isfinite(answered["predicted"]).all()


def test_a_column_in_which_values_may_be_missing_may_be_left_out() -> None:
    model, raw, _ = _made("spotify_tracks", "full")
    without = raw.drop_columns(["artists"])
    nothing = raw.set_column(raw.column_names.index("artists"), "artists", pa.array([""] * raw.num_rows))
    pd.testing.assert_frame_equal(model.predict_raw(without), model.predict_raw(nothing), check_exact=True)


@pytest.mark.parametrize(
    ("column", "value", "message"),
    [
        ("bmi", "plump", "asked.csv: column 'bmi': row 103: 'plump' is not a number; correct the value"),
        ("bmi", "", "asked.csv: column 'bmi': row 103: the value is missing; correct the value"),
        ("bmi", "1e3", "asked.csv: column 'bmi': row 103: 1000.0 is outside 10.0 to 80.0; correct the value"),
        ("bmi", "inf", "asked.csv: column 'bmi': row 103: the value is infinite; only finite numbers are allowed"),
        ("bmi", None, "asked.csv: no column 'bmi'; the model needs: age, sex, bmi, bp, s1, s2, s3, s4, s5, s6"),
    ],
)
def test_a_value_that_cannot_be_read_is_named_with_its_row(column: str, value: str | None, message: str) -> None:
    model, raw, _ = _made("diabetes", "raw")
    rows = raw.slice(0, 5)
    position, texts = rows.column_names.index(column), rows.column(column).to_pylist()
    if value is None:
        rows = rows.remove_column(position)
    else:
        rows = rows.set_column(position, column, pa.array([*texts[:2], value, *texts[3:]]))
    with pytest.raises(DataError) as refused:
        model.predict_raw(rows, "asked.csv", 100)
    assert str(refused.value) == message


@pytest.mark.parametrize(
    "kind", [pa.large_string(), pa.string_view(), pa.binary(), pa.dictionary(pa.int32(), pa.string())], ids=str
)
def test_every_kind_of_text_column_is_read(kind: pa.DataType) -> None:
    model, raw, _ = _made("spotify_tracks", "full")
    other = pa.table({name: raw.column(name).cast(pa.string()).cast(kind) for name in raw.column_names})
    pd.testing.assert_frame_equal(model.predict_raw(other), model.predict_raw(raw), check_exact=True)


def test_a_name_that_was_dropped_may_be_used_again() -> None:
    facts = """
about: x
target: y
metric: null
weight: null
exposure: null
source: {kind: sklearn, loader: diabetes}
missing_values: [""]
columns: {a: {type: number}, b: {type: number}, c: {type: number}, y: {type: number}}
clean:
  - {rule: ratio, name: r, numerator: a, denominator: b}
  - {rule: scale, column: c, divide_by: 2}
  - {rule: drop_columns, columns: [a]}
  - {rule: rename, columns: {c: a, b: c}}
  - {rule: drop_duplicates, columns: [a], keep: first, count_as: b}
features: {raw: [{step: columns, columns: [a, b, c, r]}]}
judging: {slices: [], coordinates: null}
"""
    intake = Intake.of(parse_dataset(facts, Path("facts")), ["a", "b", "c", "r"])
    frame = intake.frame(pa.table({"a": ["6"], "b": ["3"], "c": ["7"]}))
    assert frame.to_dict("records") == [{"a": 3.5, "c": 3.0, "r": 2.0, "b": 1}]
    assert intake.given == ()
    assert Intake.from_json(intake.to_json()) == intake


def test_a_model_that_knows_no_raw_table_says_so() -> None:
    from tests.unit.modelling import model

    with pytest.raises(DataError, match="was saved without the columns of the raw table; run `dvc repro train_best`"):
        model().predict_raw(pa.table({"a": [1.0]}))
