"""Pruning between folds: Optuna's pruners decide, from exactly the trials a trial was asked with."""

from collections.abc import Mapping

import optuna
from optuna.pruners import BasePruner
from optuna.trial import TrialState, create_trial

from lockstep.schema.params import Hyperband, Median, NoPruning, Percentile, PrunerOptions, SuccessiveHalving
from lockstep.search.trial import Known, State

# HyperbandPruner derives a trial's bracket from the study's name.
STUDY_NAME = "lockstep"


def make_pruner(options: PrunerOptions, n_folds: int) -> BasePruner:
    """Optuna's pruner for the options of params.yaml; a step is the number of finished folds."""
    match options:
        case NoPruning():
            return optuna.pruners.NopPruner()
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


class Judge:
    """Decides after each fold whether a trial goes on.

    A study of its own holds the known trials and the judged one, each under its own number; trials that were
    in flight when this one was asked stand there as running, as they do in the search itself.

    Args:
        number: The judged trial.
        known: The trials told when it was asked.
        options: Which pruner.
        n_folds: Folds of a complete trial.
    """

    def __init__(self, number: int, known: tuple[Known, ...], options: PrunerOptions, n_folds: int) -> None:
        self._study = optuna.create_study(
            study_name=STUDY_NAME,
            sampler=optuna.samplers.RandomSampler(seed=0),
            pruner=make_pruner(options, n_folds),
        )
        told = {trial.number: trial for trial in known}
        for earlier in range(number):
            self._study.add_trial(_frozen(told.get(earlier)))
        self._trial = self._study.ask()

    def prunes(self, mean_rmse: float, folds_done: int) -> bool:
        """Whether the trial with this mean RMSE after `folds_done` folds stops here."""
        self._trial.report(mean_rmse, folds_done)
        return self._trial.should_prune()

    def attrs(self) -> Mapping[str, float]:
        """What the pruner noted about the trial; later trials are judged with it."""
        noted = self._study.get_trials(deepcopy=False)[self._trial.number].system_attrs
        return {key: float(value) for key, value in sorted(noted.items())}


def _frozen(known: Known | None) -> optuna.trial.FrozenTrial:
    if known is None:
        return create_trial(state=TrialState.RUNNING)
    return create_trial(
        state=TrialState[known.state],
        value=known.reports[-1] if known.state is not State.FAIL else None,
        intermediate_values=dict(enumerate(known.reports, start=1)),
        system_attrs=dict(known.attrs),
    )
