"""The one rule that ranks two results, for `lockstep compare` and for the registry's champion."""

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import Literal

import pandas as pd

from lockstep.evaluate.bootstrap import Units
from lockstep.evaluate.contender import Contender
from lockstep.evaluate.differences import ScoreMismatch, differences
from lockstep.evaluate.paired import PairedDifference, as_scored, paired_bootstrap
from lockstep.fitting.fitting import Fitting, metric_label
from lockstep.project.target import Target
from lockstep.results.result import byte_size
from lockstep.storage.tables import significant

RULE = (
    "Results that differ in what they minimise, what they are judged by, the target or the test rows are not ranked."
    " Otherwise a model whose gates fail is not shipped. Of two whose gates pass, the better one is shipped if the"
    " interval of the difference excludes 0; within noise the smaller model, of equally large models the one with the"
    " cheaper search, else A. The same rule chooses the registry's champion, which is A."
)

NO_DIFFERENCE = PairedDifference(None, None, None)
# metrics.json keeps ten digits of a score: what differs beyond them differs by the last bits of some CPU.
SAME_DIGITS = 10

Letter = Literal["A", "B"]
LETTERS: tuple[Letter, Letter] = ("A", "B")


class Outcome(StrEnum):
    """What the scores of two results say, in words."""

    A_BETTER = "A is better"
    B_BETTER = "B is better"
    NOISE = "within noise"
    SAME = "the same predictions"
    NOT_COMPARABLE = "cannot be compared"
    UNDEFINED = "cannot be compared: the score is undefined or has no interval on these test rows"


@dataclass(frozen=True)
class Verdict:
    """An outcome and its statistics.

    Attributes:
        outcome: In a few words.
        difference: By how much B's score is lower than A's; nothing where the two cannot be compared.
        n_units: How many rows, or groups of rows, are drawn.
        differences: Why the two cannot be compared.
    """

    outcome: Outcome
    difference: PairedDifference = NO_DIFFERENCE
    n_units: int = 0
    differences: tuple[ScoreMismatch, ...] = ()

    @property
    def winner(self) -> Letter | None:
        """A or B, if one of the two is better."""
        if self.outcome == Outcome.A_BETTER:
            return "A"
        return "B" if self.outcome == Outcome.B_BETTER else None

    @property
    def comparable(self) -> bool:
        """Whether scores of the two say anything about each other."""
        return self.outcome not in (Outcome.NOT_COMPARABLE, Outcome.UNDEFINED)

    @property
    def other_rows(self) -> bool:
        """Whether the two were judged on different test rows."""
        return any(each.of_rows for each in self.differences)

    def in_words(self, a: str = "A", b: str = "B") -> str:
        """The outcome, and what differs where the two cannot be compared."""
        what = ", ".join(each.in_words(a, b) for each in self.differences)
        return f"{self.outcome}: {what}" if what else str(self.outcome)


@dataclass(frozen=True)
class Decision:
    """Which of two results to ship.

    Attributes:
        letter: A or B; None where neither can be chosen.
        reason: Why, as the rest of a sentence.
    """

    letter: Letter | None
    reason: str


@dataclass(frozen=True)
class Ranking:
    """Two results and what the rule says of them.

    Attributes:
        a: The older one, or the present champion.
        b: The newer one.
        verdict: What their scores say.
    """

    a: Contender
    b: Contender
    verdict: Verdict

    def decision(self, a: str = "A", b: str = "B") -> Decision:
        """Apply the rule.

        Args:
            a: What A is called in the reason.
            b: What B is called.
        """
        if not self.verdict.comparable:
            return Decision(None, f"the two {self.verdict.in_words(a, b)}")
        names = dict(zip(LETTERS, (a, b), strict=True))
        failed = dict(zip(LETTERS, (self.a.failed_gates, self.b.failed_gates), strict=True))
        winner = self.verdict.winner
        if all(failed.values()):
            return Decision(None, "the gates of both fail")
        for passing, other in (LETTERS, LETTERS[::-1]):
            if failed[other]:
                better = ", though it is better by score" if winner == other else ""
                return Decision(passing, f"{names[other]} fails {', '.join(failed[other])}{better}")
        if winner:
            return Decision(winner, f"{names[winner]} is better, and the interval of the difference excludes 0")
        return self._cheaper(names)

    def _cheaper(self, names: dict[Letter, str]) -> Decision:
        """The smaller model, else the cheaper search, else A."""
        same = self.verdict.outcome == Outcome.SAME
        why = "the predictions are the same" if same else "the difference is within noise"
        sizes, fits = (self.a.model_bytes, self.b.model_bytes), (self.a.fold_fits, self.b.fold_fits)
        if sizes[0] != sizes[1]:
            small = LETTERS[sizes[1] < sizes[0]]
            return Decision(small, f"{why}, and {names[small]}'s model is smaller ({_sizes(*sorted(sizes))})")
        if fits[0] != fits[1]:
            cheap = LETTERS[fits[1] < fits[0]]
            against = f"{min(fits):,} against {max(fits):,} fold fits"
            return Decision(
                cheap, f"{why}, the models are equally large, and {names[cheap]}'s search was cheaper ({against})"
            )
        return Decision("A", f"{why}, and model and search cost the same; nothing speaks for a change")

    def measured(self, a: str, b: str) -> str:
        """Both scores and the interval of their difference, where they can be compared."""
        found, fitting = self.verdict.difference, self.a.fitting
        if found.low is None or found.high is None:
            return ""
        scores = (_score(fitting, self.a.target, each.predictions) for each in (self.a, self.b))
        one, other = (f"{each:.6g}" for each in scores)
        return (
            f"test {metric_label(fitting.metric)} {one} for {a} and {other} for {b} on the same"
            f" {len(self.a.predictions):,} rows, {100 * self.a.confidence:.4g}% interval of the difference"
            f" {found.low:.4g} to {found.high:.4g}"
        )


def rank(a: Contender, b: Contender, test_rows: Callable[[], pd.DataFrame]) -> Ranking:
    """Compare two results by the rule; the bootstrap has A's settings, and draws groups where either split keeps them.

    Args:
        a: The older one, or the present champion: it stays where nothing speaks for a change.
        b: The newer one.
        test_rows: Reads B's test table, which has the groups: both were judged on the same rows, and MLflow holds no
            table of a champion.
    """
    found, group = list(differences(a, b)), a.group or b.group
    if not found and group is not None:
        table = test_rows()
        if group in table:
            return Ranking(a, b, _verdict(a, b, Units.of(table, group)))
        found.append(ScoreMismatch("groups of test rows", a.group or "none", b.group or "none"))
    if found:
        return Ranking(a, b, Verdict(Outcome.NOT_COMPARABLE, differences=tuple(found)))
    return Ranking(a, b, _verdict(a, b, None))


def _verdict(a: Contender, b: Contender, units: Units | None) -> Verdict:
    return verdict(
        a.fitting,
        a.target,
        a.predictions,
        b.predictions,
        samples=a.samples,
        confidence=a.confidence,
        seed=a.seed,
        units=units,
    )


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
    """Compare two models' predictions of the same rows; one is better if the interval of the difference excludes 0.

    Scores that are equal in all digits that are kept are within noise.

    Args:
        fitting: Whose metric is the score.
        target: What is predicted.
        a: row_id, actual and A's prediction of each row.
        b: The same of B.
        samples: How many resamples.
        confidence: Of the interval.
        seed: Seed of the draws.
        units: What is drawn; None: rows.
    """
    units = units or Units.rows(len(a))
    found = paired_bootstrap(fitting, target, b, a, samples=samples, confidence=confidence, seed=seed, units=units)
    same = bool((as_scored(target, a)[1] == as_scored(target, b)[1]).all())
    outcome = _outcome(found, same, len(units.sizes))
    if outcome in (Outcome.A_BETTER, Outcome.B_BETTER) and _score(fitting, target, a) == _score(fitting, target, b):
        outcome = Outcome.NOISE
    return Verdict(outcome, found, len(units.sizes))


def _sizes(small: int, large: int) -> str:
    """In as few digits as tell them apart."""
    if byte_size(small) == byte_size(large):
        return f"{small:,} against {large:,} bytes"
    return f"{byte_size(small)} against {byte_size(large)}"


def _score(fitting: Fitting, target: Target, predictions: pd.DataFrame) -> float:
    """In as many digits as are kept."""
    return significant(fitting.loss(fitting.scores(*as_scored(target, predictions))), SAME_DIGITS)


def _outcome(found: PairedDifference, same: bool, n_units: int) -> Outcome:
    if same:
        return Outcome.SAME
    # one unit alone, drawn again and again, has an interval without width
    if found.low is None or found.high is None or n_units < 2:
        return Outcome.UNDEFINED
    if found.low > 0:
        return Outcome.B_BETTER
    return Outcome.A_BETTER if found.high < 0 else Outcome.NOISE
