"""Neighbours, clusters and linear models: small examples by hand, and brute force."""

from typing import Any

import numpy as np
import pandas as pd
import pytest
from scipy.spatial import cKDTree
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.model_selection import KFold

from lockstep.errors import DataError
from lockstep.features.arrays import Numbers
from lockstep.features.nearest import first_copies, nearest
from lockstep.testing.tables import standard_table, standard_target
from tests.unit.features.examples import step_of

LINE = pd.DataFrame({"x": [0.0, 1.0, 3.0, 3.0, np.nan], "c": [1.0, 2.0, 0.0, np.nan, 5.0]})
Y = np.array([10.0, 20.0, 30.0, 50.0, 1000.0])


def test_neighbours_by_hand() -> None:
    step: dict[str, Any] = {"step": "neighbours", "columns": ["x"], "k": [1, 2], "of": ["c"], "target_per": ["c"]}
    step |= {"folds": None, "spread": True, "distance": True, "difference": True}
    near = step_of(step)
    own = near.fit_transform(LINE, Y)
    names = near.names()
    assert names[:6] == [
        "neighbours_1_target",
        "neighbours_1_target_per_c",
        "neighbours_1_c",
        "neighbours_1_target_spread",
        "neighbours_1_distance",
        "c_minus_neighbours_1",
    ]
    # rows 2 and 3 are at one place: each is the other's neighbour, not its own
    np.testing.assert_array_equal(own[:, 0], [20, 10, 50, 30, np.nan])
    np.testing.assert_array_equal(own[:, 6], [25, 20, 35, 25, np.nan])
    np.testing.assert_array_equal(own[:, 1], [10, 10, np.nan, np.nan, np.nan])
    np.testing.assert_array_equal(own[:, 2], [2, 1, np.nan, 0, np.nan])
    np.testing.assert_array_equal(own[:, 9], [5, 10, 15, 5, np.nan])
    np.testing.assert_array_equal(own[:, 10], [2, 1.5, 1, 1, np.nan])
    np.testing.assert_array_equal(own[:, 5], [-1, 1, np.nan, np.nan, np.nan])
    new = near.transform(pd.DataFrame({"x": [3.0, 2.0], "c": [1.0, 1.0]}))
    # of rows 1, 2 and 3, all at distance 1 from 2.0, the first count
    np.testing.assert_array_equal(new[:, [0, 6]], [[30, 40], [20, 25]])


def test_near_neighbours_weigh_more() -> None:
    near = step_of({"step": "neighbours", "columns": ["x"], "k": [2], "power": 2}).fit(LINE, Y)
    new = near.transform(pd.DataFrame({"x": [0.25, 0.0, 0.5]}))
    np.testing.assert_allclose(new[:, 0], [(10 * 16 + 20 * 16 / 9) / (16 + 16 / 9), 10, 15], rtol=1e-6)


def test_shares_of_classes() -> None:
    near = step_of({"step": "neighbours", "columns": ["x"], "k": [3]}, 3).fit(LINE, np.array([0.0, 2, 2, 0, 1]))
    assert near.names() == [f"neighbours_3_target_class_{number}" for number in range(3)]
    np.testing.assert_allclose(near.transform(pd.DataFrame({"x": [0.5]})), [[1 / 3, 0, 2 / 3]])


def test_target_per_needs_a_number() -> None:
    step = step_of({"step": "neighbours", "columns": ["x"], "k": [1], "target_per": ["c"]})
    step.check_target(classes=False)
    with pytest.raises(ValueError, match="target_per needs a number as target; remove it, or use `of`"):
        step.check_target(classes=True)


def test_more_neighbours_than_rows() -> None:
    near = step_of({"step": "neighbours", "columns": ["x"], "k": [50], "folds": None})
    assert near.fit_transform(LINE, Y)[0, 0] == 100 / 3
    assert np.isnan(near.fit(LINE[4:], Y[4:]).transform(LINE)).all()
    assert np.isnan(near.fit_transform(LINE[:1], Y[:1])).all()


@pytest.mark.parametrize("k", [1, 4, 30])
@pytest.mark.parametrize("grid", [2, 6, 1000])
def test_the_nearest_are_those_of_brute_force_in_table_order(k: int, grid: int) -> None:
    random = np.random.default_rng(grid)
    points = random.integers(0, grid, (300, 2)).astype(np.float64)
    kept = np.flatnonzero(first_copies(points, k + 1))
    own = np.full(300, -1)
    own[kept] = np.arange(len(kept))
    distances, positions = nearest(cKDTree(points[kept]), points, k, own)
    for row in range(300):
        squares = ((points - points[row]) ** 2).sum(axis=1)
        squares[row] = np.inf
        expected = np.lexsort((np.arange(300), squares))[:k]
        np.testing.assert_array_equal(kept[positions[row]], expected)
        np.testing.assert_array_equal(distances[row], np.sqrt(squares[expected]))


def test_copies_are_counted_in_the_order_of_the_table() -> None:
    points = np.array([[1.0, 2], [0.0, 5], [1.0, 2], [-0.0, 5], [1.0, 3], [1.0, 2]])
    assert first_copies(points, 1).tolist() == [True, True, False, False, True, False]
    assert first_copies(points, 2).tolist() == [True, True, True, True, True, False]


def test_thousands_of_rows_at_one_place_stay_fast() -> None:
    points = np.zeros((20_000, 2))
    assert first_copies(points, 6).sum() == 6
    frame = pd.DataFrame({"x": np.zeros(20_000)})
    y = np.arange(20_000.0)
    step = {"step": "neighbours", "columns": ["x"], "k": [5], "folds": None}
    made = step_of(step).fit_transform(frame, y)[:, 0]
    np.testing.assert_array_equal(made[:7], [3, 2.8, 2.6, 2.4, 2.2, 2, 2])


def test_thousands_of_rows_at_one_place_stay_fast_in_a_local_regression() -> None:
    frame = pd.DataFrame({"x": np.zeros(20_000), "a": np.arange(20_000.0)})
    step = {"step": "local_linear", "columns": ["x"], "inputs": ["a"], "k": [5]}
    near = step_of(step).fit(frame, np.arange(20_000.0))
    assert near.state()["points_"].shape == (5, 1)
    # all five are equally near
    assert near.transform(frame[2:3])[0, 0] == pytest.approx(2, abs=0.01)


def test_copies_beyond_the_nearest_change_nothing_of_a_local_regression() -> None:
    random = np.random.default_rng(0)
    frame = pd.DataFrame({"x": np.repeat([0.0, 1.0, 5.0], 30), "a": random.normal(size=90)})
    y = random.normal(size=90)
    step = {"step": "local_linear", "columns": ["x"], "inputs": ["a"], "k": [4, 10], "scale": {"x": 2.0}}
    made = step_of(step).fit(frame, y).transform(frame)
    first = frame.groupby("x").head(10).index
    near = step_of(step).fit(frame, y)
    assert len(near.state()["points_"]) == 30
    near.restore(near.state() | {"points_": 2.0 * frame[["x"]].to_numpy()[first]})
    np.testing.assert_array_equal(near.transform(frame), made)


@pytest.mark.parametrize("k", [5, 20])
def test_a_local_regression_is_scikit_learns_ridge(k: int) -> None:
    train, new = standard_table(200).dropna(), standard_table(30, seed=2).dropna()
    y = standard_target(train)
    place, inputs = ["latitude", "longitude"], ["rooms", "change"]
    step = {"step": "local_linear", "columns": place, "inputs": inputs, "logs": ["change"], "k": [k], "alpha": 0.3}
    made = step_of(step).fit(train, y).transform(new)[:, 0]

    def values(frame: pd.DataFrame) -> Numbers:
        return np.column_stack([frame[inputs], np.sign(frame["change"]) * np.log1p(np.abs(frame["change"]))])

    means, spreads = values(train).mean(axis=0), values(train).std(axis=0)
    expected = []
    for point, own in zip(new[place].to_numpy(), (values(new) - means) / spreads, strict=True):
        distances = np.sqrt(((train[place].to_numpy() - point) ** 2).sum(axis=1))
        rows = np.lexsort((np.arange(len(train)), distances))[:k]
        width = 0.5 * distances[rows[-1]]
        weights = np.exp(-0.5 * (distances[rows] / width) ** 2) + 1e-6
        model = Ridge(alpha=0.3)
        model.fit((values(train)[rows] - means) / spreads, y[rows], sample_weight=weights / weights.sum())
        expected.append(float(model.predict([own])[0]))
    np.testing.assert_allclose(made, expected, rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize(
    "step",
    [
        {"step": "linear", "columns": ["c", "x"], "alphas": [1e-4]},
        {"step": "local_linear", "columns": ["x"], "inputs": ["c", "x"], "k": [10]},
        {"step": "clusters", "columns": ["c", "x"], "n_clusters": 2, "standardise": True},
    ],
    ids=lambda step: str(step["step"]),
)
def test_a_new_value_of_a_constant_column_is_not_blown_up(step: dict[str, Any]) -> None:
    frame = pd.DataFrame({"c": np.full(999, 0.1), "x": np.arange(999.0)})
    assert (np.std(np.column_stack([frame["c"], frame["x"]]), axis=0) > 0).all(), "the sum's last bit"
    made = step_of(step).fit(frame, np.arange(999.0))
    assert np.abs(made.transform(pd.DataFrame({"c": [0.5], "x": [3.0]}))).max() < 20


def test_clusters_are_numbered_in_the_order_of_their_centres() -> None:
    frame = pd.DataFrame({"x": [10.0, 11, 0, 1, 10, 11, np.nan], "y": [5.0, 5, 5, 5, 9, 9, 0]})
    clusters = step_of({"step": "clusters", "columns": ["x", "y"], "n_clusters": 3}).fit(frame)
    np.testing.assert_array_equal(clusters.state()["centres_"], [[0.5, 5], [10.5, 5], [10.5, 9]])
    assert clusters.names()[:2] == ["x_y_3_clusters", "x_y_3_clusters_to_0"]
    assert clusters.feature_types() == ["c", "q", "q", "q"]
    made = clusters.transform(frame)
    np.testing.assert_array_equal(made[:, 0], [1, 1, 0, 0, 2, 2, np.nan])
    np.testing.assert_array_equal(made[0, 1:], [9.5, 0.5, np.sqrt(0.25 + 16)])


def test_clusters_of_standardised_columns() -> None:
    frame = pd.DataFrame({"x": [0.0, 1, 0, 1], "y": [0.0, 0, 9000, 9000]})
    step = {"step": "clusters", "columns": ["x", "y"], "n_clusters": 4, "standardise": True}
    np.testing.assert_array_equal(step_of(step).fit(frame).state()["centres_"], [[0, 0], [0, 2], [2, 0], [2, 2]])


def test_too_many_clusters_are_refused() -> None:
    message = "n_clusters is 4, but the training rows have only 3 different values of x; lower it"
    with pytest.raises(DataError, match=message):
        step_of({"step": "clusters", "columns": ["x"], "n_clusters": 4}).fit(LINE)


def _standardised(frame: pd.DataFrame, fit: pd.DataFrame) -> Numbers:
    columns = ["rooms", "change"]
    filled = fit[columns].fillna(fit[columns].median())
    x = (frame[columns].fillna(fit[columns].median()) - filled.mean()) / filled.std(ddof=0)
    return np.asarray(x.to_numpy(), dtype=np.float64)


@pytest.mark.parametrize("n_classes", [0, 2])
def test_linear_is_out_of_fold_and_scikit_learns(n_classes: int) -> None:
    train, new = standard_table(), standard_table(30, seed=2)
    y = standard_target(train, n_classes)
    linear = step_of({"step": "linear", "columns": ["rooms", "change"], "alphas": [2.0], "folds": 4}, n_classes)
    own = linear.fit_transform(train, y)

    def predicted(rows: Any, frame: pd.DataFrame) -> Numbers:
        fit = train.iloc[rows]
        model = LogisticRegression(C=1 / 2, tol=1e-8) if n_classes else Ridge(2.0)
        model.fit(_standardised(fit, fit), y[rows])
        x = _standardised(frame, fit)
        return np.asarray(model.decision_function(x) if n_classes else model.predict(x), dtype=np.float64)

    np.testing.assert_allclose(linear.transform(new)[:, 0], predicted(slice(None), new), rtol=1e-4, atol=1e-5)
    for others, rows in KFold(4, shuffle=True, random_state=7).split(y):
        np.testing.assert_allclose(own[rows, 0], predicted(others, train.iloc[rows]), rtol=1e-4, atol=1e-5)


def test_a_strong_penalty_is_chosen_for_noise() -> None:
    frame = pd.DataFrame({"a": np.random.default_rng(0).normal(size=40)})
    for n_classes in (0, 2):
        y = np.random.default_rng(1).integers(0, 2, 40).astype(np.float64)
        step = {"step": "linear", "columns": ["a"], "alphas": [0.01, 1e6]}
        coefficients = step_of(step, n_classes).fit(frame, y).state()["coefficients_"]
        assert abs(coefficients[0, 0]) < 1e-4
