"""The one rule that ranks two results, for `lockstep compare` and for the registry's champion."""

from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Literal

import pandas as pd

from lockstep.evaluate.contender import Contender
from lockstep.evaluate.differences import ScoreMismatch, differences
from lockstep.evaluate.paired import NO_DIFFERENCE, PairedDifference, as_scored, paired_difference
from lockstep.evaluate.rows import weights_in
from lockstep.evaluate.units import Units
from lockstep.fitting.fitting import Fitting
from lockstep.metrics.names import direction, metric_label, shown_score
from lockstep.results.result import byte_size
from lockstep.storage.tables import significant
from lockstep.table.target import Target

RULE = (
    "Results that differ in objective, metric, target or test rows are not ranked. Otherwise a model whose gates fail"
    " is not shipped. If the gates of both pass, the better model is shipped if the interval of the difference excludes"
    " 0; within noise the smaller model is shipped, of equally large models the one with the cheaper search, else A."
    " The same rule chooses the registry's champion, with the present champion as A."
)

# metrics.json keeps ten digits of a score: differences beyond them come from the last bits of a CPU.
SAME_DIGITS = 10

Letter = Literal["A", "B"]
LETTERS: tuple[Letter, Letter] = ("A", "B")


class Outcome(StrEnum):
    """The outcome of comparing the scores of two results."""

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
        outcome: A is better, B is better, within noise, ...
        difference: By how much B's score is lower than A's; empty where the two cannot be compared.
        n_units: Number of rows, of their groups, or of their moments.
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
        """Whether the two scores can be compared."""
        return self.outcome not in (Outcome.NOT_COMPARABLE, Outcome.UNDEFINED)

    @property
    def other_rows(self) -> bool:
        """Whether the two were evaluated on different test rows."""
        return any(mismatch.of_rows for mismatch in self.differences)

    def in_words(self, a: str = "A", b: str = "B") -> str:
        """The outcome, with the differences where the two cannot be compared."""
        mismatches = ", ".join(mismatch.in_words(a, b) for mismatch in self.differences)
        return f"{self.outcome}: {mismatches}" if mismatches else str(self.outcome)


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
    """Two results and the verdict about them.

    Attributes:
        a: The older one, or the present champion.
        b: The newer one.
        verdict: The comparison of their scores.
    """

    a: Contender
    b: Contender
    verdict: Verdict

    def decision(self, a: str = "A", b: str = "B") -> Decision:
        """Apply the rule.

        Args:
            a: Name of A in the reason.
            b: Name of B.
        """
        if not self.verdict.comparable:
            return Decision(None, f"the two {self.verdict.in_words(a, b)}")
        names = dict(zip(LETTERS, (a, b), strict=True))
        failed = dict(zip(LETTERS, (self.a.failed_gates, self.b.failed_gates), strict=True))
        winner = self.verdict.winner
        if all(failed.values()):
            return Decision(None, "the gates of both fail")
        for chosen, other in (LETTERS, LETTERS[::-1]):
            if failed[other]:
                better = ", though it is better by score" if winner == other else ""
                return Decision(chosen, f"{names[other]} fails {', '.join(failed[other])}{better}")
        if winner:
            return Decision(winner, f"{names[winner]} is better, and the interval of the difference excludes 0")
        return self._cheaper(names)

    def _cheaper(self, names: dict[Letter, str]) -> Decision:
        """The smaller model, else the cheaper search, else A."""
        same = self.verdict.outcome == Outcome.SAME
        reason = "the predictions are the same" if same else "the difference is within noise"
        sizes, fits = (self.a.model_bytes, self.b.model_bytes), (self.a.fold_fits, self.b.fold_fits)
        if sizes[0] != sizes[1]:
            small = LETTERS[sizes[1] < sizes[0]]
            return Decision(small, f"{reason}, and {names[small]}'s model is smaller ({_sizes(*sorted(sizes))})")
        if fits[0] != fits[1]:
            cheap = LETTERS[fits[1] < fits[0]]
            counts = f"{min(fits):,} against {max(fits):,} fold fits"
            return Decision(
                cheap, f"{reason}, the models are equally large, and {names[cheap]}'s search was cheaper ({counts})"
            )
        return Decision("A", f"{reason}, and model size and search cost are equal, so there is no reason to change")

    def measured(self, a: str, b: str) -> str:
        """Both scores and the interval of their difference, where they can be compared."""
        fitting, low, high = self.a.fitting, self.verdict.difference.low, self.verdict.difference.high
        if low is None or high is None:
            return ""
        scores = (
            _score(replace(fitting, threshold=side.fitting.threshold), self.a.target, side.predictions)
            for side in (self.a, self.b)
        )
        one, other = (f"{shown_score(fitting.metric, score):.6g}" for score in scores)
        better = direction(fitting.metric)
        return (
            f"test {metric_label(fitting.metric)} {one} for {a} and {other} for {b}{better} on the same"
            f" {len(self.a.predictions):,} rows, {100 * self.a.confidence:.4g}% interval of the difference"
            f" {low:.4g} to {high:.4g}"
        )


def rank(a: Contender, b: Contender) -> Ranking:
    """Compare two results by the rule, at A's level of confidence.

    Args:
        a: The older one, or the present champion: it stays if there is no reason to change.
        b: The newer one.
    """
    if mismatches := tuple(differences(a, b)):
        return Ranking(a, b, Verdict(Outcome.NOT_COMPARABLE, differences=mismatches))
    further = {name: b.predictions[name] for name in b.relations if name not in a.relations}
    units = Units.of(a.predictions.assign(**further))
    found = verdict(
        *(a.fitting, a.target, a.predictions, b.predictions),
        confidence=a.confidence,
        units=units,
        threshold_b=b.fitting.threshold,
    )
    return Ranking(a, b, found)


def verdict(
    fitting: Fitting,
    target: Target,
    a: pd.DataFrame,
    b: pd.DataFrame,
    *,
    confidence: float,
    units: Units | None = None,
    threshold_b: float | None = None,
) -> Verdict:
    """Compare two models' predictions of the same rows; one is better if the interval of the difference excludes 0.

    Scores that are equal in all stored digits are within noise.

    Args:
        fitting: A's, whose metric is the score.
        target: What is predicted.
        a: row_id, actual and A's prediction of each row.
        b: The same of B.
        confidence: Of the interval.
        units: How the rows are related; None: as the columns of `a` say.
        threshold_b: B's threshold; None: A's.
    """
    units = units or Units.of(a)
    of_b = fitting if threshold_b is None else replace(fitting, threshold=threshold_b)
    difference = paired_difference(
        of_b, target, b, a, confidence=confidence, units=units, other_threshold=fitting.threshold
    )
    same = of_b == fitting and bool((as_scored(target, a)[1] == as_scored(target, b)[1]).all())
    return Verdict(_outcome(difference, same), difference, units.clusterings[0].count)


def _sizes(small: int, large: int) -> str:
    """Both sizes, in bytes where rounding would make them equal."""
    if byte_size(small) == byte_size(large):
        return f"{small:,} against {large:,} bytes"
    return f"{byte_size(small)} against {byte_size(large)}"


def _score(fitting: Fitting, target: Target, predictions: pd.DataFrame) -> float:
    """The score with its stored digits."""
    value = fitting.value(*as_scored(target, predictions), weights_in(predictions))
    return significant(fitting.loss({fitting.metric: value}), SAME_DIGITS)


def _outcome(difference: PairedDifference, same: bool) -> Outcome:
    if same:
        return Outcome.SAME
    if difference.low is None or difference.high is None:
        return Outcome.UNDEFINED
    if difference.low > 0:
        return Outcome.B_BETTER
    return Outcome.A_BETTER if difference.high < 0 else Outcome.NOISE
