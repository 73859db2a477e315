"""Whether the difference is more than luck: its confidence interval and p-value in words."""

import numpy as np
from matplotlib.axes import Axes

from lockstep.compare.changes_section import changed_rows
from lockstep.compare.document import Block, Bullets, Figure, Line, Name, ReportTable, Section, Strong, listed, text
from lockstep.compare.numbers import ends, number, relative, signed
from lockstep.compare.pair import Pair
from lockstep.evaluate.ranking import Outcome
from lockstep.metrics.names import shown_ends
from lockstep.report.drawing import BLUE, GREY, ORANGE, Draw
from lockstep.report.templates import percent, span

# Points of the curve of p-values.
CURVE_POINTS = 201


def paired(pair: Pair, n_results: int | None = None) -> Section:
    """The paired difference, or why there is none.

    Args:
        pair: Both results.
        n_results: Results that MLflow has of the same test rows; None: unknown, or not to be shown.
    """
    title = "Is it more than luck?"
    if pair.verdict.outcome == Outcome.NOT_COMPARABLE:
        return Section(title, _incomparable(pair))
    if pair.verdict.outcome == Outcome.SAME:
        return Section(
            title, (text("Both give exactly the same prediction for every test row: there is no difference to test."),)
        )
    if pair.verdict.outcome == Outcome.UNDEFINED:
        reason = f"The {pair.score_name} is undefined or has no interval on these test rows, so nothing can be said."
        return Section(title, (text(reason),))
    return Section(title, (*_paired(pair), *consulted(n_results)))


def reuse(confidence: float) -> str:
    """A warning of how often equally good models look different, given the confidence of the interval."""
    return (
        f"Test rows wear out: of {round(1 / (1 - confidence)):,} comparisons of equally good models on the same rows"
        " one is called better by chance. Choose by cross-validation, and use the test rows once."
    )


def consulted(n_results: int | None) -> tuple[Block, ...]:
    """How many results the test rows have scored, if they are several."""
    if n_results is None or n_results < 2:
        return ()
    return (
        text(
            f"These test rows have scored {n_results:,} results of this dataset. A lead that was chosen among"
            f" {n_results:,} is optimistic, and its interval does not cover that. The number depends on the history of"
            " the MLflow store in use."
        ),
    )


def p_text(pair: Pair) -> str:
    """The p-value."""
    return f"p = {number(pair.verdict.difference.p, 2)}"


def lead(pair: Pair) -> str:
    """The leading side and its lead, with the interval from its point of view."""
    difference, gain = pair.verdict.difference, pair.verdict.difference.gain or 0.0
    low, high = difference.low or 0.0, difference.high or 0.0
    letter, interval = ("B", ends(low, high)) if gain >= 0 else ("A", ends(-high, -low))
    return f"{letter} leads by {number(abs(gain), 3)} ({percent(pair.confidence)} interval {interval})"


def _paired(pair: Pair) -> tuple[Block, ...]:
    difference, (a, b) = pair.verdict.difference, (pair.shown(score) for score in pair.scores("test"))
    low, high = difference.low or 0.0, difference.high or 0.0
    table = ReportTable(
        "Paired difference",
        ("paired difference, test rows", "value"),
        (
            (f"A's {pair.score_name}", number(a)),
            (f"B's {pair.score_name}", number(b)),
            ("B's lead", signed(difference.gain or 0)),
            (f"{percent(pair.confidence)} interval", ends(low, high)),
            ("the interval in percent of A's", f"{relative(a, (a or 0) + low)} to {relative(a, (a or 0) + high)}"),
            ("two-sided p-value", number(difference.p, 2)),
            ("smallest difference that these rows can show", f"about {number((high - low) / 2, 2)}"),
            ("verdict", Strong(pair.verdict.outcome)),
        ),
    )
    return (
        table,
        text(*_how(pair)),
        text(reuse(pair.confidence)),
        Figure(f"How well each difference of the {pair.score_name} agrees with the test rows", _p_value_chart(pair)),
    )


def _how(pair: Pair) -> Line:
    """The units of the interval, and its meaning."""
    meaning = {
        Outcome.NOISE: "contains 0: the difference is within noise.",
        Outcome.A_BETTER: "lies entirely below 0: A is better.",
        Outcome.B_BETTER: "lies entirely above 0: B is better.",
    }[pair.verdict.outcome]
    return (
        "Both models are scored on the same ",
        *_units(pair),
        f", and the interval of their difference {meaning} It shows how the difference varies over test rows from the"
        " same source, not over training sets.",
    )


def _units(pair: Pair) -> Line:
    """The units between which the difference varies, and as how many independent ones they count."""
    rows, count = f"{len(pair.a.result.predictions):,} test rows", f"{pair.verdict.n_units:,}"
    estimate = pair.verdict.difference.estimate
    as_many = f" (they say as much as {number(estimate.spread.units, 3)} independent ones)" if estimate else ""
    if pair.group and pair.time:
        return (f"{count} groups of equal ", Name(pair.group), " and moments of ", Name(pair.time), f" among {rows}")
    if pair.group:
        return (f"{count} groups of equal ", Name(pair.group), f" among {rows}{as_many}")
    if pair.time:
        return (f"{count} moments of ", Name(pair.time), f" in their order, {rows}{as_many}")
    return (rows,)


def _incomparable(pair: Pair) -> tuple[Block, ...]:
    """The differences in the definition of the score, and each side's own score."""
    rows = tuple((mismatch.what, mismatch.a, mismatch.b) for mismatch in pair.verdict.differences)
    return (
        text(
            Strong("The two cannot be compared"),
            ": neither a p-value nor a winner is given for results that differ in what defines their score.",
        ),
        ReportTable("What differs", ("differs", "A", "B"), rows),
        *(_other_rows(pair) if pair.verdict.other_rows else ()),
        ReportTable(
            "Each by its own score on its own test rows", ("test", "score", "value", "interval"), _own_scores(pair)
        ),
    )


def _other_rows(pair: Pair) -> tuple[Block, ...]:
    a, b = (side.result.predictions for side in pair)
    shared = len(set(a["row_id"]) & set(b["row_id"]))
    same_dataset = pair.a.result.params["dataset"] == pair.b.result.params["dataset"]
    lines: list[Line] = [(f"A was evaluated on {len(a):,} test rows, B on {len(b):,}.",)]
    if same_dataset:
        lines.append((f"{shared:,} row numbers are in both.",))
    if causes := changed_rows(pair):
        lines.append(("They differ because of ", *listed(causes), "."))
    else:
        lines.append(("No choice in params.yaml explains this: the table, its cleaning or the code has changed.",))
    lines.append(("Some rows are easier than others: even intervals that do not overlap may only show easier rows.",))
    return text(Strong("The test rows differ"), "."), Bullets(tuple(lines))


def _own_scores(pair: Pair) -> tuple[tuple[str, ...], ...]:
    """Each side's own score and interval, from its run."""
    return tuple(
        (
            side.letter,
            side.result.score_name,
            number(side.result.shown(side.result.score)),
            span(shown_ends(side.result.fitting.metric, interval["score_low"], interval["score_high"])),
        )
        for side in pair
        for interval in (side.result.uncertainty,)
    )


def _p_value_chart(pair: Pair) -> Draw:
    """The p-value of every difference: the interval is where it is above 1 less the confidence."""

    def draw(axes: Axes) -> None:
        difference, (first, second) = pair.verdict.difference, "BA" if pair.greater_is_better else "AB"
        low, high = difference.low or 0.0, difference.high or 0.0
        margin = (high - low) / 2
        differences = np.linspace(low - margin, high + margin, CURVE_POINTS)
        estimate = difference.estimate
        if estimate is not None:
            axes.plot(differences, [estimate.p_value(true) for true in differences], color=BLUE)
        axes.axvline(0, color=GREY, linewidth=1.5, label="equally good")
        for end, label in ((low, f"{100 * pair.confidence:.3g}% interval"), (high, None)):
            axes.axvline(end, color=ORANGE, linewidth=1.2, linestyle="--", label=label)
        axes.set(
            title="How well each difference agrees with the test rows",
            xlabel=f"{first}'s {pair.score_name} less {second}'s; right of 0 B is better",
            ylabel="p-value",
            ylim=(0, 1.05),
        )
        axes.legend(frameon=False)

    return draw
