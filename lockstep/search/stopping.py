"""When a search stops asking: decided by the trials told in order, so at the same trial everywhere."""

import math
from collections.abc import Sequence
from enum import StrEnum

from lockstep.fitting.booster import RoundBudget
from lockstep.fitting.folds import FoldSummary
from lockstep.search.gain import is_gain, mean, standard_error
from lockstep.search.tune_blocks import Tune
from lockstep.storage.tables import significant
from lockstep.workers.trial import State, TrialResult

# `budget: auto` divided by a fold's (rows x features)^0.75. From the file to the page two cores then take under three
# minutes for 15,000 rows x 30 columns, and under ten for 100,000 x 30 (docs/decisions.md).
AUTO_BUDGET = 1.5e6


class Ending(StrEnum):
    """Why a search ended: all of `tune.n_trials` asked, or one of the earlier ends."""

    N_TRIALS = "n_trials"
    PATIENCE = "patience"
    BUDGET = "budget"
    SPACE = "space"


def ending_reason(ending: str, patience: int | None, budget: float | None) -> str:
    """Why a search ended before its last trial, for people; empty where all were asked."""
    match Ending(ending):
        case Ending.PATIENCE:
            return f"{patience} trials without a gain beyond the noise of the folds (tune.patience)"
        case Ending.BUDGET:
            return f"the budget of {budget:g} rounds x rows x features is spent (tune.budget)"
        case Ending.SPACE:
            return "every configuration of the space was tried"
        case Ending.N_TRIALS:
            return ""


class Stopping:
    """Follows the told trials and decides whether another one is asked.

    Patience counts the trials since the last gain. A gain is a complete trial that is better than the one that made the
    gain before it, by lockstep.search.gain.is_gain on the folds that both have; so many small gains add up to one.
    Trials that were not suggested from results never count: enqueued ones, and those asked before the sampler knew
    `n_startup_trials` trials. Pruned and failed trials count as trials without a gain.

    Nothing stops a search before a trial is complete.

    Args:
        tune: The search's settings.
        rounds: Limits of the rounds, for the cost.
        folds: What the search knows of each fold.

    Attributes:
        budget: In rounds x rows x features; None: no limit.
        cost: Of the told trials, likewise.
    """

    def __init__(self, tune: Tune, rounds: RoundBudget, folds: Sequence[FoldSummary]) -> None:
        self._tune, self._rounds, self._folds = tune, rounds, folds
        self.budget = budget_of(tune, folds)
        startup = tune.first_knowing(tune.n_startup_trials) if tune.sampler == "tpe" else 0
        self._first_counted = max(len(tune.enqueue), startup)
        self._anchor: TrialResult | None = None
        self._told = 0
        self.cost = 0

    def tell(self, result: TrialResult) -> None:
        """Note the next result in order."""
        self._told += 1
        self.cost += boosted_cells(result, self._rounds, self._folds)
        if result.state is State.COMPLETE and (self._anchor is None or _gains(result, self._anchor)):
            self._anchor = result

    def ending(self) -> Ending | None:
        """Why no further trial is asked; None: it is asked."""
        if self._anchor is None:
            return None
        if self.budget is not None and self.cost >= self.budget:
            return Ending.BUDGET
        without_gain = self._told - max(self._first_counted, self._anchor.number + 1)
        if self._tune.patience is not None and without_gain >= self._tune.patience:
            return Ending.PATIENCE
        return None


def budget_of(tune: Tune, folds: Sequence[FoldSummary]) -> float | None:
    """`tune.budget` in rounds x rows x features; `auto` grows with (rows x features)^0.75 of a fold's training rows."""
    if tune.budget != "auto":
        return tune.budget
    root = math.sqrt(sum(fold.cells for fold in folds) / len(folds))
    return significant(AUTO_BUDGET * root * math.sqrt(root), 2)


def boosted_cells(result: TrialResult, rounds: RoundBudget, folds: Sequence[FoldSummary]) -> int:
    """The cost of a trial's scored folds: boosting rounds times training rows times features.

    The rounds are those that were boosted: where a fold stopped early, the ones after its best round too.
    """
    return sum(
        rounds.boosted(result.params, score.rounds) * fold.cells
        for score, fold in zip(result.folds, folds, strict=False)
    )


def _gains(result: TrialResult, anchor: TrialResult) -> bool:
    new, old = ([fold.score for fold in each.folds] for each in (result, anchor))
    differences = [before - now for before, now in zip(old, new, strict=True)]
    return is_gain(mean(old) - mean(new), mean(new), standard_error(differences))
