"""Planted models through the verdict of `lockstep compare`: how often it is wrong, and when it sees a difference."""

from collections import Counter

import numpy as np
import numpy.typing as npt
import pandas as pd
import pytest

from lockstep.evaluate.ranking import Outcome, Verdict, verdict
from lockstep.evaluate.units import Units
from lockstep.fitting.fitting import Fitting
from lockstep.table.target import Target

pytestmark = pytest.mark.slow

PAIRS = 200
# Models of one table err on the same rows: what they cannot know is most of their error.
SHARED = 0.9


Numbers = npt.NDArray[np.float64]


def _said(actual: Numbers, error: Numbers) -> pd.DataFrame:
    return pd.DataFrame({"row_id": np.arange(len(actual)), "actual": actual, "predicted": actual + error})


def _judged(a: pd.DataFrame, b: pd.DataFrame, units: Units | None = None) -> Verdict:
    return verdict(Fitting(), Target("y"), a, b, confidence=0.95, units=units)


def _outcomes(rows: int, better: float, pairs: int = PAIRS) -> Counter[Outcome]:
    """Outcomes of pairs whose errors correlate by SHARED; B's are smaller by the share `better`."""
    random = np.random.default_rng(2026)
    found: Counter[Outcome] = Counter()
    for _ in range(pairs):
        actual, shared, one, two = random.normal(size=(4, rows))
        errors = [SHARED**0.5 * shared + (1 - SHARED) ** 0.5 * own for own in (one, two)]
        a, b = _said(actual, 0.5 * errors[0]), _said(actual, 0.5 * (1 - better) * errors[1])
        found[_judged(a, b).outcome] += 1
    return found


@pytest.mark.parametrize(("rows", "most_wrong"), [(89, 0.11), (500, 0.09)])
def test_equally_good_models_are_within_noise_but_for_some_of_a_hundred(rows: int, most_wrong: float) -> None:
    found = _outcomes(rows, better=0.0)
    assert found.total() - found[Outcome.NOISE] <= most_wrong * PAIRS
    assert found[Outcome.A_BETTER] > 0
    assert found[Outcome.B_BETTER] > 0


@pytest.mark.parametrize(("rows", "better"), [(89, 0.2), (500, 0.1)])
def test_a_model_that_is_better_by_far_more_than_the_noise_is_found(rows: int, better: float) -> None:
    found = _outcomes(rows, better)
    assert found[Outcome.B_BETTER] >= 0.95 * PAIRS
    assert found[Outcome.A_BETTER] == 0


def test_a_difference_beyond_the_digits_that_are_kept_is_within_noise() -> None:
    actual, error = np.random.default_rng(3).normal(size=(2, 300))
    there = _judged(_said(actual, error), _said(actual, error * (1 - 5e-13)))
    assert there.difference.gain == 0
    assert (there.outcome, there.winner) == (Outcome.NOISE, None)


def test_the_sides_can_be_turned_round() -> None:
    actual, good, bad = np.random.default_rng(3).normal(size=(3, 300))
    a, b = _said(actual, 0.9 * bad), _said(actual, 0.5 * good)
    there, back = _judged(a, b), _judged(b, a)
    assert (there.outcome, back.outcome) == (Outcome.B_BETTER, Outcome.A_BETTER)
    assert there.difference.gain == pytest.approx(-(back.difference.gain or 0))
    assert there.difference.p == back.difference.p


def test_a_gain_that_rests_on_one_group_is_within_noise() -> None:
    actual, error = np.random.default_rng(5).normal(size=(2, 300))
    a, b = _said(actual, error), _said(actual, np.where(np.arange(300) < 100, 0.0, error))
    groups = Units(300, group=np.r_[np.zeros(100, dtype=np.int64), 1 + np.arange(200) % 4])
    assert _judged(a, b).outcome == Outcome.B_BETTER
    grouped = _judged(a, b, groups)
    assert (grouped.outcome, grouped.n_units) == (Outcome.NOISE, 5)


@pytest.mark.parametrize("confidence", [0.5, 0.9, 0.95, 0.99])
def test_the_p_value_is_below_1_less_the_confidence_exactly_where_the_interval_excludes_0(confidence: float) -> None:
    random, excluded = np.random.default_rng(4), 0
    for _ in range(60):
        actual, one, two = random.normal(size=(3, 40))
        a, b = _said(actual, one), _said(actual, 0.8 * two)
        found = verdict(Fitting(), Target("y"), a, b, confidence=confidence)
        excluded += found.winner is not None
        assert ((found.difference.p or 0.0) < 1 - confidence) == (found.winner is not None)
    assert 0 < excluded < 60


def test_p_values_of_equally_good_models_are_spread_evenly() -> None:
    random, low = np.random.default_rng(8), 0
    for _ in range(100):
        actual, one, two = random.normal(size=(3, 100))
        p = _judged(_said(actual, one), _said(actual, two)).difference.p
        low += p is not None and p < 0.5
    assert 36 <= low <= 64
