"""Metrics side by side, and the overfit gap."""

from lockstep.compare.document import Block, ReportTable, Section, text
from lockstep.compare.numbers import change, number, relative
from lockstep.compare.pair import Pair, Side
from lockstep.metrics.names import find_metric, metric_label, place
from lockstep.report.templates import UNKNOWN

ROWS = {"test": "test", "cv": "cross-validation", "train": "training"}
HEAD = ("metric", "better is", "A", "B", "change", "relative", "ahead")


def metrics(pair: Pair) -> Section:
    """Every metric on test rows, in cross-validation and on training rows."""
    blocks: list[Block] = [
        ReportTable(
            "Metrics side by side", HEAD, tuple(row for rows in ROWS for row in _rows(pair, rows)), sortable=True
        )
    ]
    if pair.verdict.other_rows:
        blocks.append(text("The test rows differ, so a difference in test metrics may come from the rows."))
    if not pair.same_folds:
        blocks.append(
            text("The training rows or their folds differ, so cross-validation scores are not set against each other.")
        )
    if further_splits := _repeated(pair):
        blocks += [
            ReportTable(
                "Further splits",
                ("further splits, test", "A mean", "A std", "B mean", "B std", "change"),
                further_splits,
            )
        ]
    blocks.append(
        text("Cross-validation scores are those of the best trial, which look slightly better the longer the search.")
    )
    return Section("Metrics", tuple(blocks))


def _rows(pair: Pair, rows: str) -> list[tuple[str, ...]]:
    a, b = (side.result.metrics[rows] for side in pair)
    against = rows != "cv" or pair.same_folds
    return [
        (
            f"{ROWS[rows]} {metric_label(name)}",
            _better_is(name),
            number(a.get(name)),
            number(b.get(name)),
            *(_against(pair, name, a.get(name), b.get(name)) if against else (UNKNOWN,) * 3),
        )
        for name in sorted({*a, *b}, key=lambda name: (name != pair.a.result.fitting.metric, place(name)))
    ]


def _better_is(name: str) -> str:
    """The direction of a metric; that of a metric that this project does not have is unknown."""
    metric = find_metric(name)
    if metric is None:
        return UNKNOWN
    return "higher" if metric.greater_is_better else "lower"


def _against(pair: Pair, name: str, a: float | None, b: float | None) -> tuple[str, str, str]:
    """The change, and which side is ahead if the two can be ranked."""
    return change(a, b), relative(a, b), _ahead(name, a, b) if pair.verdict.comparable else UNKNOWN


def _ahead(name: str, a: float | None, b: float | None) -> str:
    metric = find_metric(name)
    if a is None or b is None or metric is None:
        return UNKNOWN
    return "=" if a == b else "B" if (b > a) == metric.greater_is_better else "A"


def _repeated(pair: Pair) -> tuple[tuple[str, ...], ...]:
    """Mean and standard deviation over further splits, if both results have them by the same protocol."""
    if pair.a.result.repeated.get("protocol") != pair.b.result.repeated.get("protocol"):
        return ()
    a, b = ({record["metric"]: record for record in side.result.repeated.get("metrics", [])} for side in pair)
    return tuple(
        (
            metric_label(name),
            number(a[name]["mean"]),
            number(a[name]["std"], 3),
            number(b[name]["mean"]),
            number(b[name]["std"], 3),
            change(a[name]["mean"], b[name]["mean"]),
        )
        for name in a
        if name in b
    )


def overfit_gap(pair: Pair) -> Section:
    """Scores on training and test rows, their ratios, and the difference of R²."""
    train, cv, test = (tuple(map(pair.shown, pair.scores(rows))) for rows in ("train", "cv", "test"))
    rows = [
        _gap_row(f"training {pair.score_name}", *train),
        _gap_row(f"cross-validation {pair.score_name}", *cv, against=pair.same_folds),
        _gap_row(f"test {pair.score_name}", *test),
        _gap_row("test per training", *(_ratio(test[place], train[place]) for place in (0, 1))),
        _gap_row("test per cross-validation", *(_ratio(test[place], cv[place]) for place in (0, 1))),
    ]
    gaps = [_r2_gap(side) for side in pair]
    if gaps != [None, None]:
        rows.append(_gap_row("training R² minus test R²", *gaps))
    note = (
        "Boosted trees fit their training rows closely, so a test score well above the training score is normal;"
        " of two models with similar test scores, the one with the wider gap overfits more."
    )
    return Section("Overfit gap", (ReportTable("Overfit gap", ("rows", "A", "B", "change"), tuple(rows)), text(note)))


def _gap_row(name: str, a: float | None, b: float | None, *, against: bool = True) -> tuple[str, ...]:
    return name, number(a, 4), number(b, 4), change(a, b) if against else UNKNOWN


def _ratio(above: float | None, below: float | None) -> float | None:
    return above / below if above is not None and below else None


def _r2_gap(side: Side) -> float | None:
    train, test = (side.result.metrics[rows].get("r2") for rows in ("train", "test"))
    return None if train is None or test is None else float(train - test)
