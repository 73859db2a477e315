"""Cleaning rules: one small pure function each, from frame to frame."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd

from lockstep.schema import rules
from lockstep.schema.rules import Rule


def apply_rule(frame: pd.DataFrame, rule: Rule) -> pd.DataFrame:
    """The frame after one rule; row order and `row_id` of the rows that stay are kept."""
    return _FUNCTIONS[type(rule)](frame, rule)


def drop_missing(frame: pd.DataFrame, rule: rules.DropMissing) -> pd.DataFrame:
    """Rows in which none of the columns is missing."""
    return frame.dropna(subset=list(rule.columns))


def drop_duplicates(frame: pd.DataFrame, rule: rules.DropDuplicates) -> pd.DataFrame:
    """One row of each group that agrees on the columns; see DropDuplicates for which."""
    ordered = frame
    if rule.by is not None:
        ordered = frame.sort_values(rule.by, ascending=rule.keep == "lowest", kind="stable")
    columns = list(rule.columns)
    kept = ordered.drop_duplicates(columns, keep="last" if rule.keep == "last" else "first")
    if rule.count_as is not None:
        copies = frame.groupby(columns, dropna=False, sort=False)["row_id"].transform("size")
        kept = kept.assign(**{rule.count_as: copies.loc[kept.index].astype(np.int64)})
    return kept.sort_values("row_id", kind="stable")


def drop_values(frame: pd.DataFrame, rule: rules.DropValues) -> pd.DataFrame:
    """Rows whose column has none of the values."""
    return frame[~frame[rule.column].isin(list(rule.values))]


def drop_outside(frame: pd.DataFrame, rule: rules.DropOutside) -> pd.DataFrame:
    """Rows whose column lies within the bounds or is missing."""
    values = frame[rule.column]
    outside = pd.Series(False, index=frame.index)
    if rule.min is not None:
        outside |= values < rule.min
    if rule.max is not None:
        outside |= values > rule.max
    return frame[~outside]


def ratio(frame: pd.DataFrame, rule: rules.Ratio) -> pd.DataFrame:
    """Add numerator / denominator, missing where the denominator is 0."""
    denominator = frame[rule.denominator].astype(np.float64).replace(0.0, np.nan)
    return frame.assign(**{rule.name: frame[rule.numerator].astype(np.float64) / denominator})


def scale(frame: pd.DataFrame, rule: rules.Scale) -> pd.DataFrame:
    """Divide a column by a constant."""
    return frame.assign(**{rule.column: frame[rule.column] / rule.divide_by})


def date_part(frame: pd.DataFrame, rule: rules.DatePart) -> pd.DataFrame:
    """Add a part of a date as a whole number; missing where the date is."""
    part = getattr(frame[rule.column].dt, rule.part)
    missing = bool(frame[rule.column].isna().any())
    return frame.assign(**{rule.name: part.astype(np.float64 if missing else np.int64)})


def rename(frame: pd.DataFrame, rule: rules.Rename) -> pd.DataFrame:
    """Give columns other names."""
    return frame.rename(columns=rule.columns)


def drop_columns(frame: pd.DataFrame, rule: rules.DropColumns) -> pd.DataFrame:
    """Remove columns."""
    return frame.drop(columns=list(rule.columns))


_FUNCTIONS: dict[type, Callable[[pd.DataFrame, Any], pd.DataFrame]] = {
    rules.DropMissing: drop_missing,
    rules.DropDuplicates: drop_duplicates,
    rules.DropValues: drop_values,
    rules.DropOutside: drop_outside,
    rules.Ratio: ratio,
    rules.Scale: scale,
    rules.DatePart: date_part,
    rules.Rename: rename,
    rules.DropColumns: drop_columns,
}
