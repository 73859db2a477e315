"""Which of the two to ship, by a rule that is stated, and what to do next."""

from dataclasses import dataclass

from lockstep.comparison.ceilings import both_reached, ceiling_of
from lockstep.comparison.document import Block, Bullets, Line, Name, Section, Strong, listed, text
from lockstep.comparison.numbers import number, relative
from lockstep.comparison.pair import Pair
from lockstep.comparison.parameters import at_bounds
from lockstep.comparison.settings import changed_rows
from lockstep.comparison.sides import Side
from lockstep.comparison.verdict import Outcome
from lockstep.report.templates import byte_size

RULE = (
    "A model whose gates fail is not shipped. Of the others the better one is, if the interval of the difference"
    " excludes 0; within noise the smaller one, of equally large ones the one with the cheaper search, else A."
)


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
    if not pair.verdict.comparable:
        return Recommendation(None, ("the two cannot be compared",))
    passing = [side for side in pair if not side.failed_gates]
    if not passing:
        return Recommendation(None, ("the gates of both fail",))
    if len(passing) == 1:
        other = pair.b if passing[0] is pair.a else pair.a
        better = ", though it is better by score" if pair.verdict.winner == other.letter else ""
        return Recommendation(passing[0], (f"{other.letter} fails ", *listed(other.failed_gates), better))
    if pair.verdict.winner:
        winner = pair.a if pair.verdict.winner == "A" else pair.b
        return Recommendation(winner, ("it is better, and the interval of the difference excludes 0",))
    return _thriftier(pair)


def section(pair: Pair) -> Section:
    """The recommendation, its rule and the next steps."""
    blocks: list[Block] = [text(*recommended(pair).sentence), text("The rule: ", RULE)]
    if steps := next_steps(pair):
        blocks += [text("Next:"), Bullets(tuple(steps))]
    return Section("Recommendation", tuple(blocks))


def next_steps(pair: Pair) -> list[Line]:
    """What the facts suggest."""
    return [*_same_rows(pair), *_gates(pair), *_ceiling(pair), *_bounds(pair), *_finer(pair), *_failed_trials(pair)]


def _thriftier(pair: Pair) -> Recommendation:
    why = "the predictions are the same" if pair.verdict.outcome == Outcome.SAME else "the difference is within noise"
    a, b = (side.outputs.model_bytes for side in pair)
    if a != b:
        small, large = (pair.a, pair.b) if a < b else (pair.b, pair.a)
        sizes = f"{byte_size(min(a, b))} against {byte_size(max(a, b))}"
        return Recommendation(small, (f"{why}, and its model is smaller than {large.letter}'s ({sizes})",))
    a, b = (int(side.cost["fold_fits"]) for side in pair)
    if a != b:
        cheap = pair.a if a < b else pair.b
        fits = f"{number(min(a, b))} against {number(max(a, b))} fold fits"
        return Recommendation(cheap, (f"{why}, the models are equally large, and its search was cheaper ({fits})",))
    return Recommendation(pair.a, (f"{why}, and model and search cost the same; nothing speaks for a change",))


def _same_rows(pair: Pair) -> list[Line]:
    if pair.verdict.outcome != Outcome.OTHER_ROWS:
        return []
    causes = changed_rows(pair)
    what: Line = ("with the same ", *listed(causes)) if causes else ("with the same table and code",)
    return [("Run one of them again ", *what, ", so that both are judged on the same test rows.")]


def _gates(pair: Pair) -> list[Line]:
    return [
        (f"{side.letter} fails ", *listed(side.failed_gates), ": find out why before anything else.")
        for side in pair
        if side.failed_gates
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
    found, (a, _) = pair.verdict.paired, pair.scores("test")
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
            f"{side.cost['trials_failed']} of {side.letter}'s trials failed; the column ",
            Name("message"),
            " of ",
            Name("reports/tune/trials.csv"),
            " tells why.",
        )
        for side in pair
        if side.cost["trials_failed"]
    ]
