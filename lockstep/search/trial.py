"""Plain data that travels between the search and its workers."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from lockstep.data.tables import significant
from lockstep.model.booster import FoldScore, RoundBudget, Value
from lockstep.model.metrics import DIGITS
from lockstep.schema.params import PrunerOptions


class State(StrEnum):
    """How a trial ended; Optuna's own words."""

    COMPLETE = "COMPLETE"
    PRUNED = "PRUNED"
    FAIL = "FAIL"


@dataclass(frozen=True)
class Known:
    """What pruning may know of a finished trial.

    Attributes:
        number: The trial.
        state: How it ended.
        reports: Mean RMSE of the first 1, 2, ... folds.
        attrs: What Optuna's pruner noted about it.
    """

    number: int
    state: State
    reports: tuple[float, ...]
    attrs: Mapping[str, float]


@dataclass(frozen=True)
class Task:
    """One trial to run: everything it depends on besides the folds.

    Attributes:
        number: The trial.
        params: Booster parameters.
        known: The trials told when this one was asked; pruning is judged against exactly these.
        pruner: Which pruner, with its options.
        budget: Rounds where the space does not tune them.
        seed: Seed of every fit.
    """

    number: int
    params: Mapping[str, Value]
    known: tuple[Known, ...]
    pruner: PrunerOptions
    budget: RoundBudget
    seed: int


@dataclass(frozen=True)
class Result:
    """One finished trial.

    Attributes:
        number: The trial.
        state: How it ended.
        params: Booster parameters.
        folds: Scores of the folds that were fitted.
        message: Why it failed or at which fold it was pruned; empty for a complete trial.
        attrs: What Optuna's pruner noted about it.
        seconds: Wall time; never part of a DVC output.
    """

    number: int
    state: State
    params: Mapping[str, Value]
    folds: tuple[FoldScore, ...]
    message: str
    attrs: Mapping[str, float]
    seconds: float

    @property
    def reports(self) -> tuple[float, ...]:
        """Mean RMSE of the first 1, 2, ... folds."""
        return running_means([fold.rmse for fold in self.folds])

    @property
    def cv_rmse(self) -> float | None:
        """Mean RMSE over all folds; None unless the trial is complete."""
        return significant(self.reports[-1], DIGITS) if self.state is State.COMPLETE else None


def running_means(values: list[float]) -> tuple[float, ...]:
    """Means of the first 1, 2, ... values; plain left-to-right sums, so every machine gets the same bits."""
    means, total = [], 0.0
    for count, value in enumerate(values, start=1):
        total += value
        means.append(total / count)
    return tuple(means)
