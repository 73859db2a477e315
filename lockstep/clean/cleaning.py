"""The stage clean: types, checks, rules, and a report on each rule."""

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd

from lockstep.clean.apply_rules import apply_rule
from lockstep.clean.columns import RawTable, convert_columns
from lockstep.clean.table_blocks import TableBlocks
from lockstep.errors import DataError
from lockstep.guards.text.messages import shown
from lockstep.storage.tables import release_memory, significant
from lockstep.table.filler import find_filler
from lockstep.table.row_weights import positive_numbers
from lockstep.table.target import Target

MIN_ROWS = 10


def clean_table(raw: RawTable, dataset: TableBlocks, file: str) -> tuple[pd.DataFrame, dict[str, Any]]:
    """Type, check and clean a raw table.

    Args:
        raw: The fetched table.
        dataset: Its blocks in the dataset file.
        file: The dataset file's name in messages.

    Returns:
        The cleaned frame (`row_id` first, rows in file order) and a report with the rows in and out of each
        rule, the missing values per column and the target's distribution.

    Raises:
        DataError: if a column, a value, the target or the number of rows is invalid.
    """
    frame, missing = convert_columns(raw, dataset.columns, dataset.missing_values, file)
    # the list is the only reference, so that no two tables are in memory at once
    frames, steps = [frame], []
    del frame
    for position, rule in enumerate(dataset.clean):
        rows_in = len(frames[0])
        with np.errstate(over="ignore"):
            frames.append(apply_rule(frames.pop(), rule))
        _check_finite(frames[0], f"{file}: clean[{position}] ({rule.kind_name()})")
        release_memory()
        steps.append({"rule": rule.kind_name(), "rows_in": rows_in, "rows_out": len(frames[0])})
    (frame,) = frames
    _check_result(frame, dataset, file)
    personal = dataset.personal() - {dataset.target_column}
    report = {
        "rows": {"raw": raw.num_rows, "clean": len(frame)},
        "rules": steps,
        "columns": [
            _profile(name, frame[name], missing.get(name), hidden=name in personal)
            for name in frame.columns
            if name != "row_id"
        ],
    }
    return frame, report


def _check_finite(frame: pd.DataFrame, where: str) -> None:
    for name in (name for name in frame.columns if pd.api.types.is_float_dtype(frame[name])):
        infinite = np.flatnonzero(np.isinf(frame[name].to_numpy()))
        if len(infinite):
            row = frame["row_id"].iloc[infinite[0]] + 1
            raise DataError(
                f"{where}: column {name!r} becomes infinite in row {row}; drop such rows by an earlier rule"
            )


def _check_result(frame: pd.DataFrame, dataset: TableBlocks, file: str) -> None:
    target = Target.of(dataset)
    if len(frame) < MIN_ROWS:
        raise DataError(f"{file}: {len(frame)} rows are left after cleaning; at least {MIN_ROWS} are needed")
    values, name = frame[target.column], target.column
    missing = np.flatnonzero(values.isna())
    if len(missing):
        raise DataError(
            f"{file}: target: {name!r} is missing in {len(missing)} rows,"
            f" first in row {frame['row_id'][missing[0]] + 1}; add a rule drop_missing with columns [{shown(name)}]"
        )
    for key, column in dataset.weighing.items():
        positive_numbers(frame, column, f"{file}: {key}: {column!r}")
    if target.classes:
        counts = np.bincount(target.values(frame).astype(np.int64), minlength=target.n_classes)
        if not counts.all():
            label = target.labels[int(np.argmin(counts))]
            raise DataError(f"{file}: target: no row is of class {label!r}; remove it from target.classes")
        return
    if not pd.api.types.is_numeric_dtype(values):
        raise DataError(f"{file}: target: {name!r} is {values.dtype}, not a number; name a numeric column")
    too_large = np.flatnonzero(values.abs() > np.finfo(np.float32).max)
    if len(too_large):
        raise DataError(
            f"{file}: target: {name!r} is {values[too_large[0]]:g} in row {frame['row_id'][too_large[0]] + 1},"
            " beyond 3.4e38, XGBoost's largest number; add a rule scale, or drop_outside"
        )
    if (values == values.iloc[0]).all():
        raise DataError(f"{file}: target: {name!r} is {values.iloc[0]} in every row; there is nothing to learn")
    _refuse_filler(values, name, dataset.cleaned().genuine, file)


def _refuse_filler(values: pd.Series, name: str, genuine: Sequence[str], file: str) -> None:
    """Refuse a target in which one far, repeated value stands for "no value": the score would be about telling it."""
    filler = find_filler(values)
    if filler is None or filler.shown in genuine:
        return
    raise DataError(
        f"{file}: target: {name!r} is {filler.shown} in {filler.share:.1%} of the rows, far from all others"
        f" ({filler.others}); where it stands for no value, set `missing_values: [{filler.shown!r}], missing: true` of"
        f" the column and add the rule drop_missing with columns [{shown(name)}]; else `genuine: [{filler.shown!r}]`"
    )


def _profile(name: str, values: pd.Series, missing_in_raw: int | None, *, hidden: bool) -> dict[str, Any]:
    """Facts about a column of the cleaned table; of hidden values only how many are missing and how many differ."""
    profile: dict[str, Any] = {"name": name, "dtype": str(values.dtype), "missing": int(values.isna().sum())}
    if missing_in_raw is not None:
        profile["missing_in_raw"] = missing_in_raw
    present = values.dropna()
    if hidden:
        return profile | {"distinct": int(values.nunique())}
    if pd.api.types.is_numeric_dtype(values):
        for statistic in ("min", "median", "mean", "max", "std"):
            # the standard deviation of numbers near 1e308 overflows
            with np.errstate(over="ignore"):
                value = float(getattr(present, statistic)()) if len(present) > 1 else math.nan
            profile[statistic] = significant(value, 10) if math.isfinite(value) else None
    elif pd.api.types.is_datetime64_any_dtype(values):
        profile |= {bound: str(getattr(present, bound)().date()) if len(present) else None for bound in ("min", "max")}
    else:
        profile["distinct"] = int(values.nunique())
    return profile
