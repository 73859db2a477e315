"""The rule that ranks two results: what may be ranked at all, and which of two is preferred."""

from collections.abc import Mapping
from dataclasses import replace
from itertools import product
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lockstep.evaluate.contender import Contender
from lockstep.evaluate.ranking import Letter, Outcome, Ranking, rank
from lockstep.fitting.fitting import Fitting
from lockstep.table.target import Target

ROWS = 120
RANDOM = np.random.default_rng(8)
ACTUAL, ERROR, OTHER_ERROR = RANDOM.normal(size=(3, ROWS))
TURNED: Mapping[Letter | None, Letter | None] = {"A": "B", "B": "A", None: None}


def _predictions(error: npt.NDArray[np.float64]) -> pd.DataFrame:
    return pd.DataFrame({"row_id": np.arange(ROWS), "actual": ACTUAL, "predicted": ACTUAL + error})


PLAIN = Contender(Fitting(), Target("y"), _predictions(ERROR), (), 1000, 50, 0.95)


def _ranked(b: Contender, a: Contender = PLAIN) -> Ranking:
    return rank(a, b)


def _better(contender: Contender = PLAIN, share: float = 0.5, **changes: Any) -> Contender:
    """With errors of that share, so that its lead is significant."""
    return replace(contender, predictions=_predictions(share * ERROR), **changes)


@pytest.mark.parametrize(
    ("a", "b", "what"),
    [
        ({}, {"objective": "absolute_error"}, "objective (A: squared_error, B: absolute_error)"),
        ({}, {"metric": "mae"}, "metric (A: rmse, B: mae)"),
        (
            {},
            {"objective": "quantile", "metric": "pinball", "quantile": 0.7},
            "objective (A: squared_error, B: quantile), metric (A: rmse, B: pinball)",
        ),
        (
            {"objective": "quantile", "metric": "pinball", "quantile": 0.9},
            {"objective": "quantile", "metric": "pinball", "quantile": 0.7},
            "quantile (A: 0.9, B: 0.7)",
        ),
        ({"metric": "pinball", "quantile": 0.9}, {"metric": "pinball", "quantile": 0.7}, "quantile (A: 0.9, B: 0.7)"),
        (
            {"objective": "pseudo_huber", "metric": "rmse"},
            {"objective": "pseudo_huber", "metric": "rmse", "huber_slope": 2.0},
            "huber_slope (A: 1.0, B: 2.0)",
        ),
    ],
)
def test_results_with_other_scores_are_never_ranked(a: dict[str, Any], b: dict[str, Any], what: str) -> None:
    """However much better one of them looks, and in either order."""
    one, other = (replace(PLAIN, fitting=Fitting(**settings)) for settings in (a, b))
    for ranking in (_ranked(_better(other, 0.1), one), _ranked(one, _better(other, 0.1))):
        assert ranking.verdict.outcome == Outcome.NOT_COMPARABLE
        assert (ranking.verdict.winner, ranking.verdict.difference.p, ranking.decision().letter) == (None, None, None)
    assert _ranked(other, one).decision().reason == f"the two cannot be compared: {what}"


@pytest.mark.parametrize(
    "settings",
    [
        {"monotone": {"a": 1}},
        {"device": "cuda"},
        {"memory": "external"},
        {"quantile": 0.7},  # neither objective nor metric uses it
        {"huber_slope": 3.0},
    ],
)
def test_settings_that_do_not_define_the_score_do_not_hinder_ranking(settings: dict[str, Any]) -> None:
    assert _ranked(_better(fitting=Fitting(**settings))).decision().letter == "B"


def test_other_targets_and_other_test_rows_are_never_ranked() -> None:
    good = _better().predictions
    for changes, what in (
        ({"target": Target("z")}, "target (A: y, B: z)"),
        ({"predictions": good.iloc[:-1]}, "test rows (A: 120, B: 119 others)"),
        ({"predictions": good.assign(row_id=good["row_id"] + 1)}, "test rows (A: 120, B: 120 others)"),
        (
            {"predictions": good.assign(actual=good["actual"] + 1)},
            "test rows (A: 120, B: the same with other values of the target)",
        ),
    ):
        ranking = _ranked(replace(PLAIN, **changes))
        assert ranking.verdict.in_words() == f"cannot be compared: {what}"
        assert ranking.decision().letter is None
        assert ranking.measured("A", "B") == ""


@pytest.mark.parametrize(
    ("changes", "letter", "reason"),
    [
        ({"share": 0.5}, "B", "B is better, and the interval of the difference excludes 0"),
        ({"share": 1.5}, "A", "A is better, and the interval of the difference excludes 0"),
        ({"share": 0.5, "model_bytes": 9000}, "B", "B is better, and the interval of the difference excludes 0"),
        ({"share": 0.5, "failed_gates": ("g",)}, "A", "B fails g, though it is better by score"),
        ({"share": 1.0, "failed_gates": ("g", "h")}, "A", "B fails g, h"),
        (
            {"share": 1.0, "model_bytes": 999},
            "B",
            "the predictions are the same, and B's model is smaller (999 bytes against 1,000 bytes)",
        ),
        (
            {"share": 1.0, "fold_fits": 49},
            "B",
            "the predictions are the same, the models are equally large, and B's search was cheaper (49 against 50"
            " fold fits)",
        ),
        (
            {"share": 1.0},
            "A",
            "the predictions are the same, and model size and search cost are equal, so there is no reason to change",
        ),
    ],
)
def test_the_rule(changes: dict[str, Any], letter: str, reason: str) -> None:
    decision = _ranked(_better(PLAIN, **changes)).decision()
    assert (decision.letter, decision.reason) == (letter, reason)


def test_a_passing_model_takes_over_from_one_whose_gates_fail() -> None:
    failing = replace(PLAIN, failed_gates=("beat_baselines",))
    assert _ranked(_better(share=1.5), failing).decision().letter == "B"
    assert _ranked(_better(failing), failing).decision() == _ranked(failing, failing).decision()
    assert _ranked(failing, failing).decision().letter is None


@pytest.mark.parametrize(("name", "column"), [("group", "group"), ("moment", "time")])
def test_rows_are_related_as_either_split_relates_them(name: str, column: str) -> None:
    numbers = {name: np.arange(ROWS) % 6}
    plain, better = _predictions(ERROR), _predictions(0.5 * ERROR)
    related: dict[str, Any] = {column: "c"}
    for a, b in (
        (replace(PLAIN, predictions=plain.assign(**numbers), **related), _better()),
        (PLAIN, replace(PLAIN, predictions=better.assign(**numbers), **related)),
    ):
        assert _ranked(b, a).verdict.n_units == 6


@pytest.mark.parametrize(
    ("name", "column", "what"),
    [("group", "group", "groups of test rows"), ("moment", "time", "order of test rows in time")],
)
def test_a_result_that_does_not_store_the_relations_of_its_rows_is_not_ranked(
    name: str, column: str, what: str
) -> None:
    """As those of versions before the column."""
    related: dict[str, Any] = {column: "c"}
    stored = replace(PLAIN, predictions=PLAIN.predictions.assign(**{name: np.arange(ROWS) % 6}), **related)
    old, plain = replace(PLAIN, **related), PLAIN
    missing = "c, which an earlier version did not store; run its evaluate stage again"
    assert _ranked(stored, old).verdict.in_words() == f"cannot be compared: {what} (A: {missing}, B: c)"
    assert _ranked(old, plain).verdict.in_words() == f"cannot be compared: {what} (A: none, B: {missing})"
    others: dict[str, Any] = {column: "d"}
    other = replace(stored, predictions=stored.predictions.assign(**{name: np.arange(ROWS) % 7}), **others)
    assert _ranked(other, stored).verdict.in_words() == f"cannot be compared: {what} (A: c, B: d)"


def test_the_interval_has_the_confidence_of_a() -> None:
    barely = _better(share=0.93, confidence=0.9999)
    assert _ranked(barely).verdict == _ranked(replace(barely, confidence=0.95)).verdict
    assert _ranked(barely).verdict != _ranked(barely, replace(PLAIN, confidence=0.9999)).verdict


def test_a_score_without_an_interval_is_not_ranked() -> None:
    """AUC of test rows of one class."""
    rows = {"row_id": np.arange(4), "actual": ["b"] * 4, "probability_a": [0.1] * 4, "probability_b": [0.9] * 4}
    predictions = pd.DataFrame(rows)
    a = replace(PLAIN, fitting=Fitting("classes", "auc", 2), target=Target("y", ("a", "b")), predictions=predictions)
    b = replace(a, predictions=predictions.assign(probability_a=0.2, probability_b=0.8))
    ranking = rank(a, b)
    assert (ranking.verdict.outcome, ranking.decision().letter) == (Outcome.UNDEFINED, None)


@given(
    a=st.tuples(st.sampled_from([0.5, 0.999, 1.0, 1.5]), st.integers(1, 3), st.integers(1, 3), st.booleans()),
    b=st.tuples(st.sampled_from([0.5, 0.999, 1.0, 1.5]), st.integers(1, 3), st.integers(1, 3), st.booleans()),
    metric=st.sampled_from(["rmse", "mae"]),
)
def test_the_same_model_is_preferred_when_the_sides_are_swapped(
    a: tuple[float, int, int, bool], b: tuple[float, int, int, bool], metric: str
) -> None:
    one, other = (
        replace(
            PLAIN,
            fitting=Fitting(metric=metric),
            predictions=_predictions(share * (0.9 * ERROR + 0.1 * own)),
            model_bytes=size,
            fold_fits=fits,
            failed_gates=("g",) * fails,
        )
        for (share, size, fits, fails), own in ((a, OTHER_ERROR), (b, RANDOM_ERROR))
    )
    there, back = rank(one, other), rank(other, one)
    assert there.verdict.winner == TURNED[back.verdict.winner]
    tie = there.verdict.winner is None and a[1:3] == b[1:3] and not a[3] and not b[3]
    assert there.decision().letter == ("A" if tie else TURNED[back.decision().letter])


RANDOM_ERROR = np.random.default_rng(9).normal(size=ROWS)


def test_every_pair_of_fittings_is_ranked_if_and_only_if_all_that_defines_the_score_is_equal() -> None:
    fittings = [
        Fitting(objective, metric, quantile=quantile, huber_slope=slope)
        for objective, metric, quantile, slope in product(
            ("squared_error", "quantile", "pseudo_huber"), ("rmse", "pinball"), (0.5, 0.7), (1.0, 2.0)
        )
    ]
    for one, other in product(fittings, fittings):
        quantile = "quantile" in (one.objective, one.metric) or one.metric == "pinball"
        slope = one.objective == "pseudo_huber"
        equal = (
            (one.objective, one.metric) == (other.objective, other.metric)
            and (not quantile or one.quantile == other.quantile)
            and (not slope or one.huber_slope == other.huber_slope)
        )
        same = replace(PLAIN, fitting=one).score_settings == replace(PLAIN, fitting=other).score_settings
        assert same == equal


def test_rows_that_the_two_splits_relate_in_different_ways_count_as_related_in_both() -> None:
    """Whichever of the two is A: groups of one split and moments of the other both make rows alike."""
    groups = replace(PLAIN, predictions=PLAIN.predictions.assign(group=np.arange(ROWS) % 12), group="shop")
    other = _predictions(0.9 * ERROR).assign(moment=np.arange(ROWS) // 6)
    moments = replace(PLAIN, predictions=other, time="day")
    one, turned = (_ranked(b, a).verdict.difference for a, b in ((groups, moments), (moments, groups)))
    both = replace(groups, predictions=groups.predictions.assign(moment=other["moment"]), time="day")
    related = _ranked(moments, both).verdict.difference
    assert (one.low, one.high) == (related.low, related.high)
    assert one.low is not None
    assert one.high is not None
    assert (turned.low, turned.high) == (-one.high, -one.low)
