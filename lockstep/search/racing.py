"""Racing: a trial continues while it may still beat the best trial so far, compared on the folds that both have."""

from bisect import insort

import optuna
from optuna.pruners import BasePruner
from optuna.trial import FrozenTrial, TrialState

from lockstep.search.gain import mean, standard_deviation


class RacingPruner(BasePruner):
    """Prunes a trial whose folds are worse than the same folds of the best trial by more than chance explains.

    Folds differ more from each other than good trials do, so scores are compared fold by fold. Let d be the trial's
    mean ratio to the best trial over its finished folds, minus 1, and sd the median over the complete trials of that
    ratio's standard deviation across folds. The trial is pruned after s folds if d > margin * sd / s.

    A step is a number of finished folds; its value is the mean over them. The leaderboard is computed once for each
    number of complete trials, so complete trials may only be appended to a study, as happens where trials are told in
    the order of their numbers.

    Args:
        margin: 0 prunes every trial that is behind; 1 allows one standard deviation across folds in the first fold.
        n_startup_trials: Number of complete trials before the first trial may be pruned.
    """

    def __init__(self, margin: float, n_startup_trials: int) -> None:
        self._margin, self._n_startup_trials = margin, n_startup_trials
        self._leaderboard = _Leaderboard()

    def prune(self, study: optuna.Study, trial: FrozenTrial) -> bool:
        """Whether the trial is pruned after its last reported fold."""
        complete = study.get_trials(deepcopy=False, states=(TrialState.COMPLETE,))
        if len(complete) < max(self._n_startup_trials, 1):
            return False
        best, sd = self._leaderboard.at(complete)
        folds = _folds(trial)
        return mean(_ratios(folds, best)) > self._margin * sd / len(folds)


class _Leaderboard:
    """The best trial, and the median standard deviation across folds, of the first 1, 2, ... complete trials."""

    def __init__(self) -> None:
        self._trials: list[list[float]] = []
        self._best: list[float] = []
        self._deviations: list[float] = []
        self._standings: list[tuple[list[float], float]] = []

    def at(self, complete: list[FrozenTrial]) -> tuple[list[float], float]:
        """The folds of the best of these trials, and the median standard deviation of the others' ratios to them."""
        for trial in complete[len(self._standings) :]:
            self._add(_folds(trial))
        return self._standings[len(complete) - 1]

    def _add(self, folds: list[float]) -> None:
        self._trials.append(folds)
        if not self._best or mean(folds) < mean(self._best):
            self._best = folds
            self._deviations = sorted(self._deviation_from_best(trial) for trial in self._trials if trial is not folds)
        else:
            insort(self._deviations, self._deviation_from_best(folds))
        sd = self._deviations[len(self._deviations) // 2] if self._deviations else 0.0
        self._standings.append((self._best, sd))

    def _deviation_from_best(self, folds: list[float]) -> float:
        return standard_deviation(_ratios(folds, self._best))


def _folds(trial: FrozenTrial) -> list[float]:
    """Each fold's score, from the means over the first 1, 2, ... folds."""
    totals = [count * mean for count, mean in sorted(trial.intermediate_values.items())]
    return [total - before for total, before in zip(totals, [0.0, *totals], strict=False)]


def _ratios(folds: list[float], best: list[float]) -> list[float]:
    """By which share of the best score each fold is worse; scores may be negative."""
    return [
        (score / reference - 1) * (1 if reference > 0 else -1) if reference else 0.0
        for score, reference in zip(folds, best, strict=False)
    ]
