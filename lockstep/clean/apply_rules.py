"""The cleaning rules: pure functions from a frame to a mask of the rows to keep, or to a frame with changed columns."""

from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from lockstep.clean import rules
from lockstep.clean.rules import Rule

Mask = npt.NDArray[np.bool_]


def apply_rule(frame: pd.DataFrame, rule: Rule) -> pd.DataFrame:
    """The frame after one rule; row order and `row_id` are preserved, the index counts from 0.

    If the caller keeps no reference to `frame`, a rule that drops rows frees each column after copying it.
    """
    frame, select_rows = change_columns(frame, rule), _ROWS.get(type(rule))
    if select_rows is None:
        return frame
    keep, columns = select_rows(frame, rule), dict(frame.items())
    del frame
    return pd.DataFrame({name: columns.pop(name).array[keep] for name in list(columns)}, copy=False)


def change_columns(frame: pd.DataFrame, rule: Rule) -> pd.DataFrame:
    """The rule's changes of columns; new rows get only these, since none of them is dropped."""
    change = _COLUMNS.get(type(rule))
    return change(frame, rule) if change else frame


def drop_missing(frame: pd.DataFrame, rule: rules.DropMissing) -> Mask:
    """Rows in which none of the columns is missing."""
    keep = np.ones(len(frame), dtype=bool)
    for name in rule.columns:
        keep &= frame[name].notna().to_numpy()
    return keep


def drop_duplicates(frame: pd.DataFrame, rule: rules.DropDuplicates) -> Mask:
    """One row of each group with equal values in the columns; DropDuplicates defines which."""
    order = np.arange(len(frame))
    if rule.by is not None:
        values = frame[rule.by].reset_index(drop=True)
        order = values.sort_values(ascending=rule.keep == "lowest", kind="stable").index.to_numpy()
    keys = frame[list(rule.columns)].iloc[order]
    keep = np.ones(len(frame), dtype=bool)
    keep[order[keys.duplicated(keep="last" if rule.keep == "last" else "first")]] = False
    return keep


def count_copies(frame: pd.DataFrame, rule: rules.DropDuplicates) -> pd.DataFrame:
    """Add the number of rows that have a row's values in the columns, if the rule has `count_as`."""
    if rule.count_as is None:
        return frame
    copies = frame.groupby(list(rule.columns), dropna=False, sort=False)["row_id"].transform("size")
    return _with_column(frame, rule.count_as, copies.astype(np.int64))


def drop_values(frame: pd.DataFrame, rule: rules.DropValues) -> Mask:
    """Rows whose column has none of the values."""
    return ~frame[rule.column].isin(list(rule.values)).to_numpy()


def drop_outside(frame: pd.DataFrame, rule: rules.DropOutside) -> Mask:
    """Rows whose column lies within the bounds or is missing."""
    values = frame[rule.column]
    outside = np.zeros(len(frame), dtype=bool)
    if rule.min is not None:
        outside |= (values < rule.min).to_numpy()
    if rule.max is not None:
        outside |= (values > rule.max).to_numpy()
    return ~outside


def ratio(frame: pd.DataFrame, rule: rules.AddRatio) -> pd.DataFrame:
    """Add numerator / denominator, missing where the denominator is 0."""
    denominator = frame[rule.denominator].astype(np.float64).replace(0.0, np.nan)
    return _with_column(frame, rule.name, frame[rule.numerator].astype(np.float64) / denominator)


def scale(frame: pd.DataFrame, rule: rules.ScaleColumn) -> pd.DataFrame:
    """Divide a column by a constant."""
    return _with_column(frame, rule.column, frame[rule.column] / rule.divide_by)


def date_part(frame: pd.DataFrame, rule: rules.AddDatePart) -> pd.DataFrame:
    """Add a part of a date as a whole number; missing where the date is."""
    part = getattr(frame[rule.column].dt, "day_of_week" if rule.part == "weekday" else rule.part)
    missing = bool(frame[rule.column].isna().any())
    return _with_column(frame, rule.name, part.astype(np.float64 if missing else np.int64))


def rename(frame: pd.DataFrame, rule: rules.RenameColumns) -> pd.DataFrame:
    """Rename columns."""
    return frame.rename(columns=rule.columns)


def drop_columns(frame: pd.DataFrame, rule: rules.DropColumns) -> pd.DataFrame:
    """Remove columns."""
    return frame.drop(columns=list(rule.columns))


def _with_column(frame: pd.DataFrame, name: str, values: pd.Series) -> pd.DataFrame:
    """The frame with a column added or replaced, without copying the others."""
    return pd.DataFrame({**dict(frame.items()), name: values}, copy=False)


# Rules that select rows and rules that change columns; a rule that does both changes columns first.
_ROWS: dict[type, Callable[[pd.DataFrame, Any], Mask]] = {
    rules.DropMissing: drop_missing,
    rules.DropDuplicates: drop_duplicates,
    rules.DropValues: drop_values,
    rules.DropOutside: drop_outside,
}
_COLUMNS: dict[type, Callable[[pd.DataFrame, Any], pd.DataFrame]] = {
    rules.DropDuplicates: count_copies,
    rules.AddRatio: ratio,
    rules.ScaleColumn: scale,
    rules.AddDatePart: date_part,
    rules.RenameColumns: rename,
    rules.DropColumns: drop_columns,
}
