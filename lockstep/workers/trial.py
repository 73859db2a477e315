"""Plain data that travels between the search and its workers."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from lockstep.fitting.booster import FoldScore, RoundBudget
from lockstep.fitting.fitting import Fitting, Value
from lockstep.metrics.metric import DIGITS
from lockstep.storage.tables import significant


class State(StrEnum):
    """How a trial ended, in Optuna's terms."""

    COMPLETE = "COMPLETE"
    PRUNED = "PRUNED"
    FAIL = "FAIL"


@dataclass(frozen=True)
class FoldTask:
    """One fold of one trial to fit: all that its score depends on besides the fold's rows.

    Attributes:
        number: Number of the trial.
        fold: Number of the fold.
        params: Booster parameters.
        budget: Limits of the rounds.
        seed: Seed of the fit.
        fitting: Objective and metric.
    """

    number: int
    fold: int
    params: Mapping[str, Value]
    budget: RoundBudget
    seed: int
    fitting: Fitting


@dataclass(frozen=True)
class Evaluation:
    """The result of a fold task.

    Attributes:
        score: The fold's score; None if the fit raised an error.
        message: The error; empty with a score.
        seconds: Wall time of the fit; never part of a DVC output.
        cpu_seconds: CPU time of the fit.
    """

    score: FoldScore | None
    message: str
    seconds: float
    cpu_seconds: float


@dataclass(frozen=True)
class TrialResult:
    """One finished trial.

    Attributes:
        number: Number of the trial.
        state: How it ended.
        params: Booster parameters.
        folds: Scores of the fitted folds.
        message: The error, or the fold at which the trial was pruned; empty for a complete trial.
        attrs: The notes of Optuna's pruner.
        seconds: Wall time of its fits; never part of a DVC output.
        cpu_seconds: CPU time of its fits.
        reused_seconds: Of `seconds`, those of fits that were found in the log.
    """

    number: int
    state: State
    params: Mapping[str, Value]
    folds: tuple[FoldScore, ...]
    message: str
    attrs: Mapping[str, float]
    seconds: float
    cpu_seconds: float
    reused_seconds: float = 0.0

    @property
    def reports(self) -> tuple[float, ...]:
        """Mean score of the first 1, 2, ... folds."""
        return running_means([fold.score for fold in self.folds])

    @property
    def cv_score(self) -> float | None:
        """Mean score over all folds; None unless the trial is complete."""
        return significant(self.reports[-1], DIGITS) if self.state is State.COMPLETE else None


def running_means(values: list[float]) -> tuple[float, ...]:
    """Means of the first 1, 2, ... values; sums from left to right give the same bits on every machine."""
    means, total = [], 0.0
    for count, value in enumerate(values, start=1):
        total += value
        means.append(total / count)
    return tuple(means)
