"""Converting each column to the type that its dataset file states, and checking its values."""

from collections.abc import Mapping, Sequence
from typing import Protocol

import numpy as np
import pandas as pd
import pyarrow as pa

from lockstep.clean.column_block import Column
from lockstep.clean.conversion import typed_values
from lockstep.clean.location import Location
from lockstep.errors import DataError
from lockstep.guards.text.messages import listed, shown
from lockstep.storage.tables import release_memory


class RawTable(Protocol):
    """A table with columns by name, such as a pyarrow.Table."""

    @property
    def column_names(self) -> list[str]:
        """Names of the columns."""

    @property
    def num_rows(self) -> int:
        """Number of rows."""

    def column(self, name: str, /) -> pa.ChunkedArray:
        """The values of one column."""


def convert_columns(
    raw: RawTable, columns: Mapping[str, Column], missing_values: Sequence[str], file: str
) -> tuple[pd.DataFrame, dict[str, int]]:
    """Convert and check every described column.

    Args:
        raw: The fetched table, read column by column; text is parsed, other values are cast.
        columns: Facts per column; those of type ignore are left out.
        missing_values: Texts that mean "no value".
        file: The dataset file's name in messages.

    Returns:
        The frame, with an integer `row_id` (0-based row of the raw table) first, and the missing values per column.

    Raises:
        DataError: naming column, row and value, for a missing column, a value of the wrong type or out of range, or a
            missing value where none is allowed.
    """
    _check_column_names(raw.column_names, list(columns), file)
    frame = {"row_id": pd.Series(np.arange(raw.num_rows, dtype=np.int64))}
    missing = {}
    for name, column in columns.items():
        if column.type == "ignore":
            continue
        location = Location(f"{file}: columns.{shown(name)}")
        series = typed_values(raw.column(name), column, missing_values, location)
        missing[name] = int(series.isna().sum())
        if missing[name] == len(series):
            raise DataError(f"{location.where}: every value is missing; leave the column out with {{type: ignore}}")
        _check(series, column, location)
        frame[name] = series
        release_memory()
    # a copy would double the table's memory
    return pd.DataFrame(frame, copy=False), missing


def convert_values(
    values: pa.ChunkedArray, column: Column, missing_values: Sequence[str], location: Location
) -> pd.Series:
    """Convert and check one column's values like `convert_columns`; all of them may be missing.

    Raises:
        DataError: naming the column, row and value, like `convert_columns`.
    """
    series = typed_values(values, column, missing_values, location)
    _check(series, column, location)
    return series


def _check_column_names(names: list[str], described_names: list[str], file: str) -> None:
    present, described = set(names), set(described_names)
    missing = [name for name in described_names if name not in present]
    if missing:
        raise DataError(
            f"{file}: columns.{shown(missing[0])}: the table has no such column; it has: {listed(names)};"
            " correct the name, or delete the entry here and in features"
        )
    extra = [name for name in names if name not in described]
    if extra:
        raise DataError(
            f"{file}: columns: the table also has {listed(extra)};"
            " describe them, or leave them out with {type: ignore}"
        )


def _check(series: pd.Series, column: Column, location: Location) -> None:
    missing = np.flatnonzero(series.isna())
    if len(missing) and not column.missing:
        total = f" ({len(missing)} in all)" if location.correctable else ""
        remedy = location.remedy("set `missing: true` to allow it")
        raise location.error(missing[0], f"the value is missing{total}; {remedy}")
    for bound, compare in ((column.min, np.less), (column.max, np.greater)):
        if bound is None:
            continue
        outside = np.flatnonzero(compare(series.to_numpy(dtype=np.float64, na_value=np.nan), bound))
        if len(outside):
            low, high = "-inf" if column.min is None else column.min, "inf" if column.max is None else column.max
            rows = f" ({len(outside)} rows)" if location.correctable else ""
            remedy = location.remedy("correct the file or widen the range")
            raise location.error(outside[0], f"{series[outside[0]]} is outside {low} to {high}{rows}; {remedy}")
