"""The inner folds of feature steps follow the split: groups stay together, later rows teach nothing."""

from typing import Any

import numpy as np
import pandas as pd
import pytest
import xgboost as xgb
from sklearn.model_selection import KFold

from lockstep.features.arrays import Numbers
from lockstep.features.recipe import Features
from lockstep.features.step import STEPS
from lockstep.fitting.folds import training_masks
from lockstep.split.split_block import Split
from lockstep.split.splitting import split_table
from lockstep.table.cross_fitting import CrossFitting
from lockstep.table.target import Target

# Twelve rows: a moment is a month, two rows each; four groups of three rows.
TWELVE = pd.DataFrame(
    {
        "month": [3, 1, 1, 2, 2, 3, 4, 4, 5, 5, 6, 6],
        "shop": ["a", "a", "a", "b", "b", "b", "c", "c", "c", "d", "d", "d"],
    }
)


def _pairs(cross_fitting: CrossFitting, folds: int, frame: pd.DataFrame = TWELVE) -> list[tuple[list[int], list[int]]]:
    return [(others.tolist(), own.tolist()) for others, own in cross_fitting.pairs(frame, folds, 7)]


def test_random_inner_folds_are_scikit_learns() -> None:
    expected = [(others.tolist(), own.tolist()) for others, own in KFold(3, shuffle=True, random_state=7).split(TWELVE)]
    assert _pairs(CrossFitting(), 3) == expected
    assert _pairs(CrossFitting(), 3, TWELVE.iloc[:1]) == []


def test_whole_groups_are_transformed_by_what_other_groups_teach() -> None:
    pairs = _pairs(CrossFitting(group="shop"), 2)
    assert len(pairs) == 2
    assert sorted(row for _, own in pairs for row in own) == list(range(12))
    for others, own in pairs:
        assert sorted([*others, *own]) == list(range(12))
        assert len(own) == 6
        assert not set(TWELVE.loc[others, "shop"]) & set(TWELVE.loc[own, "shop"])
    assert _pairs(CrossFitting(group="shop"), 2, TWELVE.iloc[:3]) == [], "one group has no others"


def test_blocks_of_time_are_transformed_by_what_earlier_blocks_teach() -> None:
    assert _pairs(CrossFitting(time="month"), 2) == [
        ([1, 2], [3, 4]),
        ([1, 2, 3, 4], [0, 5]),
        ([0, 1, 2, 3, 4, 5], [6, 7]),
        ([0, 1, 2, 3, 4, 5, 6, 7], [8, 9, 10, 11]),
    ]
    assert _pairs(CrossFitting(time="month"), 2, TWELVE.assign(month=1)) == [], "one moment has none before it"


def test_the_gap_leaves_out_the_rows_before_a_block() -> None:
    whole_months = [([1, 2], [0, 5]), ([1, 2, 3, 4], [6, 7]), ([0, 1, 2, 3, 4, 5], [8, 9, 10, 11])]
    two_months = [([1, 2], [6, 7]), ([1, 2, 3, 4], [8, 9, 10, 11])]
    assert _pairs(CrossFitting(time="month", gap=1), 2) == whole_months, "with a row its whole moment"
    assert _pairs(CrossFitting(time="month", gap=4), 2) == two_months
    days = TWELVE.assign(month=pd.to_datetime(TWELVE["month"].map(lambda month: f"2024-0{month}-01")))
    assert _pairs(CrossFitting(time="month", gap="31d"), 2, days) == whole_months
    assert _pairs(CrossFitting(time="month", gap="61d"), 2, days) == two_months
    # the moment exactly 30 days before the first of May is left out, that 31 days before the first of April is not
    thirty_days = [([1, 2], [3, 4]), ([1, 2], [0, 5]), ([0, 1, 2, 3, 4, 5], [6, 7]), whole_months[-1]]
    assert _pairs(CrossFitting(time="month", gap="30d"), 2, days) == thirty_days


def test_groups_in_time_learn_from_earlier_rows_of_other_groups() -> None:
    frame = pd.DataFrame({"month": np.repeat(range(6), 6), "shop": np.tile(list("abcdef"), 6)})
    pairs = _pairs(CrossFitting(group="shop", time="month"), 3, frame)
    assert sorted(row for _, own in pairs for row in own) == list(range(6, 36))
    for others, own in pairs:
        assert frame.loc[others, "month"].max() < frame.loc[own, "month"].min()
        assert not set(frame.loc[others, "shop"]) & set(frame.loc[own, "shop"])


def test_a_count_excludes_the_rows_of_the_group() -> None:
    frame = pd.DataFrame({"shop": list("aaabbc"), "kind": list("xxyxyy"), "size": [1.0, 1.0, 2.0, 3.0, np.nan, 2.0]})
    step = STEPS.parse({"step": "count", "columns": ["kind"], "distinct_of": "size"})
    alone = step.for_target(0, 0).fit_transform(frame)
    assert alone.tolist() == [[2, 2], [2, 2], [2, 1], [2, 1], [2, 1], [2, 1]]
    grouped = step.for_target(0, 0, CrossFitting(group="shop")).fit_transform(frame)
    assert grouped.tolist() == [[1, 1], [1, 1], [2, 1], [2, 1], [2, 1], [2, 1]]
    share = STEPS.parse({"step": "count", "columns": ["kind"], "share": True})
    shares = share.for_target(0, 0, CrossFitting(group="shop")).fit_transform(frame)
    assert shares[:, 0].tolist() == [1 / 3, 1 / 3, 2 / 3, 2 / 4, 2 / 4, 2 / 5]


def test_what_a_count_leaves_out_is_counted_by_hand() -> None:
    random = np.random.default_rng(0)
    frame = pd.DataFrame({name: random.choice(list("abcde"), 80) for name in ("shop", "kind", "size")})
    frame.loc[::7, "size"] = None
    step = STEPS.parse({"step": "count", "columns": ["kind"], "distinct_of": "size"})
    features = step.for_target(0, 0, CrossFitting(group="shop")).fit_transform(frame)
    for row in range(80):
        others = frame[(frame["shop"] != frame["shop"][row]) & (frame["kind"] == frame["kind"][row])]
        assert features[row].tolist() == [len(others), others["size"].nunique()]


ENCODE = {"step": "target_encode", "columns": ["place"]}
NEAR = {"step": "neighbours", "columns": ["x"], "k": [3], "folds": None}


@pytest.mark.parametrize("step", [ENCODE, NEAR], ids=["target_encode", "neighbours"])
def test_a_target_that_only_the_group_tells_is_not_learned(step: dict[str, Any]) -> None:
    """Each customer has an own place and an own target: new customers cannot be predicted, and training rows show it.

    With inner folds at random the feature tells a training row its target through the customer's other rows.
    """
    random = np.random.default_rng(0)
    customer = np.repeat(np.arange(150), 4)
    frame = pd.DataFrame({"customer": customer, "place": customer.astype(str), "x": random.random(150)[customer]})
    y = random.normal(size=150)[customer]
    assert _gain(step, frame, y, CrossFitting()) > 0.5, "the planted leak is none"
    assert _gain(step, frame, y, CrossFitting(group="customer")) < 0.05


def _gain(step: dict[str, Any], frame: pd.DataFrame, y: Numbers, cross_fitting: CrossFitting) -> float:
    """R2 of a small model of the training features, on training rows that it has not seen."""
    x = Features((STEPS.parse(step),), 0, 0, cross_fitting).fit_transform(frame, y)
    model = xgb.train({"max_depth": 2, "nthread": 1}, xgb.DMatrix(x[:400], y[:400]), num_boost_round=20)
    error = y[400:] - model.predict(xgb.DMatrix(x[400:]))
    return float(1 - (error**2).sum() / ((y[400:] - y[400:].mean()) ** 2).sum())


def test_a_trend_is_not_learned_from_the_future() -> None:
    """The target is a random walk by month: a row's own month tells it, months before tell less.

    Encoded by month with random inner folds, a training row sees its month's mean, and a validation row, whose month
    is unseen, gets the overall mean: the error of the folds is larger than with inner folds in time.
    """
    random = np.random.default_rng(3)
    month = np.repeat(np.arange(60), 10)
    walk = np.cumsum(random.normal(size=60))
    frame = pd.DataFrame({"row_id": np.arange(600), "month": month, "place": month.astype(str)})
    frame["y"] = walk[month] + 0.1 * random.normal(size=600)
    split = Split(strategy="time", time="month", folds=4, test_size=0.2, valid_size=0.1)
    train, _ = split_table(frame, Target("y"), split, 0)
    y, last = train["y"].to_numpy(), training_masks(train, True)[-1]
    told = {}
    for name, cross_fitting in (("random", CrossFitting()), ("time", split.cross_fitting)):
        features = Features((STEPS.parse(ENCODE),), 0, 0, cross_fitting)
        x = features.fit_transform(train[last], y[last])
        rows = ~np.isnan(x[:, 0])
        told[name] = abs(np.corrcoef(x[rows, 0], y[last][rows])[0, 1])
    assert told["random"] > 0.95, "the planted leak is none"
    assert told["time"] < 0.6
