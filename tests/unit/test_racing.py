"""The racing pruner: it compares fold by fold, forgives luck, and lets nobody stop before enough is known."""

import statistics

import optuna
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from optuna.trial import FrozenTrial, TrialState, create_trial

from lockstep.search.racing import RacingPruner, _folds
from lockstep.workers.trial import running_means

BEST = [1.0, 2.0, 1.5, 1.2]
KNOWN = [BEST, [1.1, 2.1, 1.7, 1.2], [1.2, 2.0, 1.6, 1.4]]


def _trial(folds: list[float], state: TrialState = TrialState.COMPLETE) -> FrozenTrial:
    means = running_means(folds)
    value = means[-1] if state is TrialState.COMPLETE else None
    return create_trial(state=state, value=value, intermediate_values=dict(enumerate(means, start=1)))


def _prunes(folds: list[float], margin: float = 0.0, known: list[list[float]] = KNOWN, startup: int = 3) -> bool:
    study = optuna.create_study()
    for other in known:
        study.add_trial(_trial(other))
    return RacingPruner(margin, startup).prune(study, _trial(folds, TrialState.RUNNING))


def test_an_easy_first_fold_does_not_save_a_bad_trial() -> None:
    assert _prunes([1.01])
    assert not _prunes([0.99])
    assert _prunes([0.99, 2.1])


def test_a_hard_fold_does_not_stop_a_good_trial() -> None:
    """Fold 1 is twice as hard as fold 0; what counts is the best known trial on the same folds."""
    assert not _prunes([1.0, 1.99])


def test_a_margin_forgives_less_with_every_fold() -> None:
    behind = [folds * 1.03 for folds in BEST]
    assert not _prunes(behind[:1], margin=1.0)
    assert _prunes(behind[:4], margin=1.0)


def test_nothing_stops_before_enough_is_known() -> None:
    assert not _prunes([9.0], known=KNOWN[:2])
    assert not _prunes([9.0], known=[], startup=1)
    assert _prunes([9.0], known=KNOWN[:1], startup=1)


def test_a_perfect_score_divides_nothing_by_zero() -> None:
    assert not _prunes([0.5], known=[[0.0, 0.0]], startup=1)


def test_of_negative_scores_the_lower_one_is_better_too() -> None:
    """The score by a metric without a highest value is its negative."""
    known = [[-2.0, -1.0]]
    assert not _prunes([-2.1], known=known, startup=1)
    assert _prunes([-1.9], known=known, startup=1)


@given(st.lists(st.floats(0.5, 3), min_size=1, max_size=4), st.floats(0, 2))
def test_the_unit_of_the_target_does_not_matter(folds: list[float], margin: float) -> None:
    scaled = [[score * 2.0**10 for score in known] for known in KNOWN]
    assert _prunes([score * 2.0**10 for score in folds], margin, scaled) == _prunes(folds, margin)


@pytest.mark.parametrize("margin", [0.0, 0.25, 1.0])
def test_the_best_known_trial_would_never_be_stopped(margin: float) -> None:
    assert not any(_prunes(BEST[:count], margin) for count in range(1, 5))


@given(st.lists(st.lists(st.floats(0.5, 3), min_size=4, max_size=4), min_size=1, max_size=12), st.floats(0, 2))
def test_the_rule_is_what_its_description_says(known: list[list[float]], margin: float) -> None:
    """Worked out anew from all known trials, as the docstring of RacingPruner puts it."""
    judged = [1.5, 1.6]
    exact = [_folds(_trial(folds)) for folds in known]
    best = min(exact, key=lambda folds: sum(folds) / 4)
    ratios = [[score / other - 1 for score, other in zip(folds, best, strict=True)] for folds in exact]
    spreads = sorted(statistics.stdev(each) for folds, each in zip(exact, ratios, strict=True) if folds is not best)
    usual = spreads[len(spreads) // 2] if spreads else 0.0
    behind = statistics.mean(score / other - 1 for score, other in zip(judged, best, strict=False))
    assume(abs(behind - margin * usual / 2) > 1e-9)
    assert _prunes(judged, margin, known, startup=1) == (behind > margin * usual / 2)
