"""Boosters, metrics and the saved model."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import mean_absolute_error, r2_score, root_mean_squared_error

from lockstep.errors import DataError
from lockstep.model.booster import RoundBudget, fit_fold
from lockstep.model.evaluation import check_gates, feature_importance, judge
from lockstep.model.final import learning_curve, train_final
from lockstep.model.folds import FoldSet
from lockstep.model.make_folds import make_folds
from lockstep.model.matrices import quantised
from lockstep.model.metrics import regression_metrics
from lockstep.model.saved import SavedModel
from lockstep.schema.features import ColumnsStep
from lockstep.schema.params import Gates

RECIPE = (ColumnsStep(step="columns", columns=("a", "word")),)


def _table(rows: int = 300, seed: int = 0) -> pd.DataFrame:
    random = np.random.default_rng(seed)
    a, word = random.random(rows), random.choice(list("xyz"), rows)
    y = 3 * a + (word == "x") + 0.1 * random.normal(size=rows)
    return pd.DataFrame({"row_id": range(rows), "fold": np.arange(rows) % 3, "a": a, "word": word, "y": y})


def _model(n_models: int = 1) -> SavedModel:
    return train_final(_table(), "y", RECIPE, {"max_depth": 3, "subsample": 0.7}, 30, n_models, 5, "in_core")


def test_metrics_are_scikit_learns() -> None:
    random = np.random.default_rng(1)
    actual, predicted = random.random(50), random.random(50)
    metrics = regression_metrics(actual, predicted, 4)
    assert metrics.rmse == pytest.approx(root_mean_squared_error(actual, predicted))
    assert metrics.mae == pytest.approx(mean_absolute_error(actual, predicted))
    r2 = r2_score(actual, predicted)
    assert metrics.r2 == pytest.approx(r2)
    assert metrics.adjusted_r2 == pytest.approx(1 - (1 - r2) * 49 / 45)


def test_undefined_metrics_are_none() -> None:
    assert regression_metrics(np.ones(5), np.zeros(5), 2).r2 is None
    assert regression_metrics(np.arange(3.0), np.zeros(3), 2).adjusted_r2 is None


def test_early_stopping_finds_the_rounds_and_n_estimators_fixes_them() -> None:
    matrices = quantised(make_folds(_table(), "y", RECIPE, "random")[0], 256, "in_core")
    stopped = fit_fold({"learning_rate": 0.5}, matrices, RoundBudget(5, 500), 1)
    assert 1 <= stopped.rounds < 500
    fixed = fit_fold({"learning_rate": 0.5, "n_estimators": 17}, matrices, RoundBudget(5, 500), 1)
    assert fixed.rounds == 17


def test_quantised_folds_can_be_used_again_without_changing_a_result() -> None:
    fold = make_folds(_table(), "y", RECIPE, "random")[1]
    shared = quantised(fold, 256, "in_core")
    budget = RoundBudget(5, 60)
    fit_fold({"max_depth": 9}, shared, budget, 1)
    fresh = quantised(fold, 256, "in_core")
    assert fit_fold({"max_depth": 3}, shared, budget, 1) == fit_fold({"max_depth": 3}, fresh, budget, 1)


def test_folds_on_disk_are_the_folds_in_memory(tmp_path: Path) -> None:
    folds = make_folds(_table(), "y", RECIPE, "random")
    make_folds(_table(), "y", RECIPE, "random", tmp_path).save(tmp_path)
    again = FoldSet.open(tmp_path)
    assert again.fingerprints() == folds.fingerprints()
    assert len(set(folds.fingerprints())) == len(folds)
    for fold, mapped in zip(folds, again, strict=True):
        np.testing.assert_array_equal(fold.x, mapped.x)
        np.testing.assert_array_equal(fold.train, mapped.train)
        assert (mapped.names, mapped.types) == (fold.names, fold.types)


def test_a_saved_model_predicts_the_same_and_has_the_same_bytes(tmp_path: Path) -> None:
    model = _model(n_models=2)
    model.save(tmp_path / "one")
    loaded = SavedModel.load(tmp_path / "one")
    np.testing.assert_array_equal(model.predict(_table(seed=9)), loaded.predict(_table(seed=9)))
    _model(n_models=2).save(tmp_path / "two")
    names = sorted(path.name for path in (tmp_path / "one").iterdir())
    assert names == ["booster_0.ubj", "booster_1.ubj", "model.json"]
    for name in names:
        assert (tmp_path / "one" / name).read_bytes() == (tmp_path / "two" / name).read_bytes()


def test_an_incomplete_model_is_named(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"the model is incomplete; run `dvc repro train_best`"):
        SavedModel.load(tmp_path)


def test_averaging_models_averages_predictions() -> None:
    three, rows = _model(n_models=3), _table(seed=9)
    each = [SavedModel([booster], three.features, "y").predict(rows) for booster in three.boosters]
    np.testing.assert_allclose(three.predict(rows), np.mean(each, axis=0))
    assert not np.array_equal(each[0], each[1])


def test_the_learning_curve_shows_the_final_models_round() -> None:
    curve = learning_curve(make_folds(_table(), "y", RECIPE, "random"), {"max_depth": 3}, 50, 1, "in_core")
    assert {1, 50, 60} <= set(curve["round"])
    assert curve["train_rmse"].iloc[-1] < curve["train_rmse"].iloc[0]


def test_judgement_gates_and_importance() -> None:
    trial = pd.Series({"cv_rmse": 0.2, "fold_0_mae": 0.1, "fold_1_mae": 0.3, "fold_0_r2": 0.9, "fold_1_r2": 0.7})
    model, test = _model(), _table(seed=9)
    judgement = judge(model, _table(), test, trial, 5)
    assert judgement.cv.rmse == 0.2
    assert judgement.cv.mae == pytest.approx(0.2)
    assert judgement.cv.r2 == pytest.approx(0.8)
    assert judgement.test.rmse < judgement.baselines["mean"].rmse
    strict = check_gates(Gates(min_test_r2=0.999, max_test_rmse=100.0, beat_baselines=False), judgement)
    assert [gate["result"] for gate in strict["gates"]] == ["fail", "pass"]
    assert strict["gates_overall"] == "fail"
    off = check_gates(Gates(min_test_r2=None, max_test_rmse=None, beat_baselines=False), judgement)
    assert off == {"gates": [], "gates_overall": "pass"}
    importance = feature_importance(model, test, repeats=2, seed=1)
    assert importance["feature"].tolist() == ["a", "word"]
    assert importance["gain"].sum() == pytest.approx(1, abs=1e-5)
