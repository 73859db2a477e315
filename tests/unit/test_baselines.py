"""Baselines: each is of the model's kind, fitted on training rows alone, and what it says it is."""

import os
import subprocess
import sys
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
import pytest
from sklearn.ensemble import HistGradientBoostingClassifier, HistGradientBoostingRegressor
from sklearn.linear_model import GammaRegressor, LogisticRegression, PoissonRegressor, QuantileRegressor, RidgeCV
from sklearn.neighbors import KNeighborsRegressor

from lockstep.evaluate.baseline import BASELINES, BaselineResult, Problem, fit_baselines
from lockstep.evaluate.baselines import logistic_regression, quantile_regression, ridge
from lockstep.evaluate.best_constant import Targets, best_constant, class_shares
from lockstep.evaluate.rows import Rows
from lockstep.features.recipe import Features
from lockstep.features.steps.columns import Columns
from lockstep.fitting.fitting import Fitting
from lockstep.model.saved import SavedModel
from lockstep.model.trained import Predictions
from lockstep.model.training import Training
from lockstep.table.target import Target

Numbers = np.ndarray[Any, Any]

QUANTILE = Fitting("quantile", "pinball", quantile=0.9)
TWO = Fitting("classes", "log_loss", 2)
THREE = Fitting("classes", "log_loss", 3)


def problem(train: pd.DataFrame, test: pd.DataFrame, fitting: Fitting, **more: Any) -> Problem:
    """The problem of two tables with a column y, and w and e if rows have weights and exposures."""
    given = [name for name in train.columns if name not in ("y", "w", "e", "t")]
    features = Features([Columns(columns=tuple(given))], 5, fitting.n_classes)
    y = train["y"].to_numpy(dtype=np.float64)
    x = features.fit_transform(train, y)
    labels = tuple(range(fitting.n_classes))
    model = SavedModel([], features, Target("y", labels), fitting, Training({}, 1, 0.0))
    if "e" in train:
        model = replace(model, rate=float(train["y"].sum() / train["e"].sum()))

    def rows(frame: pd.DataFrame, matrix: Numbers) -> Rows:
        w, e = (frame[name].to_numpy(dtype=np.float64) if name in frame else None for name in ("w", "e"))
        return Rows(frame, matrix, frame["y"].to_numpy(dtype=np.float64), w, e)

    return Problem(model, rows(train, x), rows(test, features.transform(test)), 7, **more)


def fitted(name: str, *args: Any, **more: Any) -> Predictions:
    """Predictions of the test rows by the baseline of a file."""
    baseline = BASELINES[name](problem(*args, **more))
    predictions = baseline.predict()
    assert predictions is not None
    return predictions


def frame(rows: int, seed: int) -> pd.DataFrame:
    """Three standard normal columns, and y, which depends on them."""
    random = np.random.default_rng(seed)
    x = random.normal(size=(rows, 3)).astype(np.float32).astype(np.float64)
    y = x @ np.array([1.0, -2.0, 0.5]) + random.normal(size=rows)
    return pd.DataFrame(x, columns=["a", "b", "c"]).assign(y=y)


def standardised(rows: int, seed: int) -> pd.DataFrame:
    """`frame` with columns that are standardised already, so that preparing them changes nothing."""
    made = frame(rows, seed)
    for name in "abc":
        made[name] = ((made[name] - made[name].mean()) / made[name].std(ddof=0)).astype(np.float32)
    return made


def inputs(rows: pd.DataFrame) -> Numbers:
    return rows[["a", "b", "c"]].to_numpy(dtype=np.float64)


# ---- the best constant ------------------------------------------------------------------------------------------

Y = np.array([1.0, 2.0, 2.0, 10.0, 20.0])
W = np.array([1.0, 1.0, 1.0, 1.0, 6.0])


@pytest.mark.parametrize(
    ("fitting", "weight", "name", "value"),
    [
        (Fitting(), None, "mean", 7.0),
        (Fitting(), W, "mean", 13.5),
        (Fitting(metric="r2"), W, "mean", 13.5),
        (Fitting("absolute_error", "mae"), None, "median", 2.0),
        (Fitting("absolute_error", "mae"), W, "median", 20.0),
        (QUANTILE, None, "quantile", 20.0),
        (replace(QUANTILE, quantile=0.3), None, "quantile", 2.0),
        (replace(QUANTILE, quantile=0.35), W, "quantile", 10.0),
        # The metric decides, not the objective.
        (Fitting("quantile", "mae", quantile=0.9), None, "median", 2.0),
        (Fitting("poisson", "poisson_deviance"), W, "mean", 13.5),
        # |y - p| / |y| weighs by 1 / y: 1, 1/2, 1/2, 1/10, 1/20 have their weighted median at 2
        (Fitting(metric="mape"), None, "constant", 2.0),
        # the mean of log(1 + y): (log 2 + 2 log 3 + log 11 + log 21) / 5
        (Fitting(metric="rmsle"), None, "constant", (2 * 9 * 11 * 21) ** 0.2 - 1),
        # half of the rows are nearest to 1.5 to 2: |1 - 1.5|, |2 - 1.5|, |2 - 1.5| are 0.5
        (Fitting(metric="median_absolute_error"), None, "constant", 1.5),
    ],
)
def test_the_constant_is_the_best_one_for_the_metric(
    fitting: Fitting, weight: Numbers | None, name: str, value: float
) -> None:
    found = best_constant(fitting, Targets(Y, weight), 1)
    assert found.name == name
    assert found.value == pytest.approx(value, rel=1e-4)
    assert found.repeated(3).tolist() == [found.value] * 3


@pytest.mark.parametrize("metric", ["pseudo_huber", "smape", "mape", "rmsle", "median_absolute_error"])
def test_no_other_constant_is_better_than_one_that_was_searched(metric: str) -> None:
    random = np.random.default_rng(3)
    y, weight = random.lognormal(1, 1, 400), random.uniform(0.5, 2, 400)
    fitting = Fitting("pseudo_huber" if metric == "pseudo_huber" else "squared_error", metric, huber_slope=0.7)
    found = best_constant(fitting, Targets(y, weight), 1)

    def loss(value: float) -> float:
        return fitting.loss({metric: fitting.value(y, np.full(400, value), weight)})

    assert isinstance(found.value, float)
    everywhere = min(loss(value) for value in np.linspace(y.min(), np.quantile(y, 0.99), 800))
    assert loss(found.value) <= everywhere * (1 + 1e-4)


def test_a_constant_rate_is_the_total_per_unit_of_exposure() -> None:
    counts, exposure = np.array([0.0, 1.0, 3.0]), np.array([1.0, 0.5, 2.5])
    found = best_constant(Fitting("poisson", "poisson_deviance"), Targets(counts, None, exposure), 1)
    assert (found.name, found.value) == ("mean", 1.0)
    assert found.repeated(2, np.array([0.5, 3.0])).tolist() == [0.5, 3.0]
    weighted = best_constant(Fitting("poisson", "poisson_deviance"), Targets(counts, counts + 1, exposure), 1)
    assert weighted.value == pytest.approx((2 + 12) / (1 + 1 + 10))
    found = best_constant(Fitting("poisson", "mae"), Targets(np.array([2.0, 2.0, 9.0]), None, np.ones(3)), 1)
    assert (found.name, found.value) == ("constant", 2.0)


def test_the_constant_of_classes_is_their_smoothed_shares_or_one_class() -> None:
    y = np.array([0.0, 0, 0, 1])
    found = best_constant(TWO, Targets(y), 1)
    assert found.name == "class_shares"
    np.testing.assert_allclose(found.value, [4 / 6, 2 / 6])
    assert best_constant(replace(TWO, metric="auc"), Targets(y), 1).name == "class_shares"
    assert best_constant(replace(TWO, metric="accuracy"), Targets(y), 1).name == "class_shares"
    always = best_constant(replace(TWO, metric="f1"), Targets(y), 1)  # F1 of always 1: 2 * 0.25 / 1.25
    assert always.name == "one_class"
    assert always.repeated(2).tolist() == [[0, 1], [0, 1]]


@pytest.mark.parametrize("unit", [1.0, 1e-6, 1e6])
def test_shares_of_weighted_classes_do_not_depend_on_the_unit_of_the_weights(unit: float) -> None:
    """Weights 1, 1 and 4, 2 on average: (2 + 2) / (6 + 2 * 2)."""
    shares = class_shares(np.array([0.0, 0, 1]), 2, unit * np.array([1.0, 1, 4]))
    np.testing.assert_allclose(shares, [0.4, 0.6])


def test_shares_of_rare_classes_are_about_as_good_as_equal_shares() -> None:
    """300 classes without any signal, a third of which have no training row."""
    n_classes = 300
    y = np.random.default_rng(4).integers(0, n_classes, size=500)
    shares = class_shares(y[:300].astype(np.float64), n_classes)
    assert shares.sum() == pytest.approx(1)
    assert -np.mean(np.log(shares[y[300:]])) == pytest.approx(np.log(n_classes), abs=0.15)


@pytest.mark.parametrize("counts", [(150, 204), (900, 100), (60, 58, 61, 59, 62, 60)])
def test_smoothing_hardly_moves_the_shares_of_ordinary_classes(counts: tuple[int, ...]) -> None:
    y = np.repeat(np.arange(len(counts)), counts).astype(np.float64)
    fitting = Fitting("classes", "log_loss", len(counts))
    losses = [
        fitting.loss(fitting.scores(y, np.tile(shares, (len(y), 1))))
        for shares in (np.array(counts) / len(y), class_shares(y, len(counts)))
    ]
    assert 0 <= losses[1] - losses[0] < 1e-4


# ---- linear models ----------------------------------------------------------------------------------------------


def test_ridge_and_logistic_regression_are_scikit_learns() -> None:
    train, test = standardised(200, 1), frame(50, 2)
    expected = RidgeCV(ridge.ALPHAS).fit(inputs(train), train["y"]).predict(inputs(test))
    np.testing.assert_allclose(fitted("ridge", train, test, Fitting()), expected, rtol=1e-4, atol=1e-4)
    sign = train.assign(y=train["y"] > 0)
    shares = LogisticRegression().fit(inputs(sign), sign["y"]).predict_proba(inputs(test))
    np.testing.assert_allclose(fitted("logistic_regression", sign, test, TWO), shares, atol=1e-3)


def test_quantile_regression_is_scikit_learns() -> None:
    train, test = standardised(200, 1), frame(50, 2)
    for fitting, quantile in ((QUANTILE, 0.9), (Fitting("absolute_error", "mae"), 0.5)):
        exact = QuantileRegressor(quantile=quantile, alpha=0).fit(inputs(train), train["y"])
        said = fitted("quantile_regression", train, test, fitting)
        np.testing.assert_allclose(said, exact.predict(inputs(test)), atol=0.02)


def test_a_large_table_is_sampled_for_quantile_regression() -> None:
    train, test = frame(10_000, 1), frame(500, 2)
    baseline = BASELINES["quantile_regression"](problem(train, test, QUANTILE))
    said = baseline.predict()
    assert said is not None
    assert "on 4,000 training rows" in baseline.about()
    assert np.mean(test["y"] < said) == pytest.approx(0.9, abs=0.04)


@pytest.mark.parametrize(("objective", "kind"), [("poisson", PoissonRegressor), ("gamma", GammaRegressor)])
def test_generalised_linear_models_are_scikit_learns(objective: str, kind: Any) -> None:
    train, test = standardised(400, 1), frame(50, 2) * 0.2
    random = np.random.default_rng(3)
    rates = np.exp(0.3 * train["a"])
    train["y"] = random.poisson(rates) if objective == "poisson" else random.gamma(2, rates / 2)
    train["w"] = random.uniform(1, 3, 400)
    train["e"] = random.uniform(0.5, 2, 400) if objective == "poisson" else 1.0
    test["e"] = 2.0
    rate, weight = train["y"] / train["e"], train["w"] * train["e"]
    exact = kind(alpha=1e-4, tol=1e-9, max_iter=1000).fit(inputs(train), rate, sample_weight=weight)
    said = fitted("log_link_regression", train, test, Fitting(objective, f"{objective}_deviance"))
    np.testing.assert_allclose(said, 2 * exact.predict(inputs(test)), rtol=1e-4)


def test_what_depends_on_a_logarithm_does_not_explode() -> None:
    """A test row far outside the training rows."""
    train = frame(400, 1)
    train["y"] = np.random.default_rng(3).poisson(np.exp(0.5 * train["a"])).astype(float)
    test = frame(20, 2)
    test.loc[0, "a"] = 1e4
    for name in ("log_link_regression", "untuned_sklearn"):
        assert fitted(name, train, test, Fitting("poisson", "poisson_deviance")).max() <= train["y"].max()
    positive = train.assign(y=np.exp(train["a"]))
    logs = Fitting(target_transform="log")
    assert fitted("ridge", positive, test, logs).max() <= 2 * positive["y"].max()


def test_a_transformed_target_is_learned_as_the_model_learns_it() -> None:
    train, test = standardised(400, 1), standardised(100, 2)
    for rows in (train, test):
        rows["y"] = np.exp(rows["a"] + 0.3 * np.random.default_rng(5).normal(size=len(rows)))
    plain, logs = (
        np.mean((fitted("ridge", train, test, fitting) - test["y"]) ** 2)
        for fitting in (Fitting(), Fitting(target_transform="log"))
    )
    assert logs < 0.5 * plain
    median = fitted("quantile_regression", train, test, Fitting("absolute_error", "mae", target_transform="log"))
    np.testing.assert_allclose(median, np.exp(test["a"]), rtol=0.15)


def test_pseudo_huber_regression_minimises_the_pseudo_huber_loss() -> None:
    train, test = standardised(300, 1), frame(50, 2)
    train.loc[:20, "y"] += 50.0
    fitting = Fitting("pseudo_huber", "pseudo_huber", huber_slope=0.8)
    loss = fitting.value(train["y"].to_numpy(), fitted("pseudo_huber_regression", train, train, fitting))
    squares = fitting.value(train["y"].to_numpy(), fitted("ridge", train, train, fitting))
    assert loss is not None
    assert squares is not None
    assert loss < 0.9 * squares
    for change in np.eye(4)[:, :3] * 0.01:
        moved = fitted("pseudo_huber_regression", train, train, fitting) + inputs(train) @ change
        assert loss <= (fitting.value(train["y"].to_numpy(), moved) or 0) + 1e-6
    assert fitted("pseudo_huber_regression", train, test, fitting).shape == (50,)


def test_logistic_regression_reaches_its_optimum() -> None:
    """Where L-BFGS stops by scikit-learn's default, the fourth digit is not yet settled."""
    random = np.random.default_rng(3)
    a, b = random.normal(size=(2, 400))
    x = np.column_stack([a, b, a + b + 0.01 * random.normal(size=400)])
    x = ((x - x.mean(axis=0)) / x.std(axis=0)).astype(np.float32)
    rows = pd.DataFrame(x.astype(np.float64), columns=["a", "b", "c"])
    rows["y"] = np.digitize(a + 0.5 * random.normal(size=400), [-0.4, 0.5])
    exact = LogisticRegression(tol=1e-10, max_iter=100_000).fit(inputs(rows), rows["y"])
    said = fitted("logistic_regression", rows, rows, THREE)
    np.testing.assert_allclose(said, exact.predict_proba(inputs(rows)), atol=1e-6)


KERNELS = """
import numpy as np
import pandas as pd
from tests.unit.test_baselines import THREE, fitted
random = np.random.default_rng(1)
a = random.normal(size=900)
rows = pd.DataFrame({"a": a, "b": 2 * a + 1e-3 * random.normal(size=900), "c": 1 - a})
rows["d"] = random.integers(0, 6, 900).astype(str)
rows["y"] = np.digitize(a + 0.4 * (rows["d"] == "2") + 0.5 * random.normal(size=900), [-0.4, 0.5])
train, test = rows[:700].reset_index(drop=True), rows[700:].reset_index(drop=True)
said = fitted("logistic_regression", train, test, THREE)
scores = THREE.scores(test["y"].to_numpy(float), said, 4)
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
    train = frame(90, 1).assign(y=np.arange(90) % 3)
    assert "logistic_regression" in fit_baselines(problem(train, train, THREE))
    monkeypatch.setattr(logistic_regression, "MAX_COEFFICIENTS", 8)
    assert "logistic_regression" not in fit_baselines(problem(train, train, THREE))
    monkeypatch.setattr(logistic_regression, "MAX_COEFFICIENTS", 9)
    monkeypatch.setattr(logistic_regression, "MAX_WORK", 90 * 80)
    assert "logistic_regression" not in fit_baselines(problem(train, train, THREE))


def test_too_wide_a_quantile_regression_is_left_out(monkeypatch: pytest.MonkeyPatch) -> None:
    train = frame(60, 1)
    assert "quantile_regression" in fit_baselines(problem(train, train, QUANTILE))
    monkeypatch.setattr(quantile_regression, "MAX_COLUMNS", 2)
    assert "quantile_regression" not in fit_baselines(problem(train, train, QUANTILE))


def test_a_category_has_a_column_per_value_and_missing_numbers_the_median() -> None:
    words = pd.DataFrame({"a": ["x", "y", "z"] * 60, "y": [5.0, -3.0, 9.0] * 60})
    np.testing.assert_allclose(fitted("ridge", words, words[:3], Fitting()), [5, -3, 9], atol=0.01)
    numbers = pd.DataFrame({"a": [0.0, 1.0, 4.0] * 60, "y": [5.0, -3.0, 9.0] * 60})
    new = pd.DataFrame({"a": [np.nan, 1.0], "y": [0.0, 0.0]})
    missing, median = fitted("ridge", numbers, new, Fitting())
    assert missing == pytest.approx(median)


# ---- boosting and neighbours ------------------------------------------------------------------------------------


def test_untuned_boosting_is_scikit_learns_with_the_models_loss() -> None:
    train, test = frame(300, 1), frame(50, 2)
    for fitting, settings in (
        (Fitting(), {}),
        (Fitting("absolute_error", "mae"), {"loss": "absolute_error"}),
        (QUANTILE, {"loss": "quantile", "quantile": 0.9}),
    ):
        expected = HistGradientBoostingRegressor(random_state=7, **settings).fit(inputs(train), train["y"])
        np.testing.assert_array_equal(fitted("untuned_sklearn", train, test, fitting), expected.predict(inputs(test)))
    sign = train.assign(y=train["y"] > 0)
    shares = HistGradientBoostingClassifier(random_state=7).fit(inputs(sign), sign["y"]).predict_proba(inputs(test))
    np.testing.assert_array_equal(fitted("untuned_sklearn", sign, test, TWO), shares)


@pytest.mark.long("test_a_class_that_no_training_row_has_gets_no_probability")
def test_a_class_of_one_row_among_many_stops_no_boosting() -> None:
    """Above 10,000 rows scikit-learn puts a part of every class aside, which one row does not allow."""
    train = frame(10_050, 1)
    train["y"] = (train["y"] > 0).astype(float)
    train.loc[7, "y"] = 2
    np.testing.assert_allclose(fitted("untuned_sklearn", train, train[:20], THREE).sum(axis=1), 1)


def test_nearest_neighbours_are_scikit_learns_and_need_ten_rows_at_most() -> None:
    train, test = frame(60, 1), frame(9, 2)
    places = [rows[["a", "b"]].to_numpy() for rows in (train, test)]
    expected = KNeighborsRegressor(10, weights="distance").fit(places[0], train["y"]).predict(places[1])
    said = fitted("nearest_neighbours", train, test, Fitting(), coordinates=("a", "b"))
    np.testing.assert_array_equal(said, expected)
    assert fitted("nearest_neighbours", train[:3], test, Fitting(), coordinates=("a", "b")).shape == (9,)


def test_a_class_that_no_training_row_has_gets_no_probability() -> None:
    train, test = frame(100, 1), frame(10, 2)
    two = train.assign(y=np.where(train["y"] > 0, 2.0, 0.0))
    for name in ("logistic_regression", "untuned_sklearn", "nearest_neighbours"):
        said = fitted(name, two, test, THREE, coordinates=("a", "b"))
        assert (said[:, 1] == 0).all()
        np.testing.assert_allclose(said.sum(axis=1), 1)
    assert fitted("logistic_regression", train.assign(y=1.0), test, THREE).tolist() == [[0, 1, 0]] * 10


@pytest.mark.parametrize(
    ("fitting", "expected"),
    [
        (Fitting(), {"mean", "ridge", "untuned_sklearn"}),
        (Fitting("absolute_error", "mae"), {"median", "quantile_regression", "untuned_sklearn"}),
        (QUANTILE, {"quantile", "quantile_regression", "untuned_sklearn"}),
        (Fitting("pseudo_huber", "pseudo_huber"), {"constant", "pseudo_huber_regression"}),
        (Fitting("poisson", "poisson_deviance"), {"mean", "poisson_regression", "untuned_sklearn"}),
        (Fitting("gamma", "gamma_deviance"), {"mean", "gamma_regression", "untuned_sklearn"}),
        (Fitting("tweedie", "tweedie_deviance"), {"mean", "tweedie_regression"}),
        (TWO, {"class_shares", "logistic_regression", "untuned_sklearn"}),
    ],
)
def test_every_objective_has_a_constant_a_linear_model_and_untuned_boosting(
    fitting: Fitting, expected: set[str]
) -> None:
    train = frame(120, 1)
    train["y"] = (train["y"] > 0).astype(float) if fitting.n_classes else np.exp(train["y"] / 3)
    found = fit_baselines(problem(train, train, fitting))
    assert set(found) == expected | {"untuned_xgboost"}
    assert all(baseline.about and np.isfinite(baseline.predictions).all() for baseline in found.values())
    roles = {name: baseline.role for name, baseline in found.items()}
    assert sorted(roles.values()) == sorted(["constant", "simple", "same", *(["other"] * (len(found) - 3))])
    score = {
        name: fitting.loss(fitting.scores(train["y"].to_numpy(), each.predictions)) for name, each in found.items()
    }
    constant = next(name for name, role in roles.items() if role == "constant")
    assert max(score, key=lambda name: score[name]) == constant


@pytest.mark.parametrize("name", ["ridge", "untuned_sklearn", "untuned_xgboost"])
def test_baselines_are_fitted_by_weight(name: str) -> None:
    train = frame(200, 1)
    uneven = np.where(train["y"] > train["y"].median(), 20.0, 1.0)
    plain, ones, heavy = (
        fitted(name, train if weight is None else train.assign(w=weight), train, Fitting())
        for weight in (None, np.ones(200), uneven)
    )
    np.testing.assert_allclose(plain, ones, rtol=1e-3, atol=1e-3)
    assert np.mean(heavy) > np.mean(plain)


@pytest.mark.parametrize(
    ("name", "fitting"),
    [
        ("ridge", Fitting()),
        ("logistic_regression", TWO),
        ("pseudo_huber_regression", Fitting("pseudo_huber", "pseudo_huber")),
        ("log_link_regression", Fitting("poisson", "poisson_deviance")),
        ("quantile_regression", QUANTILE),
        ("untuned_sklearn", Fitting()),
    ],
)
def test_the_unit_of_the_weights_weakens_no_baseline(name: str, fitting: Fitting) -> None:
    """Weights that add up to 1 are usual, and a penalty of scikit-learn would count for more than such rows."""
    train = frame(200, 1)
    train["y"] = (train["y"] > 0).astype(float) if fitting.n_classes else np.abs(train["y"])
    weight = np.random.default_rng(3).uniform(0.5, 1.5, 200)
    usual, small = (fitted(name, train.assign(w=unit * weight), train, fitting) for unit in (1.0, 1e-8))
    np.testing.assert_allclose(small, usual, rtol=1e-6)


@pytest.mark.parametrize("name", ["logistic_regression", "untuned_sklearn", "untuned_xgboost"])
def test_class_weights_reach_every_baseline_that_learns(name: str) -> None:
    train = frame(300, 1)
    train["y"] = (train["y"] > 2.5).astype(float)
    plain, balanced = (
        fitted(name, train, frame(300, 2), replace(TWO, class_weight=weight)) for weight in (None, "balanced")
    )
    assert np.mean(balanced[:, 1]) > 1.15 * np.mean(plain[:, 1])


def test_untuned_xgboost_has_the_models_objective() -> None:
    """Of a skewed target the 0.9 quantile, not the mean, and never below 0 for counts."""
    train = frame(500, 1)
    train["y"] = np.random.default_rng(2).exponential(1.0, 500)
    said = fitted("untuned_xgboost", train, train, QUANTILE)
    assert np.mean(said) > 1.3 * train["y"].mean()
    assert fitted("untuned_xgboost", train, train, Fitting("poisson", "poisson_deviance")).min() > 0


# ---- time -------------------------------------------------------------------------------------------------------

WEEK = np.array([5.0, 1, 2, 3, 4, 9, 8])


def daily(days: int, noise: float = 0.0) -> pd.DataFrame:
    """A value by the day of the week, from a Monday on, in any order of rows."""
    t = pd.date_range("2024-01-01", periods=days, freq="D")
    y = WEEK[np.arange(days) % 7] + noise * np.random.default_rng(1).normal(size=days)
    return pd.DataFrame({"a": 0.0, "t": t, "y": y})


def in_time(train: pd.DataFrame, test: pd.DataFrame, fitting: Fitting | None = None) -> dict[str, BaselineResult]:
    return fit_baselines(problem(train, test, fitting or Fitting(), time="t"))


def test_the_last_value_is_that_of_the_last_training_rows() -> None:
    rows = daily(30)
    shuffled = rows[:20].sample(frac=1, random_state=1).reset_index(drop=True)
    found = in_time(shuffled, rows[25:].reset_index(drop=True))
    assert found["last_value"].predictions.tolist() == [9.0] * 5  # the 20th day is a Saturday
    twice = pd.concat([shuffled, rows[19:20].assign(y=11.0)], ignore_index=True)
    assert in_time(twice, rows[25:])["last_value"].predictions.tolist() == [10.0] * 5
    assert found["last_value"].role == found["seasonal_value"].role == "simple"
    assert "last_value" not in fit_baselines(problem(shuffled, rows[25:], Fitting()))


def test_the_seasonal_value_of_a_week_is_that_of_the_weekday() -> None:
    rows = daily(70, noise=0.1)
    found = in_time(rows[:50].reset_index(drop=True), rows[53:].reset_index(drop=True))["seasonal_value"]
    assert found.about.endswith("with the same day of the week")
    np.testing.assert_allclose(found.predictions, WEEK[np.arange(53, 70) % 7], atol=0.4)


def test_the_last_season_is_predicted_where_the_level_moves() -> None:
    rows = daily(84)
    rows["y"] += np.arange(84) // 7 * 3
    found = in_time(rows[:70].reset_index(drop=True), rows[70:].reset_index(drop=True))["seasonal_value"]
    assert found.about == "the last target of the training rows with the same day of the week"
    np.testing.assert_allclose(found.predictions, np.tile(WEEK, 2) + 27)


def test_hours_and_months_are_seasons_too() -> None:
    hours = pd.date_range("2024-01-01", periods=24 * 20, freq="h")
    by_hour = pd.DataFrame({"a": 0.0, "t": hours, "y": np.sin(hours.hour / 24 * 2 * np.pi)})
    assert in_time(by_hour[:400], by_hour[400:])["seasonal_value"].about.endswith("hour of the day")
    months = pd.date_range("2015-01-01", periods=84, freq="MS")
    by_month = pd.DataFrame({"a": 0.0, "t": months, "y": np.cos(months.month / 6 * np.pi)})
    found = in_time(by_month[:72], by_month[72:])["seasonal_value"]
    assert found.about.endswith("month of the year")
    np.testing.assert_allclose(found.predictions, by_month["y"][72:], atol=1e-12)


def test_a_period_of_evenly_spaced_numbers_is_found_by_its_autocorrelation() -> None:
    t = np.arange(300)
    rows = pd.DataFrame({"a": 0.0, "t": t * 0.25, "y": np.sin(t * 2 * np.pi / 11) + 0.05 * t})
    found = in_time(rows[:240], rows[240:])["seasonal_value"]
    assert found.about == "the last target of the training rows with the same place in a period of 11 steps of time"
    noise = rows.assign(y=np.random.default_rng(1).normal(size=300))
    assert "seasonal_value" not in in_time(noise[:6], noise[240:])


def test_test_rows_teach_no_baseline() -> None:
    rows = daily(70, noise=0.1)
    train, test = rows[:50].reset_index(drop=True), rows[53:].reset_index(drop=True)
    one, other = (in_time(train, test.assign(y=y)) for y in (0.0, 1e9))
    for name, baseline in one.items():
        np.testing.assert_array_equal(baseline.predictions, other[name].predictions)


def test_seasons_of_classes_are_shares() -> None:
    rows = daily(70)
    rows["y"] = (rows["y"] > 4).astype(float)
    found = in_time(rows[:56].reset_index(drop=True), rows[56:].reset_index(drop=True), TWO)
    assert found["seasonal_value"].predictions[:, 1].round(1).tolist() == [0.9, 0.1, 0.1, 0.1, 0.1, 0.9, 0.9] * 2
    np.testing.assert_allclose(found["last_value"].predictions[0], [1 / 3, 2 / 3])


def test_a_last_count_of_0_is_no_baseline_for_a_deviance() -> None:
    rows = daily(30)
    rows.loc[19, "y"] = 0.0
    found = in_time(rows[:20], rows[20:], Fitting("poisson", "poisson_deviance"))
    assert "last_value" not in found
