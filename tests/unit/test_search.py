"""The ordered search with cheap stand-ins for fits: order, pruning, failures, what the log saves."""

import random
import time
from concurrent.futures import Executor, ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from optuna.trial import FrozenTrial

from lockstep.errors import SearchError
from lockstep.fitting import matrices
from lockstep.fitting.fitting import Fitting, Memory
from lockstep.search.ordered import best_of
from lockstep.search.pruning import Judge, Rules, frozen_trial
from lockstep.search.trials_file import trials_table
from lockstep.search.tune_blocks import NoPruning, Percentile, PrunerOptions, SuccessiveHalving
from lockstep.workers.trial import Evaluation, FoldTask, State
from lockstep.workers.worker import FoldCache, evaluate, failure_message
from tests.unit.searching import (
    ALL_PRUNERS,
    FOLDS,
    PRUNERS,
    AtOnce,
    adversary,
    plan_of,
    run_search,
    score_of,
    small_folds,
    stand_in,
    without_time,
)

pytestmark = pytest.mark.slow

LIMITS: list[dict[str, Any]] = [{}, {"patience": 3, "budget": 100_000.0}]


def _name(pruner: PrunerOptions) -> str:
    return type(pruner).__name__


@pytest.mark.parametrize(
    ("pruner", "limits"), [*((pruner, {}) for pruner in ALL_PRUNERS), (PRUNERS[-1], LIMITS[1])], ids=str
)
def test_results_do_not_depend_on_workers_or_their_speed(pruner: PrunerOptions, limits: dict[str, Any]) -> None:
    alone = run_search(plan_of(pruner, **limits), stand_in, AtOnce())

    def delayed(task: FoldTask) -> Evaluation:
        time.sleep(random.Random(task.number * 31 + task.fold).random() / 100)  # noqa: S311 - only to shuffle arrivals
        return stand_in(task)

    for workers in (2, 3, 8):
        with ThreadPoolExecutor(workers) as engine:
            together = run_search(plan_of(pruner, **limits), delayed, engine)
        assert without_time(together) == without_time(alone)


@settings(max_examples=25)
@given(
    st.sampled_from(ALL_PRUNERS),
    st.lists(st.integers(0, 50), min_size=1, max_size=20),
    st.integers(1, 12),
    st.integers(1, 7),
    st.sets(st.integers(0, 19)),
    st.sampled_from(LIMITS),
)
def test_results_do_not_depend_on_an_adversary_who_orders_the_arrivals(
    pruner: PrunerOptions, choices: list[int], patience: int, lag: int, failing: set[int], limits: dict[str, Any]
) -> None:
    def some_fail(task: FoldTask) -> Evaluation:
        if task.number in failing and (task.number + task.fold) % 2:
            return Evaluation(None, f"ValueError: fold {task.fold}", 0.0, 0.0)
        return stand_in(task)

    plan = plan_of(pruner, n_trials=20, lag=lag, **limits)

    def outcome(engine: Executor) -> object:
        """The trials, or that none is complete."""
        try:
            return without_time(run_search(plan, some_fail, engine))
        except SearchError as error:
            return str(error)

    alone = outcome(AtOnce())
    with adversary(choices, patience) as engine:
        assert outcome(engine) == alone


@pytest.mark.parametrize("pruner", PRUNERS, ids=_name)
def test_every_pruner_prunes(pruner: PrunerOptions) -> None:
    results = run_search(plan_of(pruner), stand_in, AtOnce())
    assert sum(result.state is State.PRUNED for result in results) >= 3
    assert best_of(results).cv_score is not None


@pytest.mark.parametrize("pruner", ALL_PRUNERS, ids=_name)
def test_no_decision_lies_between_folds_that_run_side_by_side(pruner: PrunerOptions) -> None:
    """However bad a trial is: else a fold would have been fitted that the search never counts."""
    known = [frozen_trial(result) for result in run_search(plan_of(pruner, n_trials=12), stand_in, AtOnce())]
    for count in range(13):
        judge, done, stopped = Judge(count, known[:count], Rules.of(pruner, FOLDS)), 0, False
        while done < FOLDS and not stopped:
            decision = done + judge.folds_before_decision(done)
            assert done < decision <= FOLDS
            for step in range(done + 1, decision):
                assert not judge.prunes(9.0, step)
            done, stopped = decision, judge.prunes(9.0, decision)


def test_without_pruning_all_folds_run_side_by_side() -> None:
    assert Judge(0, [], Rules.of(NoPruning(), FOLDS)).folds_before_decision(0) == FOLDS
    pruner = Percentile(n_startup_trials=4, n_warmup_steps=1, percentile=30.0)
    known = [frozen_trial(result) for result in run_search(plan_of(pruner, n_trials=5), stand_in, AtOnce())]
    rules = Rules.of(pruner, FOLDS)
    assert Judge(3, known[:3], rules).folds_before_decision(0) == FOLDS
    assert Judge(4, known[:4], rules).folds_before_decision(0) == 2
    assert Judge(4, known[:4], rules).folds_before_decision(2) == 1


def test_a_trial_is_judged_by_exactly_the_trials_before_its_lag(monkeypatch: pytest.MonkeyPatch) -> None:
    seen: dict[int, int] = {}

    class Noting(Judge):
        def __init__(self, number: int, known: list[FrozenTrial], rules: Rules) -> None:
            seen[number] = len(known)
            super().__init__(number, known, rules)

    monkeypatch.setattr("lockstep.search.ordered.Judge", Noting)
    with ThreadPoolExecutor(3) as engine:
        run_search(plan_of(NoPruning(), n_trials=20, lag=5), stand_in, engine)
    # The lag is 2 for nine trials and grows to the 5 of the plan.
    assert [seen[number] for number in range(20)] == [0, *range(8), 7, 7, 7, *range(8, 16)]


def test_a_longer_search_begins_with_the_shorter_one() -> None:
    short = run_search(plan_of(PRUNERS[1], n_trials=15), stand_in, AtOnce())
    long = run_search(plan_of(PRUNERS[1], n_trials=30), stand_in, AtOnce())
    assert without_time(long)[:15] == without_time(short)


def test_enqueued_configurations_come_first() -> None:
    start = {"max_depth": 9, "learning_rate": 0.05, "grow_policy": "lossguide"}
    first = run_search(plan_of(NoPruning(), n_trials=3, enqueue=[start]), stand_in, AtOnce())[0]
    assert (first.params["max_depth"], first.params["learning_rate"]) == (9, 0.05)
    assert first.params["grow_policy"] == "lossguide"


def test_a_failed_trial_is_recorded_and_the_search_goes_on() -> None:
    def sometimes(task: FoldTask) -> Evaluation:
        return Evaluation(None, "ValueError: no", 0.0, 0.0) if task.number % 3 == 0 else stand_in(task)

    results = run_search(plan_of(PRUNERS[0], n_trials=12), sometimes, AtOnce())
    assert [result.number for result in results if result.state is State.FAIL] == [0, 3, 6, 9]
    table = trials_table(results, FOLDS, Fitting())
    assert table["message"][3] == "ValueError: no"
    assert table["cv_rmse"].isna()[3]


def test_when_no_trial_is_complete_the_first_failure_is_quoted() -> None:
    def fails(task: FoldTask) -> Evaluation:
        return Evaluation(None, f"ValueError: {task.number}", 0.0, 0.0)

    with pytest.raises(SearchError, match="none of 5 trials is complete; the first failed with: ValueError: 0"):
        run_search(plan_of(NoPruning(), n_trials=5), fails, AtOnce())


@settings(max_examples=20)
@given(st.integers(1, 8), st.integers(1, 12))
def test_any_lag_asks_every_trial_once(lag: int, n_trials: int) -> None:
    results = run_search(plan_of(NoPruning(), n_trials=n_trials, lag=lag), stand_in, AtOnce())
    assert [result.number for result in results] == list(range(n_trials))


def test_xgboosts_clock_and_paths_stay_out_of_messages() -> None:
    error = ValueError("[07:12:33] /workspace/src/data/x.cc:123: Check failed: max_bin >= 2\nStack trace:\n")
    assert failure_message(error) == "ValueError: Check failed: max_bin >= 2"


def test_parameters_that_xgboost_refuses_leave_a_message() -> None:
    folds = FoldCache(small_folds())
    task = FoldTask(0, 0, {"max_depth": 2}, plan_of(NoPruning()).budget, 1, Fitting())
    good = evaluate(task, folds)
    bad = evaluate(replace(task, params={"max_depth": 2, "subsample": 7.0}), folds)
    assert good.score is not None
    assert good.score == evaluate(task, folds).score
    assert bad.score is None
    assert "subsample" in bad.message
    assert "[" not in bad.message[:20]


@pytest.mark.parametrize("slice_rows", [16, 2**20])
def test_rows_in_files_are_fitted_as_rows_in_memory(slice_rows: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(matrices, "BATCH_ROWS", slice_rows)
    task = FoldTask(0, 0, {"max_depth": 3, "n_estimators": 20}, plan_of(NoPruning()).budget, 1, Fitting())
    scores = {
        memory: [
            evaluate(replace(task, fitting=Fitting(memory=memory)), FoldCache(small_folds())).score for _ in range(2)
        ]
        for memory in MEMORIES
    }
    assert scores["in_core"][0] is not None
    assert len({score.score for pair in scores.values() for score in pair if score}) == 1


MEMORIES: list[Memory] = ["in_core", "external"]


def test_a_machine_in_trouble_stops_the_search_and_fails_no_trial(tmp_path: Path) -> None:
    """A trial that failed for want of a disk would not be told again, and another best model would be shipped."""
    matrices.set_pages_folder(tmp_path / "gone")
    try:
        task = FoldTask(0, 1, {"max_depth": 3}, plan_of(NoPruning()).budget, 1, Fitting(memory="external"))
        with pytest.raises(SearchError, match="fold 1 cannot be prepared"):
            evaluate(task, FoldCache(small_folds()))
    finally:
        matrices.set_pages_folder(tmp_path)


def test_a_search_without_a_complete_trial_says_so() -> None:
    """Pruned by the lead of a trial that failed in its last fold."""

    def leads_then_fails(task: FoldTask) -> Evaluation:
        if task.number:
            return stand_in(task)
        if task.fold == FOLDS - 1:
            return Evaluation(None, "ValueError: at last", 0.0, 0.0)
        return Evaluation(score_of(0.1, 5), "", 0.0, 0.0)

    halving = SuccessiveHalving(min_resource=1, reduction_factor=4, min_early_stopping_rate=0)
    with pytest.raises(SearchError, match="none of 6 trials is complete; the first failed with: ValueError: at last"):
        run_search(plan_of(halving, n_trials=6, lag=1), leads_then_fails, AtOnce())
