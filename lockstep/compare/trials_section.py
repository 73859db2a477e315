"""The trials of both searches and their best parameters."""

from collections.abc import Mapping
from itertools import zip_longest
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from lockstep.compare.document import Block, Bullets, Figure, Line, Name, ReportTable, Section, listed, text
from lockstep.compare.numbers import change, counted, ends, histogram, number, relative
from lockstep.compare.pair import COLOURS, Pair, Side
from lockstep.model.training_summary import configurations
from lockstep.report.drawing import Draw
from lockstep.report.search_progress import distribution, quarters
from lockstep.report.sections.bounds_section import Bound, bounds_hit
from lockstep.report.templates import UNKNOWN, range_text

BINS = 24
# Rows after the parameters.
FURTHER = ("rounds of the best trial", "rounds of the final model", "learning rate factor", "models averaged")
# The row after them where a final model has several configurations, of which the one with the most boosters is shown.
SEVERAL = "configurations"


def trials(pair: Pair) -> Section:
    """Distribution, progress and figures."""
    blocks: list[Block] = [
        ReportTable("Distribution of the trials", ("trials", "A", "B"), _distribution(pair)),
        _progress(pair),
    ]
    if pair.same_score and pair.same_folds:
        blocks += [
            *_histogram(pair),
            *_at_equal_length(pair),
            Figure("Complete trials of both searches, and the best score so far", _best_so_far(pair)),
        ]
    else:
        basis = "on different training rows or folds" if pair.same_score else "by different scores"
        blocks.append(text(f"The searches were judged {basis}, so their trials are not compared."))
    return Section("Trials", tuple(blocks))


def _distribution(pair: Pair) -> tuple[tuple[str, ...], ...]:
    columns = [_column(side) for side in pair]
    return tuple((name, columns[0][name], columns[1][name]) for name in columns[0])


def _column(side: Side) -> dict[str, str]:
    cost, score = side.result.cost, side.result.cv_column
    scores = distribution(side.result.trials[side.result.trials["state"] == "COMPLETE"], score)
    best, median, worst = (side.result.shown(scores[name]) for name in ("best", "median", "worst"))
    return {
        "judged by": f"CV {side.result.score_name}",
        "complete": number(cost["trials_complete"]),
        "pruned": number(cost["trials_pruned"]),
        "failed": number(cost["trials_failed"]),
        "best": number(best),
        "best trial": number(int(side.result.best["trial"])),
        "median": number(median),
        "worst": number(worst),
        "standard deviation": number(scores["std"], 3),
        "best against median": relative(median, best),
        "best against worst": relative(worst, best),
    }


def _progress(pair: Pair) -> ReportTable:
    """The searches in quarters: trials, the range of their scores, and the best score so far."""
    a, b = (quarters(side.result.trials, side.result.cv_column) for side in pair)
    rows = tuple(
        (str(number + 1), *_quarter(pair.a, part_a), *_quarter(pair.b, part_b))
        for number, (part_a, part_b) in enumerate(zip_longest(a, b))
    )
    head = (f"{side.letter} {what}" for side in pair for what in ("trials", "scores", "best so far"))
    return ReportTable("Progress by quarters", ("quarter of the search", *head), rows)


def _quarter(side: Side, part: Mapping[str, Any] | None) -> tuple[str, str, str]:
    if part is None:  # there are fewer trials than quarters
        return UNKNOWN, UNKNOWN, UNKNOWN
    best, worst, so_far = (side.result.shown(part[name]) for name in ("best", "worst", "best_so_far"))
    trials = f"{part['first']} to {part['last']}" if part["last"] > part["first"] else str(part["first"])
    return trials, ends(best, worst), number(so_far)


def _histogram(pair: Pair) -> list[Block]:
    """A histogram of each side's complete trials, on the same scale."""
    scores = pd.concat([side.result.complete_trials["score"] for side in pair])
    low, high = float(scores.min()), float(scores.quantile(0.9))
    if not low < high:
        return []
    shown_low, shown_high = pair.a.result.shown(low), pair.a.result.shown(high)
    edges = np.linspace(low, high, BINS + 1).tolist()
    rows = tuple((side.letter, histogram(side.result.complete_trials["score"].tolist(), edges)) for side in pair)
    return [
        ReportTable(
            "Histogram of the trials",
            ("complete trials", f"{number(shown_low, 4)} to {number(shown_high, 4)} and worse, left is better"),
            rows,
        )
    ]


def _at_equal_length(pair: Pair) -> list[Block]:
    """The best score of the longer search after as many trials as the shorter one had."""
    short, long = sorted(pair, key=lambda side: len(side.result.trials))
    count, longest = len(short.result.trials), len(long.result.trials)
    if count == longest:
        return []
    finished = long.result.complete_trials
    then, best = finished.loc[finished["number"] < count, "score"].min(), float(finished["score"].min())
    if pd.isna(then):
        return []
    shown_then, shown_best = long.result.shown(float(then)), long.result.shown(best)
    return [
        text(
            f"After {counted(count, 'trial')}, as many as {short.letter} ran, {long.letter}'s best was"
            f" {number(shown_then)}; the other {longest - count} reached {number(shown_best)}"
            f" ({relative(shown_then, shown_best)})."
        )
    ]


def _best_so_far(pair: Pair) -> Draw:
    """The best score of each search by trial."""

    def draw(axes: Axes) -> None:
        for side in pair:
            trials, as_people_read = side.result.complete_trials, side.result.shown
            colour = COLOURS[side.letter]
            axes.scatter(
                trials["number"], trials["score"].map(as_people_read), s=12, color=colour, alpha=0.35, linewidths=0
            )
            best = trials["score"].cummin().map(as_people_read)
            axes.step(
                trials["number"], best, where="post", color=colour, linewidth=2, label=f"{side.letter}: best so far"
            )
        both = pd.concat([side.result.complete_trials["score"] for side in pair])
        low, high = both.min(), both.quantile(0.9)
        margin = 0.05 * (high - low) or 1.0
        axes.set_ylim(*sorted((pair.shown(low - margin) or 0.0, pair.shown(high + margin) or 0.0)))
        axes.set(title="Search: best so far", xlabel="trial", ylabel=f"CV {pair.score_name} (worst tenth cut off)")
        axes.legend(frameon=False)

    return draw


def best_parameters(pair: Pair) -> Section:
    """Parameters of the final models, and best values at an end of their range."""
    a, b = (_values(side) for side in pair)
    if any(side.result.final_training.members for side in pair):
        a, b = ({**values, SEVERAL: _configurations(side)} for values, side in zip((a, b), pair, strict=True))
    rows = tuple(
        (
            name if name in (*FURTHER, SEVERAL) else Name(name),
            _display(a.get(name)),
            _display(b.get(name)),
            _change(a.get(name), b.get(name)),
        )
        for name in dict.fromkeys([*a, *b])
    )
    head = (
        "final model",
        f"A, trial {pair.a.result.best['trial']}",
        f"B, trial {pair.b.result.best['trial']}",
        "change",
    )
    return Section("Best parameters", (ReportTable("Best parameters", head, rows), *_bounds(pair), *_outside(pair)))


def at_bounds(side: Side) -> list[Bound]:
    """Parameters whose best value lies at an end of its range."""
    return bounds_hit(side.result.best, side.result.space, side.result.search["space_name"])


def _values(side: Side) -> dict[str, Any]:
    training = side.result.training
    params: Mapping[str, Any] = training["params"]
    further = (
        side.result.best["n_rounds"],
        training["n_rounds"],
        training["learning_rate_factor"],
        side.result.model["n_models"],
    )
    return {**{name: params[name] for name in sorted(params)}, **dict(zip(FURTHER, further, strict=True))}


def _configurations(side: Side) -> str:
    training = side.result.final_training
    return f"{training.final} {configurations(training)}" if training.members else training.final


def _display(value: Any) -> str:
    return UNKNOWN if value is None else number(value, 4) if isinstance(value, int | float) else str(value)


def _change(a: Any, b: Any) -> str:
    numbers = [value for value in (a, b) if isinstance(value, int | float) and not isinstance(value, bool)]
    return change(*numbers) if len(numbers) == 2 else "" if a == b else UNKNOWN


def _bounds(pair: Pair) -> list[Block]:
    lines = list[Line]()
    for side in pair:
        for bound in at_bounds(side):
            where = f" lies at the {bound.end} end of {range_text(side.result.space[bound.name])}."
            lines.append((f"{side.letter}'s best ", Name(bound.name), where))
    return [Bullets(tuple(lines))] if lines else [text("No best value lies at an end of its range.")]


def _outside(pair: Pair) -> list[Block]:
    """Whether B's best value lies outside A's ranges."""
    a, b, best = pair.a.result.space, pair.b.result.space, pair.b.result.best["params"]
    moved = [name for name, bounds in b.items() if name in a and a[name] != bounds and "low" in a[name]]
    beyond = [
        name
        for name in moved
        if isinstance(best.get(name), int | float) and not a[name]["low"] <= best[name] <= a[name]["high"]
    ]
    if beyond:
        return [text("B's best value lies outside A's range for ", *listed(beyond), ".")]
    if moved:
        return [text("B's best values lie inside A's ranges, although some ranges differ.")]
    return []
