"""Counts, costs and prices: objectives with a logarithmic link, transformed targets, a slope that fits the table."""

import json
import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
import pytest

from lockstep.errors import ConfigError, DataError
from lockstep.features.recipe import Features
from lockstep.features.steps.columns import Columns
from lockstep.fitting.booster import RoundBudget, fit_fold, fit_rounds, fit_with_early_stopping, validation_predictions
from lockstep.fitting.booster_block import BoosterSettings, measured_slope
from lockstep.fitting.fitting import Fitting
from lockstep.fitting.folds import Fold
from lockstep.fitting.matrices import quantise, row_matrix
from lockstep.fitting.objective import OBJECTIVES
from lockstep.fitting.transform import TRANSFORMS
from lockstep.inspect.target_choice import suggested_setting
from lockstep.metrics.metric import METRICS
from lockstep.model.interval import conformity_scores, fit_quantiles, offset_of
from lockstep.model.saved import SavedModel
from lockstep.model.training import Training
from lockstep.table.target import Target
from lockstep.testing.processes import fresh_output
from tests.conftest import shipped_config
from tests.unit.modelling import target_of

PARAMS: dict[str, Any] = {"max_depth": 4, "learning_rate": 0.1, "subsample": 0.8, "min_child_weight": 5.0}
BUDGET = RoundBudget(30, 400)
NAMES, TYPES = ("a", "b", "c"), ("q", "q", "q")
TARGET = Target("y")
Vector = npt.NDArray[np.float64]


def _targets(kind: str, rows: int = 6000) -> tuple[npt.NDArray[np.float32], Vector]:
    """Features, and a target of the kind whose centre is a product of them."""
    random = np.random.default_rng(3)
    x = random.random((rows, 3))
    mean = np.exp(2 * x[:, 0] - 3 * x[:, 1] + np.sin(6 * x[:, 2]))
    costs = random.gamma(2.0, 1.0, size=rows) * mean * (random.random(rows) < 0.3 * np.minimum(mean, 2))
    made = {
        "counts": random.poisson(0.3 * mean).astype(np.float64),
        "costs": 100 * costs,
        "prices": 1e5 * mean * np.exp(0.4 * random.normal(size=rows)),
        "far": 1000 * (x[:, 0] - x[:, 1] + 0.1 * np.exp(1.5 * random.normal(size=rows))),
    }
    return x.astype(np.float32), made[kind]


def _settings(**changes: Any) -> BoosterSettings:
    return shipped_config().booster.model_copy(update=changes)


def _fitting(y: Vector, fact: str | None = None, **changes: Any) -> Fitting:
    train = pd.DataFrame({"row_id": np.arange(len(y)), "y": y})
    return _settings(**changes).fitting_of(train, TARGET, fact, Path("datasets/own.yaml"))


def _fold(x: npt.NDArray[np.float32], y: Vector) -> Fold:
    valid = np.arange(len(y)) % 3 == 0
    return Fold(x, y, ~valid, valid, NAMES, TYPES)


def _predictions(fitting: Fitting, fold: Fold) -> Vector:
    matrices = quantise(fold, 256, "in_core", fitting.transform)
    booster, rounds = fit_with_early_stopping(matrices, PARAMS, BUDGET, 1, fitting)
    return validation_predictions(booster, matrices, rounds, fitting).astype(np.float64)


def _model(fitting: Fitting, x: npt.NDArray[np.float32], y: Vector) -> SavedModel:
    frame = pd.DataFrame(x, columns=list(NAMES))
    features = Features((Columns(columns=NAMES),), 1, 0)
    matrix = features.fit_transform(frame, y)
    rows = row_matrix(matrix, fitting.labels(y), None, NAMES, TYPES, 256, "in_core")
    boosters = [fit_rounds(rows, PARAMS, 60, seed, fitting) for seed in (1, 2)]
    return SavedModel(boosters, features, TARGET, fitting, Training(PARAMS, 60, 0.1)).with_mean_corrected(
        matrix, y, None
    )


@pytest.mark.parametrize("kind", ["counts", "costs", "prices", "far"])
def test_the_suggested_setting_improves_the_metric_that_the_suggestion_names(kind: str) -> None:
    x, y = _targets(kind)
    suggestion = suggested_setting(y)
    assert suggestion is not None
    name, value = suggestion.setting.removeprefix("booster.").split("=")
    fold, metric = _fold(x, y), METRICS[suggestion.metric]()
    actual = y[fold.valid]
    # Squared error predicts negative counts, of which no deviance exists: the default gets the best lowest prediction.
    clipped = (np.maximum(_predictions(Fitting(), fold), low * y.mean()) for low in (0.01, 0.03, 0.1, 0.3))
    default = [_predictions(Fitting(), fold)] if y.min() < 0 else [*clipped]
    scores = [score for predicted in default if (score := metric.value(actual, predicted)) is not None]
    suggested = metric.value(actual, _predictions(_fitting(y, **{name: value}), fold))
    assert suggested is not None
    assert suggested < 0.985 * min(scores)


def test_each_kind_of_target_gets_its_own_suggestion() -> None:
    settings = {}
    for kind in ("counts", "costs", "prices", "far"):
        suggestion = suggested_setting(_targets(kind)[1])
        settings[kind] = suggestion and suggestion.setting
    assert settings == {
        "counts": "booster.objective=poisson",
        "costs": "booster.objective=tweedie",
        "prices": "booster.target_transform=log",
        "far": "booster.objective=pseudo_huber",
    }
    assert suggested_setting(np.random.default_rng(0).normal(size=1000)) is None


@pytest.mark.parametrize(
    ("objective", "kind"), [("poisson", "counts"), ("gamma", "prices"), ("tweedie", "costs"), ("tweedie", "counts")]
)
def test_a_logarithmic_link_predicts_the_mean_and_nothing_below_zero(objective: str, kind: str) -> None:
    x, y = _targets(kind)
    fitting, fold = _fitting(y, objective=objective), _fold(x, y)
    assert fitting.metric == f"{objective}_deviance"
    predicted, actual = _predictions(fitting, fold), y[fold.valid]
    assert predicted.min() > 0
    assert predicted.mean() == pytest.approx(y.mean(), rel=0.2 if objective == "tweedie" else 0.05)
    mean = np.full(len(actual), y[fold.train].mean())
    deviance, constant = fitting.value(actual, predicted), fitting.value(actual, mean)
    assert deviance is not None
    assert constant is not None
    assert deviance < 0.9 * constant


@pytest.mark.parametrize("objective", ["poisson", "gamma", "tweedie"])
def test_before_the_first_round_a_logarithmic_link_predicts_the_mean(objective: str) -> None:
    x, y = _targets("prices", 300)
    matrices, fitting = quantise(_fold(x, y), 256, "in_core"), _fitting(y, objective=objective)
    booster = fit_rounds(matrices.train, {"min_child_weight": 1e9}, 1, 1, fitting)
    assert booster.predict(matrices.valid) == pytest.approx(y[_fold(x, y).train].mean(), rel=1e-5)
    assert OBJECTIVES[objective].base_score(np.zeros(3)) == 1e-6


def test_the_power_of_tweedie_reaches_the_booster_and_its_early_stopping() -> None:
    x, y = _targets("costs")
    one, other = (_fitting(y, objective="tweedie", variance_power=power) for power in (1.2, 1.8))
    assert one.eval_metric == "tweedie-nloglik@1.2"
    assert not np.array_equal(_predictions(one, _fold(x, y)), _predictions(other, _fold(x, y)))
    assert one.to_json()["variance_power"] == one.as_dict()["variance_power"] == 1.2
    assert "variance_power" not in Fitting().as_dict()


@pytest.mark.parametrize(
    ("changes", "values", "line"),
    [
        (
            {"objective": "poisson"},
            [1, 2, -3],
            "-3 in row 3, and booster.objective poisson needs targets of at least 0",
        ),
        (
            {"objective": "tweedie"},
            [-0.5, 2, -3],
            "-0.5 in row 1, and booster.objective tweedie needs targets of at lea",
        ),
        ({"objective": "gamma"}, [1, 0, 3], "0 in row 2, and booster.objective gamma needs targets above 0"),
        ({"target_transform": "log"}, [1, 0], "0 in row 2, and booster.target_transform log needs targets above 0"),
        ({"target_transform": "log1p"}, [0, -1], "-1 in row 2, and booster.target_transform log1p needs targets above"),
    ],
)
def test_a_target_that_is_too_low_is_named_with_its_row(
    changes: dict[str, Any], values: list[float], line: str
) -> None:
    with pytest.raises(DataError, match=re.escape(f"target: 'y' is {line}")):
        _fitting(np.array(values, dtype=np.float64), **changes)


@pytest.mark.parametrize(
    ("changes", "n_classes", "line"),
    [
        ({"variance_power": 1.3}, 0, "booster.variance_power: 1.3: has no effect with booster.objective squared_error"),
        ({"huber_slope": 2.0}, 0, "booster.huber_slope: 2.0: has no effect with"),
        ({"quantile": 0.9}, 0, "booster.quantile: 0.9: has no effect with"),
        ({"target_transform": "log"}, 2, "booster.target_transform: log: the target has classes; set it to null"),
        ({"target_transform": "log", "objective": "poisson"}, 0, "log: not with objective poisson; set it to null"),
        ({"target_transform": "log", "objective": "pseudo_huber"}, 0, "not with objective pseudo_huber"),
        ({"objective": "poisson"}, 2, "booster.objective: 'poisson' does not go with this target"),
        ({"metric": "f1_weighted"}, 2, "'f1_weighted' does not go with this target; allowed: auto, accuracy"),
    ],
)
def test_a_setting_without_effect_is_refused(changes: dict[str, Any], n_classes: int, line: str) -> None:
    with pytest.raises(ConfigError, match=re.escape(line)):
        _settings(**changes).fitting(target_of(n_classes))


def test_a_setting_that_only_the_metric_uses_is_allowed() -> None:
    assert _settings(metric="pinball", quantile=0.9).fitting(TARGET).quantile == 0.9
    assert _settings(metric="tweedie_deviance", variance_power=1.2).fitting(TARGET).variance_power == 1.2


def test_params_choose_the_metric_then_the_dataset_then_the_objective() -> None:
    y = np.array([1.0, 2.0, 3.0])
    assert _fitting(y, "mape", metric="rmsle", objective="poisson").metric == "rmsle"
    assert _fitting(y, "mape", objective="poisson").metric == "mape"
    assert _fitting(y, None, objective="poisson").metric == "poisson_deviance"
    with pytest.raises(ConfigError, match=r"datasets/own.yaml: metric: 'auc' does not go .* allowed: null, rmse"):
        _fitting(y, "auc")


def test_the_slope_auto_is_the_spread_about_the_median() -> None:
    assert measured_slope(np.array([1.0, 2.0, 4.0, 7.0, 1000.0])) == pytest.approx(3 * 1.4826)
    assert measured_slope(np.array([0.0, 0.0, 0.0, 8.0])) == 2.0
    assert measured_slope(np.full(5, 3.0)) == 1.0
    times = np.array([3.0, 1.0, 1.0, 1.0, 1.0])
    assert measured_slope(np.array([7.0, 1.0, 2.0, 4.0, 1000.0]), times) == pytest.approx(3 * 1.4826)
    train = pd.DataFrame({"row_id": range(5), "y": [7.0, 1.0, 2.0, 4.0, 1000.0], "w": times})
    chosen, weighted = _settings(objective="pseudo_huber"), Target("y", weight="w")
    assert chosen.fitting_of(train, weighted, None, Path("own.yaml")).huber_slope == pytest.approx(3 * 1.4826)
    y = _targets("prices")[1]
    slope = _fitting(y, objective="pseudo_huber").huber_slope
    assert slope == measured_slope(y)
    assert _fitting(y, objective="pseudo_huber").to_json()["huber_slope"] == slope
    assert _fitting(y).huber_slope == 1.0


def test_pseudo_huber_learns_prices_whose_unit_is_small() -> None:
    x, y = _targets("prices")
    fold = _fold(x, y)

    def r2(fitting: Fitting) -> float:
        value = METRICS["r2"]().value(y[fold.valid], _predictions(fitting, fold))
        assert value is not None
        return value

    assert r2(_fitting(y, objective="pseudo_huber", huber_slope=1.0)) < 0.1
    assert r2(_fitting(y, objective="pseudo_huber")) > 0.6


@pytest.mark.parametrize("name", ["log", "log1p"])
def test_a_transformed_target_comes_back_in_its_unit_with_its_mean(name: str) -> None:
    x, y = _targets("prices")
    transform, fitting, fold = TRANSFORMS[name], _fitting(y, target_transform=name), _fold(x, y)
    assert transform.inverse(transform.apply(y)) == pytest.approx(y, rel=3e-5)
    assert fitting.eval_metric == "rmse"
    predicted, actual = _predictions(fitting, fold), y[fold.valid]
    plain = _predictions(replace(fitting, objective="absolute_error", metric="mae"), fold)
    # The boosters predict the mean of logarithms, which is about exp(-0.4 ** 2 / 2), 0.92, of the mean.
    assert predicted.mean() == pytest.approx(actual.mean(), rel=0.04)
    assert plain.mean() < 0.96 * actual.mean()
    score = fit_fold(quantise(fold, 256, "in_core", transform), PARAMS, BUDGET, 1, fitting)
    assert score.metrics["rmse"] == pytest.approx(np.sqrt(np.mean((predicted - actual) ** 2)))


def test_labels_are_rounded_so_that_boosters_see_the_same_on_every_machine() -> None:
    labels = TRANSFORMS["log"].apply(_targets("prices")[1])
    mantissa, _ = np.frexp(labels)
    assert np.array_equal(mantissa * 2**20, np.round(mantissa * 2**20))
    assert np.array_equal(labels, labels.astype(np.float32))


@pytest.mark.parametrize(
    ("changes", "kind"),
    [
        ({"target_transform": "log"}, "prices"),
        ({"target_transform": "log1p"}, "costs"),
        ({"target_transform": "log", "objective": "quantile"}, "prices"),
        ({"objective": "poisson"}, "counts"),
        ({"objective": "tweedie"}, "costs"),
        ({"objective": "pseudo_huber"}, "prices"),
    ],
)
def test_a_saved_model_predicts_the_same_doubles(changes: dict[str, Any], kind: str, tmp_path: Path) -> None:
    x, y = _targets(kind, 400)
    model = _model(_fitting(y, **changes), x, y)
    model.save(tmp_path / "model")
    loaded, frame = SavedModel.load(tmp_path / "model"), pd.DataFrame(x, columns=list(NAMES))
    assert loaded.fitting == model.fitting
    assert np.array_equal(loaded.predict(frame), model.predict(frame))
    transformed = changes.get("target_transform") and "objective" not in changes
    description = json.loads((tmp_path / "model/model.json").read_text())
    assert ("mean_correction" in description) == bool(transformed or changes.get("objective") == "tweedie")
    if transformed:
        assert model.mean_correction > 1
        assert model.predict(frame).mean() == pytest.approx(y.mean(), rel=1e-5)


def test_a_model_without_the_new_settings_does_not_mention_them() -> None:
    assert not {"variance_power", "target_transform"} & {*Fitting().as_dict(), *Fitting().to_json()}


def test_an_interval_of_a_transformed_target_contains_the_intended_share() -> None:
    x, y = _targets("prices")
    fitting, fold = _fitting(y, target_transform="log"), _fold(x, y)
    matrices = quantise(fold, 256, "in_core", fitting.transform)
    outside, _ = conformity_scores(matrices, PARAMS, 60, 1, fitting, 0.8)
    assert np.mean(np.array(outside) <= offset_of(outside, 0.8)) == pytest.approx(0.8, abs=0.01)
    # In the unit of the target: logarithms would lie a hundred thousand below it.
    assert np.median(np.abs(outside)) < np.median(y)
    ends = fit_quantiles(matrices.train, PARAMS, 60, 1, fitting, 0.8).predict(matrices.valid)
    inside = TRANSFORMS["log"].inverse(ends)
    assert np.mean((y[fold.valid] >= inside[:, 0]) & (y[fold.valid] <= inside[:, 1])) > 0.6


def fold_bytes(kind: str, **changes: Any) -> str:
    """What a fold's fit gives: its score, its rounds, its model's bytes and predictions; for a process of its own."""
    x, y = _targets(kind, 600)
    fitting, fold = _fitting(np.round(y, 3), **changes), _fold(x, np.round(y, 3))
    matrices = quantise(fold, 256, "in_core", fitting.transform)
    score = fit_fold(matrices, PARAMS, RoundBudget(5, 40), 1, fitting)
    booster = fit_rounds(matrices.train, PARAMS, 20, 1, fitting)
    predicted = validation_predictions(booster, matrices, 20, fitting)
    return repr((score, hash_of(bytes(booster.save_raw("ubj"))), hash_of(predicted.tobytes())))


def hash_of(content: bytes) -> str:
    import hashlib

    return hashlib.sha256(content).hexdigest()


@pytest.mark.parametrize(
    ("kind", "changes"),
    [
        ("counts", {"objective": "poisson"}),
        ("prices", {"objective": "gamma"}),
        ("costs", {"objective": "tweedie", "variance_power": 1.3}),
        ("prices", {"target_transform": "log", "metric": "rmsle"}),
        ("costs", {"target_transform": "log1p"}),
        ("prices", {"objective": "pseudo_huber", "metric": "mape"}),
    ],
)
def test_fits_are_the_same_without_newer_instructions(kind: str, changes: dict[str, Any]) -> None:
    code = f"from tests.unit.test_number_targets import fold_bytes; print(fold_bytes({kind!r}, **{changes!r}))"
    assert fresh_output(code).strip() == fold_bytes(kind, **changes)
