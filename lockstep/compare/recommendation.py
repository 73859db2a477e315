"""Whether more tuning pays, which result to ship by a stated rule, and the next steps."""

from dataclasses import dataclass

from lockstep.compare.changes_section import changed_rows, changed_score
from lockstep.compare.document import Block, Bullets, Line, Name, Section, Strong, listed, text
from lockstep.compare.numbers import number, relative
from lockstep.compare.pair import Pair, Side
from lockstep.compare.trials_section import at_bounds
from lockstep.evaluate.ceiling import Ceiling, ceiling
from lockstep.evaluate.ranking import RULE, Outcome
from lockstep.report.templates import percent

REACHED = "reached"


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


def ceilings(pair: Pair) -> Section:
    """The verdict on each search, and a conclusion if both have reached their ceiling."""
    verdicts = [ceiling_of(side) for side in pair]
    lines = tuple((f"{side.letter}: {verdict.sentence}",) for side, verdict in zip(pair, verdicts, strict=True))
    return Section("Ceiling: would more tuning pay?", (Bullets(lines), *_both(pair, verdicts)))


def ceiling_of(side: Side) -> Ceiling:
    """The verdict on a side's search."""
    return ceiling(side.result.trials, side.result.cv_column, side.result.fitting.metric)


def both_reached(pair: Pair) -> bool:
    """Whether neither search would gain by going on."""
    return all(ceiling_of(side).verdict == REACHED for side in pair)


def _both(pair: Pair, verdicts: list[Ceiling]) -> list[Block]:
    if any(verdict.verdict != REACHED for verdict in verdicts):
        return []
    r2 = [side.result.metrics["test"].get("r2") for side in pair]
    best = max((value for value in r2 if value is not None), default=None)
    rest = ""
    if best is not None and best >= 0:
        rest = f" With an R² of {number(best, 3)} on test rows, {percent(1 - best)} of the variance is unexplained."
    return [text(Strong("Both searches have reached their ceiling"), f" with their features and rows.{rest}")]


def recommended(pair: Pair) -> Recommendation:
    """Apply the rule."""
    decision = pair.ranking.decision()
    side = {"A": pair.a, "B": pair.b}.get(decision.letter or "")
    return Recommendation(side, (decision.reason,))


def recommendation(pair: Pair) -> Section:
    """The recommendation, its rule and the next steps."""
    blocks: list[Block] = [text(*recommended(pair).sentence), text("The rule: ", RULE)]
    if steps := next_steps(pair):
        blocks += [text("Next:"), Bullets(tuple(steps))]
    return Section("Recommendation", tuple(blocks))


def next_steps(pair: Pair) -> list[Line]:
    """The next steps that the results suggest."""
    return [*_same_score(pair), *_gates(pair), *_ceiling(pair), *_bounds(pair), *_finer(pair), *_failed_trials(pair)]


def _same_score(pair: Pair) -> list[Line]:
    """How to obtain two results that can be compared."""
    if pair.verdict.outcome != Outcome.NOT_COMPARABLE:
        return []
    causes = [*(changed_rows(pair) if pair.verdict.other_rows else []), *changed_score(pair)]
    remedy: Line = ("with the same ", *listed(causes)) if causes else ("with the same table and code",)
    return [("Run one of them again ", *remedy, ", so that both have the same score on the same test rows.")]


def _gates(pair: Pair) -> list[Line]:
    return [
        (f"{side.letter} fails ", *listed(side.contender.failed_gates), ": find out why before anything else.")
        for side in pair
        if side.contender.failed_gates
    ]


def _ceiling(pair: Pair) -> list[Line]:
    """Stop tuning if both searches have reached their ceiling; continue if the recommended one still gains."""
    if both_reached(pair):
        return [("Stop tuning, both searches have reached their ceiling: add features or rows instead.",)]
    chosen = recommended(pair).side
    if chosen and ceiling_of(chosen).verdict == "pays":
        return [(f"Give {chosen.letter}'s search more trials: its second half still gained more than noise.",)]
    return []


def _bounds(pair: Pair) -> list[Line]:
    """Ranges to widen on the recommended side, or on both if there is none."""
    chosen = recommended(pair).side
    tuning = "if tuning continues, widen" if both_reached(pair) else "widen"
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
    difference, a = pair.verdict.difference, pair.shown(pair.scores("test")[0])
    if pair.verdict.outcome != Outcome.NOISE or difference.low is None or difference.high is None:
        return []
    least = (difference.high - difference.low) / 2
    share = relative(a, (a or 0) + least).lstrip("+")
    return [
        (
            f"These test rows cannot show differences below about {number(least, 2)} ({share}): judge on more rows, or"
            " on further splits with ",
            Name("evaluate.protocol=repeated"),
            ", before spending more on a smaller difference.",
        )
    ]


def _failed_trials(pair: Pair) -> list[Line]:
    return [
        (
            f"{side.result.cost['trials_failed']} of {side.letter}'s trials failed; the column ",
            Name("message"),
            " of ",
            Name("reports/tune/trials.csv"),
            " gives the reasons.",
        )
        for side in pair
        if side.result.cost["trials_failed"]
    ]
