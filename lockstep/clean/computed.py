"""What the code of a rule returns, checked: values of the declared columns and types, a mask of the rows to keep."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from lockstep.clean.declaration import Declaration
from lockstep.clean.rule import Mask, Rule, place_of
from lockstep.errors import ConfigError
from lockstep.guards.text.messages import listed

TEXTS = ("category", "text")


def checked_mask(mask: Any, index: pd.Index, rule: Rule) -> Mask:
    """The rows to keep.

    Raises:
        ConfigError: if it is not one bool per row, in the order of the rows.
    """
    where = f"{place_of(rule)}: rows_to_keep()"
    if isinstance(mask, pd.Series):
        _check_index(mask, index, where)
    checked: Mask = np.asarray(mask)
    if checked.dtype != np.bool_:
        raise ConfigError(f"{where} returns values of type {checked.dtype}; return True or False for each row")
    if checked.shape != (len(index),):
        raise ConfigError(
            f"{where} returns an array of shape {checked.shape}; return one value for each of {len(index)} rows"
        )
    return checked


def checked_values(values: Any, frame: pd.DataFrame, rule: Rule, declared: Declaration) -> dict[str, pd.Series]:
    """The computed columns, in the declared order and with the declared types.

    Args:
        values: What the rule returned.
        frame: The table before the rule; a changed column keeps its type.
        rule: The rule.
        declared: Its columns.

    Raises:
        ConfigError: if other columns were computed, or values of another number or type.
    """
    where = f"{place_of(rule)}: compute()"
    if not isinstance(values, Mapping | pd.DataFrame):
        raise ConfigError(f"{where} returns {type(values).__name__}; return the values of each column by its name")
    if set(values.keys()) != set(declared.results):
        computed = listed([str(name) for name in values]) or "none"
        raise ConfigError(
            f"{where} returns the columns {computed}; the rule makes and changes {listed(list(declared.results))};"
            " return exactly those"
        )
    checked = {}
    for name in declared.results:
        series, column = values[name], f"{where}: column {name!r}"
        if not isinstance(series, pd.Series):
            if np.ndim(series) != 1:
                kind = type(series).__name__
                raise ConfigError(f"{column} is {kind}; return a pandas Series or an array of one dimension")
            series = pd.Series(series, frame.index if len(series) == len(frame) else None)
        _check_index(series, frame.index, column)
        new_type = declared.makes.get(name)
        checked[name] = _of_type(series, new_type, column) if new_type else _like(series, frame[name], column)
    return checked


def _check_index(series: pd.Series, index: pd.Index, where: str) -> None:
    if len(series) != len(index):
        raise ConfigError(f"{where} has {len(series)} rows, the table {len(index)}; return one value for each row")
    if not series.index.equals(index):
        raise ConfigError(f"{where} has another index than the table; keep the order and the index of the rows")


def _of_type(series: pd.Series, kind: str, where: str) -> pd.Series:
    """A made column with the representation that columns of its type have in the cleaned table."""
    if kind in TEXTS:
        return _text(series, kind, where)
    if kind == "date":
        return _date(series, kind, where)
    numbers = _number(series, kind, where)
    if kind == "number":
        return numbers.astype(np.float64)
    present = numbers.dropna()
    if kind == "boolean" and not present.isin([0, 1]).all():
        raise ConfigError(f"{where} has values other than True and False; make it a number, or correct it")
    if kind == "integer" and not (present == present.round()).all():
        raise ConfigError(f"{where} has values that are not whole; make it a number, or round them")
    return numbers.astype(np.int64 if kind == "integer" and len(present) == len(numbers) else np.float64)


def _like(series: pd.Series, before: pd.Series, where: str) -> pd.Series:
    """A changed column, if its values are of the same type as before."""
    if pd.api.types.is_datetime64_any_dtype(before):
        return _date(series, "date", where)
    return _number(series, "number", where) if pd.api.types.is_numeric_dtype(before) else _text(series, "text", where)


def _number(series: pd.Series, kind: str, where: str) -> pd.Series:
    # pandas makes a series of nothing an object
    if series.dtype == object and series.isna().all():
        return series.astype(np.float64)
    if not pd.api.types.is_numeric_dtype(series) or pd.api.types.is_complex_dtype(series):
        raise _wrong_type(series, kind, where)
    if pd.api.types.is_bool_dtype(series) or not isinstance(series.dtype, np.dtype):
        return series.astype(np.float64)
    return series


def _text(series: pd.Series, kind: str, where: str) -> pd.Series:
    if not (pd.api.types.is_string_dtype(series) or series.isna().all()):
        raise _wrong_type(series, kind, where)
    return series.astype("str")


def _date(series: pd.Series, kind: str, where: str) -> pd.Series:
    if not (pd.api.types.is_datetime64_dtype(series) or series.isna().all()):
        raise _wrong_type(series, kind, where)
    return series.astype("datetime64[s]")


def _wrong_type(series: pd.Series, kind: str, where: str) -> ConfigError:
    return ConfigError(
        f"{where} is of type {series.dtype}; the values of a {kind} are needed, or another type in makes()"
    )
