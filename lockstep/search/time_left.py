"""How long a search still takes, for its progress alone: no output depends on it."""

from collections.abc import Sequence

from lockstep.fitting.folds import FoldSummary
from lockstep.search.ordered import Plan
from lockstep.search.stopping import Stopping
from lockstep.search.tune_blocks import NoPruning
from lockstep.workers.trial import TrialResult

# Of recorded searches these gave the smallest errors (docs/decisions.md).
RECENT_TRIALS = 20
# Folds of a trial that may be pruned, as a share of all, until trials say otherwise: it counts as much as this many.
PRUNED_SHARE, PRIOR_TRIALS = 0.3, 5
# How much of the trials in flight is done, on average.
IN_FLIGHT_DONE = 0.3


class TimeLeft:
    """Estimates the rest of a search from its finished trials.

    A fold costs what the folds of the recent trials cost. A trial that was asked before anything could be pruned runs
    all of its folds, a later one as many as those before it did. The worker-seconds that are left, divided by how many
    were spent in a second, are the time left.

    Args:
        plan: The search.
        folds: What the search knows of each fold.
    """

    def __init__(self, plan: Plan, folds: Sequence[FoldSummary]) -> None:
        self._tune, self._n_folds = plan.tune, len(folds)
        self._stopping = Stopping(plan.tune, plan.budget, folds)
        self._prunes = not isinstance(plan.pruner, NoPruning)
        startup = int(getattr(plan.pruner, "n_startup_trials", 0))
        self._first_prunable = plan.tune.first_knowing(max(startup, 1))
        self._trials: list[tuple[float, int]] = []
        self._fitted_seconds = 0.0

    def tell(self, result: TrialResult) -> None:
        """Note the next result in order."""
        self._stopping.tell(result)
        self._trials.append((result.seconds, len(result.folds)))
        self._fitted_seconds += result.seconds - result.reused_seconds

    def seconds(self, elapsed: float) -> float | None:
        """The time left; None while nothing was fitted. The most where `tune.patience` may end the search.

        Args:
            elapsed: Seconds since the search began.
        """
        recent = self._trials[-RECENT_TRIALS:]
        folds = sum(n_folds for _, n_folds in recent)
        if not folds or not self._fitted_seconds:
            return None
        per_fold, done = sum(seconds for seconds, _ in recent) / folds, len(self._trials)
        in_flight_ends = min(self._tune.first_knowing(done), self._tune.n_trials)
        in_flight = per_fold * self._folds_of(done, in_flight_ends)
        later = per_fold * self._folds_of(in_flight_ends, self._tune.n_trials)
        if self._stopping.budget is not None and self._stopping.cost:
            spent = sum(seconds for seconds, _ in self._trials)
            unspent = max(self._stopping.budget - self._stopping.cost, 0.0)
            later = min(later, unspent * spent / self._stopping.cost)
        left, part = in_flight * (1 - IN_FLIGHT_DONE) + later, in_flight * IN_FLIGHT_DONE
        return elapsed * left / (self._fitted_seconds + part)

    def _folds_of(self, first: int, end: int) -> float:
        """Folds that the trials first, ..., end - 1 will fit."""
        n_full = max(min(end, self._first_prunable) - first, 0) if self._prunes else end - first
        seen = [n_folds for _, n_folds in self._trials[self._first_prunable :]][-RECENT_TRIALS:]
        prior = PRIOR_TRIALS * PRUNED_SHARE * self._n_folds
        pruned = (prior + sum(seen)) / (PRIOR_TRIALS + len(seen))
        return n_full * self._n_folds + (end - first - n_full) * pruned
