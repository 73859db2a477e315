"""Exposure: counts over different times start from log(exposure) + log(training rate)."""

import os
import shutil
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.csv
import pytest

from lockstep.check.config import load_config, parse_dataset
from lockstep.clean.cleaning import clean_table
from lockstep.errors import ConfigError, DataError
from lockstep.evaluate.baseline import Problem, fit_baselines
from lockstep.evaluate.rows import new_rows, predict_rows, training_rows
from lockstep.evaluate.shap_values import shap_values
from lockstep.features.features_block import start_of
from lockstep.features.recipe import Features
from lockstep.features.steps.columns import Columns
from lockstep.fitting.booster import fit_rounds
from lockstep.fitting.fitting import Fitting
from lockstep.fitting.folds import Fold
from lockstep.fitting.make_folds import make_folds
from lockstep.fitting.matrices import quantise, training_matrix
from lockstep.fitting.weighting import margins, training_rate
from lockstep.inspect.new_dataset import new_dataset
from lockstep.model.final import rate_of
from lockstep.model.saved import SavedModel
from lockstep.model.training import Training
from lockstep.predict.predict import predict_file
from lockstep.project.paths import local_state
from lockstep.table.cross_fitting import CrossFitting
from lockstep.table.target import Target
from lockstep.testing.processes import OLDER_CPU, fresh_output
from lockstep.tracking.signature import signature_of
from tests.conftest import ROOT, SETTINGS, OwnTable
from tests.unit.modelling import PARAMS, RECIPE, table

COUNTS = Fitting(objective="poisson", metric="rmse")
TARGET = Target("y", exposure="e")


def _counts(rows: int = 400, seed: int = 0) -> pd.DataFrame:
    """Counts whose rate depends on a and word, over a time e between 0.01 and 1 that says nothing about the rate."""
    random = np.random.default_rng([seed, 1])
    frame = table(rows, seed).assign(e=random.uniform(0.01, 1, rows))
    return frame.assign(y=random.poisson(frame["e"] * np.exp(2 * frame["a"] + (frame["word"] == "x"))).astype(float))


def _model(train: pd.DataFrame, target: Target = TARGET, rounds: int = 20) -> SavedModel:
    features, y = Features(RECIPE, 5), target.values(train)
    x, every = features.fit_transform(train, y), np.ones(len(train), dtype=np.bool_)
    names, types = tuple(features.names), tuple(features.types)
    fold = Fold(x, y, every, ~every, names, types, target.weights(train), target.exposures(train))
    booster = fit_rounds(training_matrix(fold, 256, "in_core"), PARAMS, rounds, 5, COUNTS)
    training = Training(dict(PARAMS), rounds, 0.2)
    return SavedModel([booster], features, target, COUNTS, training, rate=rate_of(target, train))


def test_the_training_rate_of_ten_rows_by_hand() -> None:
    y, exposure = np.array([0.0, 0, 1, 0, 2, 0, 0, 1, 0, 0]), np.array([1.0, 1, 0.5, 0.5, 2, 1, 1, 0.5, 0.25, 0.25])
    assert training_rate(y, exposure, None) == 4 / 8
    weight = np.array([1.0, 1, 1, 1, 3, 1, 1, 1, 1, 1])
    assert training_rate(y, exposure, weight) == pytest.approx(8 / 12)
    np.testing.assert_allclose(margins(exposure, 0.5), np.log(exposure) + np.log(0.5), rtol=1e-5, atol=1e-6)
    with pytest.raises(ValueError, match="add up to 0"):
        training_rate(np.zeros(10), exposure, None)


def test_a_fold_that_is_trained_without_a_claim_is_named() -> None:
    train = pd.DataFrame({"row_id": range(9), "fold": np.arange(9) // 3 - 1, "x": range(9), "e": 1.0})
    train = train.assign(y=[0.0, 0, 0, 0, 0, 0, 1, 0, 2])
    with pytest.raises(
        DataError, match="'y' is 0 in all 3 rows that train fold 0, and an exposure needs a rate above 0"
    ):
        make_folds(train, TARGET, (Columns(columns=("x",)),), CrossFitting(time="x"), 1)


def test_no_tree_predicts_the_training_rate_times_the_exposure() -> None:
    rows = _counts(50)
    made = _model(rows, rounds=0)
    rate = rows["y"].sum() / rows["e"].sum()
    np.testing.assert_allclose(made.predict(rows), rate * rows["e"], rtol=1e-5)
    np.testing.assert_allclose(made.predict_matrix(made.features.transform(rows)), rate, rtol=1e-5)


def test_every_fold_starts_from_the_rate_of_its_own_training_rows() -> None:
    rows = _counts(90)
    fold = make_folds(rows, TARGET, RECIPE, CrossFitting(), 5)[1]
    matrices, trained = quantise(fold, 256, "in_core"), rows[rows["fold"] != 1]
    rate = trained["y"].sum() / trained["e"].sum()
    expected = np.log(rows["e"][rows["fold"] == 1] * rate)
    np.testing.assert_allclose(matrices.valid.get_base_margin().ravel(), expected, rtol=1e-5, atol=1e-6)


def test_predictions_double_with_the_exposure_and_beat_a_model_without_it() -> None:
    train, test = _counts(2000), _counts(2000, seed=9)
    made = _model(train)
    predicted = made.predict(test)
    np.testing.assert_allclose(made.predict(test.assign(e=2 * test["e"])), 2 * predicted, rtol=1e-5)
    blind = _model(train, Target("y"))
    expected = test["e"] * np.exp(2 * test["a"] + (test["word"] == "x"))
    error = [float(np.mean((expected - each) ** 2)) for each in (predicted, blind.predict(test))]
    assert error[0] < 0.3 * error[1]


def test_integer_weights_equal_repeated_rows() -> None:
    rows = _counts(150)
    rows["w"] = times = np.arange(150) % 3 + 1
    copied = rows.loc[np.repeat(rows.index, times)].reset_index(drop=True)
    plain = {**PARAMS, "subsample": 1.0}
    target = replace(TARGET, weight="w")
    fits = []
    for each, frame in ((target, rows), (TARGET, copied)):
        fold = make_folds(frame, each, RECIPE, CrossFitting(), 5)[0]
        fits.append(fit_rounds(quantise(fold, 256, "in_core").train, plain, 5, 1, COUNTS).trees_to_dataframe())
    one, other = (fit[["Tree", "Node", "Feature", "Split", "Category"]] for fit in fits)
    pd.testing.assert_frame_equal(one, other)
    np.testing.assert_allclose(fits[0]["Gain"], fits[1]["Gain"], rtol=1e-3, atol=1e-3)


def test_a_saved_model_keeps_its_rate_and_predicts_the_same(tmp_path: Path) -> None:
    made, rows = _model(_counts()), _counts(50, seed=9)
    made.save(tmp_path / "model")
    loaded = SavedModel.load(tmp_path / "model")
    assert loaded.rate == made.rate
    assert loaded.target == TARGET
    np.testing.assert_array_equal(loaded.predict(rows), made.predict(rows))
    description = tmp_path / "model" / "model.json"
    text = description.read_text(encoding="utf-8")
    for bad in ("null", "0", "-1", "1e999"):
        description.write_text(text.replace(f'"rate": {made.rate}', f'"rate": {bad}'), encoding="utf-8")
        with pytest.raises(DataError, match="damaged"):
            SavedModel.load(tmp_path / "model")


def test_predictions_are_per_row_and_per_unit() -> None:
    made, rows = _model(_counts()), _counts(30, seed=9)
    table_of_rows, predicted = predict_rows(made, new_rows(made, rows))
    assert list(table_of_rows.columns) == ["row_id", "actual", "predicted", "per_unit"]
    assert made.prediction_columns == ["predicted", "per_unit"]
    np.testing.assert_array_equal(table_of_rows["per_unit"], predicted / rows["e"])
    np.testing.assert_array_equal(predicted, made.predict(rows))


def test_baselines_predict_the_rate_times_the_exposure() -> None:
    train, test = _counts(800), _counts(300, seed=9)
    made = _model(train)
    fitted = fit_baselines(Problem(made, training_rows(made, train), new_rows(made, test), 1))
    found = {name: baseline.predictions for name, baseline in fitted.items()}
    assert set(found) == {"mean", "untuned_xgboost", "poisson_regression", "untuned_sklearn"}
    np.testing.assert_allclose(found["mean"], test["e"] * train["y"].sum() / train["e"].sum())
    errors = {name: np.mean((test["y"] - each) ** 2) for name, each in found.items()}
    assert max(errors["poisson_regression"], errors["untuned_sklearn"], errors["untuned_xgboost"]) < errors["mean"]


def test_shap_values_add_up_to_the_prediction_for_one_unit() -> None:
    made, rows = _model(_counts()), _counts(50, seed=9)
    shap = shap_values(made, new_rows(made, rows), 1)
    total = shap.base + shap.values.sum(axis=2)
    np.testing.assert_allclose(np.exp(total[:, 0]), made.predict_matrix(shap.x), rtol=1e-4)


def test_margins_are_the_same_on_an_older_processor() -> None:
    code = """
import numpy as np
from lockstep.fitting.weighting import margins
print(margins(np.random.default_rng(1).uniform(0.001, 3, 5000), 0.0712345).tobytes().hex())
"""
    here = margins(np.random.default_rng(1).uniform(0.001, 3, 5000), 0.0712345).tobytes().hex()
    assert fresh_output(code).strip() == here


def _project(own_table: OwnTable, key: str = "exposure") -> None:
    rows = _counts(160)[["a", "e", "y"]].rename(columns={"e": "b"}).round(6)
    own_table.write(rows.to_csv(index=False))
    file = own_table.folder / "datasets" / "own.yaml"
    text = file.read_text(encoding="utf-8").replace(f"{key}: null", f"{key}: b").replace("[a, b]", "[a]")
    file.write_text(text, encoding="utf-8")
    own_table.edit_params("objective: auto", "objective: poisson")
    own_table.edit_params("n_trials: 60", "n_trials: 2")
    own_table.edit_params("max_rounds: 2000", "max_rounds: 20")
    own_table.edit_params("n_models: 5", "n_models: 2")
    own_table.edit_params("bootstrap_samples: 1000", "bootstrap_samples: 100")


STAGES = ("fetch", "clean", "split", "tune", "train_best", "evaluate")


def test_evaluate_predict_and_pyfunc_give_the_same_doubles(
    own_table: OwnTable, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    from mlflow.pyfunc.model import PythonModelContext

    from lockstep.tracking.serving import LockstepModel

    monkeypatch.setenv("LOCKSTEP_WORKERS", "1")
    _project(own_table)
    own_table.run(*STAGES)
    model = SavedModel.load(Path("models/model"))
    expected = pd.read_parquet("data/predictions/test.parquet")
    raw = pd.read_csv("own.csv").loc[expected["row_id"]]
    columns = ["predicted", "per_unit"]
    raw.to_csv("new.csv", index=False)
    predict_file("new.csv", "out.parquet", model)
    pd.testing.assert_frame_equal(pd.read_parquet("out.parquet"), expected[columns], check_exact=True)
    served, context = LockstepModel(), PythonModelContext({"model": "models/model"}, None)
    served.load_context(context)
    found = served.predict(context, raw[["a", "b"]].reset_index(drop=True))
    assert isinstance(found, pd.DataFrame)
    pd.testing.assert_frame_equal(found, expected[columns], check_exact=True)
    without = served.predict(context, raw[["a"]].reset_index(drop=True))
    assert isinstance(without, pd.DataFrame)
    np.testing.assert_array_equal(without["predicted"], without["per_unit"])
    np.testing.assert_allclose(without["per_unit"], expected["per_unit"], rtol=1e-5)
    inputs = {column.name: column.required for column in signature_of(model).inputs}
    assert inputs == {"a": True, "b": False}
    raw[["a"]].to_csv("short.csv", index=False)
    capfd.readouterr()
    predict_file("short.csv", "short.parquet", model)
    assert "no column 'b'; every row counts as one unit of exposure" in capfd.readouterr().err
    for value in (0.0, -1.0, float("nan")):
        with pytest.raises(DataError, match=r"new.csv: exposure: 'b' is .* in row 13;"):
            model.predict_raw(pa.table({"a": [1.0, 2.0, 3.0], "b": [0.5, 0.5, value]}), "new.csv", 10)


@pytest.mark.parametrize("key", ["exposure", "weight"])
def test_the_bytes_are_the_same_for_one_worker_for_three_and_on_an_older_processor(
    key: str, own_table: OwnTable
) -> None:
    _project(own_table, key)
    own_table.run("fetch", "clean", "split")
    found = []
    for settings in ({"LOCKSTEP_WORKERS": "1"}, {"LOCKSTEP_WORKERS": "3"}, {"LOCKSTEP_WORKERS": "1"} | OLDER_CPU):
        for stage in ("tune", "train_best"):
            environment = os.environ | settings | {"PYTHONPATH": str(ROOT)}
            subprocess.run([sys.executable, "-m", f"stages.{stage}"], env=environment, check=True, capture_output=True)
        files = [Path("reports/tune/trials.csv"), *sorted(Path("models").rglob("*.*"))]
        found.append({file: file.read_bytes() for file in files if file.is_file()})
        # what the evaluation log keeps would not be fitted again
        shutil.rmtree(local_state())
    assert found[0] == found[1] == found[2]
    assert len(found[0]) > 5


def test_an_exposure_needs_a_log_link_and_no_interval(own_table: OwnTable) -> None:
    _project(own_table)
    assert load_config(own_table.folder).dataset.exposure == "b"
    own_table.edit_params("interval:", "interval: 0.9")
    with pytest.raises(ConfigError, match=r"train_best.interval: a quantile does not grow"):
        load_config(own_table.folder)
    own_table.edit_params("interval: 0.9", "interval:")
    own_table.edit_params("objective: poisson", "objective: auto")
    with pytest.raises(ConfigError, match=r"booster.objective: 'auto': the table has an exposure, 'b', .* poisson"):
        load_config(own_table.folder)


def test_new_dataset_writes_weight_and_exposure_and_the_rules_they_need(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    shutil.copy(SETTINGS, "params.yaml")
    rows = _counts(60)[["a", "word", "e", "y"]].assign(w=2.5)
    rows["y"] = rows["y"].astype(int)
    rows.loc[3, "e"], rows.loc[5, "w"], rows.loc[7, "w"] = 0, np.nan, 1.5
    rows.to_csv("own.csv", index=False)
    text = new_dataset("own.csv", "y", weight="w", exposure="e").file.read_text(encoding="utf-8")
    dataset = parse_dataset(text, Path("own.yaml"))
    assert (dataset.weight, dataset.exposure) == ("w", "e")
    assert all(not {"w", "e"} & set(step.reads()) for recipe in dataset.features.values() for step in start_of(recipe))
    as_text = pa.csv.ConvertOptions(column_types=dict.fromkeys(rows, pa.string()))
    raw = pa.csv.read_csv("own.csv", convert_options=as_text)
    assert len(clean_table(raw, dataset, "own.yaml")[0]) == 58
    rows.assign(w=1000 * rows["w"]).to_csv("own.csv", index=False)
    text = new_dataset("own.csv", "y", weight="w", force=True).file.read_text(encoding="utf-8")
    raw = pa.csv.read_csv("own.csv", convert_options=as_text)
    scaled = clean_table(raw, parse_dataset(text, Path("own.yaml")), "own.yaml")[0]
    assert scaled["w"].mean() == pytest.approx(1, rel=1e-3)
    with pytest.raises(DataError, match=r"--weight: there is no column 'x'; there are: a, word"):
        new_dataset("own.csv", "y", weight="x", force=True)
    with pytest.raises(DataError, match="--weight and --exposure name the same column, 'e'; leave one out"):
        new_dataset("own.csv", "y", weight="e", exposure="e", force=True)
    with pytest.raises(DataError, match="--exposure: column 'y' is the target; name another column"):
        new_dataset("own.csv", "y", exposure="y", force=True)
    with pytest.raises(DataError, match="--exposure: target 'word' names classes, which have no exposure; leave"):
        new_dataset("own.csv", "word", exposure="e", force=True)
    with pytest.raises(DataError, match=r"--exposure: column 'word' is of type text"):
        new_dataset("own.csv", "y", exposure="word", force=True)
