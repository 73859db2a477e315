"""Leaks: columns that determine the target, alone or in pairs, such as copies, parts, or price per metre with metres.

A column that is unknown at prediction time usually looks too good to be true.
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
# With fewer rows per value, chance explains the target.
ROWS_PER_VALUE, MIN_ROWS = 5, 20
BINS = 50
# Names of targets that are common in names of other columns.
GENERIC = frozenset(
    ["class", "count", "label", "output", "rating", "result", "score", "status", "target", "type", "value"]
)
# Rows of a first check, spread over the table, and the largest number of columns whose pairs are all checked.
PROBE_ROWS, MAX_COLUMNS = 300, 80
# In this share of the rows the formula's error is at most this share of the target's standard deviation.
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
    """The reason why a column may leak the target, with the figure; empty if there is none."""
    values = read.values.reset_index(drop=True)
    if read.present >= MIN_ROWS and values.astype(str).equals(target.values.reset_index(drop=True).astype(str)):
        return "equals the target in every row"
    measures = _class_measures(read, target) if classes else _number_measures(read, target)
    for figure, limit, text in measures:
        if figure > limit:
            return text
    if _name_in(target.name, read.name):
        figures = ", ".join(text for _, _, text in measures)
        return f"its name contains the target's{': ' + figures if figures else ''}"
    return ""


def formulas(reads: Sequence[ReadColumn], target: ReadColumn, suspects: Collection[str]) -> dict[str, str]:
    """The formula of each column that determines the target together with another column.

    In a product or quotient with a suspected column, the other column is no leak: metres, beside price per metre. Both
    parts of a sum are leaks.
    """
    present = target.values.notna().to_numpy()
    y = target.values[present].to_numpy(dtype=np.float64)
    columns = {read.name: _as_floats(read.values[present]).to_numpy() for read in _numbers(reads)[:MAX_COLUMNS]}
    if len(y) < MIN_ROWS:
        return {}
    # a column that equals the target would form a formula with any other
    columns = {name: values for name, values in columns.items() if not _near(values, y, y.std())}
    probe = np.unique(np.linspace(0, len(y) - 1, PROBE_ROWS).astype(np.int64))
    formula_of: dict[str, str] = {}
    for (a, left), (b, right) in combinations(columns.items(), 2):
        candidates = [formula for formula in FORMULAS if formula[0] in ADDITIVE or not {a, b} & set(suspects)]
        for text, function in candidates:
            if not _gives(function, left[probe], right[probe], y[probe], y.std()):
                continue
            if _gives(function, left, right, y, y.std()):
                reason = f"{text.format(a, b)} is the target in at least {100 * SHARE:.0f}% of the rows"
                formula_of = {a: reason, b: reason} | formula_of
    return formula_of


def untested_pairs(reads: Sequence[ReadColumn]) -> list[str]:
    """A note if some pairs were not checked."""
    if len(_numbers(reads)) <= MAX_COLUMNS:
        return []
    return [
        f"the first {MAX_COLUMNS} of {len(_numbers(reads))} columns of numbers were tried in pairs for formulas that"
        " give the target; the others were not"
    ]


def _number_measures(read: ReadColumn, target: ReadColumn) -> list[tuple[float, float, str]]:
    """(figure, limit, text): the rank correlation, and the share of the target's rank variance it explains."""
    present = (read.values.notna() & target.values.notna()).to_numpy()
    if present.sum() < MIN_ROWS:
        return []
    y = _ranks(target.values[present])
    measures = []
    if read.type not in ("text", "ignore"):
        correlation = _correlation(_ranks(_as_floats(read.values[present])), y)
        measures.append((abs(correlation), SPEARMAN, f"Spearman {correlation:+.3f} with the target"))
    codes, values = pd.factorize(read.values[present])
    if len(values) <= present.sum() / ROWS_PER_VALUE:
        means = np.bincount(codes, weights=y) / np.bincount(codes)
        explained = float(np.var(means[codes]) / np.var(y)) if np.var(y) > 0 else 0.0
        measures.append((explained, EXPLAINED, f"its values explain {100 * explained:.1f}% of the target"))
    return measures


def _class_measures(read: ReadColumn, target: ReadColumn) -> list[tuple[float, float, str]]:
    """(figure, limit, text): AUC for two classes, and the gain in accuracy of the most frequent class per value."""
    present = target.values.notna().to_numpy()
    y, names = pd.factorize(target.values[present], sort=True)
    values, measures = read.values[present], []
    if present.sum() < MIN_ROWS or values.notna().sum() == 0:
        return []
    if read.type not in ("text", "ignore"):
        numbers = _as_floats(values)
        if len(names) == 2:
            auc = _auc(numbers, y)
            measures.append((max(auc, 1 - auc), AUC, f"AUC {auc:.3f} alone"))
        bins = min(BINS, int(present.sum()) // (2 * ROWS_PER_VALUE))
        values = numbers if numbers.nunique() <= bins else pd.qcut(numbers, bins, labels=False, duplicates="drop")
    for groups, prefix in ((values, ""), (values.isna(), "having a value ")):
        codes, distinct = pd.factorize(groups, use_na_sentinel=False)
        if 1 < len(distinct) <= present.sum() / ROWS_PER_VALUE:
            measures.append(_gain(codes, y, prefix))
    return measures


def _gain(codes: npt.NDArray[np.intp], y: npt.NDArray[np.intp], prefix: str) -> tuple[float, float, str]:
    """The gain in accuracy of predicting each group's most frequent class over that of all rows."""
    table = np.zeros((codes.max() + 1, y.max() + 1))
    np.add.at(table, (codes, y), 1)
    accuracy, baseline = table.max(axis=1).sum() / len(y), table.sum(axis=0).max() / len(y)
    text = f"{prefix}tells the class in {100 * accuracy:.1f}% of the rows, against {100 * baseline:.1f}% without it"
    return float((accuracy - baseline) / (1 - baseline)), EXPLAINED, text


def _as_floats(values: pd.Series) -> pd.Series:
    """Numbers, booleans and dates as floats."""
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
    present = numbers.notna().to_numpy()
    ranks, second = numbers[present].rank().to_numpy(), y[present] == 1
    n_second, n_first = int(second.sum()), int((~second).sum())
    if min(n_first, n_second) == 0 or len(ranks) < MIN_ROWS:
        return 0.5
    return float((ranks[second].sum() - n_second * (n_second + 1) / 2) / (n_first * n_second))


def _name_in(target: str, column: str) -> bool:
    target_words, words = _words(target), _words(column)
    if not target_words or len("".join(target_words)) < 3 or (len(target_words) == 1 and target_words[0] in GENERIC):
        return False
    return any(words[start : start + len(target_words)] == target_words for start in range(len(words)))


def _words(name: str) -> Sequence[str]:
    return re.findall(r"[^\W_]+", re.sub(r"(?<=[a-z])(?=[A-Z])", " ", name).lower())


def _numbers(reads: Sequence[ReadColumn]) -> list[ReadColumn]:
    return [read for read in reads if read.type in ("number", "integer")]


def _gives(function: Callable[[Vector, Vector], Vector], left: Vector, right: Vector, y: Vector, spread: float) -> bool:
    with np.errstate(all="ignore"):
        return _near(function(left, right), y, spread)


def _near(values: Vector, y: Vector, spread: float) -> bool:
    return bool((np.abs(values - y) <= TOLERANCE * spread).mean() >= SHARE)
