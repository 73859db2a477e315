"""Boosters, metrics and the saved model."""

import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from pydantic import ValidationError
from sklearn.metrics import (
    accuracy_score,
    log_loss,
    mean_absolute_error,
    mean_pinball_loss,
    r2_score,
    roc_auc_score,
    root_mean_squared_error,
)

from lockstep.errors import ConfigError, DataError
from lockstep.fitting.booster import RoundBudget, fit_fold, fit_rounds, fit_with_early_stopping, predict
from lockstep.fitting.fitting import Fitting
from lockstep.fitting.folds import FoldSet
from lockstep.fitting.matrices import quantise
from lockstep.guards.models.model_files import MAX_CLASSES
from lockstep.model.final import chosen_training, fit_boosters, learning_curve
from lockstep.model.fold_predictions import FoldPredictions
from lockstep.model.interval import offset_of
from lockstep.model.out_of_fold import out_of_fold
from lockstep.model.saved import SavedModel
from lockstep.model.training import Member, Training
from lockstep.table.target import ClassTarget
from tests.conftest import shipped_config
from tests.unit.modelling import CLASSES, NUMBER, HereWorkers, folds_of, model, table, target_of, with_interval


def test_metrics_are_scikit_learns() -> None:
    random = np.random.default_rng(1)
    actual, predicted = random.random(50), random.random(50)
    found = Fitting("quantile", "pinball", quantile=0.9).scores(actual, predicted, 4)
    assert found["rmse"] == pytest.approx(root_mean_squared_error(actual, predicted))
    assert found["mae"] == pytest.approx(mean_absolute_error(actual, predicted))
    r2 = r2_score(actual, predicted)
    assert found["r2"] == pytest.approx(r2)
    assert found["adjusted_r2"] == pytest.approx(1 - (1 - r2) * 49 / 45)
    assert found["pinball"] == pytest.approx(mean_pinball_loss(actual, predicted, alpha=0.9))


@pytest.mark.parametrize("n_classes", [2, 3])
def test_metrics_of_classes_are_scikit_learns(n_classes: int) -> None:
    random = np.random.default_rng(1)
    actual = random.integers(0, n_classes, 60).astype(float)
    shares = random.dirichlet(np.ones(n_classes), 60)
    found = CLASSES[n_classes].scores(actual, shares)
    assert found["accuracy"] == pytest.approx(accuracy_score(actual, shares.argmax(axis=1)))
    assert found["log_loss"] == pytest.approx(log_loss(actual, shares))
    usual = roc_auc_score(actual, shares[:, 1]) if n_classes == 2 else roc_auc_score(actual, shares, multi_class="ovr")
    assert found["auc"] == pytest.approx(usual)


def test_undefined_metrics_are_none() -> None:
    assert NUMBER.scores(np.ones(5), np.zeros(5), 2)["r2"] is None
    assert NUMBER.scores(np.arange(3.0), np.zeros(3), 2)["adjusted_r2"] is None
    assert CLASSES[2].scores(np.ones(3), np.full((3, 2), 0.5))["auc"] is None


def test_less_of_the_loss_is_always_better() -> None:
    scores = {"auc": 0.9, "accuracy": 0.8, "log_loss": 0.3}
    assert Fitting("classes", "auc", 2).loss(scores) == pytest.approx(0.1)
    assert CLASSES[2].loss(scores) == 0.3
    with pytest.raises(ValueError, match="auc is undefined"):
        Fitting("classes", "auc", 2).loss({"auc": None})


@pytest.mark.parametrize(
    ("objective", "metric", "n_classes"), [("auto", "auc", 0), ("auto", "rmse", 2), ("quantile", "auto", 3)]
)
def test_objective_and_metric_must_go_with_the_target(objective: str, metric: str, n_classes: int) -> None:
    settings = shipped_config().booster.model_copy(update={"objective": objective, "metric": metric})
    with pytest.raises(ConfigError, match=r"params.yaml: booster\.(metric|objective)"):
        settings.fitting(target_of(n_classes))


def test_a_monotone_category_or_unknown_feature_is_refused() -> None:
    booster, folds = shipped_config().booster, folds_of(table())
    booster.model_copy(update={"monotone": {"a": 1}}).check_folds(folds)
    for name, shown in (("word", "word"), ("other", "other"), ("http://u:secret@h/x", "http://h/x")):
        with pytest.raises(ConfigError, match=re.escape(f"booster.monotone.{shown}: ")) as refused:
            booster.model_copy(update={"monotone": {name: 1}}).check_folds(folds)
        assert "secret" not in str(refused.value)


def test_early_stopping_finds_the_rounds_and_n_estimators_fixes_them() -> None:
    matrices = quantise(folds_of(table())[0], 256, "in_core")
    stopped = fit_fold(matrices, {"learning_rate": 0.5}, RoundBudget(5, 500), 1, NUMBER)
    assert 1 <= stopped.rounds < 500
    assert stopped.score == stopped.metrics["rmse"]
    fixed = fit_fold(matrices, {"learning_rate": 0.5, "n_estimators": 17}, RoundBudget(5, 500), 1, NUMBER)
    assert fixed.rounds == 17
    within = RoundBudget(5, 500, stops_tuned=True)
    assert fit_fold(matrices, {"learning_rate": 0.5, "n_estimators": 400}, within, 1, NUMBER) == stopped
    assert fit_fold(matrices, {"learning_rate": 0.5, "n_estimators": 2}, within, 1, NUMBER).rounds <= 2


@pytest.mark.parametrize("most", [2, 9, 500])
@pytest.mark.parametrize("tuned", [False, True])
def test_the_rounds_that_a_budget_pays_are_those_that_xgboost_boosts(most: int, tuned: bool) -> None:
    matrices = quantise(folds_of(table())[0], 256, "in_core")
    params = {"learning_rate": 0.5, **({"n_estimators": most} if tuned else {})}
    budget = RoundBudget(5, 3 if tuned else most, stops_tuned=tuned)
    booster, rounds = fit_with_early_stopping(matrices, params, budget, 1, NUMBER)
    assert budget.boosted(params, rounds) == booster.num_boosted_rounds()


def test_quantised_folds_can_be_used_again_without_changing_a_result() -> None:
    fold = folds_of(table())[1]
    shared = quantise(fold, 256, "in_core")
    budget = RoundBudget(5, 60)
    fit_fold(shared, {"max_depth": 9}, budget, 1, NUMBER)
    fresh = quantise(fold, 256, "in_core")
    assert fit_fold(shared, {"max_depth": 3}, budget, 1, NUMBER) == fit_fold(fresh, {"max_depth": 3}, budget, 1, NUMBER)


def test_folds_on_disk_are_the_folds_in_memory(tmp_path: Path) -> None:
    folds = folds_of(table())
    folds_of(table(), tmp_path).save(tmp_path)
    again = FoldSet.open(tmp_path)
    assert again.fingerprints() == folds.fingerprints()
    assert len(set(folds.fingerprints())) == len(folds)
    for fold, mapped in zip(folds, again, strict=True):
        np.testing.assert_array_equal(fold.x, mapped.x)
        np.testing.assert_array_equal(fold.train, mapped.train)
        assert (mapped.names, mapped.types) == (fold.names, fold.types)


@pytest.mark.parametrize("n_classes", [0, 2, 3])
def test_a_saved_model_says_the_same_and_has_the_same_bytes(n_classes: int, tmp_path: Path) -> None:
    made, rows = model(2, n_classes), table(seed=9)
    made.save(tmp_path / "one")
    loaded = SavedModel.load(tmp_path / "one")
    x = made.features.transform(rows)
    np.testing.assert_array_equal(made.predict(rows), loaded.predict(rows))
    assert made.prediction_table(x).equals(loaded.prediction_table(loaded.features.transform(rows)))
    assert (loaded.target, loaded.fitting, loaded.training) == (made.target, made.fitting, made.training)
    model(2, n_classes).save(tmp_path / "two")
    files = sorted(path.name for path in (tmp_path / "one").iterdir() if path.is_file())
    assert files == ["booster_0.ubj", "booster_1.ubj", "model.json"]
    for name in files:
        assert (tmp_path / "one" / name).read_bytes() == (tmp_path / "two" / name).read_bytes()


def test_an_incomplete_model_is_named(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"the model is incomplete; run `dvc repro train_best`"):
        SavedModel.load(tmp_path)


def test_averaging_models_averages_predictions() -> None:
    three, rows = model(n_models=3), table(seed=9)
    each = [replace(three, boosters=[booster]).predict(rows) for booster in three.boosters]
    np.testing.assert_allclose(three.predict(rows), np.mean(each, axis=0))
    assert not np.array_equal(each[0], each[1])


def test_probabilities_add_up_and_name_the_class() -> None:
    made = model(n_classes=3)
    predictions = made.prediction_table(made.features.transform(table(seed=9)))
    shares = predictions[["probability_0", "probability_1", "probability_2"]].to_numpy()
    np.testing.assert_allclose(shares.sum(axis=1), 1, atol=1e-6)
    assert predictions["predicted"].tolist() == [str(number) for number in shares.argmax(axis=1)]


def test_the_learning_curve_shows_the_final_models_round() -> None:
    rows, member = table(), Member({"max_depth": 3}, 50, 1)
    out = out_of_fold(rows, [member], FoldPredictions(NUMBER, 1, HereWorkers(rows)), member)
    curve = learning_curve(50, out.curves)
    assert {1, 50, 60} <= set(curve["round"])
    assert curve["train"].iloc[-1] < curve["train"].iloc[0]


def test_the_learning_curve_of_ten_thousand_rounds_has_as_few_points() -> None:
    """Also where early stopping chose them under a large tune.max_rounds."""
    curve = learning_curve(10_000, [([1.0] * 12_000, [2.0] * 12_000)] * 5)
    assert {1, 10_000, 12_000} <= set(curve["round"])
    assert len(curve) <= 205


def test_a_lower_learning_rate_is_kept_only_if_the_folds_are_better() -> None:
    workers, budget = HereWorkers(table()), RoundBudget(10, 300)
    best: dict[str, Any] = {"params": {"learning_rate": 0.8, "max_depth": 3}, "n_rounds": 20, "cv_rmse": 9.9}
    slower = chosen_training(best, 0.25, budget, NUMBER, 1, workers)
    assert slower.params["learning_rate"] == 0.2
    assert slower.cv_score < 9.9
    assert slower.learning_rate_factor == 0.25
    tuned = best | {"params": {**best["params"], "n_estimators": 75}}
    within = chosen_training(tuned, 0.25, replace(budget, stops_tuned=True), NUMBER, 1, workers)
    assert (within.n_rounds, within.params["n_estimators"]) == (slower.n_rounds, 300)
    unbeatable = chosen_training(best | {"cv_rmse": 1e-9}, 0.25, budget, NUMBER, 1, workers)
    assert (unbeatable.params, unbeatable.n_rounds) == (best["params"], 20)


def test_boosters_of_the_final_model_differ_by_their_seed_alone() -> None:
    training, workers = Training({"subsample": 0.5}, 10, 0.2), HereWorkers(table())
    two = [booster.save_raw("ubj") for booster in fit_boosters(training.members_of(2), NUMBER, 7, workers)]
    (second,) = fit_boosters(training.members_of(1), NUMBER, 8, workers)
    assert two[0] != two[1]
    assert two[1] == second.save_raw("ubj")


def test_the_offset_holds_the_share_of_rows_it_is_asked_for() -> None:
    outside = [float(value) for value in range(1, 100)]
    assert offset_of(outside, 0.9) == 90
    assert offset_of(outside, 0.999) == 99


def test_an_interval_holds_about_the_share_of_new_rows_it_is_asked_for(tmp_path: Path) -> None:
    made, rows = with_interval(0.8, table(600)), table(2000, seed=9)
    predictions = made.prediction_table(made.features.transform(rows))
    inside = ((predictions["lower"] <= rows["y"]) & (rows["y"] <= predictions["upper"])).mean()
    assert 0.74 < inside < 0.88
    made.save(tmp_path)
    assert SavedModel.load(tmp_path).prediction_table(made.features.transform(rows)).equals(predictions)


@pytest.mark.parametrize("objective", ["squared_error", "absolute_error", "pseudo_huber", "quantile"])
def test_every_objective_learns_a_target_far_from_zero(objective: str) -> None:
    metric = {"squared_error": "rmse", "absolute_error": "mae", "quantile": "pinball"}.get(objective, objective)
    far = table().assign(y=lambda rows: 1000 + rows["y"])
    score = fit_fold(
        quantise(folds_of(far)[0], 256, "in_core"),
        {"learning_rate": 0.2},
        RoundBudget(10, 200),
        1,
        Fitting(objective=objective, metric=metric),
    )
    assert (score.metrics["r2"] or 0) > 0.5


@pytest.mark.parametrize("direction", [1, -1])
def test_a_monotone_feature_never_turns(direction: int) -> None:
    rows, folds = table(), folds_of(table())
    fitting = replace(NUMBER, monotone={"a": direction})
    booster = fit_rounds(quantise(folds[0], 256, "in_core").train, {"max_depth": 5}, 50, 1, fitting)
    x = np.repeat(folds[0].x[:20], 50, axis=0)
    x[:, folds.names[0].index("a")] = np.tile(np.linspace(rows["a"].min(), rows["a"].max(), 50), 20)
    said = predict(booster, x, list(folds.names[0]), list(folds.types[0]), fitting).reshape(20, 50)
    assert (direction * np.diff(said, axis=1) >= 0).all()
    free = fit_rounds(quantise(folds[0], 256, "in_core").train, {"max_depth": 5}, 50, 1, NUMBER)
    unbound = predict(free, x, list(folds.names[0]), list(folds.types[0]), NUMBER).reshape(20, 50)
    assert (np.diff(unbound, axis=1) < 0).any()


@pytest.mark.parametrize(("objective", "n_classes"), [("absolute_error", 0), ("quantile", 0), ("auto", 3)])
def test_a_constraint_that_cannot_be_kept_is_refused(objective: str, n_classes: int) -> None:
    settings = shipped_config().booster.model_copy(update={"objective": objective, "monotone": {"a": 1}})
    with pytest.raises(ConfigError, match=r"booster\.monotone: cannot be kept with"):
        settings.fitting(target_of(n_classes))


def test_a_large_slope_makes_pseudo_huber_half_the_squared_error() -> None:
    fitting = Fitting("pseudo_huber", "pseudo_huber", huber_slope=1e9)
    assert fitting.scores(np.array([1.0, 2.0]), np.array([2.0, 4.0]))["pseudo_huber"] == pytest.approx(1.25)


# XGBoost's own word for it, from a callback in which a warning cannot be an error.
@pytest.mark.filterwarnings("ignore:.*GPU:UserWarning")
def test_no_gpu_is_an_error_and_no_fit_on_the_processor() -> None:
    matrices = quantise(folds_of(table())[0], 256, "in_core")
    try:
        fit_fold(matrices, {}, RoundBudget(5, 5), 1, replace(NUMBER, device="cuda"))
    except ConfigError as error:
        # a machine with a GPU fits
        assert "booster.device: 'cuda': XGBoost finds no such device here; set it to cpu" in str(error)  # noqa: PT017


def test_a_target_may_have_as_many_classes_as_a_model_that_is_read() -> None:
    assert len(ClassTarget(column="y", classes=tuple(range(MAX_CLASSES))).classes) == MAX_CLASSES
    with pytest.raises(ValidationError):
        ClassTarget(column="y", classes=tuple(range(MAX_CLASSES + 1)))
