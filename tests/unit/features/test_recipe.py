"""Features: nothing learned outside the training rows, and the same numbers after saving."""

import json
from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
import pytest

from lockstep.errors import DataError
from lockstep.features.recipe import Features
from lockstep.features.steps.columns import Columns
from lockstep.features.steps.ratio import Ratio
from lockstep.fitting.make_folds import make_folds
from lockstep.split.split_block import Split
from lockstep.split.splitting import split_table
from lockstep.table.cross_fitting import CrossFitting
from lockstep.table.target import Target

STEPS = (
    Columns(columns=("number", "word", "day")),
    Ratio(name="r", numerator="number", denominator="other"),
)


def _frame(words: Sequence[Any]) -> pd.DataFrame:
    rows = len(words)
    return pd.DataFrame(
        {
            "number": np.arange(rows, dtype=float),
            "other": np.arange(rows, dtype=float) % 2,
            "word": pd.Series(list(words), dtype="str"),
            "day": pd.Series([*["1970-01-02"] * (rows - 1), None], dtype="datetime64[s]"),
        }
    )


def test_values_and_names() -> None:
    frame = _frame(["b", "a", None, "b"])
    features = Features(STEPS).fit(frame, np.zeros(4))
    assert features.names == ["number", "word", "day", "r"]
    assert features.types == ["q", "c", "q", "q"]
    expected = [[0, 1, 1, np.nan], [1, 0, 1, 1], [2, np.nan, 1, np.nan], [3, 1, np.nan, 3]]
    np.testing.assert_array_equal(features.transform(frame), np.array(expected, dtype=np.float32))


def test_unseen_words_are_missing() -> None:
    features = Features(STEPS).fit(_frame(["b", "a"]), np.zeros(2))
    assert np.isnan(features.transform(_frame(["c", "a"]))[0, 1])


def test_saved_features_give_the_same_numbers() -> None:
    frame = _frame(["b", "ä", None, "b"])
    features = Features(STEPS).fit(frame, np.zeros(4))
    description, arrays = features.state()
    again = Features.from_state(json.loads(json.dumps(description, sort_keys=True)), arrays)
    np.testing.assert_array_equal(features.transform(frame), again.transform(frame))
    assert again.types == features.types


def test_a_category_may_be_called_array() -> None:
    frame = pd.DataFrame({"array": pd.Series(["b", "a", "b"], dtype="str")})
    features = Features((Columns(columns=("array",)),)).fit(frame, np.zeros(3))
    description, arrays = features.state()
    again = Features.from_state(json.loads(json.dumps(description)), arrays)
    np.testing.assert_array_equal(again.transform(frame)[:, 0], [1, 0, 1])


def test_a_missing_column_is_named() -> None:
    features = Features(STEPS).fit(_frame(["b", "a"]), np.zeros(2))
    with pytest.raises(DataError, match="features: no column 'other'; the table has: number, word, day"):
        features.transform(_frame(["b", "a"]).drop(columns="other"))


def test_a_validation_row_changes_nothing_of_its_folds_training_matrix() -> None:
    random = np.random.default_rng(0)
    table = pd.DataFrame(
        {
            "row_id": range(60),
            "word": random.choice(list("abcdef"), 60),
            "number": random.random(60),
            "y": random.random(60),
        }
    )
    split = Split(strategy="random", folds=3, test_size=0.2, valid_size=0.1)
    train, _ = split_table(table, Target("y"), split, 1)
    recipe = (Columns(columns=("word", "number")),)
    before = make_folds(train, Target("y"), recipe, CrossFitting(), 0)
    poisoned = train.copy()
    validation = poisoned["fold"] == 0
    poisoned.loc[validation, ["number", "y"]] = 1e9
    poisoned.loc[validation, "word"] = "poison"
    after = make_folds(poisoned, Target("y"), recipe, CrossFitting(), 0)
    rows = before[0].train
    np.testing.assert_array_equal(before[0].x[rows], after[0].x[rows])
    np.testing.assert_array_equal(before[0].y[rows], after[0].y[rows])
    assert np.isnan(after[0].x[after[0].valid, 0]).all()
