"""Racing: a trial goes on while it may still beat the best known trial, judged on the folds that both have."""

import math

import optuna
from optuna.pruners import BasePruner
from optuna.trial import FrozenTrial, TrialState


class RacingPruner(BasePruner):
    """Prune a trial whose folds are worse than the same folds of the best known trial by more than luck explains.

    Folds differ more from each other than good trials do, so scores are compared fold by fold. With
    d = the trial's mean ratio to the best trial over its finished folds, minus 1, and sd = the usual (median) spread
    of that ratio over the folds of one known trial, the trial stops after s folds if d > margin * sd / s.

    A step is a number of finished folds, its value the mean over them.

    Args:
        margin: 0 stops whatever is behind; 1 forgives one usual spread in the first fold.
        n_startup_trials: Complete trials that must be known before any is stopped.
    """

    def __init__(self, margin: float, n_startup_trials: int) -> None:
        self._margin, self._n_startup_trials = margin, n_startup_trials

    def prune(self, study: optuna.Study, trial: FrozenTrial) -> bool:
        """Whether the trial stops after its last reported fold."""
        complete = study.get_trials(deepcopy=False, states=(TrialState.COMPLETE,))
        if len(complete) < max(self._n_startup_trials, 1):
            return False
        known = [_folds(other) for other in complete]
        best, folds = min(known, key=_mean), _folds(trial)
        spreads = sorted(_deviation(_ratios(other, best)) for other in known if other is not best)
        usual = spreads[len(spreads) // 2] if spreads else 0.0
        return _mean(_ratios(folds, best)) > self._margin * usual / len(folds)


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
