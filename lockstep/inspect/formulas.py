"""Pairs of columns from which the target can be computed: its parts, or price per metre and metres."""

from collections.abc import Callable, Collection, Sequence
from itertools import combinations

import numpy as np
import numpy.typing as npt

from lockstep.inspect.leaks import as_floats
from lockstep.inspect.reading import Read

Vector = npt.NDArray[np.float64]

# Rows looked at first, spread over the table, and the most columns of which all pairs are tried.
PROBE_ROWS, MAX_COLUMNS, MIN_ROWS = 300, 80, 20
# In this share of the rows the formula misses the target by less than this share of its standard deviation.
SHARE, TOLERANCE = 0.99, 0.005
ADDITIVE = ("{0} + {1}", "{0} - {1}", "{1} - {0}")
FORMULAS: tuple[tuple[str, Callable[[Vector, Vector], Vector]], ...] = (
    ("{0} + {1}", np.add),
    ("{0} - {1}", np.subtract),
    ("{1} - {0}", lambda a, b: b - a),
    ("{0} * {1}", np.multiply),
    ("{0} / {1}", np.divide),
    ("{1} / {0}", lambda a, b: b / a),
)


def formulas(reads: Sequence[Read], target: Read, suspected: Collection[str]) -> dict[str, str]:
    """The formula, for each column that gives the target together with another one.

    Of a product or quotient with a column that is suspected already, the other one is innocent: metres, beside price
    per metre. Both parts of a sum say something about it.
    """
    known = target.values.notna().to_numpy()
    y = target.values[known].to_numpy(dtype=np.float64)
    columns = {read.name: as_floats(read.values[known]).to_numpy() for read in _numbers(reads)[:MAX_COLUMNS]}
    if len(y) < MIN_ROWS:
        return {}
    # a column that is the target by itself would make a formula of any other
    columns = {name: values for name, values in columns.items() if not _near(values, y, y.std())}
    probe = np.unique(np.linspace(0, len(y) - 1, PROBE_ROWS).astype(np.int64))
    found: dict[str, str] = {}
    for (a, left), (b, right) in combinations(columns.items(), 2):
        usual = [formula for formula in FORMULAS if formula[0] in ADDITIVE or not {a, b} & set(suspected)]
        for text, function in usual:
            if not _gives(function, left[probe], right[probe], y[probe], y.std()):
                continue
            if _gives(function, left, right, y, y.std()):
                line = f"{text.format(a, b)} is the target in at least {100 * SHARE:.0f}% of the rows"
                found = {a: line, b: line} | found
    return found


def untried(reads: Sequence[Read]) -> list[str]:
    """A note if not all pairs are tried."""
    if len(_numbers(reads)) <= MAX_COLUMNS:
        return []
    return [
        f"the first {MAX_COLUMNS} of {len(_numbers(reads))} columns of numbers were tried in pairs for formulas that"
        " give the target; the others were not"
    ]


def _numbers(reads: Sequence[Read]) -> list[Read]:
    return [read for read in reads if read.type in ("number", "integer")]


def _gives(function: Callable[[Vector, Vector], Vector], left: Vector, right: Vector, y: Vector, spread: float) -> bool:
    with np.errstate(all="ignore"):
        return _near(function(left, right), y, spread)


def _near(values: Vector, y: Vector, spread: float) -> bool:
    return bool((np.abs(values - y) <= TOLERANCE * spread).mean() >= SHARE)
