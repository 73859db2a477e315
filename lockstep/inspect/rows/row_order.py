"""Whether the order of the rows in the file matters: targets like those of the rows before them."""

from collections.abc import Mapping

import numpy as np
import numpy.typing as npt
import pandas as pd

from lockstep.inspect.findings import Finding
from lockstep.inspect.reading import ReadColumn
from lockstep.inspect.rows.likeness import ComparedTarget, codes_of
from lockstep.inspect.rows.structure import SplitAdvice
from lockstep.inspect.rows.time_order import ALIKE, ERRORS
from lockstep.table.filler import as_floats

# A column in whose order the rows stand, but for a few, and one whose values come in runs, explain why neighbours in
# the file are alike; so may places.
SORTED, RUNS = 0.95, 0.5


def order_hint(
    findings: Mapping[str, Finding],
    reads: Mapping[str, ReadColumn],
    present: npt.NDArray[np.bool_],
    outcome: ComparedTarget,
    *,
    has_places: bool,
) -> list[SplitAdvice]:
    """A hint to split by the order of the rows if their targets are like those before them and nothing explains it."""
    n_rows = len(outcome.values)
    rows = np.arange(n_rows - 1)
    alike = outcome.likeness(rows, rows + 1)
    if has_places or alike < ALIKE or alike * n_rows**0.5 < ERRORS or _sorted(outcome.values):
        return []
    features = {name: column for name, column in findings.items() if column.role in ("plain", "encoded")}
    if any(_explains(reads[name].values[present], column.type) for name, column in features.items()):
        return []
    number = next((name for name, column in findings.items() if _numbers_rows(column, reads[name])), None)
    why = (
        f"The targets of a row and of the one before it in the file correlate by {alike:.2f}. If the rows are in the"
        " order of time, a random split tests between training rows; then"
    )
    if number is None:
        return [
            SplitAdvice(why=f"{why} number the rows in a column of the file, and split by it (split.strategy=time)")
        ]
    typed = "" if findings[number].type == "integer" else f" give {number} the type integer and"
    return [SplitAdvice("time", number, why=f"{why}{typed} split by it")]


def _numbers_rows(column: Finding, read: ReadColumn) -> bool:
    """Whether whole numbers rise with every row, and tell nothing else."""
    if column.role != "identifier" or read.type != "integer" or read.missing:
        return False
    return bool((np.diff(as_floats(read.values)) > 0).all())


def _explains(values: pd.Series, kind: str) -> bool:
    """Whether a column's values are sorted or come in runs."""
    codes = codes_of(values)
    if kind in ("number", "integer", "date") and _sorted(np.asarray(values.rank(), dtype=np.float64)):
        return True
    if kind not in ("category", "text", "integer") or len(codes) < 2 * int(codes.max() + 1):
        return False
    shares = np.bincount(codes) / len(codes)
    chance = float(shares @ shares)
    same = float((codes[1:] == codes[:-1]).mean())
    return chance < 1 and (same - chance) / (1 - chance) >= RUNS


def _sorted(values: npt.NDArray[np.float64]) -> bool:
    steps = np.diff(values[np.isfinite(values)])
    return bool(len(steps) and max((steps >= 0).mean(), (steps <= 0).mean()) >= SORTED)
