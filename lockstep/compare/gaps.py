"""How much better the models look on rows they know."""

from lockstep.compare.document import Section, Table, text
from lockstep.compare.numbers import change, number
from lockstep.compare.pair import Pair
from lockstep.compare.sides import Side
from lockstep.report.templates import UNKNOWN


def section(pair: Pair) -> Section:
    """Scores on known and on new rows, their ratios, and the difference of R²."""
    train, cv, test = (pair.scores(rows) for rows in ("train", "cv", "test"))
    rows = [
        _row(f"training {pair.score_name}", *train),
        _row(f"cross-validation {pair.score_name}", *cv, against=pair.same_folds),
        _row(f"test {pair.score_name}", *test),
        _row("test per training", *(_ratio(test[place], train[place]) for place in (0, 1))),
        _row("test per cross-validation", *(_ratio(test[place], cv[place]) for place in (0, 1))),
    ]
    gaps = [_r2_gap(side) for side in pair]
    if gaps != [None, None]:
        rows.append(_row("training R² less test R²", *gaps))
    note = (
        "Boosted trees know their training rows closely, so a test score well above the training score is usual;"
        " beside two similar test scores the wider gap is the model that learned more by heart."
    )
    return Section("Overfit gap", (Table("Overfit gap", ("rows", "A", "B", "change"), tuple(rows)), text(note)))


def _row(name: str, a: float | None, b: float | None, *, against: bool = True) -> tuple[str, ...]:
    return name, number(a, 4), number(b, 4), change(a, b) if against else UNKNOWN


def _ratio(above: float | None, below: float | None) -> float | None:
    return above / below if above is not None and below else None


def _r2_gap(side: Side) -> float | None:
    train, test = (side.result.metrics[rows].get("r2") for rows in ("train", "test"))
    return None if train is None or test is None else float(train - test)
