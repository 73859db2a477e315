"""No training row's features tell its own target, and no row outside the fit tells anything."""

from typing import Any

import numpy as np
import pandas as pd
import pytest
import xgboost as xgb

from lockstep.features.arrays import Numbers
from lockstep.fitting.make_folds import make_folds
from lockstep.split.split_block import Split
from lockstep.split.splitting import split_table
from lockstep.table.cross_fitting import CrossFitting
from lockstep.table.target import Target
from lockstep.testing.tables import standard_table, standard_target
from tests.unit.features.examples import CASES, EXAMPLES, N_CLASSES, SUPERVISED, learns_from_target, step_of

LEARNERS = [case for case in CASES if learns_from_target(case[0])]


@pytest.mark.parametrize("example", EXAMPLES, ids=[example["step"] for example in EXAMPLES])
def test_rows_outside_the_fit_change_nothing(example: dict[str, Any]) -> None:
    whole = standard_table(140)
    whole["y"] = standard_target(whole)
    whole["row_id"] = range(140)
    split = Split(strategy="random", folds=3, test_size=0.2, valid_size=0.1)
    train, _ = split_table(whole, Target("y"), split, 1)
    for text in ("street", "kind", "title", "tags"):
        # values of a categorical column are shared by all slices of it
        train[text] = train[text].astype("category")
    poisoned, outside = train.copy(), train["fold"] == 0
    poisoned.loc[outside, ["rooms", "change", "latitude", "longitude", "y"]] = 1e6
    poisoned.loc[outside, "garden"] = 5.0
    poisoned.loc[outside, "day"] = pd.Timestamp("1990-01-01")
    for text in ("street", "kind", "title", "tags"):
        poisoned[text] = poisoned[text].cat.add_categories(["poison"])
        poisoned.loc[outside, text] = "poison"
    before, after = (_training_rows(each, example) for each in (train, poisoned))
    assert before.tobytes() == after.tobytes()
    # and through the pipeline's own folds
    one, other = (
        make_folds(each, Target("y"), (step_of(example),), CrossFitting(), 0)[0] for each in (train, poisoned)
    )
    assert one.x[one.train].tobytes() == other.x[one.train].tobytes()


def _training_rows(table: pd.DataFrame, example: dict[str, Any]) -> Numbers:
    inside = table["fold"] != 0
    return step_of(example).fit_transform(table[inside], table["y"].to_numpy()[inside])


@pytest.mark.parametrize(("example", "n_classes"), LEARNERS, ids=[f"{e['step']}-{n}" for e, n in LEARNERS])
def test_nothing_is_learned_from_a_shuffled_target(example: dict[str, Any], n_classes: int) -> None:
    train, new = standard_table(600, seed=3), standard_table(600, seed=4)
    random = np.random.default_rng(11)
    y, y_new = (random.permutation(standard_target(frame, n_classes)) for frame in (train, new))
    step = step_of(example, n_classes)
    x = step.fit_transform(train, y)
    inside, held_out = _r2(x[:400], y[:400], x[400:], y[400:]), _r2(x, y, step.transform(new), y_new)
    assert inside <= 0.02, "training rows' features tell their target"
    assert -0.25 <= held_out <= 0.02, "new rows' features are distributed unlike those of training rows"


@pytest.mark.parametrize("n_classes", [0, 2])
def test_a_target_cannot_be_told_from_rows_that_share_their_neighbours(n_classes: int) -> None:
    """Leaving out the row alone fails here: with depth 6 its own target is told with R2 0.44, with 10 folds 0.12."""
    random = np.random.default_rng(0)
    train = pd.DataFrame({column: random.integers(0, 10, 600) / 8 for column in ("latitude", "longitude")})
    y = random.integers(0, 2, 600).astype(np.float64)
    example = {"step": "neighbours", "columns": ["latitude", "longitude"], "k": [10], "power": 1}
    x = np.hstack([step_of(example, n_classes).fit_transform(train, y), train.to_numpy()])
    assert _r2(x[:400], y[:400], x[400:], y[400:], max_depth=6) <= 0.02


def _r2(x: Numbers, y: Numbers, x_new: Numbers, y_new: Numbers, max_depth: int = 3) -> float:
    """R2 on new rows of a small model that would find any plain leak."""
    params = {"max_depth": max_depth, "eta": 0.1, "min_child_weight": 5, "nthread": 1, "seed": 0}
    model = xgb.train(params, xgb.DMatrix(x, y), num_boost_round=40)
    predicted = model.predict(xgb.DMatrix(x_new))
    return float(1 - ((y_new - predicted) ** 2).sum() / ((y_new - y_new.mean()) ** 2).sum())


def test_all_learners_are_tried_with_classes() -> None:
    assert {(example["step"], n_classes) for example, n_classes in LEARNERS} == {
        (step, n_classes) for step in (*SUPERVISED, "multi_value") for n_classes in N_CLASSES
    }
