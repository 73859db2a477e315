"""Splits: who trains, who validates, who is only tested."""

from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.model_selection import train_test_split

from lockstep.errors import DataError
from lockstep.fitting.folds import training_masks
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
