"""Judging: metrics with intervals, slices, calibration, baselines, importance and gates."""

import os
import subprocess
import sys
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
import pytest
from sklearn.ensemble import HistGradientBoostingClassifier, HistGradientBoostingRegressor
from sklearn.linear_model import LogisticRegression, RidgeCV
from sklearn.neighbors import KNeighborsRegressor

from lockstep.evaluate import baselines, importance
from lockstep.evaluate.bootstrap import Units, interval_ends, resampled_metrics
from lockstep.evaluate.calibration import (
    calibration_error,
    class_calibration,
    confusion_matrix,
    interval_summary,
    number_calibration,
)
from lockstep.evaluate.evaluate_blocks import Evaluate, Gates, GridSlice, Judging, QuantileSlice, SeenSlice, ValueSlice
from lockstep.evaluate.evaluation import ModelEvaluation, evaluate_model
from lockstep.evaluate.gates import check_gates
from lockstep.evaluate.importance import feature_importance
from lockstep.evaluate.judgement import Judgement
from lockstep.evaluate.rows import Rows, new_rows
from lockstep.evaluate.shap_values import shap_values
from lockstep.evaluate.slices import quantile_parts, slice_table
from lockstep.features.recipe import Features
from lockstep.fitting.booster import fit_rounds, max_bin_of
from lockstep.fitting.fitting import Fitting
from lockstep.fitting.matrices import row_matrix
from lockstep.model.saved import Predictions, SavedModel, Training
from lockstep.split.split_block import Split
from lockstep.table.target import Target
from tests.unit.modelling import CLASSES, NUMBER, RECIPE, model, table, with_interval

GATES = Gates(min_test_r2=0.0, max_test_rmse=None, max_test_score=None, beat_baselines=True)
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


def test_intervals_hold_the_truth_as_often_as_they_say() -> None:
    """Predictions with errors of standard deviation 2: the true RMSE is 2, the true MAE 2 sqrt(2 / pi)."""
    random, held = np.random.default_rng(3), {"rmse": 0, "mae": 0}
    for seed in range(200):
        actual = random.normal(size=150)
        drawn = resampled_metrics(NUMBER, actual, actual + 2 * random.normal(size=150), 1, 200, seed)
        for metric, truth in (("rmse", 2.0), ("mae", 2 * np.sqrt(2 / np.pi))):
            found = interval_ends(drawn[metric], 0.9)
            held[metric] += (found["low"] or 9) <= truth <= (found["high"] or 0)
    assert 170 <= held["rmse"] <= 190
    assert 170 <= held["mae"] <= 190


@pytest.mark.parametrize("n_classes", [0, 2, 3])
def test_every_resample_has_the_metrics_of_its_rows(n_classes: int) -> None:
    """The vectorised metrics are those of the same rows."""
    random = np.random.default_rng(2)
    fitting = CLASSES[n_classes] if n_classes else Fitting(metric="pinball", objective="quantile", quantile=0.8)
    actual = random.integers(0, n_classes, 40).astype(float) if n_classes else random.random(40)
    said = random.dirichlet(np.ones(n_classes), 40).round(1) if n_classes else random.random(40)
    drawn = resampled_metrics(fitting, actual, said, 3, 7, seed=4)
    rows = np.random.default_rng(4).integers(0, 40, size=(7, 40))
    for sample in range(7):
        expected = fitting.scores(actual[rows[sample]], said[rows[sample]], 3)
        assert set(expected) == set(drawn)
        for metric, value in expected.items():
            assert drawn[metric][sample] == pytest.approx(value, rel=1e-8)


@pytest.mark.parametrize("slope", [1e-7, 1e-2, 1.0, 30.0, 1e5, 1e7, 1e9, 1e12])
@pytest.mark.parametrize("metric", ["pseudo_huber", "pinball"])
def test_resampled_losses_are_the_metrics_own_at_any_slope(metric: str, slope: float) -> None:
    fitting = Fitting(metric=metric, quantile=0.7, huber_slope=slope)
    actual, said = np.full(40, 3.0), np.full(40, 1.4188611699158102)  # whatever is drawn, every residual is sqrt(2.5)
    (value,) = {*resampled_metrics(fitting, actual, said, 1, 5, seed=1)[metric]}
    assert value == pytest.approx(fitting.scores(actual, said)[metric], rel=1e-9)
    if metric == "pseudo_huber" and slope >= 1e5:
        assert value == pytest.approx(1.25, rel=1e-9)


def test_the_same_seed_draws_the_same_rows_in_any_number_of_slices(monkeypatch: pytest.MonkeyPatch) -> None:
    actual, said = np.arange(50.0), np.arange(50.0) ** 1.1
    whole = resampled_metrics(NUMBER, actual, said, 1, 40, 1)
    monkeypatch.setattr("lockstep.evaluate.bootstrap.DRAWN_AT_ONCE", 150)
    sliced = resampled_metrics(NUMBER, actual, said, 1, 40, 1)
    np.testing.assert_array_equal(whole["rmse"], sliced["rmse"])
    assert not np.array_equal(whole["rmse"], resampled_metrics(NUMBER, actual, said, 1, 40, 2)["rmse"])


def test_an_area_that_most_resamples_leave_undefined_has_no_interval() -> None:
    actual = np.zeros(12)
    drawn = resampled_metrics(CLASSES[2], actual, np.full((12, 2), 0.5), 1, 100, 1)
    assert interval_ends(drawn["auc"], 0.9) == {"low": None, "high": None}
    actual[0] = 1
    known = resampled_metrics(CLASSES[2], actual, np.column_stack([actual, 1 - actual]), 1, 100, 1)["auc"]
    assert np.isnan(known).any()
    assert interval_ends(known, 0.9) == {"low": 0.0, "high": 0.0}


def test_groups_are_drawn_whole() -> None:
    """By hand: groups of 1 to 5 rows, one row without a group, drawn with replacement with all their rows."""
    random = np.random.default_rng(6)
    groups = pd.Series([*np.repeat(list("edcba"), [5, 4, 3, 2, 1]), None], dtype="str").sample(frac=1, random_state=1)
    units = Units.of(pd.DataFrame({"group": groups.to_numpy()}), "group")
    assert sorted(units.sizes) == [1, 1, 2, 3, 4, 5]
    members = [np.flatnonzero(units.of_row == unit) for unit in range(6)]
    drawn = np.random.default_rng(4).integers(0, 6, size=(9, 6))
    for fitting in (NUMBER, CLASSES[2], CLASSES[3]):
        n_classes = fitting.n_classes
        actual = random.integers(0, n_classes, 16).astype(float) if n_classes else random.random(16)
        said = random.dirichlet(np.ones(n_classes), 16).round(1) if n_classes else random.random(16)
        found = resampled_metrics(fitting, actual, said, 1, 9, 4, units)
        for sample in range(9):
            rows = np.concatenate([members[unit] for unit in drawn[sample]])
            for metric, value in fitting.scores(actual[rows], said[rows], 1).items():
                assert found[metric][sample] == pytest.approx(np.nan if value is None else value, rel=1e-8, nan_ok=True)


def test_rows_that_hang_together_widen_the_interval() -> None:
    """30 groups whose rows all err alike are 30 errors and not 300."""
    random = np.random.default_rng(8)
    actual, group = random.normal(size=300), np.arange(300) % 30
    said = actual + random.normal(size=30)[group]
    units = Units.of(pd.DataFrame({"group": group}), "group")
    wide, narrow = (
        interval_ends(resampled_metrics(NUMBER, actual, said, 1, 400, 1, each)["rmse"], 0.9) for each in (units, None)
    )
    assert (wide["high"] or 0) - (wide["low"] or 0) > 2 * ((narrow["high"] or 0) - (narrow["low"] or 0))


def test_every_long_step_is_told() -> None:
    told: list[str] = []
    evaluate_model(model(), table(), table(seed=9), pd.Series(TRIAL[0]), JUDGING, SETTINGS, 5, None, told.append)
    assert [line.split()[-1] for line in told] == [
        *("rows", "baselines", "values", "rows", "importance", "findings", "dependence")
    ]
    assert told[3] == "200 resamples of the test rows"


def test_the_lead_over_a_baseline_is_measured_on_the_same_groups() -> None:
    test = table(seed=9)
    split = Split(strategy="group", group="word", folds=2, test_size=0.2, valid_size=0.2)
    found = evaluate_model(model(), table(), test, pd.Series(TRIAL[0]), JUDGING, SETTINGS, 5, split)
    rows: Any = found.baselines.set_index("model")
    error = (found.predictions["actual"] - found.predictions["predicted"]).to_numpy()
    plain = (found.predictions["actual"] - found.judgement.predictions["mean"]).to_numpy()
    members = [np.flatnonzero(test["word"] == word) for word in test["word"].unique()]
    samples = [
        np.concatenate([members[unit] for unit in drawn])
        for drawn in np.random.default_rng(5).integers(0, 3, size=(200, 3))
    ]
    leads = [np.sqrt((plain[drawn] ** 2).mean()) - np.sqrt((error[drawn] ** 2).mean()) for drawn in samples]
    assert rows.loc["mean", "lead_low"] == pytest.approx(np.quantile(leads, 0.05), rel=1e-5)


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
    assert interval_summary(said, 0.9) == {"nominal": 0.9, "coverage": 0.95, "mean_width": 2.9}


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


def _matrix(rows: int, seed: int) -> tuple[np.ndarray[Any, Any], np.ndarray[Any, Any]]:
    random = np.random.default_rng(seed)
    x = random.normal(size=(rows, 3)).astype(np.float32)
    return x, x @ np.array([1.0, -2.0, 0.5]) + random.normal(size=rows)


def _linear(*args: Any) -> Predictions:
    said = baselines.linear(*args)
    assert said is not None
    return said


def test_ridge_and_logistic_regression_are_scikit_learns() -> None:
    """On numbers that are standardised already, preparing them changes nothing."""
    (x, y), (new, _) = _matrix(200, 1), _matrix(50, 2)
    x = ((x - x.mean(axis=0, dtype=np.float64)) / x.std(axis=0, dtype=np.float64)).astype(np.float32)
    expected = RidgeCV(baselines.ALPHAS).fit(x.astype(np.float64), y).predict(new.astype(np.float64))
    np.testing.assert_allclose(_linear(x, y, new, ["q"] * 3, 0), expected, rtol=1e-4, atol=1e-4)
    sign = (y > 0).astype(float)
    shares = LogisticRegression().fit(x.astype(np.float64), sign).predict_proba(new.astype(np.float64))
    said = _linear(x, sign, new, ["q"] * 3, 2)
    np.testing.assert_allclose(said, shares, atol=1e-3)


def test_logistic_regression_reaches_its_optimum() -> None:
    """Where L-BFGS stops by scikit-learn's default, the fourth digit is not yet settled."""
    random = np.random.default_rng(3)
    a, b = random.normal(size=(2, 400, 1))
    x = np.hstack([a, b, a + b + 0.01 * random.normal(size=(400, 1))])
    x = ((x - x.mean(axis=0)) / x.std(axis=0)).astype(np.float32)
    y = np.digitize(a[:, 0] + 0.5 * random.normal(size=400), [-0.4, 0.5]).astype(float)
    exact = LogisticRegression(tol=1e-10, max_iter=100_000).fit(x.astype(np.float64), y)
    said = _linear(x, y, x, ["q"] * 3, 3)
    np.testing.assert_allclose(said, exact.predict_proba(x.astype(np.float64)), atol=1e-6)


KERNELS = """
import numpy as np
from threadpoolctl import threadpool_limits
from lockstep.evaluate.baselines import linear
from lockstep.fitting.fitting import Fitting
random = np.random.default_rng(1)
a = random.normal(size=(900, 1))
x = np.hstack([a, 2 * a + 1e-3 * random.normal(size=a.shape), 1 - a, random.integers(0, 6, a.shape)]).astype(np.float32)
y = np.digitize(a[:, 0] + 0.4 * (x[:, 3] == 2) + 0.5 * random.normal(size=900), [-0.4, 0.5]).astype(float)
with threadpool_limits(limits=1):
    said = linear(x[:700], y[:700], x[700:], ["q", "q", "q", "c"], 3)
scores = Fitting("classes", "log_loss", 3).scores(y[700:], said, 4)
print([f"{value:.5e}" for value in scores.values()], [f"{value:.5e}" for value in said.ravel()])
"""


@pytest.mark.slow
def test_logistic_regression_has_the_same_six_digits_on_an_older_processor() -> None:
    found = [
        subprocess.run([sys.executable, "-c", KERNELS], env=os.environ | kernel, capture_output=True, check=True).stdout
        for kernel in ({}, {"OPENBLAS_CORETYPE": "Prescott"})
    ]
    assert found[0] == found[1] != b""


def test_too_large_a_logistic_regression_is_left_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(baselines, "MAX_COEFFICIENTS", 11)
    assert "logistic_regression" not in _found(3).judgement.baselines
    assert "logistic_regression" in _found(2).judgement.baselines
    monkeypatch.setattr(baselines, "MAX_WORK", 300)
    assert "logistic_regression" not in _found(2).baselines["model"].tolist()


def test_a_category_has_a_column_per_value_and_missing_numbers_the_median() -> None:
    codes = np.array([[0], [1], [2]] * 60, dtype=np.float32)
    y = np.array([5.0, -3.0, 9.0] * 60)
    found = _linear(codes, y, np.array([[0], [1], [2]], dtype=np.float32), ["c"], 0)
    np.testing.assert_allclose(found, [5, -3, 9], atol=0.01)
    numbers = np.array([[0.0], [1], [4]] * 60, dtype=np.float32)
    missing, median = (_linear(numbers, y, np.array([[v]], dtype=np.float32), ["q"], 0) for v in (np.nan, 1))
    assert missing == pytest.approx(median)


def test_untuned_boosting_is_scikit_learns() -> None:
    (x, y), (new, _) = _matrix(300, 1), _matrix(50, 2)
    expected = HistGradientBoostingRegressor(random_state=7).fit(x, y).predict(new)
    np.testing.assert_array_equal(baselines.untuned_sklearn(x, y, new, ["q"] * 3, 0, 7), expected)
    sign = (y > 0).astype(float)
    shares = HistGradientBoostingClassifier(random_state=7).fit(x, sign).predict_proba(new)
    np.testing.assert_array_equal(baselines.untuned_sklearn(x, sign, new, ["q"] * 3, 2, 7), shares)


@pytest.mark.long("test_a_class_that_no_training_row_has_gets_no_probability")
def test_a_class_of_one_row_among_many_stops_no_boosting() -> None:
    """Above 10,000 rows scikit-learn puts a part of every class aside, which one row does not allow."""
    x, y = _matrix(10_050, 1)
    classes = (y > 0).astype(float)
    classes[7] = 2
    said = baselines.untuned_sklearn(x, classes, x[:20], ["q"] * 3, 3, 7)
    np.testing.assert_allclose(said.sum(axis=1), 1)


def test_nearest_neighbours_are_scikit_learns_and_need_ten_rows_at_most() -> None:
    random = np.random.default_rng(1)
    places, y, new = random.random((60, 2)), random.random(60), random.random((9, 2))
    expected = KNeighborsRegressor(10, weights="distance").fit(places, y).predict(new)
    np.testing.assert_array_equal(baselines.nearest_neighbours(places, y, new, 0), expected)
    assert baselines.nearest_neighbours(places[:3], y[:3], new, 0).shape == (9,)


def test_a_class_that_no_training_row_has_gets_no_probability() -> None:
    (x, y), (new, _) = _matrix(100, 1), _matrix(10, 2)
    two_of_three = np.where(y > 0, 2.0, 0.0)
    for said in (
        _linear(x, two_of_three, new, ["q"] * 3, 3),
        baselines.untuned_sklearn(x, two_of_three, new, ["q"] * 3, 3, 1),
        baselines.nearest_neighbours(x, two_of_three, new, 3),
    ):
        assert (said[:, 1] == 0).all()
        np.testing.assert_allclose(said.sum(axis=1), 1)
    assert _linear(x, np.ones(100), new, ["q"] * 3, 3).tolist() == [[0, 1, 0]] * 10


def test_places_are_a_baseline_where_the_dataset_names_them() -> None:
    train, test = (rows.assign(b=rows["y"].round(1)) for rows in (table(), table(seed=9)))
    train.loc[3, "b"] = np.nan
    judging = JUDGING.model_copy(update={"coordinates": ("a", "b")})
    found = evaluate_model(model(), train, test, pd.Series(TRIAL[0]), judging, SETTINGS, 5)
    assert "nearest_neighbours" in found.judgement.baselines
    assert "nearest_neighbours" not in _found().judgement.baselines


def test_baselines_of_large_tables_see_a_sample(monkeypatch: pytest.MonkeyPatch) -> None:
    whole = _found().judgement.baselines
    monkeypatch.setattr(baselines, "MAX_ROWS", 40)
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
    strict = Gates(min_test_r2=0.999, max_test_rmse=100.0, max_test_score=1e-6, beat_baselines=False)
    report = check_gates(strict, judgement, NUMBER)
    assert [gate["result"] for gate in report["gates"]] == ["fail", "pass", "fail"]
    assert report["gates_overall"] == "fail"
    off = Gates(min_test_r2=None, max_test_rmse=None, max_test_score=None, beat_baselines=False)
    assert check_gates(off, judgement, NUMBER) == {"gates": [], "gates_overall": "pass"}


@pytest.mark.parametrize("objective", ["absolute_error", "quantile", "classes"])
def test_gates_on_squared_error_judge_no_other_objective(objective: str) -> None:
    judgement = replace(_found().judgement, test={"rmse": 9.0, "mae": 9.0, "r2": -0.5})
    gates = Gates(min_test_r2=0.0, max_test_rmse=1.0, max_test_score=None, beat_baselines=False)
    assert check_gates(gates, judgement, NUMBER)["gates_overall"] == "fail"
    other = Fitting(objective, "mae")
    assert check_gates(gates, judgement, other) == {"gates": [], "gates_overall": "pass"}


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


def test_beat_baselines_means_the_mean_and_untuned_xgboost() -> None:
    judgement = _found().judgement
    own = judgement.test["rmse"]
    assert own is not None
    gate = Gates(min_test_r2=None, max_test_rmse=None, max_test_score=None, beat_baselines=True)
    for name, expected in (("ridge", "pass"), ("untuned_xgboost", "fail")):
        worse = {"mean": {"rmse": own + 1}, "untuned_xgboost": {"rmse": own + 1}, name: {"rmse": own / 2}}
        assert check_gates(gate, replace(judgement, baselines=worse), NUMBER)["gates_overall"] == expected


def test_the_mean_of_rare_classes_is_about_as_good_as_equal_shares() -> None:
    """300 classes without any signal, a third of which have no training row."""
    n_classes = 300
    y = np.random.default_rng(4).integers(0, n_classes, size=500)
    shares = baselines.mean_prediction(y[:300].astype(np.float64), 200, n_classes)
    assert shares.sum(axis=1) == pytest.approx(1)
    assert -np.mean(np.log(shares[np.arange(200), y[300:]])) == pytest.approx(np.log(n_classes), abs=0.15)


def test_a_useless_model_of_rare_classes_fails_the_gates() -> None:
    """60 classes of about two training rows and no signal: what it learned by heart is worse than equal shares."""
    n_classes, random = 60, np.random.default_rng(6)
    rows = pd.DataFrame({"a": random.random(200), "word": "x", "class": random.integers(0, n_classes, 200)})
    train = rows[:120].reset_index(names="row_id")
    test = rows[120:].reset_index(names="row_id")
    fitting, target = Fitting("classes", "log_loss", n_classes), Target("class", tuple(range(n_classes)))
    features = Features(RECIPE, 5, n_classes)
    x = features.fit_transform(train, target.values(train))
    names, types = tuple(features.names), tuple(features.types)
    matrix = row_matrix(x, target.values(train), None, names, types, max_bin_of({}), "in_core")
    made = SavedModel([fit_rounds(matrix, {}, 3, 1, fitting)], features, target, fitting, Training({}, 3, 0.2))
    new = new_rows(made, test)
    predicted = {
        "mean": baselines.mean_prediction(target.values(train), len(test), n_classes),
        "untuned_xgboost": made.predict_matrix(new.x),
    }
    scores = {name: fitting.scores(new.y, each) for name, each in predicted.items()}
    judgement = Judgement({}, {}, scores["untuned_xgboost"], scores, predicted, {})
    assert scores["untuned_xgboost"]["log_loss"] > np.log(n_classes) + 0.5
    (gate,) = check_gates(GATES, judgement, fitting)["gates"]
    assert (gate["gate"], gate["result"]) == ("beat_baselines", "fail")
    assert gate["required"] < np.log(n_classes) + 0.2


@pytest.mark.parametrize("counts", [(150, 204), (900, 100), (60, 58, 61, 59, 62, 60)])
def test_smoothing_hardly_moves_the_baseline_of_ordinary_classes(counts: tuple[int, ...]) -> None:
    y = np.repeat(np.arange(len(counts)), counts).astype(np.float64)
    fitting = Fitting("classes", "log_loss", len(counts))
    plain = np.tile(np.array(counts) / len(y), (len(y), 1))
    losses = [
        fitting.loss(fitting.scores(y, each)) for each in (plain, baselines.mean_prediction(y, len(y), len(counts)))
    ]
    assert 0 <= losses[1] - losses[0] < 1e-4


def test_the_lead_over_a_baseline_is_measured_on_the_same_rows() -> None:
    found = _found()
    rows: Any = found.baselines.set_index("model")
    assert found.baselines["score"].is_monotonic_increasing
    assert rows.loc["mean", "lead"] == pytest.approx(rows.loc["mean", "score"] - rows.loc["this_model", "score"])
    assert rows.loc["mean", "lead_low"] < rows.loc["mean", "lead"] < rows.loc["mean", "lead_high"]
    error = found.predictions["actual"] - found.predictions["predicted"]
    plain = found.predictions["actual"] - found.judgement.predictions["mean"]
    samples = np.random.default_rng(5).integers(0, 300, size=(200, 300))
    leads = [np.sqrt((plain[drawn] ** 2).mean()) - np.sqrt((error[drawn] ** 2).mean()) for drawn in samples]
    assert rows.loc["mean", "lead_low"] == pytest.approx(np.quantile(leads, 0.05), rel=1e-5)


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


def test_judging_twice_gives_the_same() -> None:
    one, two = _found(3), _found(3)
    for name in ("predictions", "baselines", "slices", "calibration", "features"):
        pd.testing.assert_frame_equal(getattr(one, name), getattr(two, name))
    assert (one.uncertainty, one.gates, one.gap) == (two.uncertainty, two.gates, two.gap)
