"""Judging: metrics with intervals, slices, calibration, baselines, importance and gates."""

from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
import pytest

from lockstep.evaluate import importance
from lockstep.evaluate.calibration import (
    calibration_error,
    class_calibration,
    confusion_matrix,
    number_calibration,
)
from lockstep.evaluate.evaluate_blocks import Evaluate, Gates, GridSlice, Judging, QuantileSlice, SeenSlice, ValueSlice
from lockstep.evaluate.evaluation import ModelEvaluation, evaluate_model
from lockstep.evaluate.gates import check_gates
from lockstep.evaluate.importance import feature_importance
from lockstep.evaluate.rows import Rows, new_rows
from lockstep.evaluate.shap_values import shap_values
from lockstep.evaluate.slices import quantile_parts, slice_table
from lockstep.evaluate.uncertainty import sampled_score, score_lead
from lockstep.evaluate.units import Units
from lockstep.fitting.fitting import Fitting
from lockstep.model.calibration import Calibration, Isotonic
from lockstep.split.split_block import Split
from lockstep.table.target import Target
from tests.unit.modelling import NUMBER, model, table, target_of, with_interval

GATES = Gates(min_test_r2=0.0, max_test_rmse=None, max_test_score=None, beat_baselines="not_worse")
SETTINGS = Evaluate(
    protocol="single", repeats=2, bootstrap_samples=200, confidence=0.9, permutation_repeats=2, gates=GATES
)
JUDGING = Judging(slices=(ValueSlice(by="value", column="word"),), coordinates=None)
TRIAL = {
    0: {
        "fold_0_rmse": 0.1,
        "fold_1_rmse": 0.3,
        "fold_0_mae": 0.1,
        "fold_1_mae": 0.3,
        "fold_0_r2": 0.9,
        "fold_1_r2": 0.7,
    },
    2: {"fold_0_log_loss": 0.2, "fold_0_accuracy": 0.9, "fold_0_auc": 0.95},
}


def _found(n_classes: int = 0, **settings: Any) -> ModelEvaluation:
    trial = pd.Series(TRIAL[min(n_classes, 2)])
    made = model(n_classes=n_classes)
    return evaluate_model(made, table(), table(seed=9), trial, JUDGING, SETTINGS.model_copy(update=settings), 5)


def _frame(**columns: Any) -> pd.DataFrame:
    return pd.DataFrame(columns)


# ---- intervals --------------------------------------------------------------------------------------------------


def test_every_long_step_is_told() -> None:
    told: list[str] = []
    evaluate_model(model(), table(), table(seed=9), pd.Series(TRIAL[0]), JUDGING, SETTINGS, 5, None, told.append)
    assert [line.split()[-1] for line in told] == [
        *("rows", "baselines", "values", "metrics", "importance", "findings", "dependence")
    ]


@pytest.mark.parametrize("strategy", ["group", "time", "group_time"])
def test_test_rows_are_related_as_the_split_relates_them(strategy: str) -> None:
    """In the predictions, for `lockstep compare` and the registry, and in the leads over baselines."""
    test = table(seed=9).assign(day=lambda frame: np.arange(len(frame)) // 3)
    split = Split(strategy=strategy, group="word", time="day", folds=2, test_size=0.2, valid_size=0.2)
    train = table().assign(day=0)
    found = evaluate_model(model(), train, test, pd.Series(TRIAL[0]), JUDGING, SETTINGS, 5, split)
    named = {"group": "word", "moment": "day"}
    assert {name for name in named if name in found.predictions} == {
        name
        for name in named
        if name in ("group" if "group" in strategy else "", "moment" if "time" in strategy else "")
    }
    for name in set(named) & set(found.predictions):
        assert (found.predictions.groupby(name)["row_id"].agg(list).to_list()) == (
            test.groupby(named[name], sort=name == "moment")["row_id"].agg(list).to_list()
        )
    rows: Any = found.baselines.set_index("model")
    y, units = found.predictions["actual"].to_numpy(), Units.of(found.predictions)
    own, other = (
        sampled_score(NUMBER, y, predicted, units)
        for predicted in (found.predictions["predicted"].to_numpy(), found.judgement.fitted["mean"].predictions)
    )
    expected = score_lead(own, other)
    assert expected is not None
    assert (rows.loc["mean", "lead_low"], rows.loc["mean", "lead_high"]) == expected.interval(0.9)


# ---- slices -----------------------------------------------------------------------------------------------------


def _slices(test: pd.DataFrame, train: pd.DataFrame, *slices: Any) -> pd.DataFrame:
    y = test["y"].to_numpy(dtype=float)
    rows = Rows(test, np.zeros((len(test), 1), dtype=np.float32), y)
    predicted = test["predicted"].to_numpy(dtype=float)
    found = slice_table(NUMBER, Target("y"), slices, train, rows, predicted)
    return found[found["by"] != "y"].reset_index(drop=True)


def test_slices_by_hand() -> None:
    train = _frame(word=["a", "b", None])
    test = _frame(
        word=["b", "a", "b", "c", None, "d"],
        x=[1.0, 2.0, 3.0, 4.0, np.nan, 6.0],
        z=[0.5, 0.5, 0.5, -0.5, 0.5, 0.5],
        y=[1.0, 2.0, 3.0, 4.0, 5.0, 6.0],
        predicted=[0.0, 2.0, 5.0, 4.0, 4.0, 3.0],
    )
    by_value = _slices(test, train, ValueSlice(by="value", column="word", top=2))
    assert by_value["slice"].tolist() == ["word: b", "word: a", "word: all others", "word: missing"]
    assert by_value["rows"].tolist() == [2, 1, 2, 1]
    assert by_value["rmse"].tolist() == pytest.approx([np.sqrt(2.5), 0, np.sqrt(4.5), 1], rel=1e-5)
    assert by_value["bias"].tolist() == [-0.5, 0, 1.5, 1]
    assert by_value["score"].tolist() == by_value["rmse"].tolist()
    seen = _slices(test, train, SeenSlice(by="seen", column="word"))
    assert seen["slice"].tolist() == ["word: seen in training", "word: new", "word: missing"]
    assert seen["rows"].tolist() == [3, 2, 1]
    halves = _slices(test, train, QuantileSlice(by="quantiles", column="x", parts=2))
    assert halves["slice"].tolist() == ["x: 1 to 2", "x: 3 to 6", "x: missing"]
    cells = _slices(test, train, GridSlice(by="grid", columns=("x", "z"), size=2.0))
    assert cells["slice"].tolist() == [
        "x, z: 0 to 2, 0 to 2",
        "x, z: 2 to 4, 0 to 2",
        "x, z: 4 to 6, -2 to 0",
        "x, z: 6 to 8, 0 to 2",
        "x, z: missing",
    ]
    assert cells["rows"].tolist() == [1, 2, 1, 1, 1]


def test_deciles_of_the_target_are_always_there_and_hold_every_row() -> None:
    found = _found()
    own = found.slices[found.slices["by"] == "y"]
    assert own["rows"].tolist() == [30] * 10
    assert own["r2"].isna().all()
    words = found.slices[found.slices["by"] == "word"]
    assert words["rows"].sum() == 300
    assert words["r2"].notna().all()


def test_equal_values_stay_in_one_part() -> None:
    parts = quantile_parts(np.array([5.0, 1, 5, 5, 2, np.nan, 5]), 3)
    assert parts[[0, 2, 3, 6]].tolist() == [1] * 4
    assert parts[5] == -1
    assert quantile_parts(np.array([7.0, 7.0]), 10).tolist() == [0, 0]
    assert quantile_parts(np.array([np.nan]), 10).tolist() == [-1]


def test_slices_of_classes_are_the_classes() -> None:
    found = _found(3)
    own = found.slices[found.slices["by"] == "three"]
    assert own["slice"].tolist() == ["three: 0", "three: 1", "three: 2"]
    positives = found.predictions[found.predictions["actual"] == "1"]
    sure = positives[["probability_0", "probability_1", "probability_2"]].max(axis=1)
    right = (positives["predicted"] == "1").mean()
    assert own["accuracy"].iloc[1] == pytest.approx(right, rel=1e-5)
    assert own["bias"].iloc[1] == pytest.approx(right - sure.mean(), rel=1e-4)


# ---- calibration ------------------------------------------------------------------------------------------------


def test_calibration_of_numbers_by_hand() -> None:
    said = _frame(
        actual=np.arange(20.0), predicted=np.arange(20.0) + 1, lower=np.arange(20.0) - 1, upper=np.arange(20.0) + 2
    )
    said.loc[0, "lower"] = 1
    found = number_calibration(said)
    assert found["part"].tolist() == list(range(1, 11))
    assert found["predicted_mean"].tolist() == [1.5 + 2 * part for part in range(10)]
    assert found["actual_mean"].tolist() == [0.5 + 2 * part for part in range(10)]
    assert found["coverage"].tolist() == [0.5] + [1.0] * 9


def test_calibration_of_two_classes_by_hand() -> None:
    positive = np.array([0.05, 0.07, 0.35, 0.95, 1.0])
    found = class_calibration(np.array([0.0, 1, 0, 1, 1]), np.column_stack([1 - positive, positive]))
    assert found["part"].tolist() == [1, 4, 10]
    assert found["predicted_mean"].tolist() == [0.06, 0.35, 0.975]
    assert found["actual_mean"].tolist() == [0.5, 0, 1]
    assert calibration_error(found) == pytest.approx((2 * 0.44 + 0.35 + 2 * 0.025) / 5)


def test_calibration_of_more_classes_means_the_predicted_one() -> None:
    shares = np.array([[0.61, 0.3, 0.09], [0.2, 0.15, 0.65]])
    found = class_calibration(np.array([0.0, 1]), shares)
    assert found.to_dict("list") == {"part": [7], "rows": [2], "predicted_mean": [0.63], "actual_mean": [0.5]}
    assert confusion_matrix(np.array([0.0, 1]), shares).tolist() == [[1, 0, 0], [0, 0, 1], [0, 0, 0]]


def test_intervals_are_judged_only_where_there_are_some() -> None:
    made = with_interval(0.8, table())
    found = evaluate_model(made, table(), table(seed=9), pd.Series(TRIAL[0]), JUDGING, SETTINGS, 5)
    assert {"coverage", "width"} <= set(found.calibration)
    inside = (found.predictions["lower"] <= found.predictions["actual"]) & (
        found.predictions["actual"] <= found.predictions["upper"]
    )
    assert found.uncertainty["prediction_interval"]["coverage"] == pytest.approx(inside.mean(), rel=1e-5)
    assert found.uncertainty["prediction_interval"]["nominal"] == 0.8
    without = _found()
    assert "coverage" not in without.calibration
    assert "prediction_interval" not in without.uncertainty


# ---- baselines --------------------------------------------------------------------------------------------------


def test_places_are_a_baseline_where_the_dataset_names_them() -> None:
    train, test = (rows.assign(b=rows["y"].round(1)) for rows in (table(), table(seed=9)))
    train.loc[3, "b"] = np.nan
    judging = JUDGING.model_copy(update={"coordinates": ("a", "b")})
    found = evaluate_model(model(), train, test, pd.Series(TRIAL[0]), judging, SETTINGS, 5)
    assert "nearest_neighbours" in found.judgement.baselines
    assert "nearest_neighbours" not in _found().judgement.baselines


def test_baselines_of_large_tables_see_a_sample(monkeypatch: pytest.MonkeyPatch) -> None:
    whole = _found().judgement.baselines
    monkeypatch.setattr("lockstep.evaluate.learner.MAX_ROWS", 40)
    sample = _found().judgement.baselines
    assert sample["ridge"] != whole["ridge"]
    assert sample["untuned_xgboost"] == whole["untuned_xgboost"]
    assert _found().judgement.baselines == sample


# ---- importance -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("n_classes", [0, 2, 3])
def test_shap_values_add_up_to_the_prediction(n_classes: int) -> None:
    made = model(n_models=2, n_classes=n_classes)
    rows = new_rows(made, table(60, seed=9))
    found = shap_values(made, rows, 1)
    said = found.values.sum(axis=2) + found.base
    if n_classes == 0:
        np.testing.assert_allclose(said[:, 0], made.predict_matrix(rows.x), rtol=1e-5)
    else:
        one = replace(made, boosters=made.boosters[:1])
        alone = shap_values(one, rows, 1)
        margins = alone.values.sum(axis=2) + alone.base
        shares = np.exp(margins) if n_classes == 3 else np.exp(np.column_stack([np.zeros(60), margins]))
        np.testing.assert_allclose(shares / shares.sum(axis=1, keepdims=True), one.predict_matrix(rows.x), atol=1e-5)
        assert found.values.shape == (60, 1 if n_classes == 2 else 3, 2)


def test_large_trees_are_explained_on_fewer_rows(monkeypatch: pytest.MonkeyPatch) -> None:
    made = model()
    rows = new_rows(made, table(400, seed=9))
    assert len(shap_values(made, rows, 1).x) == 400
    monkeypatch.setattr("lockstep.evaluate.shap_values.MAX_STEPS", 1)
    assert len(shap_values(made, rows, 1).x) == 100


@pytest.mark.parametrize("n_classes", [0, 2, 3])
def test_importance_finds_the_feature_that_matters(n_classes: int) -> None:
    found = _found(n_classes)
    assert found.features["feature"].tolist() == ["a", "word"]
    assert found.features["gain"].sum() == pytest.approx(1, abs=1e-5)
    assert (found.features["permutation_mean"] > 0).all()
    np.testing.assert_allclose(found.features["shap"], found.shap.mean_absolute(), rtol=1e-5)


# ---- the whole --------------------------------------------------------------------------------------------------


def test_many_trees_are_shuffled_on_fewer_rows(monkeypatch: pytest.MonkeyPatch) -> None:
    trained, rows = model(n_models=2), table(seed=9)
    new = new_rows(trained, rows)
    shap = np.zeros(len(trained.features.names))
    whole = feature_importance(trained, new, 1, 1, shap)
    monkeypatch.setattr(importance, "MAX_STEPS", 1)
    monkeypatch.setattr(importance, "MIN_ROWS", 50)
    part = feature_importance(trained, new, 1, 1, shap)
    assert part["permutation_mean"].tolist() != whole["permutation_mean"].tolist()
    assert part["feature"].iloc[0] == whole["feature"].iloc[0]


def test_judgement_and_gates() -> None:
    found = _found()
    judgement = found.judgement
    assert judgement.cv["rmse"] == pytest.approx(0.2)
    assert judgement.cv["r2"] == pytest.approx(0.8)
    assert judgement.as_dict()["baseline"].keys() == {"mean", "untuned_xgboost"}
    assert set(judgement.baselines) == {"mean", "untuned_xgboost", "ridge", "untuned_sklearn"}
    strict = Gates(min_test_r2=0.999, max_test_rmse=100.0, max_test_score=1e-6, beat_baselines=None)
    report = check_gates(strict, judgement, NUMBER, found.baselines)
    assert [gate["result"] for gate in report["gates"]] == ["fail", "pass", "fail"]
    assert report["gates_overall"] == "fail"
    off = Gates(min_test_r2=None, max_test_rmse=None, max_test_score=None, beat_baselines=None)
    assert check_gates(off, judgement, NUMBER, found.baselines) == {"gates": [], "gates_overall": "pass"}


@pytest.mark.parametrize("objective", ["absolute_error", "quantile", "classes"])
def test_gates_on_squared_error_judge_no_other_objective(objective: str) -> None:
    found = _found()
    judgement = replace(found.judgement, test={"rmse": 9.0, "mae": 9.0, "r2": -0.5})
    gates = Gates(min_test_r2=0.0, max_test_rmse=1.0, max_test_score=None, beat_baselines=None)
    assert check_gates(gates, judgement, NUMBER, found.baselines)["gates_overall"] == "fail"
    other = Fitting(objective, "mae")
    assert check_gates(gates, judgement, other, found.baselines) == {"gates": [], "gates_overall": "pass"}


def test_cross_validation_is_that_of_the_trained_model() -> None:
    """At a smaller learning rate the folds were fitted again; the best trial says nothing of that."""
    made = model()
    own = replace(made.training, cv={"mse": 0.0625, "rmse": 0.25, "mae": 0.125, "r2": 0.5}, learning_rate_factor=0.5)
    slow = replace(made, training=own)
    found = evaluate_model(slow, table(), table(seed=9), pd.Series(TRIAL[0]), JUDGING, SETTINGS, 5)
    adjusted = pytest.approx(1 - 0.5 * 299 / 297)
    expected = {"rmse": 0.25, "mae": 0.125, "r2": 0.5, "adjusted_r2": adjusted}
    assert {name: found.judgement.cv[name] for name in expected} == expected
    assert "mse" not in found.judgement.cv
    assert found.gap["cv"] == 0.25


def test_the_lead_over_a_baseline_is_measured_on_the_same_rows() -> None:
    found = _found()
    rows: Any = found.baselines.set_index("model")
    assert found.baselines["score"].is_monotonic_increasing
    assert rows.loc["mean", "lead"] == pytest.approx(rows.loc["mean", "score"] - rows.loc["this_model", "score"])
    assert rows.loc["mean", "lead_low"] < rows.loc["mean", "lead"] < rows.loc["mean", "lead_high"]
    error = found.predictions["actual"] - found.predictions["predicted"]
    plain = found.predictions["actual"] - found.judgement.fitted["mean"].predictions
    without = [np.sqrt((plain.drop(row) ** 2).mean()) - np.sqrt((error.drop(row) ** 2).mean()) for row in error.index]
    # Jackknife (Efron and Tibshirani 1993, chapter 11); the leads are hardly skewed
    reach = 1.65 * np.sqrt(299 / 300 * np.sum((without - np.mean(without)) ** 2))
    assert rows.loc["mean", "lead"] - rows.loc["mean", "lead_low"] == pytest.approx(reach, rel=0.02)


def test_the_overfit_gap_compares_known_with_new_rows() -> None:
    found = _found()
    assert found.gap["train"] < found.gap["test"]
    assert found.gap["test_per_train"] == pytest.approx(found.gap["test"] / found.gap["train"], rel=1e-3)
    assert found.gap["test_per_cv"] == pytest.approx(found.gap["test"] / 0.2, rel=1e-3)


def test_an_undefined_score_is_said_and_fails_no_stage() -> None:
    """AUC of test rows of one class."""
    made = replace(model(n_classes=2), fitting=Fitting("classes", "auc", 2))
    one_class = table(seed=9).query("two == 'high'").reset_index(drop=True)
    found = evaluate_model(made, table(), one_class, pd.Series(TRIAL[2]), JUDGING, SETTINGS, 5)
    assert found.judgement.test["auc"] is None
    assert found.gates["gates_overall"] == "fail"
    assert found.uncertainty["score_low"] is None
    assert found.gap["test_per_cv"] is None


def test_the_curve_before_calibration_counts_rows_by_their_weights_too() -> None:
    """A calibration that changes nothing: both curves are the same."""
    unchanged = Calibration("isotonic", (Isotonic((0.0, 1.0), (0.0, 1.0)),))
    made = replace(model(n_classes=2), calibration=unchanged, target=replace(target_of(2), weight="a"))
    found = evaluate_model(made, table(), table(seed=9), pd.Series(TRIAL[2]), JUDGING, SETTINGS, 5)
    assert found.uncalibrated is not None
    assert "weight" in found.calibration
    pd.testing.assert_frame_equal(found.uncalibrated, found.calibration)


def test_judging_twice_gives_the_same() -> None:
    one, two = _found(3), _found(3)
    for name in ("predictions", "baselines", "slices", "calibration", "features"):
        pd.testing.assert_frame_equal(getattr(one, name), getattr(two, name))
    assert (one.uncertainty, one.gates, one.gap) == (two.uncertainty, two.gates, two.gap)
