"""Statistics of numbers by group: values worked out by hand, and those of pandas."""

from typing import Any

import numpy as np
import pandas as pd
import pytest

from lockstep.features.step import STEPS, Step
from lockstep.table.cross_fitting import CrossFitting
from lockstep.testing.tables import standard_table
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


@pytest.mark.parametrize("example", STEPS["group_statistics"].examples())
def test_where_the_split_keeps_rows_together_other_folds_count(example: dict[str, Any]) -> None:
    """Each row's features are those of a new row after a fit on the other folds, in time too."""
    rows = standard_table(200)
    rows["shop"], rows["moment"] = np.arange(200) // 5, np.arange(200)
    step: Step = STEPS.parse({"step": "group_statistics", **example})
    made = step.for_target(0, 7, CrossFitting(group="shop")).fit_transform(rows)
    np.testing.assert_array_equal(
        step.for_target(0, 7, CrossFitting(group="shop", time="moment")).fit_transform(rows), made
    )
    pairs = CrossFitting(group="shop").pairs(rows, 5, 7)
    assert sorted(row for _, own in pairs for row in own) == list(range(200))
    for others, own in pairs:
        alone = step.for_target(0, 0).fit(rows.iloc[others])
        np.testing.assert_array_equal(made[own], alone.transform(rows.iloc[own]))


def test_a_column_is_not_its_own_group() -> None:
    with pytest.raises(ValueError, match="by: 'x' is one of columns; name another column"):
        STEPS.parse(STEP | {"by": ["kind", "x"]})
    with pytest.raises(ValueError, match="'mean' occurs twice; remove one"):
        STEPS.parse(STEP | {"statistics": ["mean", "mean"]})


def test_the_mean_of_a_group_does_not_tell_a_training_rows_number() -> None:
    """The mean of the others falls as the own number rises: trees would learn from it what no new row has."""
    random = np.random.default_rng(0)
    rows = pd.DataFrame({"x": random.normal(size=400), "kind": random.choice(list("ab"), 400)})
    step = STEPS.parse(STEP | {"statistics": ["mean", "spread"]})
    for cross_fitting in (CrossFitting(), CrossFitting(time="x")):
        made = step.for_target(0, 7, cross_fitting).fit_transform(rows)
        assert len(np.unique(made, axis=0)) == 2
    grouped = step.for_target(0, 7, CrossFitting(group="row")).fit_transform(rows.assign(row=range(400)))
    assert len(np.unique(grouped, axis=0)) == 2 * 5
