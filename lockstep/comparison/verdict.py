"""Which of two results is better on the same test rows, or why that cannot be said."""

from dataclasses import dataclass
from enum import StrEnum

import pandas as pd

from lockstep.data.tables import significant
from lockstep.data.target import Target
from lockstep.judging.bootstrap import Units
from lockstep.judging.paired import Paired, as_scored, paired
from lockstep.model.fitting import Fitting
from lockstep.tracking.result import test_rows_digest

NOTHING = Paired(None, None, None)
# metrics.json keeps ten digits of a score: what differs beyond them differs by the last bits of some CPU.
SAME_DIGITS = 10


class Outcome(StrEnum):
    """What a comparison comes to, in words."""

    A_BETTER = "A is better"
    B_BETTER = "B is better"
    NOISE = "within noise"
    SAME = "the same predictions"
    OTHER_ROWS = "cannot be compared: other test rows"
    UNDEFINED = "cannot be compared: the score is undefined on these test rows"


@dataclass(frozen=True)
class Verdict:
    """An outcome and its statistics.

    Attributes:
        outcome: In a few words.
        paired: By how much B's score is lower than A's; nothing where the two cannot be compared.
        n_units: What was drawn: so many rows, or groups of rows.
    """

    outcome: Outcome
    paired: Paired = NOTHING
    n_units: int = 0

    @property
    def winner(self) -> str | None:
        """A or B, if one of the two is better."""
        return {Outcome.A_BETTER: "A", Outcome.B_BETTER: "B"}.get(self.outcome)

    @property
    def comparable(self) -> bool:
        """Whether scores of the two say anything about each other."""
        return self.outcome not in (Outcome.OTHER_ROWS, Outcome.UNDEFINED)


def verdict(
    fitting: Fitting,
    target: Target,
    a: pd.DataFrame,
    b: pd.DataFrame,
    *,
    samples: int,
    confidence: float,
    seed: int,
    units: Units | None = None,
) -> Verdict:
    """Compare what two models say of test rows; one is better if the interval of the difference excludes 0.

    Scores that are equal in all digits that are kept are within noise.

    Args:
        fitting: Whose metric is the score.
        target: What is predicted.
        a: row_id, actual and what A says of each row.
        b: The same of B.
        samples: How many resamples.
        confidence: Of the interval.
        seed: Seed of the draws.
        units: What is drawn; None: rows.
    """
    if test_rows_digest(a) != test_rows_digest(b):
        return Verdict(Outcome.OTHER_ROWS)
    units = units or Units.rows(len(a))
    found = paired(fitting, target, b, a, samples=samples, confidence=confidence, seed=seed, units=units)
    outcome = _outcome(found, a.equals(b))
    if outcome in (Outcome.A_BETTER, Outcome.B_BETTER) and _score(fitting, target, a) == _score(fitting, target, b):
        outcome = Outcome.NOISE
    return Verdict(outcome, found, len(units.sizes))


def _score(fitting: Fitting, target: Target, said: pd.DataFrame) -> float:
    """In as many digits as are kept."""
    return significant(fitting.loss(fitting.scores(*as_scored(target, said))), SAME_DIGITS)


def _outcome(found: Paired, same: bool) -> Outcome:
    if same:
        return Outcome.SAME
    if found.low is None or found.high is None:
        return Outcome.UNDEFINED
    if found.low > 0:
        return Outcome.B_BETTER
    return Outcome.A_BETTER if found.high < 0 else Outcome.NOISE
