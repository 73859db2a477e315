"""Is the difference more than luck: the paired bootstrap in words."""

from lockstep.compare.document import Block, Bullets, Figure, Line, Name, Section, Strong, Table, listed, text
from lockstep.compare.figures import differences
from lockstep.compare.numbers import ends, number, relative, signed
from lockstep.compare.pair import Pair
from lockstep.compare.settings import changed_rows
from lockstep.evaluate.ranking import Outcome
from lockstep.report.templates import percent


def section(pair: Pair) -> Section:
    """The paired difference, or why there is none."""
    title = "Is it more than luck?"
    if pair.verdict.outcome == Outcome.NOT_COMPARABLE:
        return Section(title, _incomparable(pair))
    if pair.verdict.outcome == Outcome.SAME:
        return Section(title, (text("Both predict exactly the same for every test row: no difference to test."),))
    if pair.verdict.outcome == Outcome.UNDEFINED:
        what = f"The {pair.score_name} is undefined or has no interval on these test rows, so nothing can be said."
        return Section(title, (text(what),))
    return Section(title, _paired(pair))


def reuse(confidence: float) -> str:
    """How often equally good models look different, by the confidence of the interval."""
    return (
        f"Test rows wear out: of {round(1 / (1 - confidence)):,} comparisons of equally good models on the same rows"
        " about one is called better. Choose by cross-validation, and look here once."
    )


def p_text(pair: Pair) -> str:
    """The p-value, which is no smaller than the resamples allow."""
    return f"p = {number(pair.verdict.difference.p, 2)}"


def lead(pair: Pair) -> str:
    """Who leads by how much, with the interval seen from that side."""
    found, gain = pair.verdict.difference, pair.verdict.difference.gain or 0.0
    low, high = found.low or 0.0, found.high or 0.0
    letter, interval = ("B", ends(low, high)) if gain >= 0 else ("A", ends(-high, -low))
    return f"{letter} leads by {number(abs(gain), 3)} ({percent(pair.confidence)} interval {interval})"


def _paired(pair: Pair) -> tuple[Block, ...]:
    found, (a, b) = pair.verdict.difference, pair.scores("test")
    low, high = found.low or 0.0, found.high or 0.0
    table = Table(
        "Paired bootstrap",
        ("paired bootstrap, test rows", "value"),
        (
            (f"A's {pair.score_name}", number(a)),
            (f"B's {pair.score_name}", number(b)),
            ("B's lead", signed(found.gain or 0)),
            (f"{percent(pair.confidence)} interval", ends(low, high)),
            ("the interval in percent of A's", f"{relative(a, (a or 0) + low)} to {relative(a, (a or 0) + high)}"),
            ("two-sided p-value", number(found.p, 2)),
            ("smallest difference that these rows can show", f"about {number((high - low) / 2, 2)}"),
            ("verdict", Strong(pair.verdict.outcome)),
        ),
    )
    return (
        table,
        text(*_how(pair)),
        text(reuse(pair.confidence)),
        Figure(f"How the difference of the {pair.score_name} falls over the resamples", differences(pair)),
    )


def _how(pair: Pair) -> Line:
    """What was drawn, and what the interval means."""
    rows = f"{len(pair.a.result.predictions):,} test rows"
    if pair.group:
        drawn: Line = (f"{pair.verdict.n_units:,} groups of equal ", Name(pair.group), f" among {rows}")
    else:
        drawn = (rows,)
    contains_0 = (pair.verdict.difference.low or 0.0) <= 0 <= (pair.verdict.difference.high or 0.0)
    equal = "excludes 0, but the scores are equal in every digit that is kept: the difference is within noise."
    meaning = {
        Outcome.NOISE: "contains 0: the difference is within noise." if contains_0 else equal,
        Outcome.A_BETTER: "lies wholly below 0: A is better.",
        Outcome.B_BETTER: "lies wholly above 0: B is better.",
    }[pair.verdict.outcome]
    return (
        f"{pair.samples:,} resamples of the same ",
        *drawn,
        f"; both models are scored on each, and the interval of their difference {meaning} It tells what other test"
        " rows from the same source might have said, not what another training set would have made of the models.",
    )


def _incomparable(pair: Pair) -> tuple[Block, ...]:
    """What differs, and each side's own score."""
    rows = tuple((each.what, each.a, each.b) for each in pair.verdict.differences)
    return (
        text(
            Strong("The two cannot be compared"),
            ": neither a p-value nor a winner is given for results that differ in what defines their score.",
        ),
        Table("What differs", ("differs", "A", "B"), rows),
        *(_other_rows(pair) if pair.verdict.other_rows else ()),
        Table("Each by its own score on its own test rows", ("test", "score", "value", "interval"), _own_scores(pair)),
    )


def _other_rows(pair: Pair) -> tuple[Block, ...]:
    a, b = (side.result.predictions for side in pair)
    shared = len(set(a["row_id"]) & set(b["row_id"]))
    same_dataset = pair.a.result.params["dataset"] == pair.b.result.params["dataset"]
    lines: list[Line] = [(f"A was judged on {len(a):,} test rows, B on {len(b):,}.",)]
    if same_dataset:
        lines.append((f"{shared:,} row numbers are in both.",))
    if causes := changed_rows(pair):
        lines.append(("They differ because of ", *listed(causes), "."))
    else:
        lines.append(("No choice in params.yaml tells why: the table, its cleaning or the code has changed.",))
    lines.append(("Which rows are easy is luck: even intervals that do not overlap may only show easier rows.",))
    return text(Strong("The test rows differ"), "."), Bullets(tuple(lines))


def _own_scores(pair: Pair) -> tuple[tuple[str, ...], ...]:
    """Each side's own score and interval, as its run found them."""
    return tuple(
        (
            side.letter,
            side.result.score_name,
            number(side.result.score),
            ends(interval["score_low"], interval["score_high"]),
        )
        for side in pair
        for interval in (side.result.uncertainty,)
    )
