"""Planted models through the verdict of `lockstep compare`: how often it is wrong, and when it sees a difference."""

from collections import Counter

import numpy as np
import numpy.typing as npt
import pandas as pd
import pytest

from lockstep.evaluate.bootstrap import Units
from lockstep.evaluate.paired import p_value
from lockstep.evaluate.ranking import Outcome, Verdict, verdict
from lockstep.fitting.fitting import Fitting
from lockstep.table.target import Target

pytestmark = pytest.mark.slow

PAIRS = 200
# Models of one table err on the same rows: what they cannot know is most of their error.
SHARED = 0.9


Numbers = npt.NDArray[np.float64]


def _said(actual: Numbers, error: Numbers) -> pd.DataFrame:
    return pd.DataFrame({"row_id": np.arange(len(actual)), "actual": actual, "predicted": actual + error})


def _judged(a: pd.DataFrame, b: pd.DataFrame, units: Units | None = None, seed: int = 1) -> Verdict:
    return verdict(Fitting(), Target("y"), a, b, samples=400, confidence=0.95, seed=seed, units=units)


def _outcomes(rows: int, better: float, pairs: int = PAIRS) -> Counter[Outcome]:
    """Outcomes of pairs whose errors correlate by SHARED; B's are smaller by the share `better`."""
    random = np.random.default_rng(2026)
    found: Counter[Outcome] = Counter()
    for number in range(pairs):
        actual, shared, one, two = random.normal(size=(4, rows))
        errors = [SHARED**0.5 * shared + (1 - SHARED) ** 0.5 * own for own in (one, two)]
        a, b = _said(actual, 0.5 * errors[0]), _said(actual, 0.5 * (1 - better) * errors[1])
        found[_judged(a, b, seed=number).outcome] += 1
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


@pytest.mark.nightly
def test_error_rates_of_a_thousand_pairs_are_those_of_the_documentation() -> None:
    wrong = {rows: 1000 - _outcomes(rows, 0.0, 1000)[Outcome.NOISE] for rows in (89, 500)}
    assert 25 <= wrong[500] <= 60
    assert 45 <= wrong[89] <= 95


def test_a_difference_beyond_the_digits_that_are_kept_is_within_noise() -> None:
    actual, error = np.random.default_rng(3).normal(size=(2, 300))
    there = _judged(_said(actual, error), _said(actual, error * (1 - 5e-13)))
    assert there.difference.low is not None
    assert there.difference.low > 0
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
    groups = Units.of(pd.DataFrame({"g": ["one"] * 100 + [f"g{n % 4}" for n in range(200)]}), "g")
    assert _judged(a, b).outcome == Outcome.B_BETTER
    grouped = _judged(a, b, groups)
    assert (grouped.outcome, grouped.n_units) == (Outcome.NOISE, 5)


def test_p_value_is_two_sided_never_0_and_1_without_any_difference() -> None:
    assert p_value(np.array([1.0] * 99)) == pytest.approx(2 / 100)
    assert p_value(np.array([1.0] * 89 + [-1.0] * 10)) == pytest.approx(2 * 11 / 100)
    assert p_value(-np.array([1.0] * 89 + [-1.0] * 10)) == pytest.approx(2 * 11 / 100)
    assert p_value(np.zeros(99)) == 1.0


def test_p_values_of_equally_good_models_are_spread_evenly() -> None:
    random, low = np.random.default_rng(8), 0
    for number in range(100):
        actual, one, two = random.normal(size=(3, 100))
        p = _judged(_said(actual, one), _said(actual, two), seed=number).difference.p
        low += p is not None and p < 0.5
    assert 36 <= low <= 64
