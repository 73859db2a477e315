"""Steps that learn from the target: rates per exposure, and weighted means, for training rows and new ones alike."""

from typing import Any

import numpy as np
import pandas as pd
import pytest
from sklearn.linear_model import LogisticRegression, Ridge

from lockstep.features.arrays import Numbers
from lockstep.features.recipe import Features
from lockstep.features.step import STEPS, Step
from lockstep.table.cross_fitting import CrossFitting
from lockstep.table.row_weights import RowWeights
from lockstep.testing.tables import standard_table, standard_target
from tests.unit.features.examples import CASES

PLACES = pd.DataFrame(
    {
        "place": list("aabb"),
        "parts": ["p;q", "p", "q", "q"],
        "x": [0.0, 1.0, 10.0, 11.0],
        "years": [1.0, 3.0, 0.5, 0.5],
        "times": [1.0, 1.0, 2.0, 4.0],
    }
)
CLAIMS = np.array([2.0, 1.0, 0.0, 3.0])
NEW = pd.DataFrame({"place": list("abc"), "parts": ["p", "q", "r"], "x": [0.0, 11.0, 12.0]})


def _features(step: dict[str, Any], weights: RowWeights, rows: pd.DataFrame = PLACES, y: Numbers = CLAIMS) -> Features:
    return Features((STEPS.parse(step),), 7, 0, CrossFitting(), weights).fit(rows, y)


ENCODE = {"step": "target_encode", "columns": ["place"], "smooth": 0}
PARTS = {"step": "multi_value", "column": "parts", "separator": ";", "encode": True, "smooth": 1e-12}
NEAR = {"step": "neighbours", "columns": ["x"], "k": [2]}


@pytest.mark.parametrize(
    ("weights", "a", "b", "overall"),
    [
        (RowWeights(), 3 / 2, 3 / 2, 6 / 4),
        (RowWeights(exposure="years"), 3 / 4, 3 / 1, 6 / 5),
        (RowWeights(weight="times"), 3 / 2, 12 / 6, 15 / 8),
        (RowWeights("times", "years"), 3 / 4, 12 / 3, 15 / 7),
    ],
)
def test_a_rate_is_the_sum_of_the_target_by_that_of_the_exposure(
    weights: RowWeights, a: float, b: float, overall: float
) -> None:
    made = _features(ENCODE, weights)
    np.testing.assert_allclose(made.transform(NEW)[:, 0], [a, b, overall], rtol=1e-6)
    np.testing.assert_allclose(_features(NEAR, weights).transform(NEW)[:, 0], [a, b, b], rtol=1e-6)
    # part p is in the rows of a, q in the others and the first
    q = {0: 5 / 3, 1: 5 / 2, 2: 14 / 7, 3: 14 / 4}[weights.columns.count("years") + 2 * weights.columns.count("times")]
    np.testing.assert_allclose(_features(PARTS, weights).transform(NEW)[:, 0], [a, q, overall], rtol=1e-6)


def test_a_rate_is_shrunk_by_rows_of_average_exposure() -> None:
    made = _features(ENCODE | {"smooth": 1}, RowWeights(exposure="years"))
    # the average exposure is 5 / 4, in which the overall rate expects 3 / 2
    expected = [(3 + 3 / 2) / (4 + 5 / 4), (3 + 3 / 2) / (1 + 5 / 4), 6 / 5]
    np.testing.assert_allclose(made.transform(NEW)[:, 0], expected, rtol=1e-6)


def test_empirical_bayes_weighs_a_rate_by_the_variance_of_rates_over_its_own() -> None:
    made = _features(ENCODE | {"smooth": "auto"}, RowWeights(exposure="years"))
    rates, years, overall = CLAIMS / PLACES["years"], PLACES["years"], 6 / 5
    variance = (years * (rates - overall) ** 2).sum() / 5
    expected = []
    for rows, rate in ((slice(0, 1), 3 / 4), (slice(2, 3), 3.0)):
        of_mean = (years.loc[rows] ** 2 * (rates.loc[rows] - rate) ** 2).sum() / years.loc[rows].sum() ** 2
        expected.append(variance / (variance + of_mean) * rate + of_mean / (variance + of_mean) * overall)
    np.testing.assert_allclose(made.transform(NEW)[:2, 0], expected, rtol=1e-6)


def test_training_rows_get_the_rates_of_the_other_folds() -> None:
    random = np.random.default_rng(0)
    rows = pd.DataFrame({"place": random.choice(list("ab"), 60), "years": random.uniform(0.1, 2, 60)})
    y = random.poisson(3 * rows["years"]).astype(np.float64)
    made = Features((STEPS.parse(ENCODE),), 7, 0, CrossFitting(), RowWeights(exposure="years")).fit_transform(rows, y)
    for others, own in CrossFitting().pairs(rows, 5, 7):
        sums = pd.DataFrame({"y": y[others], "e": rows["years"].to_numpy()[others]})
        sums = sums.groupby(rows["place"].to_numpy()[others]).sum()
        np.testing.assert_allclose(made[own, 0], rows["place"][own].map(sums["y"] / sums["e"]), rtol=1e-6)


# The weight of a single neighbour changes nothing.
LEARNING = [case for case in CASES if (case[1] == 2 or "alphas" in case[0]) and case[0].get("k") != [1]]


def _weighed(example: dict[str, Any], n_classes: int) -> tuple[Step, pd.DataFrame, Numbers]:
    rows = standard_table(120)
    rows["w"] = np.random.default_rng(3).uniform(0.2, 5, 120)
    step: Step = STEPS.parse(example).for_target(n_classes, 7, None, RowWeights(weight="w"))
    return step, rows, standard_target(rows, n_classes)


@pytest.mark.parametrize(("example", "n_classes"), LEARNING)
def test_the_unit_of_the_weights_does_not_matter_and_the_weights_do(example: dict[str, Any], n_classes: int) -> None:
    step, rows, y = _weighed(example, n_classes)
    made, new = step.fit_transform(rows, y), step.transform(rows)
    scaled = rows.assign(w=1024 * rows["w"])
    np.testing.assert_allclose(step.fit_transform(scaled, y), made, rtol=1e-9, atol=1e-12)
    plain = STEPS.parse(example).for_target(n_classes, 7)
    assert not np.allclose(plain.fit_transform(rows, y), made, equal_nan=True)
    assert not np.allclose(plain.transform(rows), new, equal_nan=True)


@pytest.mark.parametrize(("example", "n_classes"), LEARNING)
def test_a_rows_own_target_stays_hidden_where_rows_have_weights(example: dict[str, Any], n_classes: int) -> None:
    step, rows, y = _weighed(example, n_classes)
    before = step.fit_transform(rows, y)
    for row in (3, 60):
        changed = y.copy()
        changed[row] = 1 - y[row] if n_classes else 1e6
        np.testing.assert_array_equal(step.fit_transform(rows, changed)[row], before[row])


@pytest.mark.parametrize("n_classes", [0, 2])
def test_a_weighted_regression_is_scikit_learns(n_classes: int) -> None:
    step, rows, y = _weighed({"step": "linear", "columns": ["area"], "alphas": [2.0]}, n_classes)
    made = step.fit(rows, y).transform(rows)[:, 0]
    x = ((rows[["area"]] - rows["area"].mean()) / rows["area"].std(ddof=0)).to_numpy()
    model = LogisticRegression(C=1 / 2, tol=1e-8) if n_classes else Ridge(2.0)
    model.fit(x, y, sample_weight=rows["w"] / rows["w"].mean())
    expected = model.decision_function(x) if n_classes else model.predict(x)
    np.testing.assert_allclose(made, expected, rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize(("strategy", "n_classes"), [("group", 0), ("group", 2), ("time", 0), ("time", 2)])
def test_the_penalty_of_a_regression_is_chosen_as_the_split_relates_rows(strategy: str, n_classes: int) -> None:
    """A column that tells each group's target by heart deserves no slope for groups, or times, that are new.

    Left out one by one, or in random folds, rows are told by their sisters, and the weakest penalty wins.
    """
    random = np.random.default_rng(1)
    group = np.repeat(np.arange(14), 40)
    memory = random.normal(size=14)[group]
    others = {f"noise{number}": random.normal(size=14)[group] for number in range(9)}
    rows = pd.DataFrame({"group": group, "memory": memory, **others})
    y = random.normal(size=14)[group]
    y = (y > 0).astype(np.float64) if n_classes else y
    step = STEPS.parse({"step": "linear", "columns": ["memory", *others], "alphas": [0.001, 1e6]})
    related = CrossFitting(group="group") if strategy == "group" else CrossFitting(time="group")
    slopes = [
        np.abs(step.for_target(n_classes, 7, cross_fitting).fit(rows, y).state()["coefficients_"]).max()
        for cross_fitting in (CrossFitting(), related)
    ]
    assert slopes[0] > 0.1, "the planted memory is none"
    assert slopes[1] < 0.01
