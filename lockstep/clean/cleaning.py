"""The clean stage's work: types, checks, rules, and a report of what each did."""

import math
from typing import Any

import numpy as np
import pandas as pd

from lockstep.clean.apply_rules import apply_rule
from lockstep.clean.columns import RawTable, convert_columns
from lockstep.clean.table_blocks import TableBlocks
from lockstep.errors import DataError
from lockstep.guards.text.messages import shown
from lockstep.project.target import Target
from lockstep.storage.tables import release_memory, significant

MIN_ROWS = 10


def clean_table(raw: RawTable, dataset: TableBlocks, file: str) -> tuple[pd.DataFrame, dict[str, Any]]:
    """Type, check and clean a raw table.

    Args:
        raw: The fetched table.
        dataset: Its facts.
        file: The dataset file, as messages call it.

    Returns:
        The cleaned frame (`row_id` first, rows in file order) and a report with the rows in and out of each
        rule, the missing values per column and the target's distribution.

    Raises:
        DataError: if a column, a value, the target or the number of rows is not as it must be.
    """
    frame, missing = convert_columns(raw, dataset.columns, dataset.missing_values, file)
    # handed on and not kept, so that no two tables are in memory at once
    held, steps = [frame], []
    del frame
    for position, rule in enumerate(dataset.clean):
        before = len(held[0])
        with np.errstate(over="ignore"):
            held.append(apply_rule(held.pop(), rule))
        _refuse_infinite(held[0], f"{file}: clean[{position}] ({rule.rule})")
        release_memory()
        steps.append({"rule": rule.rule, "rows_in": before, "rows_out": len(held[0])})
    (frame,) = held
    _check_result(frame, Target.of(dataset), file)
    report = {
        "rows": {"raw": raw.num_rows, "clean": len(frame)},
        "rules": steps,
        "columns": [_profile(name, frame[name], missing.get(name)) for name in frame.columns if name != "row_id"],
    }
    return frame, report


def _refuse_infinite(frame: pd.DataFrame, where: str) -> None:
    for name in (name for name in frame.columns if pd.api.types.is_float_dtype(frame[name])):
        infinite = np.flatnonzero(np.isinf(frame[name].to_numpy()))
        if len(infinite):
            row = frame["row_id"].iloc[infinite[0]] + 1
            raise DataError(f"{where}: column {name!r} becomes infinite in row {row}; drop such rows before the rule")


def _check_result(frame: pd.DataFrame, target: Target, file: str) -> None:
    if len(frame) < MIN_ROWS:
        raise DataError(f"{file}: {len(frame)} rows are left after cleaning; at least {MIN_ROWS} are needed")
    values, name = frame[target.column], target.column
    absent = np.flatnonzero(values.isna())
    if len(absent):
        raise DataError(
            f"{file}: target: {name!r} is missing in {len(absent)} rows,"
            f" first in row {frame['row_id'][absent[0]] + 1}; add a rule drop_missing with columns [{shown(name)}]"
        )
    if target.classes:
        counts = np.bincount(target.values(frame).astype(np.int64), minlength=target.n_classes)
        if not counts.all():
            label = target.labels[int(np.argmin(counts))]
            raise DataError(f"{file}: target: no row is of class {label!r}; remove it from target.classes")
        return
    if not pd.api.types.is_numeric_dtype(values):
        raise DataError(f"{file}: target: {name!r} is {values.dtype}, not a number; name a numeric column")
    beyond = np.flatnonzero(values.abs() > np.finfo(np.float32).max)
    if len(beyond):
        raise DataError(
            f"{file}: target: {name!r} is {values[beyond[0]]:g} in row {frame['row_id'][beyond[0]] + 1}, beyond 3.4e38,"
            " XGBoost's largest number; add a rule scale, or drop_outside"
        )
    if (values == values.iloc[0]).all():
        raise DataError(f"{file}: target: {name!r} is {values.iloc[0]} in every row; there is nothing to learn")


def _profile(name: str, values: pd.Series, missing_in_raw: int | None) -> dict[str, Any]:
    profile: dict[str, Any] = {"name": name, "dtype": str(values.dtype), "missing": int(values.isna().sum())}
    if missing_in_raw is not None:
        profile["missing_in_raw"] = missing_in_raw
    present = values.dropna()
    if pd.api.types.is_numeric_dtype(values):
        for statistic in ("min", "median", "mean", "max", "std"):
            # of numbers near 1e308 the spread is none that a float holds
            with np.errstate(over="ignore"):
                value = float(getattr(present, statistic)()) if len(present) > 1 else math.nan
            profile[statistic] = significant(value, 10) if math.isfinite(value) else None
    elif pd.api.types.is_datetime64_any_dtype(values):
        profile |= {bound: str(getattr(present, bound)().date()) if len(present) else None for bound in ("min", "max")}
    else:
        profile["distinct"] = int(values.nunique())
    return profile
