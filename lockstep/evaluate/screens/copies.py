"""Copies: rows that are equal more often than rows of so few different values are by chance."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

Mask = npt.NDArray[np.bool_]
Keys = npt.NDArray[np.integer]

# Rows of few different values are equal by chance: so many times as many pairs must be equal.
TIMES_CHANCE = 10.0
# Copies have the target of their row; different customers who are alike have their own. Above chance.
SAME_TARGET = 0.9
# Of the different rows, the share that occurs once: where most occur several times, rows repeat by nature.
OCCUR_ONCE = 0.5
# Fewer copies are no reason to drop rows, and a smaller share of rows that differ in the target alone none for a note.
MIN_COPIES, NEAR_SHARE = 3, 0.01


@dataclass(frozen=True)
class Copies:
    """Rows of a table that repeat another one.

    Attributes:
        rows: Rows that equal an earlier one in all columns, the target among them.
        with_other_target: Rows that equal an earlier one in all columns but the target; 0 if chance explains them.
        in_test: The expected share of the test rows of a random split that equal a training row in all columns.
        accidental: Whether they are more than chance makes, so that they are copies of one thing.
    """

    rows: int = 0
    with_other_target: int = 0
    in_test: float = 0.0
    accidental: bool = False


def find_copies(frame: pd.DataFrame, target: str, *, classes: bool, test_size: float) -> Copies:
    """Count the rows that repeat another one, and judge whether chance explains them.

    Args:
        frame: The columns that are compared, and the target.
        target: Name of the target.
        classes: Whether it names classes.
        test_size: The share of the rows in the test part of a random split.
    """
    names = list(map(str, frame.columns))
    features = [name for name in names if name != target]
    whole, alike = group_sizes(frame, names), group_sizes(frame, features)
    rows, in_features = (int(pd.Series(row_keys(frame, each)).duplicated().sum()) for each in (names, features))
    in_test = float((1.0 - test_size ** (whole - 1.0)).mean())
    accidental = rows >= MIN_COPIES and _accidental(frame, target, features, whole, alike, classes=classes)
    near = in_features - rows
    told = near >= max(MIN_COPIES, NEAR_SHARE * len(frame)) and bool(features) and beyond_chance(frame, frame, features)
    return Copies(rows, near if told else 0, in_test, accidental)


def row_keys(frame: pd.DataFrame, columns: Sequence[str]) -> Keys:
    """A number per row that equal rows share."""
    if not columns:
        return np.zeros(len(frame), dtype=np.uint64)
    return pd.util.hash_pandas_object(frame[list(columns)], index=False).to_numpy()


def group_sizes(frame: pd.DataFrame, columns: Sequence[str]) -> npt.NDArray[np.float64]:
    """For each row, the number of rows that equal it, itself included."""
    codes = pd.factorize(row_keys(frame, columns))[0]
    return np.bincount(codes)[codes].astype(np.float64)


def beyond_chance(one: pd.DataFrame, other: pd.DataFrame, columns: Sequence[str]) -> bool:
    """Whether more pairs of rows are equal than agree by chance in the column with the most different values.

    Of the pairs that agree in all other columns, those that agree by chance in this one are as many as of all pairs.

    Args:
        one, other: Two tables without common rows, or the same one twice.
        columns: The columns that are compared.
    """
    # Copies themselves agree everywhere: what agrees by chance shows among different rows.
    different = one.iloc[np.unique(row_keys(one, columns), return_index=True)[1]]
    chances = {name: _chance_of_agreement(different[name]) for name in columns}
    most_different = min(columns, key=lambda name: chances[name])
    rest = [name for name in columns if name != most_different]
    return _pairs(one, other, columns) >= TIMES_CHANCE * chances[most_different] * _pairs(one, other, rest)


def _accidental(
    frame: pd.DataFrame,
    target: str,
    features: Sequence[str],
    whole: npt.NDArray[np.float64],
    alike: npt.NDArray[np.float64],
    *,
    classes: bool,
) -> bool:
    """Whether equal rows are copies of one thing: beyond chance, with its target, among rows that occur once."""
    once = float((1.0 / whole)[whole == 1].sum() / (1.0 / whole).sum())
    copied_whole = bool((whole == whole[0]).all())
    if once < OCCUR_ONCE and not copied_whole:
        return False
    pairs, agreeing = float((alike - 1).sum()), float((whole - 1).sum())
    by_chance = _chance_of_agreement(frame[target])
    agreement = (agreeing / pairs - by_chance) / (1 - by_chance) if pairs and by_chance < 1 else 0.0
    if features and beyond_chance(frame, frame, features):
        return agreement >= SAME_TARGET
    # Rows of few different features are alike by chance; where few of their numbers are, too, those are copies.
    return not classes and agreement < 1 - SAME_TARGET and beyond_chance(frame, frame, [*features, target])


def _chance_of_agreement(values: pd.Series) -> float:
    """The share of the pairs of different rows with equal values."""
    counts = np.bincount(pd.factorize(values, use_na_sentinel=False)[0]).astype(np.float64)
    n_rows = len(values)
    return float((counts * (counts - 1)).sum() / max(n_rows * (n_rows - 1), 1))


def _pairs(one: pd.DataFrame, other: pd.DataFrame, columns: Sequence[str]) -> int:
    """The number of pairs of different rows, one of each table, that are equal in some columns."""
    values, counts = np.unique(row_keys(one, columns), return_counts=True)
    if one is other:
        return int((counts * (counts - 1)).sum())
    keys = row_keys(other, columns)
    places = np.minimum(np.searchsorted(values, keys), len(values) - 1)
    return int(counts[places][values[places] == keys].sum())
