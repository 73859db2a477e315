"""A search that stops by itself: by patience, by a budget or at the end of its space, everywhere at the same trial."""

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lockstep.fitting.booster import RoundBudget
from lockstep.fitting.folds import FoldSummary
from lockstep.search.evaluation_log import EvaluationLog
from lockstep.search.ordered import ending_of
from lockstep.search.space import SearchSpace
from lockstep.search.stopping import Ending, Stopping, boosted_cells, budget_of, ending_reason
from lockstep.search.tune_blocks import NoPruning, Range
from lockstep.workers.trial import Evaluation, FoldTask, State, TrialResult
from tests.unit.searching import (
    FOLDS,
    PRUNERS,
    SUMMARIES,
    AtOnce,
    plan_of,
    run_search,
    score_of,
    stand_in,
    without_time,
)

pytestmark = pytest.mark.slow

RACE = PRUNERS[-1]
ROUNDS = RoundBudget(5, 10)
LIMITS: list[dict[str, Any]] = [{"patience": 4}, {"budget": 90_000.0}]
TINY = {"max_depth": Range(low=2, high=4), "learning_rate": Range(choices=(0.1, 0.2))}


def trial(number: int, scores: list[float], state: State = State.COMPLETE, rounds: int = 10) -> TrialResult:
    folds = tuple(score_of(score, rounds) for score in scores)
    return TrialResult(number, state, {}, folds, "", {}, 0.0, 0.0)


def stopping(results: list[TrialResult], **limits: Any) -> Stopping:
    """No startup: every trial from `lag` - 1 = 0 on counts."""
    tune = plan_of(NoPruning(), lag=1, n_startup_trials=1, **{"sampler": "random", **limits}).tune
    told = Stopping(tune, ROUNDS, SUMMARIES)
    for result in results:
        told.tell(result)
    return told


def last_gain(results: list[TrialResult]) -> int:
    """The number of trials that patience counts since the last gain."""
    return next(count for count in range(1, 99) if stopping(results, patience=count).ending() is None) - 1


@pytest.mark.parametrize(
    "limits", [{"patience": 4}, {"budget": 90_000.0}, {"patience": 4, "budget": 120_000.0}], ids=str
)
def test_a_stopped_search_is_the_beginning_of_the_one_that_goes_on(limits: Mapping[str, Any]) -> None:
    whole, stopped = plan_of(RACE, n_trials=60), plan_of(RACE, n_trials=60, **limits)
    short = run_search(stopped, stand_in, AtOnce())
    assert stopped.tune.lag < len(short) < 60
    assert without_time(run_search(whole, stand_in, AtOnce()))[: len(short)] == without_time(short)
    assert ending_of(stopped, short, SUMMARIES) in (Ending.PATIENCE, Ending.BUDGET)


@pytest.mark.parametrize("limits", LIMITS, ids=str)
def test_a_killed_search_stops_where_a_quiet_one_does(limits: Mapping[str, Any], tmp_path: Path) -> None:
    """Folds found in the log cost what they cost when they were fitted."""
    plan, fits = plan_of(RACE, n_trials=60, **limits), 0
    quiet = run_search(plan, stand_in, AtOnce())

    def killed(task: FoldTask) -> Evaluation:
        nonlocal fits
        fits += 1
        if fits > 25:
            raise KeyboardInterrupt
        return stand_in(task)

    with pytest.raises(KeyboardInterrupt), EvaluationLog(tmp_path / "log.db") as log:
        run_search(plan, killed, AtOnce(), log)
    with EvaluationLog(tmp_path / "log.db") as log:
        assert without_time(run_search(plan, stand_in, AtOnce(), log)) == without_time(quiet)
        assert log.n_reused > 0


def test_a_gain_is_better_than_the_folds_differ() -> None:
    first = trial(0, [1.0, 2.0, 1.5, 1.2])
    # Better in every fold by about the same; better on average by one fold alone; better by less than a thousandth.
    assert last_gain([first, trial(1, [0.95, 1.94, 1.46, 1.15])]) == 0
    assert last_gain([first, trial(1, [1.05, 1.6, 1.52, 1.2])]) == 1
    assert last_gain([first, trial(1, [0.9995, 1.9995, 1.4995, 1.1995])]) == 1


def test_small_gains_add_up_to_one() -> None:
    """The comparison is with the trial of the last gain, so a slow descent is not taken for a plateau."""
    descent = [trial(number, [1.0 - 0.0006 * number] * FOLDS) for number in range(5)]
    assert [last_gain(descent[: count + 1]) for count in range(5)] == [0, 1, 0, 1, 0]


def test_with_one_fold_a_thousandth_of_the_score_is_a_gain() -> None:
    assert last_gain([trial(0, [1.0]), trial(1, [0.998])]) == 0
    assert last_gain([trial(0, [1.0]), trial(1, [0.9995])]) == 1


def test_pruned_and_failed_trials_are_trials_without_a_gain() -> None:
    others = [trial(1, [0.5], State.PRUNED), trial(2, [], State.FAIL)]
    assert last_gain([trial(0, [1.0, 1.0]), *others]) == 2


def test_nothing_stops_a_search_before_a_trial_is_complete() -> None:
    failures = [trial(number, [1.0], State.FAIL) for number in range(9)]
    assert stopping(failures, patience=1, budget=1.0).ending() is None
    assert stopping([*failures, trial(9, [1.0])], patience=1, budget=1.0).ending() is Ending.BUDGET


@settings(max_examples=15)
@given(st.integers(1, 6), st.integers(1, 9), st.integers(0, 20))
def test_enqueued_and_startup_trials_never_count(lag: int, n_startup_trials: int, n_enqueued: int) -> None:
    """Without a gain the search is as long as the trials that do not count, the patience and those in flight."""
    enqueue = [{"max_depth": 2 + number % 9, "subsample": 0.9 - number / 100} for number in range(n_enqueued)]
    chosen: dict[str, Any] = {"lag": lag, "n_startup_trials": n_startup_trials, "enqueue": enqueue, "patience": 3}
    plan = plan_of(NoPruning(), n_trials=60, **chosen)
    results = run_search(plan, lambda _: Evaluation(score_of(1.0), "", 0.0, 0.0), AtOnce())
    counted = max(n_enqueued, plan.tune.first_knowing(n_startup_trials))
    assert len(results) == plan.tune.first_knowing(counted + 3)


def test_the_cost_is_rounds_times_rows_times_features_of_the_fitted_folds() -> None:
    pruned = trial(0, [1.0, 1.0], State.PRUNED, rounds=3)
    assert boosted_cells(pruned, ROUNDS, SUMMARIES) == (3 + 5) * (SUMMARIES[0].cells + SUMMARIES[1].cells)
    # The limit of 10 rounds ended the boosting, and tuned rounds are boosted exactly.
    assert boosted_cells(trial(0, [1.0], rounds=8), ROUNDS, SUMMARIES) == 10 * SUMMARIES[0].cells
    tuned = replace(pruned, params={"n_estimators": 3})
    assert boosted_cells(tuned, ROUNDS, SUMMARIES) == 3 * (SUMMARIES[0].cells + SUMMARIES[1].cells)


def test_an_automatic_budget_grows_more_slowly_than_the_table() -> None:
    tune = plan_of(NoPruning(), budget="auto").tune
    budgets = [budget_of(tune, [FoldSummary("", 10**power), FoldSummary("", 10**power)]) for power in (4, 8)]
    assert budgets == [1.5e9, 1.5e12]
    assert budget_of(plan_of(NoPruning(), budget=7.0).tune, SUMMARIES) == 7.0
    assert Stopping(plan_of(NoPruning()).tune, ROUNDS, SUMMARIES).budget is None


def test_a_budget_ends_the_asking_when_the_told_trials_have_spent_it() -> None:
    plan = plan_of(NoPruning(), n_trials=40, lag=3, budget=1.0)
    assert len(run_search(plan, stand_in, AtOnce())) == 2
    each = plan_of(NoPruning(), n_trials=40, lag=1)
    costs = [boosted_cells(result, each.budget, SUMMARIES) for result in run_search(each, stand_in, AtOnce())]
    exact = replace(each, tune=each.tune.model_copy(update={"budget": float(sum(costs[:7]))}))
    assert len(run_search(exact, stand_in, AtOnce())) == 7


@pytest.mark.parametrize("sampler", ["tpe", "random"])
@pytest.mark.parametrize("pruner", [RACE, NoPruning()], ids=["race", "none"])
def test_a_finite_space_is_searched_once_and_then_the_search_ends(sampler: str, pruner: Any) -> None:
    plan = plan_of(pruner, n_trials=40, sampler=sampler)
    plan = replace(plan, space=SearchSpace(TINY))
    results = run_search(plan, _tiny, AtOnce())
    assert len({tuple(result.params.values()) for result in results}) == len(results) == 6
    assert ending_of(plan, results, SUMMARIES) is Ending.SPACE
    cut = replace(plan, tune=plan.tune.model_copy(update={"n_trials": 4}))
    assert without_time(run_search(cut, _tiny, AtOnce())) == without_time(results)[:4]


def test_a_space_smaller_than_the_lag_ends_by_itself_whatever_the_limits() -> None:
    """All was asked before the first result was told, so neither patience nor the budget can have ended it."""
    limits: dict[str, Any] = {"patience": 1, "budget": 1.0, "sampler": "random", "n_startup_trials": 1}
    one = SearchSpace({"max_depth": Range(choices=(2,))})
    plan = replace(plan_of(NoPruning(), n_trials=40, lag=8, **limits), space=one)
    results = run_search(plan, _tiny, AtOnce())
    assert len(results) == 1
    assert ending_of(plan, results, SUMMARIES) is Ending.SPACE


def test_a_person_may_enqueue_a_configuration_twice() -> None:
    start = {"max_depth": 3, "learning_rate": 0.1}
    plan = replace(plan_of(NoPruning(), n_trials=40, enqueue=[start, start]), space=SearchSpace(TINY))
    results = run_search(plan, _tiny, AtOnce())
    assert [dict(result.params) for result in results[:2]] == [dict(sorted(start.items()))] * 2
    assert len({tuple(result.params.values()) for result in results}) == len(results) - 1 == 6


def test_optuna_knows_what_a_trial_was_asked_with() -> None:
    """A second attempt leaves neither another trial nor a parameter of the first."""
    from lockstep.search.ordered import _Trials

    space = SearchSpace(TINY)
    trials = _Trials(replace(plan_of(NoPruning(), n_trials=6, lag=1), space=space), FOLDS)
    for number in range(6):
        asked = trials.ask(number)
        (*_, known) = trials._study.get_trials(deepcopy=False)
        assert (known.number, space.booster_params(known.params)) == (number, asked.task.params)
        trials.tell(trial(number, [1.0] * FOLDS))
    assert trials.exhausted


def test_why_a_search_ended_is_said() -> None:
    assert ending_reason("n_trials", None, None) == ""
    assert "20 trials without a gain" in ending_reason("patience", 20, None)
    assert "2e+10" in ending_reason("budget", None, 2e10)
    assert ending_reason("space", None, None) == "every configuration of the space was tried"
    plan = plan_of(NoPruning(), n_trials=8, patience=99)
    assert ending_of(plan, run_search(plan, stand_in, AtOnce()), SUMMARIES) is Ending.N_TRIALS


def _tiny(task: FoldTask) -> Evaluation:
    return Evaluation(score_of(float(task.params["max_depth"]) + task.fold / 10), "", 0.0, 0.0)
