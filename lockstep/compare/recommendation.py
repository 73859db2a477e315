"""Which of the two to ship, by a rule that is stated, and what to do next."""

from dataclasses import dataclass

from lockstep.compare.ceilings import both_reached, ceiling_of
from lockstep.compare.document import Block, Bullets, Line, Name, Section, Strong, listed, text
from lockstep.compare.numbers import number, relative
from lockstep.compare.pair import Pair
from lockstep.compare.parameters import at_bounds
from lockstep.compare.settings import changed_rows, changed_score
from lockstep.compare.sides import Side
from lockstep.evaluate.ranking import RULE, Outcome


@dataclass(frozen=True)
class Recommendation:
    """What to ship.

    Attributes:
        side: The result; None where neither can be recommended.
        reason: Why, as the rest of a sentence.
    """

    side: Side | None
    reason: Line

    @property
    def sentence(self) -> Line:
        """In one sentence."""
        ship = f"Ship {self.side.letter}" if self.side else "Ship neither for its score"
        return Strong(ship), ": ", *self.reason, "."


def recommended(pair: Pair) -> Recommendation:
    """Apply the rule."""
    decision = pair.ranking.decision()
    side = {"A": pair.a, "B": pair.b}.get(decision.letter or "")
    return Recommendation(side, (decision.reason,))


def section(pair: Pair) -> Section:
    """The recommendation, its rule and the next steps."""
    blocks: list[Block] = [text(*recommended(pair).sentence), text("The rule: ", RULE)]
    if steps := next_steps(pair):
        blocks += [text("Next:"), Bullets(tuple(steps))]
    return Section("Recommendation", tuple(blocks))


def next_steps(pair: Pair) -> list[Line]:
    """What the facts suggest."""
    return [*_same_score(pair), *_gates(pair), *_ceiling(pair), *_bounds(pair), *_finer(pair), *_failed_trials(pair)]


def _same_score(pair: Pair) -> list[Line]:
    """How to make two results that can be compared."""
    if pair.verdict.outcome != Outcome.NOT_COMPARABLE:
        return []
    causes = [*(changed_rows(pair) if pair.verdict.other_rows else []), *changed_score(pair)]
    what: Line = ("with the same ", *listed(causes)) if causes else ("with the same table and code",)
    return [("Run one of them again ", *what, ", so that both have the same score on the same test rows.")]


def _gates(pair: Pair) -> list[Line]:
    return [
        (f"{side.letter} fails ", *listed(side.contender.failed_gates), ": find out why before anything else.")
        for side in pair
        if side.contender.failed_gates
    ]


def _ceiling(pair: Pair) -> list[Line]:
    """Stop tuning where both searches found nothing more; go on where the recommended one still gains."""
    if both_reached(pair):
        return [("Stop tuning, both searches have reached their ceiling: add features or rows instead.",)]
    chosen = recommended(pair).side
    if chosen and ceiling_of(chosen).verdict == "pays":
        return [(f"Give {chosen.letter}'s search more trials: its last half still gained clearly.",)]
    return []


def _bounds(pair: Pair) -> list[Line]:
    """Ranges to widen: those of the side that is recommended, or of both."""
    chosen = recommended(pair).side
    tuning = "if tuning goes on, widen" if both_reached(pair) else "widen"
    return [
        (
            f"{side.letter}'s best ",
            Name(bound.name),
            f" lies at the {bound.end} end of its range; {tuning} it: ",
            Name(bound.command),
            ".",
        )
        for side in ((chosen,) if chosen else pair)
        for bound in at_bounds(side)
        if bound.command
    ]


def _finer(pair: Pair) -> list[Line]:
    found, (a, _) = pair.verdict.difference, pair.scores("test")
    if pair.verdict.outcome != Outcome.NOISE or found.low is None or found.high is None:
        return []
    least = (found.high - found.low) / 2
    share = relative(a, (a or 0) + least).lstrip("+")
    return [
        (
            f"These test rows cannot show differences below about {number(least, 2)} ({share}): judge on more rows, or"
            " on further splits with ",
            Name("evaluate.protocol=repeated"),
            ", before spending more on a smaller one.",
        )
    ]


def _failed_trials(pair: Pair) -> list[Line]:
    return [
        (
            f"{side.result.cost['trials_failed']} of {side.letter}'s trials failed; the column ",
            Name("message"),
            " of ",
            Name("reports/tune/trials.csv"),
            " tells why.",
        )
        for side in pair
        if side.result.cost["trials_failed"]
    ]
