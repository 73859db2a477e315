"""Honest cross-validation of a search: each fold is scored by what the other folds choose.

The score of the best trial is that of the best of many on the folds that chose it, and where folds stop early each also
chose its own number of rounds. Here neither the configuration nor its rounds have seen the fold they are scored on, as
in the search repeated within the other folds (Varma and Simon 2006), except that the trials themselves were suggested
by what all folds said.
"""

from collections.abc import Callable, Sequence
from concurrent.futures import Executor
from dataclasses import replace
from typing import Any

from lockstep.fitting.booster import ROUNDS
from lockstep.metrics.metric import DIGITS
from lockstep.search.ordered import Plan
from lockstep.storage.tables import significant
from lockstep.workers.trial import Evaluation, FoldTask, State, TrialResult


def reselected(
    plan: Plan, results: Sequence[TrialResult], run: Callable[[FoldTask], Evaluation], engine: Executor
) -> dict[str, Any] | None:
    """Score every fold with the complete trial, and its median rounds, that are best in the other folds.

    Args:
        plan: The search.
        results: All its trials.
        run: Fits one fold; called through `engine`.
        engine: Any executor.

    Returns:
        score, its mean over the folds; metrics, likewise; trials and rounds that each fold was scored with. None with
        one fold, which nothing is left to choose by, and if a fit fails.
    """
    complete = [result for result in results if result.state is State.COMPLETE]
    n_folds = len(complete[0].folds)
    if n_folds < 2:
        return None
    chosen = [_best_without(fold, complete) for fold in range(n_folds)]
    rounds = [_rounds_without(fold, result) for fold, result in enumerate(chosen)]
    exactly = replace(plan.budget, stops_tuned=False)
    futures = [
        engine.submit(
            run,
            FoldTask(
                number=result.number,
                fold=fold,
                params={**result.params, ROUNDS: rounds[fold]},
                budget=exactly,
                seed=plan.seed,
                fitting=plan.fitting,
            ),
        )
        for fold, result in enumerate(chosen)
    ]
    scores = [future.result().score for future in futures]
    scored = [score for score in scores if score is not None]
    if len(scored) < n_folds:
        return None
    return {
        "score": _mean([score.score for score in scored]),
        "metrics": {name: _mean([score.metrics[name] for score in scored]) for name in scored[0].metrics},
        "trials": [result.number for result in chosen],
        "rounds": rounds,
    }


def _best_without(fold: int, complete: Sequence[TrialResult]) -> TrialResult:
    """The trial with the lowest mean over the other folds; the earliest of equals."""

    def total(result: TrialResult) -> float:
        return sum(score.score for number, score in enumerate(result.folds) if number != fold)

    return min(complete, key=lambda result: (significant(total(result), DIGITS), result.number))


def _rounds_without(fold: int, result: TrialResult) -> int:
    rounds = sorted(score.rounds for number, score in enumerate(result.folds) if number != fold)
    return rounds[len(rounds) // 2]


def _mean(values: Sequence[float | None]) -> float | None:
    """None where a fold leaves the metric undefined."""
    defined = [value for value in values if value is not None]
    return significant(sum(defined) / len(defined), DIGITS) if len(defined) == len(values) else None
