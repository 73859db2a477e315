"""How the trials of both searches fell."""

from collections.abc import Mapping
from itertools import zip_longest
from typing import Any

import numpy as np
import pandas as pd

from lockstep.compare.document import Block, Figure, Section, Table, text
from lockstep.compare.figures import best_so_far
from lockstep.compare.numbers import counted, ends, histogram, number, relative
from lockstep.compare.pair import Pair
from lockstep.compare.sides import Side
from lockstep.report.search_progress import distribution, quarters
from lockstep.report.templates import UNKNOWN

BINS = 24


def section(pair: Pair) -> Section:
    """Distribution, progress and pictures."""
    blocks: list[Block] = [
        Table("Distribution of the trials", ("trials", "A", "B"), _distribution(pair)),
        _progress(pair),
    ]
    if pair.same_score and pair.same_folds:
        blocks += [
            *_pictured(pair),
            *_as_many(pair),
            Figure("Complete trials of both searches, and the best score so far", best_so_far(pair)),
        ]
    else:
        by = "on different training rows or folds" if pair.same_score else "by different scores"
        blocks.append(text(f"The searches were judged {by}, so their trials are not set against each other."))
    return Section("Trials", tuple(blocks))


def _distribution(pair: Pair) -> tuple[tuple[str, ...], ...]:
    columns = [_column(side) for side in pair]
    return tuple((name, columns[0][name], columns[1][name]) for name in columns[0])


def _column(side: Side) -> dict[str, str]:
    cost, score = side.result.cost, side.result.cv_column
    scores = distribution(side.result.trials[side.result.trials["state"] == "COMPLETE"], score)
    best, middle, worst = scores["best"], scores["median"], scores["worst"]
    return {
        "judged by": f"CV {side.result.score_name}",
        "complete": number(cost["trials_complete"]),
        "pruned": number(cost["trials_pruned"]),
        "failed": number(cost["trials_failed"]),
        "best": number(best),
        "best trial": number(int(side.result.best["trial"])),
        "median": number(middle),
        "worst": number(worst),
        "standard deviation": number(scores["std"], 3),
        "best against median": relative(middle, best),
        "best against worst": relative(worst, best),
    }


def _progress(pair: Pair) -> Table:
    """The searches in quarters: trials, the range of their scores, and the best until then."""
    a, b = (quarters(side.result.trials, side.result.cv_column) for side in pair)
    rows = tuple(
        (str(number + 1), *_quarter(one), *_quarter(other)) for number, (one, other) in enumerate(zip_longest(a, b))
    )
    head = (f"{side.letter} {what}" for side in pair for what in ("trials", "scores", "best so far"))
    return Table("Progress by quarters", ("quarter of the search", *head), rows)


def _quarter(part: Mapping[str, Any] | None) -> tuple[str, str, str]:
    if part is None:  # of fewer trials than quarters
        return UNKNOWN, UNKNOWN, UNKNOWN
    return f"{part['first']} to {part['last']}", ends(part["best"], part["worst"]), number(part["best_so_far"])


def _pictured(pair: Pair) -> list[Block]:
    """A histogram of either side's complete trials on the same scale."""
    scores = pd.concat([side.result.complete_trials["score"] for side in pair])
    low, high = float(scores.min()), float(scores.quantile(0.9))
    if not low < high:
        return []
    edges = np.linspace(low, high, BINS + 1).tolist()
    rows = tuple((side.letter, histogram(side.result.complete_trials["score"].tolist(), edges)) for side in pair)
    return [
        Table(
            "Histogram of the trials",
            ("complete trials", f"{number(low, 4)} to {number(high, 4)} and worse, left is better"),
            rows,
        )
    ]


def _as_many(pair: Pair) -> list[Block]:
    """What the longer search had found when it was as long as the shorter one."""
    short, long = sorted(pair, key=lambda side: len(side.result.trials))
    count, longest = len(short.result.trials), len(long.result.trials)
    if count == longest:
        return []
    finished = long.result.complete_trials
    then, best = finished.loc[finished["number"] < count, "score"].min(), float(finished["score"].min())
    if pd.isna(then):
        return []
    return [
        text(
            f"After {counted(count, 'trial')}, as many as {short.letter} made, {long.letter}'s best was"
            f" {number(float(then))}; the other {longest - count} brought {number(best)}"
            f" ({relative(float(then), best)})."
        )
    ]
