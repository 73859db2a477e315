"""Rows of a pandas frame, as a served model gets them, as raw rows: numbers as they are, all other values as text."""

from datetime import date, datetime, time
from decimal import Decimal
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa

from lockstep.clean.column_block import Column
from lockstep.errors import DataError
from lockstep.guards.text.messages import quoted
from lockstep.model.intake import Intake, is_sent_as_number


def request_rows(frame: pd.DataFrame, intake: Intake, source: str = "input") -> pa.Table:
    """The columns of a frame that a model needs, as its intake reads them.

    pandas guesses the types of a CSV file's columns: codes with a missing value arrive as floats. In a column that is
    read as text, a whole float is therefore the text of the whole number.

    Args:
        frame: The rows.
        intake: The model's.
        source: The input's name in messages.

    Raises:
        DataError: naming column, row and value, for a value that is no single number, text, date or truth value.
    """
    columns = {}
    for name in (name for name in intake.columns if name in frame.columns):
        values, column = frame[name], intake.columns[name]
        if isinstance(values, pd.DataFrame):
            raise DataError(f"{source}: column name {name!r} occurs twice; rename one of them")
        if _is_typed(values, column):
            columns[name] = pa.Array.from_pandas(values)
            continue
        # a CSV file's True or TRUE has lost its spelling in a truth value
        truth = column.type == "boolean" or intake.source.get("kind") != "csv"
        columns[name] = pa.array(_texts(values, column, truth, f"{source}: column {name!r}"), pa.string())
    return pa.table(columns)


def _is_typed(values: pd.Series, column: Column) -> bool:
    """Whether the intake reads the values as they are: text, or numbers of a column of numbers."""
    if is_sent_as_number(column):
        return pd.api.types.is_numeric_dtype(values.dtype) and not pd.api.types.is_bool_dtype(values.dtype)
    return isinstance(values.dtype, pd.StringDtype)


def _texts(values: pd.Series, column: Column, truth: bool, where: str) -> list[str | None]:
    texts = list[str | None]()
    for row, value in enumerate(values.astype(object)):
        if isinstance(value, bool | np.bool_) and not truth:
            raise DataError(
                f"{where}: row {row + 1}: {value} is a truth value, and the model learned the text of the file; read it"
                " with dtype=str"
            )
        try:
            texts.append(_text(value, whole=not is_sent_as_number(column)))
        except TypeError:
            raise DataError(
                f"{where}: row {row + 1}: {quoted(value)} is no single value; give a number, text or date"
            ) from None
    return texts


def _text(value: Any, whole: bool) -> str | None:
    """A value as in a file; None for a missing one.

    Raises:
        TypeError: for what is no single value.
    """
    if value is None or value is pd.NA or value is pd.NaT or (isinstance(value, float) and np.isnan(value)):
        return None
    if isinstance(value, float):
        return str(int(value)) if whole and value.is_integer() else repr(float(value))
    if isinstance(value, bool | np.bool_):
        return str(value).lower()
    if isinstance(value, datetime):
        return value.isoformat(sep=" ")
    if isinstance(value, bytes):
        return value.decode(errors="replace")
    if isinstance(value, str | int | np.number | Decimal | date | time):
        return str(value)
    raise TypeError
