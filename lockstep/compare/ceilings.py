"""Would more tuning pay, for either search."""

from lockstep.compare.document import Block, Bullets, Section, Strong, text
from lockstep.compare.numbers import number
from lockstep.compare.pair import Pair
from lockstep.compare.sides import Side
from lockstep.evaluate.ceiling import Ceiling, ceiling
from lockstep.report.templates import percent

REACHED = "reached"


def section(pair: Pair) -> Section:
    """Either search's own sentence, and what both together say."""
    found = [ceiling_of(side) for side in pair]
    lines = tuple((f"{side.letter}: {each.sentence}",) for side, each in zip(pair, found, strict=True))
    return Section("Ceiling: would more tuning pay?", (Bullets(lines), *_both(pair, found)))


def ceiling_of(side: Side) -> Ceiling:
    """Judge a side's search."""
    return ceiling(side.result.trials, side.result.cv_column, side.result.fitting.metric)


def both_reached(pair: Pair) -> bool:
    """Whether neither search would gain by going on."""
    return all(ceiling_of(side).verdict == REACHED for side in pair)


def _both(pair: Pair, found: list[Ceiling]) -> list[Block]:
    if any(each.verdict != REACHED for each in found):
        return []
    r2 = [side.result.metrics["test"].get("r2") for side in pair]
    left = max((value for value in r2 if value is not None), default=None)
    rest = ""
    if left is not None and left >= 0:
        rest = (
            f" With an R² of {number(left, 3)} on test rows, {percent(1 - left)} of the target's variance is left open."
        )
    return [text(Strong("Both searches have reached their ceiling"), f" with their features and rows.{rest}")]
