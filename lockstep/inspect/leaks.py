"""Columns that know the target, alone or in pairs: its copies, its parts, or price per metre beside metres.

What cannot be known when a prediction is needed looks too good to be true.
"""

import re
from collections.abc import Callable, Collection, Sequence
from itertools import combinations

import numpy as np
import numpy.typing as npt
import pandas as pd

from lockstep.inspect.reading import ReadColumn

Vector = npt.NDArray[np.float64]

SPEARMAN = EXPLAINED = 0.99
AUC = 0.995
# Fewer rows per value say more about chance than about the target.
ROWS_PER_VALUE, MIN_ROWS = 5, 20
BINS = 50
# Names of targets that many an innocent column holds as well.
GENERIC = frozenset(
    ["class", "count", "label", "output", "rating", "result", "score", "status", "target", "type", "value"]
)
# Rows looked at first, spread over the table, and the most columns of which all pairs are tried.
PROBE_ROWS, MAX_COLUMNS = 300, 80
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


def leak_reason(read: ReadColumn, target: ReadColumn, *, classes: bool) -> str:
    """Why a column is suspected to know the target, with the figure; empty if it is not."""
    same = read.values.reset_index(drop=True)
    if read.present >= MIN_ROWS and same.astype(str).equals(target.values.reset_index(drop=True).astype(str)):
        return "equals the target in every row"
    measures = _class_measures(read, target) if classes else _number_measures(read, target)
    for figure, limit, text in measures:
        if figure > limit:
            return text
    if _name_in(target.name, read.name):
        figures = ", ".join(text for _, _, text in measures)
        return f"its name holds the target's{': ' + figures if figures else ''}"
    return ""


def formulas(reads: Sequence[ReadColumn], target: ReadColumn, suspected: Collection[str]) -> dict[str, str]:
    """The formula, for each column that gives the target together with another one.

    Of a product or quotient with a column that is suspected already, the other one is innocent: metres, beside price
    per metre. Both parts of a sum say something about it.
    """
    known = target.values.notna().to_numpy()
    y = target.values[known].to_numpy(dtype=np.float64)
    columns = {read.name: _as_floats(read.values[known]).to_numpy() for read in _numbers(reads)[:MAX_COLUMNS]}
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


def untested_pairs(reads: Sequence[ReadColumn]) -> list[str]:
    """A note if not all pairs are tried."""
    if len(_numbers(reads)) <= MAX_COLUMNS:
        return []
    return [
        f"the first {MAX_COLUMNS} of {len(_numbers(reads))} columns of numbers were tried in pairs for formulas that"
        " give the target; the others were not"
    ]


def _number_measures(read: ReadColumn, target: ReadColumn) -> list[tuple[float, float, str]]:
    """(figure, limit, words): the rank correlation, and how much of the target's ranks the column's values explain."""
    known = (read.values.notna() & target.values.notna()).to_numpy()
    if known.sum() < MIN_ROWS:
        return []
    y = _ranks(target.values[known])
    measures = []
    if read.type not in ("text", "ignore"):
        correlation = _correlation(_ranks(_as_floats(read.values[known])), y)
        measures.append((abs(correlation), SPEARMAN, f"Spearman {correlation:+.3f} with the target"))
    codes, values = pd.factorize(read.values[known])
    if len(values) <= known.sum() / ROWS_PER_VALUE:
        means = np.bincount(codes, weights=y) / np.bincount(codes)
        explained = float(np.var(means[codes]) / np.var(y)) if np.var(y) > 0 else 0.0
        measures.append((explained, EXPLAINED, f"its values explain {100 * explained:.1f}% of the target"))
    return measures


def _class_measures(read: ReadColumn, target: ReadColumn) -> list[tuple[float, float, str]]:
    """(figure, limit, words): AUC for two classes, and the gain of guessing by value over the most frequent class."""
    known = target.values.notna().to_numpy()
    y, names = pd.factorize(target.values[known], sort=True)
    values, measures = read.values[known], []
    if known.sum() < MIN_ROWS or values.notna().sum() == 0:
        return []
    if read.type not in ("text", "ignore"):
        numbers = _as_floats(values)
        if len(names) == 2:
            auc = _auc(numbers, y)
            measures.append((max(auc, 1 - auc), AUC, f"AUC {auc:.3f} alone"))
        bins = min(BINS, int(known.sum()) // (2 * ROWS_PER_VALUE))
        values = numbers if numbers.nunique() <= bins else pd.qcut(numbers, bins, labels=False, duplicates="drop")
    for groups, what in ((values, ""), (values.isna(), "having a value ")):
        codes, distinct = pd.factorize(groups, use_na_sentinel=False)
        if 1 < len(distinct) <= known.sum() / ROWS_PER_VALUE:
            measures.append(_gain(codes, y, what))
    return measures


def _gain(codes: npt.NDArray[np.intp], y: npt.NDArray[np.intp], what: str) -> tuple[float, float, str]:
    """How much better the most frequent class of each group guesses than that of all rows."""
    table = np.zeros((codes.max() + 1, y.max() + 1))
    np.add.at(table, (codes, y), 1)
    right, frequent = table.max(axis=1).sum() / len(y), table.sum(axis=0).max() / len(y)
    text = f"{what}tells the class in {100 * right:.1f}% of the rows, against {100 * frequent:.1f}% without it"
    return float((right - frequent) / (1 - frequent)), EXPLAINED, text


def _as_floats(values: pd.Series) -> pd.Series:
    """Numbers, truth values and dates as floats."""
    if pd.api.types.is_datetime64_any_dtype(values):
        seconds = values.to_numpy(dtype="datetime64[s]")
        return pd.Series(np.where(np.isnat(seconds), np.nan, seconds.astype(np.int64).astype(np.float64)))
    return values.astype(np.float64).reset_index(drop=True)


def _ranks(values: pd.Series) -> Vector:
    return np.asarray(values.rank(), dtype=np.float64)


def _correlation(a: Vector, b: Vector) -> float:
    a, b = a - a.mean(), b - b.mean()
    size = float(np.sqrt((a @ a) * (b @ b)))
    return float(a @ b) / size if size else 0.0


def _auc(numbers: pd.Series, y: npt.NDArray[np.intp]) -> float:
    known = numbers.notna().to_numpy()
    ranks, second = numbers[known].rank().to_numpy(), y[known] == 1
    n_second, n_first = int(second.sum()), int((~second).sum())
    if min(n_first, n_second) == 0 or len(ranks) < MIN_ROWS:
        return 0.5
    return float((ranks[second].sum() - n_second * (n_second + 1) / 2) / (n_first * n_second))


def _name_in(target: str, column: str) -> bool:
    wanted, words = _words(target), _words(column)
    if not wanted or len("".join(wanted)) < 3 or (len(wanted) == 1 and wanted[0] in GENERIC):
        return False
    return any(words[start : start + len(wanted)] == wanted for start in range(len(words)))


def _words(name: str) -> Sequence[str]:
    return re.findall(r"[^\W_]+", re.sub(r"(?<=[a-z])(?=[A-Z])", " ", name).lower())


def _numbers(reads: Sequence[ReadColumn]) -> list[ReadColumn]:
    return [read for read in reads if read.type in ("number", "integer")]


def _gives(function: Callable[[Vector, Vector], Vector], left: Vector, right: Vector, y: Vector, spread: float) -> bool:
    with np.errstate(all="ignore"):
        return _near(function(left, right), y, spread)


def _near(values: Vector, y: Vector, spread: float) -> bool:
    return bool((np.abs(values - y) <= TOLERANCE * spread).mean() >= SHARE)
