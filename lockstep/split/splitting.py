"""Dividing the cleaned table into training rows, test rows and folds.

The training table has an integer column `fold`. A row with fold k >= 0 is a validation row of fold k. With random,
stratified and group folds all other rows are the training rows of fold k; with one fold (holdout) these are the rows
with fold -1. With time folds only earlier rows train fold k: those with a smaller fold number.
"""

from collections.abc import Hashable, Iterator
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
from sklearn.model_selection import GroupKFold, GroupShuffleSplit, KFold, StratifiedKFold, train_test_split

from lockstep.errors import DataError, one_line
from lockstep.split.split_block import ALWAYS_TRAIN, Split
from lockstep.table.target import Target

TARGET_BINS = 10

Rows = npt.NDArray[np.int64]


def split_table(clean: pd.DataFrame, target: Target, split: Split, seed: int) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Divide a cleaned table.

    Returns:
        The training table with its `fold` column, and the test table; both in the order of `row_id`.

    Raises:
        DataError: if the table has too few rows or distinct values for the split.
    """
    try:
        if split.strategy == "time":
            return _by_time(clean, split)
        train, test = _hold_out(clean, np.arange(len(clean)), target, split, split.test_size, seed)
        if split.folds == 1:
            # valid_size is a fraction of all rows. The rows stay in the order that train_test_split returned, because
            # the reference studies split twice in this way.
            rest = split.valid_size / (1 - split.test_size)
            _, valid = _hold_out(clean, train, target, split, rest, seed)
            folds = np.full(len(clean), ALWAYS_TRAIN)
            folds[valid] = 0
            train = np.sort(train)
        else:
            train = np.sort(train)
            folds = np.full(len(clean), ALWAYS_TRAIN)
            for fold, (_, valid) in enumerate(_folds(clean.iloc[train], target, split, seed)):
                folds[train[valid]] = fold
    except ValueError as error:
        raise DataError(
            f"params.yaml: split: {len(clean)} rows cannot be split with strategy {split.strategy},"
            f" folds {split.folds}, test_size {split.test_size}: {one_line(error)}"
        ) from None
    return _tables(clean, train, np.sort(test), folds)


def _hold_out(
    clean: pd.DataFrame, rows: Rows, target: Target, split: Split, size: float, seed: int
) -> tuple[Rows, Rows]:
    if split.strategy == "group":
        chooser = GroupShuffleSplit(n_splits=1, test_size=size, random_state=seed)
        train, test = next(chooser.split(rows, groups=_groups(clean.iloc[rows], split)))
        return rows[train], rows[test]
    smaller = int(len(rows) * min(size, 1 - size))
    bins = _bins(clean.iloc[rows], target, smaller) if split.strategy == "stratified" else None
    train, test = train_test_split(rows, test_size=size, random_state=seed, stratify=bins)
    return train, test


def _folds(train: pd.DataFrame, target: Target, split: Split, seed: int) -> Iterator[tuple[Rows, Rows]]:
    if split.strategy == "group":
        folder = GroupKFold(n_splits=split.folds, shuffle=True, random_state=seed)
        yield from folder.split(train, groups=_groups(train, split))
    elif split.strategy == "stratified":
        folder = StratifiedKFold(split.folds, shuffle=True, random_state=seed)
        yield from folder.split(train, _bins(train, target, len(train) // split.folds))
    else:
        yield from KFold(split.folds, shuffle=True, random_state=seed).split(train)


def _bins(frame: pd.DataFrame, target: Target, smallest_part: int) -> Rows:
    """The classes; for a number quantile bins of equal size, few enough that the smallest part has two rows of each.

    Rows with equal values are assigned to bins in their order.
    """
    if target.classes:
        return target.values(frame).astype(np.int64)
    count = max(2, min(TARGET_BINS, smallest_part // 2))
    return (frame[target.column].rank(method="first").to_numpy().astype(np.int64) - 1) * count // len(frame)


def _groups(frame: pd.DataFrame, split: Split) -> Rows:
    """Group numbers; every row without a group is its own group."""
    codes = pd.factorize(frame[split.group])[0].astype(np.int64)
    missing = codes < 0
    codes[missing] = codes.max(initial=0) + 1 + np.arange(missing.sum())
    return codes


def _by_time(clean: pd.DataFrame, split: Split) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Take the latest rows as test rows; rows of the same moment stay together, on the later side."""
    kind = clean[split.time].dtype
    if not (pd.api.types.is_numeric_dtype(kind) or pd.api.types.is_datetime64_any_dtype(kind)):
        raise ValueError(f"column {split.time!r} is text, which has no order in time; give it type date or number")
    if clean[split.time].isna().any():
        raise ValueError(f"column {split.time!r} has missing values; drop those rows by a cleaning rule")
    moment = clean[split.time].rank(method="dense").to_numpy().astype(np.int64)
    ordered = np.sort(moment)

    def cut(quantile: float) -> int:
        return int(ordered[min(int(quantile * len(ordered)), len(ordered) - 1)])

    test_from = cut(1 - split.test_size)
    if split.folds == 1:
        edges = [cut(1 - split.test_size - split.valid_size)]
    else:
        share = (1 - split.test_size) / (split.folds + 1)
        edges = [cut(share * (fold + 1)) for fold in range(split.folds)]
    bounds = [int(ordered[0]), *edges, test_from]
    if len(set(bounds)) < len(bounds):
        raise ValueError(f"column {split.time!r} has too few distinct moments; use fewer folds")
    folds = np.searchsorted(edges, moment, side="right") - 1
    train = np.flatnonzero(moment < test_from)
    return _tables(clean, train, np.flatnonzero(moment >= test_from), folds)


def _tables(clean: pd.DataFrame, train: Rows, test: Rows, folds: Rows) -> tuple[pd.DataFrame, pd.DataFrame]:
    table = clean.iloc[train].reset_index(drop=True)
    columns: dict[Hashable, Any] = {"row_id": table["row_id"], "fold": folds[train].astype(np.int64)}
    return pd.DataFrame(columns | dict(table.items()), copy=False), clean.iloc[test].reset_index(drop=True)
