"""The ordered search: trial t is asked knowing the results of exactly the trials 0 .. t - lag.

Later trials count as running, whether or not a fast worker has finished them. So neither the suggestions nor
the pruning depend on how many workers there are, on which finishes first, or on the machine's load.
"""

from collections import deque
from collections.abc import Callable
from concurrent.futures import Executor, Future
from dataclasses import dataclass
from typing import Protocol

import optuna
from optuna.distributions import BaseDistribution, FloatDistribution
from optuna.trial import TrialState

from lockstep.errors import SearchError
from lockstep.model.booster import RoundBudget, Value
from lockstep.schema.params import PrunerOptions, Tune
from lockstep.search.pruning import STUDY_NAME
from lockstep.search.sampler import make_sampler
from lockstep.search.space import SearchSpace, distinct
from lockstep.search.trial import Known, Result, State, Task


class Observer(Protocol):
    """Is told of every finished trial, in the order of their numbers."""

    def finished(self, result: Result) -> None:
        """Take note of one result."""


@dataclass(frozen=True)
class Plan:
    """Everything that decides which trials a search makes, besides the folds."""

    tune: Tune
    space: SearchSpace
    pruner: PrunerOptions
    seed: int

    @property
    def budget(self) -> RoundBudget:
        """Rounds where the space does not tune them."""
        return RoundBudget(self.tune.early_stopping_rounds, self.tune.max_rounds)


def search(plan: Plan, run: Callable[[Task], Result], engine: Executor, observer: Observer) -> list[Result]:
    """Run the search.

    Args:
        plan: What to search.
        run: Evaluates one trial; called through `engine`.
        engine: Any executor; the number and speed of its workers do not change the results.
        observer: Is told of every finished trial.

    Returns:
        All results, ordered by trial number.

    Raises:
        SearchError: if every trial failed, quoting the first message.
    """
    study = _study(plan)
    known: list[Known] = []
    results: list[Result] = []
    in_flight: deque[tuple[optuna.trial.Trial, Future[Result]]] = deque()

    def settle() -> None:
        trial, future = in_flight.popleft()
        result = future.result()
        _tell(study, trial, result)
        known.append(Known(result.number, result.state, result.reports, result.attrs))
        results.append(result)
        observer.finished(result)

    for number in range(plan.tune.n_trials):
        if len(in_flight) == plan.tune.lag:
            settle()
        study.sampler = make_sampler(plan.tune, plan.seed, number)
        trial = study.ask(plan.space.asked())
        task = Task(number, plan.space.used(trial.params), tuple(known), plan.pruner, plan.budget, plan.seed)
        in_flight.append((trial, engine.submit(run, task)))
    while in_flight:
        settle()
    if all(result.state is State.FAIL for result in results):
        raise SearchError(f"all {len(results)} trials failed; the first: {results[0].message}")
    return results


def best_of(results: list[Result]) -> Result:
    """The complete trial with the lowest mean RMSE; of equals the earliest."""
    complete = [result for result in results if result.state is State.COMPLETE]
    return min(complete, key=lambda result: (result.reports[-1], result.number))


def _study(plan: Plan) -> optuna.Study:
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    study = optuna.create_study(study_name=STUDY_NAME, direction="minimize", pruner=optuna.pruners.NopPruner())
    distributions = plan.space.asked()
    for number, start in enumerate(plan.tune.enqueue):
        asked = {name: _asked(value, number, distributions[name]) for name, value in sorted(start.items())}
        study.enqueue_trial(asked)
    return study


def _asked(value: Value, number: int, distribution: BaseDistribution) -> Value:
    return distinct(float(value), number, distribution) if isinstance(distribution, FloatDistribution) else value


def _tell(study: optuna.Study, trial: optuna.trial.Trial, result: Result) -> None:
    for folds_done, mean in enumerate(result.reports, start=1):
        trial.report(mean, folds_done)
    if result.state is State.COMPLETE:
        study.tell(trial, result.reports[-1])
    else:
        study.tell(trial, state=TrialState[result.state])
