"""How the trials of both searches fell."""

import numpy as np
import pandas as pd

from lockstep.comparison.document import Block, Figure, Section, Table, text
from lockstep.comparison.figures import best_so_far
from lockstep.comparison.numbers import ends, histogram, number, relative
from lockstep.comparison.pair import Pair
from lockstep.comparison.sides import Side
from lockstep.report.templates import UNKNOWN

QUARTERS = 4
BINS = 24


def section(pair: Pair) -> Section:
    """Distribution, progress and pictures."""
    blocks: list[Block] = [Table("Distribution of the trials", ("trials", "A", "B"), _distribution(pair))]
    progress = tuple(_quarter(pair, quarter) for quarter in range(QUARTERS))
    head = (
        "quarter of the search",
        *(f"{side.letter} {what}" for side in pair for what in ("trials", "scores", "best so far")),
    )
    blocks.append(Table("Progress by quarters", head, progress))
    if pair.same_metric:
        blocks += [
            *_pictured(pair),
            *_as_many(pair),
            Figure("Complete trials of both searches, and the best score so far", best_so_far(pair)),
        ]
    else:
        blocks.append(
            text("The searches were judged by different scores, so their trials are not set against each other.")
        )
    return Section("Trials", tuple(blocks))


def _distribution(pair: Pair) -> tuple[tuple[str, ...], ...]:
    columns = [_column(side) for side in pair]
    return tuple((name, columns[0][name], columns[1][name]) for name in columns[0])


def _column(side: Side) -> dict[str, str]:
    scores, cost = side.finished_trials["score"], side.cost
    best, middle, worst = float(scores.min()), float(scores.median()), float(scores.max())
    return {
        "judged by": f"CV {side.score_name}",
        "complete": number(cost["trials_complete"]),
        "pruned": number(cost["trials_pruned"]),
        "failed": number(cost["trials_failed"]),
        "best": number(best),
        "best trial": number(int(side.outputs.best["trial"])),
        "median": number(middle),
        "worst": number(worst),
        "standard deviation": number(float(scores.std()), 3),
        "best against median": relative(middle, best),
        "best against worst": relative(worst, best),
    }


def _quarter(pair: Pair, quarter: int) -> tuple[str, ...]:
    return f"{quarter + 1} of {QUARTERS}", *(cell for side in pair for cell in _progress(side, quarter))


def _progress(side: Side, quarter: int) -> tuple[str, str, str]:
    """Trials of a quarter of the search, the range of their scores, and the best until its end."""
    made, finished = len(side.outputs.trials), side.finished_trials
    first, end = made * quarter // QUARTERS, made * (quarter + 1) // QUARTERS
    if first == end:
        return UNKNOWN, UNKNOWN, UNKNOWN
    inside = finished.loc[finished["number"].between(first, end - 1), "score"]
    until = finished.loc[finished["number"] < end, "score"]
    scores = ends(float(inside.min()), float(inside.max())) if len(inside) else UNKNOWN
    return f"{first} to {end - 1}", scores, number(float(until.min())) if len(until) else UNKNOWN


def _pictured(pair: Pair) -> list[Block]:
    """A histogram of either side's complete trials on the same scale."""
    scores = pd.concat([side.finished_trials["score"] for side in pair])
    low, high = float(scores.min()), float(scores.quantile(0.9))
    if not low < high:
        return []
    edges = np.linspace(low, high, BINS + 1).tolist()
    rows = tuple((side.letter, histogram(side.finished_trials["score"].tolist(), edges)) for side in pair)
    return [
        Table(
            "Histogram of the trials",
            ("complete trials", f"{number(low, 4)} to {number(high, 4)} and worse, left is better"),
            rows,
        )
    ]


def _as_many(pair: Pair) -> list[Block]:
    """What the longer search had found when it was as long as the shorter one."""
    short, long = sorted(pair, key=lambda side: len(side.outputs.trials))
    count, longest = len(short.outputs.trials), len(long.outputs.trials)
    if count == longest:
        return []
    finished = long.finished_trials
    then, best = finished.loc[finished["number"] < count, "score"].min(), float(finished["score"].min())
    if pd.isna(then):
        return []
    return [
        text(
            f"After {count} trials, as many as {short.letter} made, {long.letter}'s best was {number(float(then))}; the"
            f" other {longest - count} brought {number(best)} ({relative(float(then), best)})."
        )
    ]
