"""The time left that the progress shows, against recorded searches replayed on a virtual clock."""

import heapq
import json
import statistics
from collections import deque
from pathlib import Path

import pytest

from lockstep.fitting.folds import FoldSummary
from lockstep.search.time_left import TimeLeft
from lockstep.search.tune_blocks import NoPruning, Race
from lockstep.workers.trial import State, TrialResult
from tests.unit.searching import plan_of, score_of

# CPU seconds of each fold of each trial of five searches with the default settings: 60 trials, 5 folds, lag 8.
RECORDED: dict[str, list[list[float]]] = json.loads(
    Path(__file__).with_name("recorded_searches.json").read_text(encoding="utf-8")
)
LAG, N_FOLDS, STARTUP = 8, 5, 3
FOLDS = [FoldSummary("", 1)] * N_FOLDS


def told_at(search: list[list[float]], workers: int) -> list[float]:
    """When each trial is told: a first-in, first-out queue of folds, each after the one before it is judged."""
    now, moments, waiting, running = 0.0, list[float](), deque[tuple[int, int]](), list[tuple[float, int, int]]()
    done, asked, first_judged = [0] * len(search), 0, STARTUP + LAG - 1
    while len(moments) < len(search):
        while asked < min(len(search), len(moments) + LAG):
            waiting.extend((asked, fold) for fold in range(1 if asked >= first_judged else len(search[asked])))
            asked += 1
        while waiting and len(running) < workers:
            trial, fold = waiting.popleft()
            heapq.heappush(running, (now + search[trial][fold], trial, fold))
        now, trial, _ = heapq.heappop(running)
        done[trial] += 1
        if trial >= first_judged and done[trial] < len(search[trial]):
            waiting.append((trial, done[trial]))
        while len(moments) < asked and done[len(moments)] == len(search[len(moments)]):
            moments.append(now)
    return moments


def result_of(number: int, folds: list[float], reused: float = 0.0) -> TrialResult:
    state = State.COMPLETE if len(folds) == N_FOLDS else State.PRUNED
    scores = tuple(score_of(1.0) for _ in folds)
    return TrialResult(number, state, {}, scores, "", {}, sum(folds), sum(folds), reused)


def errors(search: list[list[float]], workers: int) -> tuple[list[float], list[float]]:
    """Relative errors from a quarter to 95% of the way on: of our estimate, and of the mean of all trials."""
    time_left = TimeLeft(plan_of(Race(margin=0.25, n_startup_trials=STARTUP), len(search), LAG), FOLDS)
    moments = told_at(search, workers)
    ours, mean = list[float](), list[float]()
    for number, (moment, folds) in enumerate(zip(moments, search, strict=True)):
        time_left.tell(result_of(number, folds))
        truth = moments[-1] - moment
        if 0.25 * moments[-1] <= moment <= 0.95 * moments[-1]:
            ours.append(abs((time_left.seconds(moment) or 0.0) / truth - 1))
            mean.append(abs(moment / (number + 1) * (len(search) - number - 1) / truth - 1))
    return ours, mean


@pytest.mark.parametrize("workers", [1, 2, 3, 8])
def test_the_time_left_of_recorded_searches_is_near_the_truth(workers: int) -> None:
    pairs = [errors(search, workers) for search in RECORDED.values()]
    ours, mean = ([error for pair in pairs for error in pair[which]] for which in (0, 1))
    assert statistics.median(ours) <= 0.35
    assert statistics.median(ours) < statistics.median(mean)


def test_trials_that_all_cost_the_same_are_told_exactly() -> None:
    time_left = TimeLeft(plan_of(NoPruning(), 40, 1), FOLDS)
    for number in range(10):
        time_left.tell(result_of(number, [2.0] * N_FOLDS))
    # Two workers: 10 trials of 10 worker-seconds took 50 seconds.
    assert time_left.seconds(50.0) == pytest.approx(150.0)


def test_folds_found_in_the_log_do_not_look_like_fast_workers() -> None:
    time_left = TimeLeft(plan_of(NoPruning(), 40, 1), FOLDS)
    for number in range(10):
        time_left.tell(result_of(number, [2.0] * N_FOLDS, reused=10.0))
    assert time_left.seconds(0.1) is None
    for number in range(10, 20):
        time_left.tell(result_of(number, [2.0] * N_FOLDS))
    assert time_left.seconds(50.0) == pytest.approx(100.0)


def test_a_budget_that_ends_the_search_ends_the_time() -> None:
    spent = 10 * N_FOLDS * 10
    time_left = TimeLeft(plan_of(NoPruning(), 400, 1, budget=2.0 * spent), FOLDS)
    for number in range(10):
        time_left.tell(result_of(number, [2.0] * N_FOLDS))
    assert time_left.seconds(50.0) == pytest.approx(50.0)
