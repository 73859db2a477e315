"""Counts, target means and parts of texts: small examples by hand, and scikit-learn's own numbers."""

from typing import Any

import numpy as np
import pandas as pd
import pytest
from sklearn.model_selection import KFold
from sklearn.preprocessing import TargetEncoder

from lockstep.features.arrays import means_and_deviations
from lockstep.features.bins import binned, learn_edges
from lockstep.testing.tables import standard_table, standard_target
from tests.unit.features.examples import step_of

WORDS = pd.DataFrame(
    {
        "word": pd.Series(["a", "b", "a", None, "a", "c"], dtype="str"),
        "place": pd.Series(["x", "x", "y", "x", "x", None], dtype="str"),
        "flag": [1.0, 0.0, 1.0, 1.0, 0.0, np.nan],
    }
)
NEW = pd.DataFrame(
    {
        "word": pd.Series(["a", "z", None], dtype="str"),
        "place": pd.Series(["x", "x", "x"], dtype="str"),
        "flag": [1.0, 7.0, np.nan],
    }
)


def test_counts_leave_the_row_itself_out() -> None:
    count = step_of({"step": "count", "columns": ["word", "flag"], "distinct_of": "place"})
    own = count.fit_transform(WORDS)
    assert count.names() == [
        "count_word",
        "count_flag",
        "distinct_place_of_word",
        "distinct_place_of_flag",
    ]
    np.testing.assert_array_equal(own[:, 0], [2, 0, 2, np.nan, 2, 0])
    np.testing.assert_array_equal(own[:, 1], [2, 1, 2, 2, 1, np.nan])
    # rows 0 and 4 are the x of word a, row 2 is its only y
    np.testing.assert_array_equal(own[:, 2], [2, 0, 1, np.nan, 2, 0])
    new = count.transform(NEW)
    np.testing.assert_array_equal(new, [[3, 3, 2, 2], [0, 0, 0, 0], [np.nan] * 4])


def test_a_combination_as_a_share() -> None:
    share = step_of({"step": "count", "columns": ["word", "place"], "together": True, "share": True})
    own = share.fit_transform(WORDS)
    assert share.names() == ["share_word_place"]
    np.testing.assert_array_equal(own[:, 0], [1 / 5, 0, 0, np.nan, 1 / 5, np.nan])
    np.testing.assert_array_equal(share.transform(NEW)[:, 0], [2 / 6, 0, np.nan])


@pytest.mark.parametrize("n_classes", [0, 2, 3])
@pytest.mark.parametrize("smooth", ["auto", 0, 2.5])
def test_target_means_are_scikit_learns(n_classes: int, smooth: Any) -> None:
    train, new = standard_table(200), standard_table(50, seed=9)
    new.loc[0, "street"] = "never seen"
    y, columns = standard_target(train, n_classes), ["street", "kind", "garden"]
    kind = {0: "continuous", 2: "binary", 3: "multiclass"}[n_classes]
    theirs = TargetEncoder(target_type=kind, smooth=smooth, cv=KFold(5, shuffle=True, random_state=7))
    ours = step_of({"step": "target_encode", "columns": columns, "smooth": smooth}, n_classes)
    x, x_new = (frame[columns].astype(object).where(frame[columns].notna(), None) for frame in (train, new))
    x["garden"], x_new["garden"] = train["garden"], new["garden"]
    np.testing.assert_array_equal(ours.fit_transform(train, y), theirs.fit_transform(x, y))
    np.testing.assert_array_equal(ours.transform(new), theirs.transform(x_new))


def test_target_means_of_combinations_and_spread_by_hand() -> None:
    step = {"step": "target_encode", "together": [["word", "place"]], "smooth": 1, "spread": True}
    encode = step_of(step).fit(WORDS, np.array([1.0, 2, 3, 4, 5, 9]))
    assert encode.names() == ["target_word_place", "target_spread_word_place"]
    # the overall mean is 4; (a, x) has 1 and 5
    np.testing.assert_allclose(encode.transform(NEW), [[(6 + 4) / 3, np.sqrt(8)], [4, np.nan], [(4 + 4) / 2, np.nan]])


def test_a_number_is_cut_into_bins_of_equally_many_rows() -> None:
    frame = pd.DataFrame({"n": [5.0, 1.0, 3.0, 2.0, 8.0, np.nan], "k": list("aabbab")})
    step = {"step": "target_encode", "columns": ["n"], "together": [["k", "n"]], "bins": {"n": 2}, "smooth": 0}
    encode = step_of(step).fit(frame, np.array([10.0, 20, 30, 40, 50, 60]))
    assert encode.names() == ["target_n", "target_k_n"]
    # of five numbers the first three, up to the edge 3, are the first bin
    new = pd.DataFrame({"n": [3.0, 3.1, -1e9, np.nan, 8.0], "k": list("aabbb")})
    expected = [[30, 20], [30, 30], [30, 35], [60, 60], [30, 35]]
    np.testing.assert_allclose(encode.transform(new), expected)


def test_bins_of_a_value_that_most_rows_have() -> None:
    frame = pd.DataFrame({"n": [0.0] * 8 + [1.0, 2.0]})
    step = {"step": "target_encode", "columns": ["n"], "bins": {"n": 4}, "smooth": 0}
    encode = step_of(step).fit(frame, np.arange(10.0))
    np.testing.assert_allclose(encode.transform(pd.DataFrame({"n": [0.0, 1.5]}))[:, 0], [3.5, 8.5])


def test_what_a_number_says_differs_by_category() -> None:
    """Neither the category nor the number says anything alone; encoded together they tell the target."""
    random = np.random.default_rng(0)
    frame = pd.DataFrame({"k": random.integers(0, 40, 4000).astype(str), "n": random.uniform(-1, 1, 4000)})
    rises = np.where(frame["k"].astype(int) % 2, 1.0, -1.0)
    y = rises * np.sign(frame["n"].to_numpy()) + 0.5 * random.normal(size=4000)
    alone = {"step": "target_encode", "columns": ["k", "n"], "bins": {"n": 4}}
    made = step_of(alone).fit_transform(frame, y)
    assert max(abs(np.corrcoef(column, y)[0, 1]) for column in made.T) < 0.1
    together = {"step": "target_encode", "together": [["k", "n"]], "bins": {"n": 4}}
    made = step_of(together).fit_transform(frame, y)
    assert np.corrcoef(made[:, 0], y)[0, 1] > 0.85


def test_parts_of_a_text() -> None:
    frame = pd.DataFrame({"t": pd.Series(["b; a", "a", "a;b;;a", None, "<c]", ""], dtype="str")})
    step = {
        "step": "multi_value",
        "column": "t",
        "separator": ";",
        "top": 4,
        "count": True,
        "encode": True,
        "smooth": 1,
    }
    parts = step_of(step).fit(frame, np.array([1.0, 2, 3, 4, 5, 9]))
    assert parts.names() == [
        "t_is_a",
        "t_is_b",
        "t_is__c_",
        "t_is_unused",
        "t_n_parts",
        "t_target",
    ]
    a, b, overall = (6 + 4) / 4, (4 + 4) / 3, 4.0
    new = pd.DataFrame({"t": pd.Series(["a;b", "z;b", "", None], dtype="str")})
    expected = [
        [1, 1, 0, 0, 2, (a + b) / 2],
        [0, 1, 0, 0, 2, (overall + b) / 2],
        [0, 0, 0, 0, 0, overall],
        [np.nan] * 6,
    ]
    np.testing.assert_allclose(parts.transform(new), expected, rtol=1e-15)


def test_thousands_of_unused_indicators_are_named_fast() -> None:
    frame = pd.DataFrame({"t": pd.Series(["a;unused;unused_3", "b"], dtype="str")})
    step = {"step": "multi_value", "column": "t", "separator": ";", "top": 10_000}
    names = step_of(step).fit(frame).names()
    assert names[:7] == [
        f"t_is_{part}" for part in ("a", "b", "unused", "unused_3", "unused_2", "unused_4", "unused_5")
    ]
    assert len(set(names)) == 10_000


def test_parts_that_look_alike_keep_different_names() -> None:
    frame = pd.DataFrame({"t": pd.Series(["a[;a];a<;a_"], dtype="str")})
    parts = step_of({"step": "multi_value", "column": "t", "separator": ";", "top": 5}).fit(frame)
    assert parts.names() == ["t_is_a_", "t_is_a__2", "t_is_a__3", "t_is_a__4", "t_is_unused"]


def test_ties_among_parts_go_by_the_alphabet() -> None:
    frame = pd.DataFrame({"t": pd.Series(["c;b;a", "c"], dtype="str")})
    parts = step_of({"step": "multi_value", "column": "t", "separator": ";", "top": 2}).fit(frame)
    assert parts.names() == ["t_is_c", "t_is_a"]


def test_a_row_without_values_changes_no_mean_or_deviation() -> None:
    values = np.random.default_rng(0).lognormal(size=(1001, 3))
    values[:, 1] = 3.3
    with_empty_row = means_and_deviations(np.vstack([values, np.full(3, np.nan)]))
    for whole, with_gaps in zip(means_and_deviations(values), with_empty_row, strict=True):
        assert whole.tobytes() == with_gaps.tobytes()


def test_a_value_above_all_training_rows_is_in_the_last_bin() -> None:
    frame = pd.DataFrame({"n": np.repeat([1.0, 2.0, 3.0], [10, 10, 20])})
    edges = learn_edges(frame, {"n": 4})
    assert edges == {"n": [1.0, 2.0]}
    assert binned(pd.DataFrame({"n": [3.0, 4.0, np.nan]}), edges)["n"].tolist()[:2] == [2.0, 2.0]
