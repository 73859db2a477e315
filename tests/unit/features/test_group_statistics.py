"""Statistics of numbers by group: values worked out by hand, and those of pandas."""

from typing import Any

import numpy as np
import pandas as pd
import pytest

from lockstep.features.recipe import Features
from lockstep.features.step import STEPS
from lockstep.table.cross_fitting import CrossFitting
from lockstep.testing.tables import standard_table, standard_target
from tests.unit.features.examples import step_of

ALL = ["mean", "spread", "deviation", "ratio", "rank", "count"]
STEP: dict[str, Any] = {
    "step": "group_statistics",
    "columns": ["x"],
    "by": ["kind"],
    "statistics": ALL,
    "min_rows": 2,
}
ROWS = pd.DataFrame({"x": [1.0, 3.0, 8.0, np.nan, 5.0, -17.0], "kind": ["a", "a", "a", "a", "b", None]})


def test_a_new_row_is_compared_with_the_training_rows_of_its_group() -> None:
    step = step_of(STEP).fit(ROWS)
    assert step.names() == [f"{statistic}_x_by_kind" for statistic in ALL]
    made = step.transform(pd.DataFrame({"x": [6.0, 8.0, np.nan], "kind": ["a", "a", "a"]}))
    of_group = [4, np.sqrt((9 + 1 + 16) / 2)]
    expected = [[*of_group, 2, 6 / 4, 2 / 3, 3], [*of_group, 4, 2, 2 / 3, 3], [*of_group, *[np.nan] * 3, 3]]
    np.testing.assert_allclose(made, expected, rtol=1e-12)


def test_a_rare_group_and_an_unseen_one_have_the_statistics_of_all_rows() -> None:
    step = step_of(STEP).fit(ROWS)
    made = step.transform(pd.DataFrame({"x": [5.0, 5.0, 5.0], "kind": ["b", "never seen", None]}))
    # 1, 3, 8, 5 and -17: the mean is 0, so no number has a ratio to it; three are below 5
    np.testing.assert_allclose(made[:, :5], [[0, np.sqrt(388 / 4), 5, np.nan, 3 / 5]] * 3, rtol=1e-12)
    assert made[:, 5].tolist() == [1, 0, 1]
    alone = step_of(STEP | {"min_rows": 1}).fit(ROWS).transform(pd.DataFrame({"x": [7.0], "kind": ["b"]}))
    np.testing.assert_array_equal(alone, [[5, np.nan, 2, 7 / 5, 1, 1]])


def test_a_training_row_is_compared_with_the_others() -> None:
    made = step_of(STEP).fit_transform(ROWS)
    # group a without each row: {3, 8}, {1, 8}, {1, 3}, and all three for the row without a number
    expected = [
        [5.5, np.sqrt(12.5), -4.5, 1 / 5.5, 0, 2],
        [4.5, np.sqrt(24.5), -1.5, 3 / 4.5, 1 / 2, 2],
        [2, np.sqrt(2), 6, 4, 1, 2],
        [4, np.sqrt(13), np.nan, np.nan, np.nan, 3],
        # b and the missing kind have no other row: all others count
        [-5 / 4, np.std([1, 3, 8, -17], ddof=1), 5 + 5 / 4, 5 / (-5 / 4), 3 / 4, 0],
        [17 / 4, np.std([1, 3, 8, 5], ddof=1), -17 - 17 / 4, -17 / (17 / 4), 0, 0],
    ]
    np.testing.assert_allclose(made, expected, rtol=1e-12)


@pytest.mark.parametrize("example", STEPS["group_statistics"].examples())
def test_where_the_split_keeps_rows_together_the_others_count(example: dict[str, Any]) -> None:
    """Each row's features are those of a new row after a fit without its shop."""
    rows = standard_table(200)
    rows["shop"] = np.arange(200) // 5
    step = STEPS.parse({"step": "group_statistics", **example}).for_target(0, 0, CrossFitting(group="shop"))
    made = step.fit_transform(rows)
    for shop in (0, 7, 39):
        own = rows["shop"] == shop
        alone = STEPS.parse({"step": "group_statistics", **example}).for_target(0, 0).fit(rows[~own])
        np.testing.assert_allclose(made[own], alone.transform(rows[own]), rtol=1e-9, atol=1e-12)


@pytest.mark.parametrize("rows", [3, 7, 8, 11])
def test_the_spread_of_equal_numbers_beside_the_own_one_is_0(rows: int) -> None:
    frame = pd.DataFrame({"x": [0.1] * rows + [7.3], "kind": ["a"] * (rows + 1)})
    made = step_of(STEP | {"statistics": ["spread"]}).fit_transform(frame)
    assert made[rows, 0] == 0


def test_a_column_is_not_its_own_group() -> None:
    with pytest.raises(ValueError, match="by: 'x' is one of columns; name another column"):
        STEPS.parse(STEP | {"by": ["kind", "x"]})
    with pytest.raises(ValueError, match="'mean' occurs twice; remove one"):
        STEPS.parse(STEP | {"statistics": ["mean", "mean"]})


def test_the_features_of_training_rows_are_distributed_like_those_of_new_rows() -> None:
    """Groups of two: a deviation from a mean that contains the own number would have the variance 0.5."""
    random = np.random.default_rng(0)
    train = pd.DataFrame({"x": random.normal(size=4000), "kind": np.arange(4000) // 2})
    new = pd.DataFrame({"x": random.normal(size=4000), "kind": np.arange(4000) // 2})
    step = STEP | {"statistics": ["deviation"], "min_rows": 1}
    features = Features((STEPS.parse(step),))
    of_train = features.fit_transform(train, standard_target(standard_table(4000)))
    of_new = features.transform(new)
    assert of_train.std() == pytest.approx(np.sqrt(2), rel=0.05)
    assert of_new.std() == pytest.approx(np.sqrt(1.5), rel=0.05)
