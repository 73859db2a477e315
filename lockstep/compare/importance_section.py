"""Importance of the hyperparameters in both searches, and of the features in both models."""

from collections.abc import Sequence

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from lockstep.compare.document import Block, Figure, Name, ReportTable, Section, listed, text
from lockstep.compare.numbers import change, ends, number, relative, signed
from lockstep.compare.pair import COLOURS, Pair, Side
from lockstep.evaluate.importance import within_noise
from lockstep.report.drawing import MAX_BARS, Draw, shortened
from lockstep.report.templates import UNKNOWN, percent

# The best trials, which show where the good values of a parameter lie.
BEST_SHARE, MIN_BEST = 0.1, 3
MAX_ROWS = 25
MAYBE_NOISE = "may be noise"
PALE = 0.35
TOP = 3


def hyperparameters(pair: Pair) -> Section:
    """Which parameters explain the trials' scores, and the values of the good trials."""
    a, b = (_shares(side) for side in pair)
    noise = [_unshown(side) for side in pair]
    names = _ordered(a, b)
    ranges = [_best_values(side) for side in pair]
    rows = tuple(
        (
            Name(name),
            *(_marked(shares.get(name), name in unshown) for shares, unshown in zip((a, b), noise, strict=True)),
            _points(a.get(name), b.get(name)),
            *(values.get(name, UNKNOWN) for values in ranges),
        )
        for name in names
    )
    head = ("hyperparameter", "A", "B", "change", "A's best tenth", "B's best tenth")
    note = text(
        "What a parameter explains of the trials' scores beyond the others, as a share of what all explain;"
        f" {MAYBE_NOISE} and pale: not more than chance explains. The best tenth of the complete trials, at least"
        f" {MIN_BEST}, shows where its good values lie."
    )
    chart = _bars("Hyperparameter importance", "share", names, *_columns(names, a, b), noise)
    return Section(
        "Hyperparameter importance",
        (
            ReportTable("Hyperparameter importance", head, rows, sortable=True),
            note,
            Figure("Importance of the hyperparameters in both searches", chart),
        ),
    )


def features(pair: Pair) -> Section:
    """Which features the models rely on."""
    a, b = ({str(row["feature"]): row for _, row in side.features.iterrows()} for side in pair)
    noise = [_within_noise(side) for side in pair]
    permutation = [{name: float(row["permutation_mean"]) for name, row in rows.items()} for rows in (a, b)]
    names = _ordered(*permutation)
    rows = tuple(
        (Name(name), *_values(a, b, name, "permutation_mean"), *_values(a, b, name, "gain"))
        for name in names[:MAX_ROWS]
    )
    head = ("feature", "A", "B", "change", "A gain", "B gain", "change of gain")
    blocks: list[Block] = [ReportTable("Feature importance", head, rows, sortable=True)]
    if len(names) > MAX_ROWS:
        blocks.append(text(f"The {MAX_ROWS} most important of {len(names)} features."))
    blocks += [_top(pair), *_only(list(a), list(b)), _meaning(pair)]
    worse = "decrease" if pair.greater_is_better else "increase"
    values = _columns(names, *permutation)
    chart = _bars("Feature importance", f"{worse} in the score when permuted", names, *values, noise)
    return Section(
        "Feature importance", (*blocks, Figure("Permutation importance of the features in both models", chart))
    )


def _shares(side: Side) -> dict[str, float]:
    return {str(row["parameter"]): float(row["importance"]) for _, row in side.parameters.iterrows()}


def _unshown(side: Side) -> set[str]:
    """The parameters whose importance may be noise; none of a result of a version that did not tell."""
    table = side.parameters
    return {str(name) for name in table.loc[~table["shown"], "parameter"]} if "shown" in table else set()


def _marked(share: float | None, may_be_noise: bool) -> str:
    return UNKNOWN if share is None else f"{percent(share)} ({MAYBE_NOISE})" if may_be_noise else percent(share)


def _points(a: float | None, b: float | None) -> str:
    """The change of a share in percentage points."""
    if a is None or b is None:
        return "new" if a is None else "removed"
    return "0" if a == b else f"{signed(100 * (b - a), 2)} points"


def _ordered(a: dict[str, float], b: dict[str, float]) -> list[str]:
    """The names of both, sorted by their larger value, then by name."""
    return sorted({*a, *b}, key=lambda name: (-max(a.get(name, 0.0), b.get(name, 0.0)), name))


def _columns(names: list[str], a: dict[str, float], b: dict[str, float]) -> tuple[list[float], list[float]]:
    return [a.get(name, 0.0) for name in names], [b.get(name, 0.0) for name in names]


def _best_values(side: Side) -> dict[str, str]:
    """The values of each parameter in the best complete trials."""
    finished = side.result.complete_trials.sort_values(["score", "number"])
    best = finished.head(max(MIN_BEST, round(BEST_SHARE * len(finished))))["number"]
    trials = side.result.trials
    rows = trials[trials["number"].isin(best)]
    return {name: _range_of(rows[name]) for name in side.result.space if name in rows}


def _range_of(values: "pd.Series[str]") -> str:
    numbers = pd.to_numeric(values, errors="coerce")
    if numbers.isna().any():
        return ", ".join(sorted({str(value) for value in values}))
    low, high = float(numbers.min()), float(numbers.max())
    return number(low, 3) if low == high else ends(low, high)


def _values(
    a: dict[str, "pd.Series[float]"], b: dict[str, "pd.Series[float]"], name: str, column: str
) -> tuple[str, ...]:
    before, after = (float(rows[name][column]) if name in rows else None for rows in (a, b))
    if column == "gain":
        shares = [UNKNOWN if share is None else percent(share) for share in (before, after)]
        return *shares, relative(before, after)
    # Near 0, where permuting only adds noise, a relative difference means nothing.
    return number(before, 3), number(after, 3), change(before, after)


def _top(pair: Pair) -> Block:
    """Whether the most important features are the same."""
    a, b = ([str(name) for name in side.features["feature"].head(TOP)] for side in pair)
    if a == b:
        return text(f"The top {len(a)} are the same in both, in the same order: ", *listed(a), ".")
    if set(a) == set(b):
        return text(f"The top {len(a)} are the same in both: ", *listed(a), " in A, ", *listed(b), " in B.")
    return text(f"The top {TOP} differ: ", *listed(a), " in A, ", *listed(b), " in B.")


def _only(a: list[str], b: list[str]) -> list[Block]:
    """Features that only one side has."""
    blocks = list[Block]()
    for letter, own, others in (("A", a, b), ("B", b, a)):
        if only := [name for name in own if name not in others]:
            blocks.append(text(f"Only in {letter}: ", *listed(only), "."))
    return blocks


def _meaning(pair: Pair) -> Block:
    worse = "decrease" if pair.greater_is_better else "increase"
    units = "" if pair.same_score else f" (A's {pair.a.result.score_name}, B's {pair.b.result.score_name})"
    return text(
        f"A and B: {worse} in the test score{units} when the feature's values are permuted among the test rows (pale:"
        " within noise). Features that carry the same information share it or hide each other: this is not what the"
        " model would lose if it were trained without the feature. Gain: the feature's share of the gain of all splits"
        " of the trees."
    )


def _within_noise(side: Side) -> set[str]:
    return {str(name) for name in side.features.loc[within_noise(side.features), "feature"]}


def _bars(title: str, label: str, names: list[str], a: list[float], b: list[float], noise: Sequence[set[str]]) -> Draw:
    """Bars of both sides for each name, the first on top; pale where a side's value may be noise."""

    def draw(axes: Axes) -> None:
        count = min(len(names), MAX_BARS)
        places = np.arange(count)[::-1]
        for letter, values, offset, unshown in (("A", a, 0.2, noise[0]), ("B", b, -0.2, noise[1])):
            drawn = axes.barh(places + offset, values[:count], height=0.4, color=COLOURS[letter], label=letter)
            for bar, name in zip(drawn, names, strict=False):
                bar.set_alpha(PALE if name in unshown else 1)
        axes.set_yticks(places, [shortened(name) for name in names[:count]])
        axes.set(title=title, xlabel=label)
        axes.legend(frameon=False)

    return draw
