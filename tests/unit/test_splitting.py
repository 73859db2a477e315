"""Splits: who trains, who validates, who is only tested."""

from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.model_selection import train_test_split

from lockstep.errors import DataError
from lockstep.fitting.folds import final_rows, training_masks
from lockstep.split.split_block import Split
from lockstep.split.splitting import split_table
from lockstep.split.strategy import STRATEGIES
from lockstep.table.target import Target

SIZES: dict[str, Any] = {"test_size": 0.2, "valid_size": 0.15}


def _table(rows: int = 200) -> pd.DataFrame:
    random = np.random.default_rng(0)
    return pd.DataFrame(
        {
            "row_id": np.arange(rows),
            "group": random.integers(0, 25, rows).astype(str),
            "time": pd.to_datetime("2020-01-01") + pd.to_timedelta(random.integers(0, 60, rows), unit="D"),
            "y": random.normal(size=rows),
        }
    )


def test_random_is_scikit_learns_split() -> None:
    table = _table()
    _, test = split_table(table, Target("y"), Split(strategy="random", folds=5, **SIZES), 42)
    _, expected = train_test_split(np.arange(len(table)), test_size=0.2, random_state=42)
    assert test["row_id"].tolist() == sorted(expected)


def test_holdout_is_the_reference_studies_second_split() -> None:
    table = _table()
    train, _ = split_table(table, Target("y"), Split(strategy="random", folds=1, test_size=0.15, valid_size=0.15), 42)
    rest, _ = train_test_split(np.arange(len(table)), test_size=0.15, random_state=42)
    _, valid = train_test_split(rest, test_size=0.15 / 0.85, random_state=42)
    assert train.loc[train["fold"] == 0, "row_id"].tolist() == sorted(valid)
    assert set(train["fold"]) == {-1, 0}


@settings(max_examples=60)
@given(
    st.sampled_from(STRATEGIES.names()),
    st.integers(1, 5),
    st.integers(0, 9),
    st.integers(60, 300),
    st.sampled_from([None, 1, 3, "1d", "36h"]),
    st.sampled_from(["expanding", "rolling"]),
)
def test_every_row_is_used_once_and_no_fold_validates_on_its_training_rows(
    strategy: str, folds: int, seed: int, rows: int, gap: int | str | None, window: str
) -> None:
    table = _table(rows)
    if strategy == "group_time":
        # groups that end before others begin
        table["group"] = (table["time"].rank(method="dense") // 2).astype(str)
    choices = {"strategy": strategy, "folds": folds, "group": "group", "time": "time", **SIZES}
    if STRATEGIES[strategy].forward:
        choices |= {"gap": gap, "window": window}
    split = Split.model_validate(choices)
    train, test = split_table(table, Target("y"), split, seed)
    used = [*train["row_id"], *test["row_id"]]
    assert len(set(used)) == len(used)
    assert sorted(used) == list(range(rows)) or split.gap is not None or strategy == "group_time"
    assert sorted(set(train["fold"]) - {-1}) == list(range(folds))
    for fold, training in enumerate(training_masks(train, split.forward)):
        validation = (train["fold"] == fold).to_numpy()
        assert training.any()
        assert validation.any()
        assert not (training & validation).any()
        if split.grouped_by:
            assert not set(train.loc[training, "group"]) & set(train.loc[validation, "group"])
        if split.forward:
            assert train.loc[training, "time"].max() < train.loc[validation, "time"].min()
    if split.grouped_by:
        assert not set(train["group"]) & set(test["group"])
    if split.forward:
        assert train["time"].max() < test["time"].min()


# Twelve rows in six months, two each.
TWELVE = pd.DataFrame(
    {
        "row_id": np.arange(12),
        "month": np.repeat(np.arange(1, 7), 2),
        "day": pd.to_datetime([f"2024-0{month}-01" for month in np.repeat(np.arange(1, 7), 2)]),
        "shop": list("aacbddccefgh"),
        "y": np.arange(12.0),
    }
)
IN_TIME = {"strategy": "time", "time": "month", "folds": 2, "test_size": 1 / 3, "valid_size": 0.2}


def _trained_by(**choices: Any) -> tuple[list[list[int]], list[list[int]], list[int], list[int]]:
    """Training and validation rows of each fold, those that train the final model, and the test rows."""
    split = Split.model_validate({**IN_TIME, **choices})
    train, test = split_table(TWELVE, Target("y"), split, 0)
    masks, ids = training_masks(train, split.forward), train["row_id"]
    validation = [ids[train["fold"] == number].tolist() for number in range(len(masks))]
    return (
        [ids[mask].tolist() for mask in masks],
        validation,
        final_rows(train)["row_id"].tolist(),
        test["row_id"].tolist(),
    )


def test_time_by_hand() -> None:
    assert _trained_by() == ([[0, 1], [0, 1, 2, 3]], [[2, 3], [4, 5, 6, 7]], [*range(8)], [8, 9, 10, 11])


def test_a_gap_in_rows_by_hand() -> None:
    assert _trained_by(gap=1, folds=1, valid_size=1 / 3) == ([[0, 1]], [[4, 5]], [*range(6)], [8, 9, 10, 11])
    assert _trained_by(gap=2, folds=1, valid_size=1 / 3) == _trained_by(gap=1, folds=1, valid_size=1 / 3)


def test_a_gap_as_a_duration_by_hand() -> None:
    """May begins 30 days after April, March 29 days after February."""
    days = {"time": "day", "folds": 1, "valid_size": 1 / 3}
    assert _trained_by(gap="29d", **days) == ([[0, 1]], [[4, 5, 6, 7]], [*range(8)], [8, 9, 10, 11])
    assert _trained_by(gap="30d", **days) == ([[0, 1]], [[4, 5]], [*range(6)], [8, 9, 10, 11])
    assert _trained_by(gap="4w", **days) == ([[0, 1, 2, 3]], [[4, 5, 6, 7]], [*range(8)], [8, 9, 10, 11])


def test_a_rolling_window_by_hand() -> None:
    assert _trained_by(window="rolling") == ([[0, 1], [2, 3]], [[2, 3], [4, 5, 6, 7]], [6, 7], [8, 9, 10, 11])


def test_a_rolling_window_after_a_gap_by_hand() -> None:
    choices = {"window": "rolling", "gap": 2, "folds": 1, "valid_size": 1 / 3}
    assert _trained_by(**choices) == ([[0, 1]], [[4, 5]], [4, 5], [8, 9, 10, 11])


def test_groups_in_time_by_hand() -> None:
    """Shop c validates in both folds and trains neither; shop b validates in the first and trains the second."""
    choices = {"strategy": "group_time", "group": "shop"}
    assert _trained_by(**choices) == ([[0, 1], [0, 1, 3]], [[2, 3], [4, 5, 6, 7]], [*range(8)], [8, 9, 10, 11])
    tested = TWELVE.assign(shop=list("aacbddccefgb"))
    train, _ = split_table(tested, Target("y"), Split.model_validate({**IN_TIME, **choices}), 0)
    assert train["row_id"].tolist() == [0, 1, 2, 4, 5, 6, 7], "shop b tests, and trains nothing"


def test_groups_that_recur_in_every_period_leave_nothing() -> None:
    with pytest.raises(DataError, match=r"fold 0 has no row that trains it \(left out: groups of 'shop' that recur\)"):
        split_table(
            TWELVE.assign(shop=list("ababababcdcd")),
            Target("y"),
            Split.model_validate({**IN_TIME, "strategy": "group_time", "group": "shop"}),
            0,
        )


@pytest.mark.parametrize(
    ("choices", "message"),
    [
        ({"gap": 2}, r"fold 0 has no row that trains it \(left out: the gap of 2\); use fewer folds or a shorter gap"),
        ({"gap": "7d"}, "split.gap is '7d', and column 'month' contains numbers, not dates; write a number of rows"),
    ],
)
def test_a_gap_that_does_not_fit_is_refused(choices: dict[str, Any], message: str) -> None:
    with pytest.raises(DataError, match=message):
        _trained_by(**choices)


@pytest.mark.parametrize(
    ("choices", "message"),
    [
        ({"gap": "7 days"}, "'7 days' is neither a number of rows nor a duration; write 7, or 7d"),
        ({"gap": 0}, "greater than or equal to 1"),
        ({"window": "sliding"}, "'expanding' or 'rolling'"),
        ({"strategy": "random", "gap": 3}, "split.gap is 3, which has no effect with strategy random"),
        ({"strategy": "random", "window": "rolling"}, "split.window is rolling, .*; set split.window to expanding"),
    ],
)
def test_a_setting_of_time_is_checked(choices: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        Split.model_validate({**IN_TIME, **choices})


def test_a_split_as_before_has_no_further_columns() -> None:
    for strategy in ("random", "stratified", "group", "time", "stratified_group"):
        split = Split.model_validate({"strategy": strategy, "folds": 3, "group": "group", "time": "time", **SIZES})
        train, _ = split_table(_table(), Target("y"), split, 0)
        assert [*train] == ["row_id", "fold", "group", "time", "y"]


def test_stratified_groups_stay_together_and_have_alike_classes() -> None:
    random = np.random.default_rng(0)
    shop = np.repeat(np.arange(100), 10)
    table = pd.DataFrame({"row_id": np.arange(1000), "shop": shop, "label": "no"})
    # a fifth of the shops have nearly all of the rare class
    table.loc[(shop < 20) & (random.random(1000) < 0.5), "label"] = "yes"
    target = Target("label", ("no", "yes"))
    shares = {}
    for strategy in ("group", "stratified_group"):
        choices = {"strategy": strategy, "group": "shop", "folds": 5, "test_size": 0.15, "valid_size": 0.1}
        train, test = split_table(table, target, Split.model_validate(choices), 3)
        assert not set(train["shop"]) & set(test["shop"])
        assert len(test) == 150
        parts = [test, *(train[train["fold"] == fold] for fold in range(5))]
        shares[strategy] = [float((part["label"] == "yes").mean()) for part in parts]
    assert np.ptp(shares["stratified_group"]) < 0.04 < np.ptp(shares["group"])


@pytest.mark.parametrize("strategy", ["group", "stratified_group"])
@pytest.mark.parametrize(
    ("n_groups", "found"), [(3, "2 groups among the rows for 5"), (1, "1 group among the rows for 2")]
)
def test_too_few_groups_are_refused(strategy: str, n_groups: int, found: str) -> None:
    table = _table().assign(group=np.arange(200) % n_groups)
    with pytest.raises(DataError, match=f"column 'group' has {found} parts; use fewer folds"):
        split_table(table, Target("y"), Split(strategy=strategy, folds=5, group="group", **SIZES), 1)


@pytest.mark.parametrize("size", [0.01, 0.02, 0.98])
def test_test_rows_of_stratified_groups_may_be_very_few_or_many(size: float) -> None:
    table = _table().assign(group=np.arange(200) % 100)
    split = Split(strategy="stratified_group", folds=2, group="group", test_size=size, valid_size=0.01)
    train, test = split_table(table, Target("y"), split, 1)
    assert len(test) == pytest.approx(190 if size > 0.5 else 10, abs=2)
    assert not set(train["group"]) & set(test["group"])


def test_a_class_of_one_row_cannot_be_stratified_and_one_of_two_rows_can(recwarn: pytest.WarningsRecorder) -> None:
    rare, target = _table().assign(y=0), Target("y", (0, 1))
    rare.loc[0, "y"] = 1
    with pytest.raises(DataError, match="class '1' has one row, which cannot be on both sides; drop it"):
        split_table(rare, target, Split(strategy="stratified", folds=5, **SIZES), 1)
    rare.loc[1, "y"] = 1
    split_table(rare, target, Split(strategy="stratified", folds=5, **SIZES), 1)
    assert not recwarn.list


def test_stratified_folds_have_alike_targets() -> None:
    table = _table(1000)
    train, test = split_table(table, Target("y"), Split(strategy="stratified", folds=5, **SIZES), 1)
    means = [*train.groupby("fold")["y"].mean(), test["y"].mean()]
    assert np.ptp(means) < 0.05


def test_rows_without_a_group_are_groups_of_their_own() -> None:
    table = _table()
    table.loc[::2, "group"] = None
    train, test = split_table(table, Target("y"), Split(strategy="group", folds=5, group="group", **SIZES), 1)
    assert train["group"].isna().any()
    assert test["group"].isna().any()


def test_a_moment_that_covers_everything_cannot_be_split() -> None:
    table = _table().assign(time=pd.Timestamp("2020-01-01"))
    with pytest.raises(DataError, match="column 'time' has too few distinct moments"):
        split_table(table, Target("y"), Split(strategy="time", folds=5, time="time", **SIZES), 1)


def test_a_text_column_is_no_time() -> None:
    table = _table().assign(time=[str(number) for number in range(200)])
    with pytest.raises(DataError, match="column 'time' is text, which has no order in time"):
        split_table(table, Target("y"), Split(strategy="time", folds=2, time="time", **SIZES), 1)


def test_each_strategy_states_what_later_stages_need() -> None:
    facts = {name: (kind.needs, kind.forward, kind.keeps_groups) for name, kind in STRATEGIES.classes().items()}
    assert facts == {
        "group": (("group",), False, True),
        "group_time": (("group", "time"), True, True),
        "random": ((), False, False),
        "stratified": ((), False, False),
        "stratified_group": (("group",), False, True),
        "time": (("time",), True, False),
    }


@pytest.mark.parametrize("strategy", STRATEGIES.names())
def test_the_examples_of_a_strategy_are_settings(strategy: str) -> None:
    examples = STRATEGIES[strategy].examples()
    assert examples
    for example in examples:
        assert Split.model_validate({"strategy": strategy, "valid_size": 0.2, **example}).strategy == strategy


def test_an_unknown_strategy_is_refused_with_the_names_there_are() -> None:
    with pytest.raises(ValueError, match="did you mean 'random'\\?; built-in: group, group_time, random, stratified,"):
        Split(strategy="randm", folds=5, **SIZES)
