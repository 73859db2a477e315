"""The ordered search: trial t is suggested from the results of exactly the trials 0 .. t - lag (`Tune.lag_at`).

Later trials count as running, whether or not a fast worker has finished them. So neither the suggestions nor
the pruning depend on the number of workers, on which finishes first, or on the machine's load.
"""

from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass
from typing import Protocol, Self

import optuna
from optuna.distributions import BaseDistribution, FloatDistribution
from optuna.search_space import IntersectionSearchSpace
from optuna.trial import FrozenTrial, TrialState

from lockstep.errors import SearchError
from lockstep.fitting.booster import ROUNDS, RoundBudget
from lockstep.fitting.fitting import Fitting, Value
from lockstep.fitting.folds import FoldSummary
from lockstep.search.asked import Asked
from lockstep.search.evaluation_log import FoldLog
from lockstep.search.in_flight import Runner, Trial
from lockstep.search.pruning import STUDY_NAME, Judge, Rules, frozen_trial
from lockstep.search.sampler import make_sampler
from lockstep.search.space import SearchSpace, distinct
from lockstep.search.stopping import Ending, Stopping
from lockstep.search.tune_blocks import PrunerOptions, Tune, TuneBlocks
from lockstep.workers.trial import Evaluation, FoldTask, State, TrialResult


class Observer(Protocol):
    """Receives every finished trial, in the order of the trials' numbers."""

    def finished(self, result: TrialResult) -> None:
        """Receive one result."""


@dataclass(frozen=True)
class Plan:
    """Everything besides the folds that determines a search's trials."""

    tune: Tune
    space: SearchSpace
    pruner: PrunerOptions
    seed: int
    fitting: Fitting

    @classmethod
    def of(cls, choices: TuneBlocks, fitting: Fitting) -> Self:
        """What params.yaml chooses, with the settings of the fits."""
        space = SearchSpace(choices.chosen_space)
        return cls(choices.chosen_tune, space, choices.chosen_pruner, choices.seed, fitting)

    @property
    def budget(self) -> RoundBudget:
        """Limits of a fold's boosting rounds."""
        stops_tuned = ROUNDS in self.space.parameters and self.space.parameters[ROUNDS].range.early_stopping
        return RoundBudget(self.tune.early_stopping_rounds, self.tune.max_rounds, stops_tuned)


def search(
    plan: Plan,
    folds: Sequence[FoldSummary],
    run: Callable[[FoldTask], Evaluation],
    engine: Executor,
    log: FoldLog,
    observers: Sequence[Observer] = (),
) -> list[TrialResult]:
    """Run the search.

    Args:
        plan: The search's settings.
        folds: What the search knows of each fold.
        run: Fits one fold; called through `engine`.
        engine: Any executor; the number and speed of its workers do not change the results.
        log: Stored folds are not fitted again.
        observers: Receive every finished trial.

    Returns:
        All results, ordered by trial number.

    Raises:
        SearchError: if no trial is complete; it quotes the first failed trial.
    """
    trials, runner = _Trials(plan, len(folds)), Runner(folds, run, engine, log)
    stopping = Stopping(plan.tune, plan.budget, folds)
    in_flight: deque[Trial] = deque()
    results: list[TrialResult] = []

    def finish_oldest() -> None:
        oldest = in_flight.popleft()
        runner.finish(oldest)
        results.append(oldest.result())
        trials.tell(results[-1])
        stopping.tell(results[-1])
        for observer in observers:
            observer.finished(results[-1])

    for number in range(plan.tune.n_trials):
        while len(in_flight) >= plan.tune.lag_at(number):
            finish_oldest()
        if stopping.ending() or trials.exhausted:
            break
        in_flight.append(trials.ask(number))
        runner.start(in_flight[-1])
    while in_flight:
        finish_oldest()
    if not any(result.state is State.COMPLETE for result in results):
        first = next(result for result in results if result.state is State.FAIL)
        raise SearchError(f"none of {len(results)} trials is complete; the first failed with: {first.message}")
    return results


def best_of(results: list[TrialResult]) -> TrialResult:
    """The complete trial with the lowest mean score; the earliest of equals."""
    complete = [result for result in results if result.state is State.COMPLETE]
    return min(complete, key=lambda result: (result.reports[-1], result.number))


def ending_of(plan: Plan, results: Sequence[TrialResult], folds: Sequence[FoldSummary]) -> Ending:
    """Why a search ended: what stopped it is decided by its results alone.

    Args:
        plan: The search.
        results: All its trials, from `search`.
        folds: As for `search`.
    """
    if len(results) == plan.tune.n_trials:
        return Ending.N_TRIALS
    stopping = Stopping(plan.tune, plan.budget, folds)
    for result in results[: max(len(results) - plan.tune.lag_at(len(results)) + 1, 0)]:
        stopping.tell(result)
    return stopping.ending() or Ending.SPACE


class _Trials:
    """An in-memory Optuna study that is asked and told in order."""

    def __init__(self, plan: Plan, n_folds: int) -> None:
        optuna.logging.set_verbosity(optuna.logging.WARNING)
        self._plan, self._n_folds = plan, n_folds
        self._rules = Rules.of(plan.pruner, n_folds)
        self._study = optuna.create_study(study_name=STUDY_NAME, pruner=optuna.pruners.NopPruner())
        self._space = IntersectionSearchSpace(include_pruned=True)
        self._running: dict[int, optuna.trial.Trial] = {}
        self._told_trials: list[FrozenTrial] = []
        self._distributions = plan.space.sampling_distributions()
        self._asked = Asked(plan.space)
        for number, start in enumerate(plan.tune.enqueue):
            self._study.enqueue_trial(
                {name: _as_sampled(value, number, self._distributions[name]) for name, value in sorted(start.items())}
            )

    @property
    def exhausted(self) -> bool:
        """Whether every configuration of the space was asked."""
        return self._asked.exhausted

    def ask(self, number: int) -> Trial:
        plan = self._plan
        self._study.sampler = make_sampler(plan.tune, plan.seed, number, self._space, self._asked)
        suggested = self._study.ask(self._distributions)
        self._running[number] = suggested
        params = self._asked.add(suggested.params)
        task = FoldTask(number, 0, params, plan.budget, plan.seed, plan.fitting)
        return Trial(task, Judge(number, self._told_trials, self._rules), self._n_folds)

    def tell(self, result: TrialResult) -> None:
        trial = self._running.pop(result.number)
        for folds_done, mean in enumerate(result.reports, start=1):
            trial.report(mean, folds_done)
        if result.state is State.COMPLETE:
            self._study.tell(trial, result.reports[-1])
        else:
            self._study.tell(trial, state=TrialState[result.state])
        self._told_trials.append(frozen_trial(result))


def _as_sampled(value: Value, number: int, distribution: BaseDistribution) -> Value:
    return distinct(float(value), number, distribution) if isinstance(distribution, FloatDistribution) else value
