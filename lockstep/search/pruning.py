"""Pruning between folds by Optuna's pruners or our own, from exactly the trials known when a trial was asked."""

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
    """The pruner of a search.

    Attributes:
        options: Its options in params.yaml.
        pruner: The pruner.
        n_folds: Number of folds of a complete trial.
    """

    options: PrunerOptions
    pruner: BasePruner
    n_folds: int

    @classmethod
    def of(cls, options: PrunerOptions, n_folds: int) -> Self:
        """The rules of a search."""
        return cls(options, make_pruner(options, n_folds), n_folds)

    def first_decision(self, told_trials: Sequence[FrozenTrial]) -> int:
        """The number of finished folds after which a trial may first be pruned; `n_folds` if it cannot be pruned."""
        options = self.options
        if isinstance(options, NoPruning):
            return self.n_folds
        if isinstance(options, SuccessiveHalving | Hyperband):
            return options.min_resource
        complete = sum(trial.state is TrialState.COMPLETE for trial in told_trials)
        if complete < max(options.n_startup_trials, 1):
            return self.n_folds
        return options.n_warmup_steps + 1 if isinstance(options, Median) else 1


class Judge:
    """Decides after each fold whether a trial continues.

    Its own study holds the told trials and the judged one under their numbers. Trials that were in flight when this one
    was asked count as running, as they do in the search itself. The told trials are shared with the search: copying
    them took half a second per trial at 10,000 trials.

    Args:
        number: Number of the judged trial.
        told_trials: The trials told before this one was asked: exactly the first ones, in order (see `frozen_trial`).
        rules: The search's pruner.
    """

    def __init__(self, number: int, told_trials: Sequence[FrozenTrial], rules: Rules) -> None:
        self._n_folds = rules.n_folds
        self._first_decision = rules.first_decision(told_trials)
        in_flight = [_running(trial) for trial in range(len(told_trials), number)]
        self._study = optuna.create_study(
            study_name=STUDY_NAME,
            storage=Snapshot([*told_trials, *in_flight]),
            sampler=optuna.samplers.RandomSampler(seed=0),
            pruner=rules.pruner,
        )
        self._trial = self._study.ask()

    def folds_before_decision(self, folds_done: int) -> int:
        """The number of folds that may run in parallel after `folds_done` folds, before the next decision."""
        decision = max(folds_done + 1, self._first_decision)
        return min(decision, self._n_folds) - folds_done

    def prunes(self, mean_score: float, folds_done: int) -> bool:
        """Whether the trial is pruned with this mean score after `folds_done` folds."""
        self._trial.report(mean_score, folds_done)
        return self._trial.should_prune() and folds_done < self._n_folds

    def attrs(self) -> Mapping[str, float]:
        """The pruner's notes about the trial, which later decisions use."""
        attrs = self._study.get_trials(deepcopy=False)[-1].system_attrs
        return {key: float(value) for key, value in sorted(attrs.items())}


def frozen_trial(result: TrialResult) -> FrozenTrial:
    """A finished trial in the form that pruners read."""
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
