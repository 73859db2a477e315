"""The executive summary, and the provenance of both results."""

from collections.abc import Mapping
from typing import Any

from lockstep.compare.cost_section import per_gain
from lockstep.compare.document import Line, Name, ReportTable, Section, Strong, text
from lockstep.compare.numbers import counted, number, relative
from lockstep.compare.pair import Pair, Side
from lockstep.compare.paired_section import lead, p_text
from lockstep.compare.recommendation import recommended
from lockstep.evaluate.differences import test_rows_digest
from lockstep.evaluate.ranking import Outcome

# Digits of a hash that suffice to tell results apart.
DIGITS = 12


def summary(pair: Pair) -> Section:
    """The executive summary."""
    table = ReportTable("What is compared", ("what is compared", "A", "B"), _table(pair))
    return Section("Executive summary", (text(*_paragraph(pair)), table))


def _paragraph(pair: Pair) -> Line:
    parts: Line = (Strong(_headline(pair)), ". ")
    if pair.same:
        return (
            *parts,
            "A and B have the same choices and, byte for byte, the same outputs. There is nothing to choose.",
        )
    parts += _scores(pair)
    if not pair.verdict.comparable:  # the headline says why
        return (*parts, Strong("Ship neither for its score"), ".")
    return (*parts, *recommended(pair).sentence, " ", per_gain(pair, with_times=False)[0])


def _headline(pair: Pair) -> str:
    if pair.same:
        return "The same result on both sides"
    outcome = pair.verdict.in_words()
    return outcome[0].upper() + outcome[1:]


def _scores(pair: Pair) -> Line:
    a, b = (pair.shown(score) for score in pair.scores("test"))
    better = " (higher is better)" if pair.greater_is_better else ""
    name, rows = pair.score_name, f"{len(pair.a.result.predictions):,}"
    if pair.verdict.outcome == Outcome.NOT_COMPARABLE:
        own = (
            f"{side.result.score_name} {number(side.result.shown(side.result.score))} for {side.letter}"
            for side in pair
        )
        return (f"Each by its own score on its own test rows: {', '.join(own)}. ",)
    if pair.verdict.outcome == Outcome.UNDEFINED:
        return ()
    if pair.verdict.outcome == Outcome.SAME:
        return (f"Both give the same predictions for all {rows} test rows: {name} {number(a)}. ",)
    return (
        f"On the same {rows} test rows the {name}{better} is {number(a)} for A and {number(b)} for B"
        f" ({relative(a, b)}):"
        f" {lead(pair)}, {p_text(pair)}. ",
    )


def _table(pair: Pair) -> tuple[tuple[str, ...], ...]:
    columns = [_about(side) for side in pair]
    return tuple((name, columns[0][name], columns[1][name]) for name in columns[0])


def _about(side: Side) -> dict[str, str]:
    settings, search = side.result.params, side.result.search
    return {
        "name": Name(side.name),
        "what it is": side.kind,
        "dataset": Name(settings["dataset"]),
        "features": f"{settings['features']} ({len(side.features)})",
        "split": _split(settings),
        "test rows": number(len(side.result.predictions)),
        "search": f"{search['space_name']}, {counted(len(side.result.trials), 'trial')}",
        "judged by": side.result.score_name,
        "gates": "pass" if not side.contender.failed_gates else f"fail: {', '.join(side.contender.failed_gates)}",
    }


def _split(settings: Mapping[str, Any]) -> str:
    """The split in words, with what leaves out rows in time."""
    parts = [str(settings["split.strategy"]), f"test {settings['split.test_size']}"]
    parts += ["one holdout" if settings["split.folds"] == 1 else f"{settings['split.folds']} folds"]
    gap = settings.get("split.gap")
    if gap is not None:
        parts.append(f"gap {gap}" if isinstance(gap, str) else f"gap {counted(gap, 'row')}")
    if settings.get("split.window", "expanding") != "expanding":
        parts.append(f"{settings['split.window']} window")
    return ", ".join(parts)


def provenance(pair: Pair) -> Section:
    """Hashes and versions."""
    columns = [_column(side) for side in pair]
    names = list(dict.fromkeys([*columns[0], *columns[1]]))
    rows = tuple((name, *(column.get(name, "") for column in columns)) for name in names)
    return Section(
        "Provenance",
        (
            ReportTable("Provenance", ("provenance", "A", "B"), rows),
            text("In MLflow, the tag ", Name("lockstep.result"), " of a run begins with the hash of its result."),
        ),
    )


def _column(side: Side) -> dict[str, str]:
    settings = side.result.search["settings"]
    hashes = {
        "result": side.result.key,
        "study": side.result.search["study_key"],
        "training rows": settings["data_sha256"],
        "test rows": test_rows_digest(side.result.predictions),
    }
    shortened: dict[str, str] = {name: Name(value[:DIGITS]) for name, value in hashes.items()}
    return shortened | dict(sorted(settings["versions"].items()))
