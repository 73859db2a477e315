"""Racing: a trial goes on while it may still beat the best known trial, judged on the folds that both have."""

import math
from bisect import insort

import optuna
from optuna.pruners import BasePruner
from optuna.trial import FrozenTrial, TrialState


class RacingPruner(BasePruner):
    """Prune a trial whose folds are worse than the same folds of the best known trial by more than luck explains.

    Folds differ more from each other than good trials do, so scores are compared fold by fold. With
    d = the trial's mean ratio to the best trial over its finished folds, minus 1, and sd = the usual (median) spread
    of that ratio over the folds of one known trial, the trial stops after s folds if d > margin * sd / s.

    A step is a number of finished folds, its value the mean over them. What is compared with is worked out once for
    each number of complete trials, so complete trials of the study may only come behind those it had: as they do
    where trials are told in the order of their numbers.

    Args:
        margin: 0 stops whatever is behind; 1 forgives one usual spread in the first fold.
        n_startup_trials: Complete trials that must be known before any is stopped.
    """

    def __init__(self, margin: float, n_startup_trials: int) -> None:
        self._margin, self._n_startup_trials = margin, n_startup_trials
        self._field = _Field()

    def prune(self, study: optuna.Study, trial: FrozenTrial) -> bool:
        """Whether the trial stops after its last reported fold."""
        complete = study.get_trials(deepcopy=False, states=(TrialState.COMPLETE,))
        if len(complete) < max(self._n_startup_trials, 1):
            return False
        best, usual = self._field.standing(complete)
        folds = _folds(trial)
        return _mean(_ratios(folds, best)) > self._margin * usual / len(folds)


class _Field:
    """The best trial and the usual spread among the first 1, 2, ... complete trials."""

    def __init__(self) -> None:
        self._known: list[list[float]] = []
        self._best: list[float] = []
        self._spreads: list[float] = []
        self._standings: list[tuple[list[float], float]] = []

    def standing(self, complete: list[FrozenTrial]) -> tuple[list[float], float]:
        """Folds of the best of these trials, and the usual spread of the others' ratios to them."""
        for trial in complete[len(self._standings) :]:
            self._add(_folds(trial))
        return self._standings[len(complete) - 1]

    def _add(self, folds: list[float]) -> None:
        self._known.append(folds)
        if not self._best or _mean(folds) < _mean(self._best):
            self._best = folds
            self._spreads = sorted(self._spread(other) for other in self._known if other is not folds)
        else:
            insort(self._spreads, self._spread(folds))
        usual = self._spreads[len(self._spreads) // 2] if self._spreads else 0.0
        self._standings.append((self._best, usual))

    def _spread(self, folds: list[float]) -> float:
        return _deviation(_ratios(folds, self._best))


def _folds(trial: FrozenTrial) -> list[float]:
    """Each fold's score, from the means over the first 1, 2, ... folds."""
    totals = [count * mean for count, mean in sorted(trial.intermediate_values.items())]
    return [total - before for total, before in zip(totals, [0.0, *totals], strict=False)]


# Plain sums from left to right: every CPU gets the same bits.
def _mean(values: list[float]) -> float:
    return sum(values) / len(values)


def _ratios(folds: list[float], best: list[float]) -> list[float]:
    return [score / reference - 1 if reference else 0.0 for score, reference in zip(folds, best, strict=False)]


def _deviation(values: list[float]) -> float:
    mean = _mean(values)
    squares = sum((value - mean) ** 2 for value in values)
    return math.sqrt(squares / max(len(values) - 1, 1))
