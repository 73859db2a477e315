"""Cross-validation in which no fold is scored by what it chose itself."""

from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
import pytest

from benchmarks.cv_optimism import Outcome, searched
from lockstep.report.cross_validation import CvOptimism
from lockstep.search.report import best_params
from lockstep.search.reselection import reselected
from lockstep.search.space import SearchSpace
from lockstep.search.tune_blocks import NoPruning, Range
from lockstep.workers.trial import Evaluation, FoldTask, State, TrialResult
from tests.unit.searching import AtOnce, plan_of, score_of


def trial(number: int, scores: list[float], rounds: list[int], state: State = State.COMPLETE) -> TrialResult:
    folds = tuple(score_of(score, n_rounds) for score, n_rounds in zip(scores, rounds, strict=True))
    return TrialResult(number, state, {"max_depth": number}, folds, "", {}, 0.0, 0.0)


def reselection(results: list[TrialResult], failing: int = -1) -> tuple[dict[str, Any] | None, list[FoldTask]]:
    """What is chosen, and the fits it asked for; a fit's score is its number of rounds."""
    tasks = list[FoldTask]()

    def run(task: FoldTask) -> Evaluation:
        tasks.append(task)
        score = None if task.fold == failing else score_of(float(task.params["n_estimators"]))
        return Evaluation(score, "", 0.0, 0.0)

    return reselected(plan_of(NoPruning()), results, run, AtOnce()), tasks


def test_each_fold_is_scored_by_the_trial_and_the_rounds_that_the_others_choose() -> None:
    # Trial 1 has the best mean, by fold 2 alone: without it trial 0 is better.
    results = [
        trial(0, [1.0, 1.0, 9.0], [10, 20, 90]),
        trial(1, [2.0, 2.0, 1.0], [30, 50, 70]),
        trial(2, [0.0], [5], State.PRUNED),
    ]
    found, tasks = reselection(results)
    assert [(task.fold, task.number, task.params["n_estimators"]) for task in tasks] == [
        (0, 1, 70),
        (1, 1, 70),
        (2, 0, 20),
    ]
    assert found is not None
    assert found["score"] == pytest.approx((70 + 70 + 20) / 3)
    assert found["metrics"]["mse"] == pytest.approx((70**2 + 70**2 + 20**2) / 3)
    assert (found["trials"], found["rounds"]) == ([1, 1, 0], [70, 70, 20])


def test_rounds_that_the_others_choose_are_boosted_exactly() -> None:
    """Also in a space whose n_estimators may stop early: the fold's own rows do not choose its rounds."""
    tasks, tuned = list[FoldTask](), {"n_estimators": Range(low=5, high=99, early_stopping=True)}
    plan = replace(plan_of(NoPruning()), space=SearchSpace(tuned))

    def run(task: FoldTask) -> Evaluation:
        tasks.append(task)
        return Evaluation(score_of(1.0), "", 0.0, 0.0)

    results = [trial(0, [1.0, 1.0, 9.0], [10, 20, 90])]
    assert plan.budget.stops_tuned
    assert reselected(plan, results, run, AtOnce())
    assert [task.budget.stops_early(task.params) for task in tasks] == [False] * 3
    assert best_params(results, plan) == {
        "params": {"max_depth": 0},
        "n_rounds": 20,
        "cv_rmse": results[0].cv_score,
        "trial": 0,
        "early_stopping": True,
    }


def test_one_fold_leaves_none_to_choose_by() -> None:
    assert reselection([trial(0, [1.0], [10])]) == (None, [])


def test_a_fold_that_cannot_be_scored_leaves_the_optimism_unknown() -> None:
    assert reselection([trial(0, [1.0, 2.0], [10, 20])], failing=1)[0] is None


def test_the_optimism_is_what_the_score_loses() -> None:
    search = {"score": "cv_rmse", "reselected": {"score": 1.5, "metrics": {"r2": -0.25}}}
    best = {"cv_rmse": 1.25}
    optimism = CvOptimism.of(search, best, 1.25, 0.1)
    assert optimism == CvOptimism(1.25, 0.25, 1.5, (0.1, -0.25))
    # A smaller learning rate changes the score; it is taken to be as optimistic, and its R² is not known.
    assert CvOptimism.of(search, best, 1.0, 0.1) == CvOptimism(1.0, 0.25, 1.25, None)
    assert CvOptimism.of({"score": "cv_rmse"}, best, 1.25, 0.1) is None


def averages(outcomes: list[Outcome]) -> pd.Series:
    return pd.DataFrame(outcomes).mean()


@pytest.mark.slow
def test_the_cross_validated_skill_of_noise_is_gone_without_its_optimism() -> None:
    found = averages([searched(seed, signal=0.0, rows=80, n_trials=8) for seed in range(6)])
    assert found["cv"] > found["test"]
    assert found["corrected"] < found["cv"]
    assert found["corrected"] <= 0.02


@pytest.mark.nightly
@pytest.mark.parametrize("signal", [0.0, 0.35, 1.0])
def test_corrected_cross_validation_is_near_the_test_score(signal: float) -> None:
    outcomes = [searched(seed, signal=signal, rows=150, n_trials=15) for seed in range(60)]
    found, differences = averages(outcomes), np.array([each["corrected"] - each["test"] for each in outcomes])
    error = float(np.std(differences, ddof=1) / np.sqrt(len(differences)))
    assert found["cv"] > found["test"]
    # Its folds train on four fifths of the rows, so it is a little low.
    assert -0.06 - 2 * error < found["corrected"] - found["test"] < 2 * error
