"""Metrics side by side."""

from lockstep.compare.document import Block, Section, Table, text
from lockstep.compare.numbers import change, number, relative
from lockstep.compare.pair import Pair
from lockstep.metrics.metrics import GREATER_IS_BETTER
from lockstep.report.templates import UNKNOWN, metric_name

ROWS = {"test": "test", "cv": "cross-validation", "train": "training"}
USUAL = ("rmse", "mae", "r2", "adjusted_r2", "log_loss", "accuracy", "auc")
HEAD = ("metric", "better is", "A", "B", "change", "relative", "ahead")


def section(pair: Pair) -> Section:
    """Test, cross-validation and training rows, each metric."""
    blocks: list[Block] = [
        Table("Metrics side by side", HEAD, tuple(row for rows in ROWS for row in _rows(pair, rows)), sortable=True)
    ]
    if pair.verdict.other_rows:
        blocks.append(text("The test rows differ, so a difference of test metrics may be one of the rows."))
    if not pair.same_folds:
        blocks.append(
            text("The training rows or their folds differ, so cross-validation scores are not set against each other.")
        )
    if again := _repeated(pair):
        blocks += [
            Table("Further splits", ("further splits, test", "A mean", "A std", "B mean", "B std", "change"), again)
        ]
    blocks.append(
        text("Cross-validation shows the best trial of a search, which looks a little better the longer it searched.")
    )
    return Section("Metrics", tuple(blocks))


def _rows(pair: Pair, rows: str) -> list[tuple[str, ...]]:
    a, b = (side.result.metrics[rows] for side in pair)
    against = rows != "cv" or pair.same_folds
    return [
        (
            f"{ROWS[rows]} {metric_name(name)}",
            "higher" if name in GREATER_IS_BETTER else "lower",
            number(a.get(name)),
            number(b.get(name)),
            *(_against(pair, name, a.get(name), b.get(name)) if against else (UNKNOWN,) * 3),
        )
        for name in sorted({*a, *b}, key=lambda name: (name != pair.a.result.fitting.metric, *_place(name)))
    ]


def _place(name: str) -> tuple[int, str]:
    """Usual metrics in their usual order."""
    return USUAL.index(name) if name in USUAL else len(USUAL), name


def _against(pair: Pair, name: str, a: float | None, b: float | None) -> tuple[str, str, str]:
    """The change; which of two is ahead is said only where they can be ranked."""
    return change(a, b), relative(a, b), _ahead(name, a, b) if pair.verdict.comparable else UNKNOWN


def _ahead(name: str, a: float | None, b: float | None) -> str:
    if a is None or b is None:
        return UNKNOWN
    return "=" if a == b else "B" if (b > a) == (name in GREATER_IS_BETTER) else "A"


def _repeated(pair: Pair) -> tuple[tuple[str, ...], ...]:
    """Mean and spread over further splits, where both have them."""
    a, b = ({each["metric"]: each for each in side.result.repeated.get("metrics", [])} for side in pair)
    return tuple(
        (
            metric_name(name),
            number(a[name]["mean"]),
            number(a[name]["std"], 3),
            number(b[name]["mean"]),
            number(b[name]["std"], 3),
            change(a[name]["mean"], b[name]["mean"]),
        )
        for name in a
        if name in b
    )
