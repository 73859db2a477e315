"""Search spaces: what Optuna is asked, what the booster gets, and that no CPU makes a difference."""

import math
import os
import subprocess
import sys

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from optuna.distributions import FloatDistribution

from lockstep.search.sampler import seed_of
from lockstep.search.space import Parameter, cut, distinct
from lockstep.search.tune_blocks import Range
from lockstep.storage.tables import significant
from lockstep.workers.trial import Evaluation, FoldTask
from tests.conftest import ROOT
from tests.unit.searching import score_of

pytestmark = pytest.mark.slow


@given(
    st.integers(0, 50), st.integers(0, 50), st.integers(1, 7), st.floats(-10, 70, allow_nan=False, allow_infinity=False)
)
def test_stepped_integers_stay_on_their_grid(low: int, extent: int, step: int, suggested: float) -> None:
    value = Parameter("n", Range(low=low, high=low + extent, step=step)).booster_value(suggested)
    assert isinstance(value, int)
    assert low <= value <= low + extent
    assert (value - low) % step == 0


@given(
    st.floats(0.0, 1.0),
    st.sampled_from([(0.0, 0.5, False), (1e-8, 10.0, True), (0.5, 1.0, False), (0.001, 0.3, True), (-3.0, 7.0, False)]),
    st.integers(0, 39_999),
)
def test_the_booster_gets_the_four_digits_whatever_trace_a_value_carries(
    share: float, bounds: tuple[float, float, bool], number: int
) -> None:
    low, high, log = bounds
    value = low * (high / low) ** share if log else low + (high - low) * share
    kept = distinct(value, number, FloatDistribution(low, high, log=log))
    used = Parameter("p", Range(low=low, high=high, log=log)).booster_value(kept)
    assert low <= kept <= high
    assert used == cut(value, low, high, log=log)
    assert used == pytest.approx(value, rel=5.1e-4, abs=0 if log else (high - low) * 1e-6)


def test_equal_suggestions_are_remembered_apart_and_the_last_bit_is_hidden() -> None:
    distribution = FloatDistribution(0.001, 0.3, log=True)
    assert len({distinct(value, number, distribution) for value in (0.3, 0.05) for number in range(1000)}) == 2000
    assert len({distinct(0.0, number, FloatDistribution(0.0, 0.5)) for number in range(1000)}) == 1000
    assert distinct(0.0123456789, 3, distribution) == distinct(np.nextafter(0.0123456789, 1), 3, distribution)


def test_no_two_asks_share_a_seed() -> None:
    assert len({seed_of(seed, number) for seed in range(20) for number in range(200)}) == 4000


SUGGESTIONS = """
import json, sys
from lockstep.search.tune_blocks import NoPruning, Range
from lockstep.search.ordered import Plan
from lockstep.search.space import SearchSpace
from lockstep.guards.text.yaml_file import read_yaml
from tests.conftest import SETTINGS
from tests.unit.searching import AtOnce, plan_of, run_search
from tests.unit.test_space import any_space
space, seed, trials = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
spaces = read_yaml(SETTINGS)["spaces"]
ranges = {name: Range.model_validate(bounds) for name, bounds in spaces[space].items()}
plan = plan_of(NoPruning(), n_trials=trials, lag=8, n_startup_trials=10)
plan = Plan(plan.tune, SearchSpace(ranges), plan.pruner, seed, plan.fitting)
results = run_search(plan, any_space, AtOnce())
print(json.dumps([[dict(result.params), result.reports] for result in results]))
"""


def any_space(task: FoldTask) -> Evaluation:
    """A cheap score over the parameters of any space; ties and last bits are as likely as in real searches."""
    score = 1.0
    for position, name in enumerate(sorted(task.params)):
        score += (math.log10(abs(float(task.params[name])) + 1e-9) - 0.1 * position) ** 2 / (position + 2)
    return Evaluation(score_of(significant(score, 10)), "", 0.0, 0.0)


@pytest.mark.parametrize(
    ("space", "seed", "trials"),
    [
        ("spotify9", 1, 150),
        pytest.param("spotify9", 42, 230, marks=pytest.mark.long),
        pytest.param("housing7", 3, 120, marks=pytest.mark.long),
    ],
)
def test_an_older_cpu_suggests_the_same_trials(space: str, seed: int, trials: int) -> None:
    """These searches differed while tied values were left to numpy's unstable argsort, or the last bit was kept."""

    def suggestions(**environment: str) -> str:
        done = subprocess.run(
            [sys.executable, "-W", "ignore", "-c", SUGGESTIONS, space, str(seed), str(trials)],
            cwd=ROOT,
            env={**os.environ, **environment},
            capture_output=True,
            text=True,
            check=True,
        )
        return done.stdout

    assert suggestions() == suggestions(NPY_DISABLE_CPU_FEATURES="X86_V3 X86_V4")
