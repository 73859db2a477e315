"""Pruning between folds: Optuna's pruners, or our own, decide, from exactly the trials a trial was asked with."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Self

import optuna
from optuna.pruners import BasePruner
from optuna.trial import FrozenTrial, TrialState, create_trial

from lockstep.search.racing import RacingPruner
from lockstep.search.snapshot import Snapshot
from lockstep.search.tune_blocks import Hyperband, Median, NoPruning, Percentile, PrunerOptions, Race, SuccessiveHalving
from lockstep.workers.trial import State, TrialResult

# HyperbandPruner derives a trial's bracket from the study's name.
STUDY_NAME = "lockstep"


def make_pruner(options: PrunerOptions, n_folds: int) -> BasePruner:
    """The pruner for the options of params.yaml; a step is the number of finished folds."""
    match options:
        case NoPruning():
            return optuna.pruners.NopPruner()
        case Race():
            return RacingPruner(options.margin, options.n_startup_trials)
        case Percentile():
            return optuna.pruners.PercentilePruner(
                options.percentile, options.n_startup_trials, options.n_warmup_steps + 1
            )
        case Median():
            return optuna.pruners.MedianPruner(options.n_startup_trials, options.n_warmup_steps + 1)
        case SuccessiveHalving():
            return optuna.pruners.SuccessiveHalvingPruner(
                options.min_resource, options.reduction_factor, options.min_early_stopping_rate
            )
        case Hyperband():
            return optuna.pruners.HyperbandPruner(options.min_resource, n_folds, options.reduction_factor)


@dataclass(frozen=True)
class Rules:
    """What all trials of one search are judged by.

    Attributes:
        options: Which pruner.
        pruner: It.
        n_folds: Folds of a complete trial.
    """

    options: PrunerOptions
    pruner: BasePruner
    n_folds: int

    @classmethod
    def of(cls, options: PrunerOptions, n_folds: int) -> Self:
        """The rules of a search."""
        return cls(options, make_pruner(options, n_folds), n_folds)

    def first_decision(self, known: Sequence[FrozenTrial]) -> int:
        """The number of finished folds at which a trial may first be pruned; `n_folds` if it cannot be."""
        options = self.options
        if isinstance(options, NoPruning):
            return self.n_folds
        if isinstance(options, SuccessiveHalving | Hyperband):
            return options.min_resource
        complete = sum(trial.state is TrialState.COMPLETE for trial in known)
        if complete < max(options.n_startup_trials, 1):
            return self.n_folds
        return options.n_warmup_steps + 1 if isinstance(options, Median) else 1


class Judge:
    """Decides after each fold whether a trial goes on.

    A study of its own holds the known trials and the judged one, each under its own number; trials that were
    in flight when this one was asked stand there as running, as they do in the search itself. The known trials are
    the search's own, not copies: copying them made each trial cost half a second at 10,000 trials.

    Args:
        number: The judged trial.
        known: The trials told when it was asked: exactly the first ones, in order (see `frozen_trial`).
        rules: Of the search.
    """

    def __init__(self, number: int, known: Sequence[FrozenTrial], rules: Rules) -> None:
        self._n_folds = rules.n_folds
        self._first_decision = rules.first_decision(known)
        in_flight = [_running(other) for other in range(len(known), number)]
        self._study = optuna.create_study(
            study_name=STUDY_NAME,
            storage=Snapshot([*known, *in_flight]),
            sampler=optuna.samplers.RandomSampler(seed=0),
            pruner=rules.pruner,
        )
        self._trial = self._study.ask()

    def folds_before_decision(self, folds_done: int) -> int:
        """How many folds may run side by side before the next decision, after `folds_done` folds."""
        decision = max(folds_done + 1, self._first_decision)
        return min(decision, self._n_folds) - folds_done

    def prunes(self, mean_score: float, folds_done: int) -> bool:
        """Whether the trial with this mean score after `folds_done` folds stops here."""
        self._trial.report(mean_score, folds_done)
        return self._trial.should_prune() and folds_done < self._n_folds

    def attrs(self) -> Mapping[str, float]:
        """What the pruner noted about the trial; later trials are judged with it."""
        noted = self._study.get_trials(deepcopy=False)[-1].system_attrs
        return {key: float(value) for key, value in sorted(noted.items())}


def frozen_trial(result: TrialResult) -> FrozenTrial:
    """A finished trial as pruners see it."""
    trial = create_trial(
        state=TrialState[result.state],
        value=result.reports[-1] if result.state is not State.FAIL else None,
        intermediate_values=dict(enumerate(result.reports, start=1)),
        system_attrs=dict(result.attrs),
    )
    trial.number = result.number
    return trial


def _running(number: int) -> FrozenTrial:
    trial = create_trial(state=TrialState.RUNNING)
    trial.number = number
    return trial
