"""Metrics of slices of the test rows, and the rows with the largest errors."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from lockstep.evaluate.evaluate_blocks import GridSlice, QuantileSlice, SeenSlice, Slice, ValueSlice
from lockstep.evaluate.judgement import score_of
from lockstep.evaluate.rows import Rows
from lockstep.features.arrays import numbers
from lockstep.fitting.fitting import Fitting
from lockstep.fitting.folds import Vector
from lockstep.fitting.weighting import selected
from lockstep.model.saved import SavedModel
from lockstep.model.trained import HIDDEN, Predictions
from lockstep.storage.tables import significant
from lockstep.table.row_weights import mean
from lockstep.table.target import Target

DECILES = 10
# Cells of a grid; the rows of the smallest cells are merged.
MAX_CELLS = 40
WORST_ROWS, MAX_COLUMNS = 10, 6
DIGITS = 6
OTHERS, MISSING = "all others", "missing"


@dataclass(frozen=True)
class Part:
    """A slice: its name and which rows it has."""

    by: str
    name: str
    rows: npt.NDArray[np.bool_]


def slice_table(
    fitting: Fitting,
    target: Target,
    slices: tuple[Slice, ...],
    train: pd.DataFrame,
    test: Rows,
    predicted: Predictions,
) -> pd.DataFrame:
    """Metrics of the deciles of the target (or of each class), and of the slices in the dataset file.

    Returns:
        by, slice, rows, score (what the search minimises), the metrics, and bias: the mean of actual - predicted, for
        classes accuracy - mean probability of the predicted class. R2 is missing for slices of the target itself: it
        compares with the variance inside the slice, which slicing makes small.
    """
    metrics = [metric for metric in fitting.metrics() if "n_features" not in metric.uses]
    names = [metric.kind_name() for metric in metrics]
    relative = [metric.kind_name() for metric in metrics if metric.relative_to_spread]
    records = []
    for part in [*_of_target(target, test), *(part for chosen in slices for part in _of(chosen, train, test.frame))]:
        if part.rows.any():
            y, part_predicted = test.y[part.rows], predicted[part.rows]
            weight = selected(test.weight, part.rows)
            scores = fitting.scores(y, part_predicted, weight=weight)
            score, values = score_of(fitting, scores), {name: scores[name] for name in names}
            if part.by == target.column:
                values |= dict.fromkeys(relative)
            rounded = {name: None if value is None else significant(value, DIGITS) for name, value in values.items()}
            records.append(
                {
                    "by": part.by,
                    "slice": f"{part.by}: {part.name}",
                    "rows": int(part.rows.sum()),
                    "score": None if score is None else significant(score, DIGITS),
                    **rounded,
                    "bias": significant(bias(target, y, part_predicted, weight), DIGITS),
                }
            )
    table = pd.DataFrame(records)
    numeric_columns = [name for name in table.columns if name not in ("by", "slice", "rows")]
    return table.astype(dict.fromkeys(numeric_columns, np.float64))


def bias(
    target: Target, actual: npt.NDArray[np.float64], predicted: Predictions, weight: Vector | None = None
) -> float:
    """Weighted mean of actual - predicted; for classes accuracy - mean probability of the predicted class."""
    if target.classes:
        correct = np.argmax(predicted, axis=1) == actual
        return mean(correct, weight) - mean(np.max(predicted, axis=1), weight)
    return mean(actual - predicted, weight)


def quantile_parts(values: npt.NDArray[np.float64], parts: int) -> npt.NDArray[np.int64]:
    """The part of each value, 0, 1, ...: as equal in size as equal values, which stay together, allow; -1: missing."""
    present = np.sort(values[~np.isnan(values)])
    edges = present[[len(present) * part // parts - 1 for part in range(1, parts) if len(present) * part // parts > 0]]
    part_of = np.searchsorted(np.unique(edges), values, side="left")
    return np.where(np.isnan(values), -1, part_of).astype(np.int64)


def _of_target(target: Target, test: Rows) -> Iterator[Part]:
    if target.classes:
        for number, label in enumerate(target.labels):
            yield Part(target.column, label, test.y == number)
    else:
        yield from _quantiles(target.column, test.y, DECILES)


def _of(chosen: Slice, train: pd.DataFrame, test: pd.DataFrame) -> Iterator[Part]:
    if isinstance(chosen, ValueSlice):
        yield from _values(chosen, test[chosen.column])
    elif isinstance(chosen, SeenSlice):
        yield from _seen(chosen.column, train[chosen.column], test[chosen.column])
    elif isinstance(chosen, QuantileSlice):
        yield from _quantiles(chosen.column, numbers(test, chosen.column), chosen.parts)
    else:
        yield from _cells(chosen, test)


def _quantiles(column: str, values: npt.NDArray[np.float64], parts: int) -> Iterator[Part]:
    part_of = quantile_parts(values, parts)
    for part in range(parts):
        rows = part_of == part
        if rows.any():
            low, high = values[rows].min(), values[rows].max()
            yield Part(column, f"{low:.6g}" if low == high else f"{low:.6g} to {high:.6g}", rows)
    yield Part(column, MISSING, part_of == -1)


def _values(chosen: ValueSlice, values: pd.Series) -> Iterator[Part]:
    text = values.map(_text, na_action="ignore")
    counts = text.value_counts(sort=False).rename_axis("value").reset_index(name="count")
    ordered = counts.sort_values(["count", "value"], ascending=[False, True], kind="stable")
    top = ordered["value"].head(chosen.top).tolist()
    for value in top:
        yield Part(chosen.column, value, (text == value).fillna(False).to_numpy(dtype=np.bool_))
    yield Part(chosen.column, OTHERS, (text.notna() & ~text.isin(top)).to_numpy(dtype=np.bool_))
    yield Part(chosen.column, MISSING, values.isna().to_numpy(dtype=np.bool_))


def _seen(column: str, train: pd.Series, test: pd.Series) -> Iterator[Part]:
    missing = test.isna().to_numpy(dtype=np.bool_)
    seen = test.isin(train.dropna().unique()).to_numpy(dtype=np.bool_)
    yield Part(column, "seen in training", seen & ~missing)
    yield Part(column, "new", ~seen & ~missing)
    yield Part(column, MISSING, missing)


def _cells(chosen: GridSlice, test: pd.DataFrame) -> Iterator[Part]:
    by = ", ".join(chosen.columns)
    places = np.column_stack([numbers(test, column) for column in chosen.columns])
    missing = np.isnan(places[:, 0]) | np.isnan(places[:, 1])
    cells = np.floor(np.where(missing[:, np.newaxis], 0, places) / chosen.size)
    distinct, cell_of, counts = np.unique(cells[~missing], axis=0, return_inverse=True, return_counts=True)
    number: npt.NDArray[np.int64] = np.full(len(test), -1, dtype=np.int64)
    number[~missing] = cell_of.ravel()
    # The largest cells, of equally large ones the first; listed in the order of the map.
    largest = np.sort(np.argsort(-counts, kind="stable")[:MAX_CELLS])
    for cell in largest:
        yield Part(by, ", ".join(_range(float(low), chosen.size) for low in distinct[cell]), number == cell)
    yield Part(by, OTHERS, (number >= 0) & ~np.isin(number, largest))
    yield Part(by, MISSING, missing)


def _range(cell: float, size: float) -> str:
    return f"{cell * size:.6g} to {(cell + 1) * size:.6g}"


def _text(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool | np.bool_) else str(value)


def worst_rows(model: SavedModel, test: Rows, predictions: pd.DataFrame, features: list[str]) -> pd.DataFrame:
    """The ten rows with the largest errors; for classes those with the lowest probability of the actual class.

    Args:
        model: The model.
        test: Test rows.
        predictions: Their predictions.
        features: Features of the model, most important first.

    Returns:
        row_id, actual, predicted and error (actual - predicted; for classes the probability of the actual class),
        then the source columns of the most important features, personal ones hidden; the worst row first.
    """
    table = predictions[["row_id", "actual", "predicted"]].reset_index(drop=True)
    if model.target.classes:
        shares = predictions[[f"probability_{label}" for label in model.target.labels]].to_numpy()
        table["error"] = shares[range(len(predictions)), test.y.astype(int)]
        order = table["error"]
    else:
        table["error"] = table["actual"] - table["predicted"]
        order = -table["error"].abs()
    worst = order.sort_values(kind="stable").index[:WORST_ROWS]
    columns = test.frame.reset_index(drop=True)[_columns_behind(model, features)[:MAX_COLUMNS]]
    columns = columns.assign(**{name: _hidden(columns[name]) for name in columns if name in model.personal})
    return pd.concat([table.loc[worst], columns.loc[worst]], axis=1).reset_index(drop=True)


def _hidden(values: pd.Series) -> pd.Series:
    """Which values there are, and no value."""
    return pd.Series([None if missing else HIDDEN for missing in values.isna()], values.index, dtype="str")


def _columns_behind(model: SavedModel, features: list[str]) -> list[str]:
    """The source columns of features, each once, in the order of the features.

    Columns that a feature is named after come first, then the other columns that its step reads.
    """
    reads = dict[str, list[str]]()
    for step in model.features.steps:
        for name in step.names():
            reads[name] = [column for column in step.reads() if column != model.target.column]
    named = [column for name in features for column in reads[name] if _names(name, column)]
    return list(dict.fromkeys([*named, *(column for name in features for column in reads[name])]))


def _names(feature: str, column: str) -> bool:
    """Whether a feature's name contains a column's, such as bp_per_age those of bp and age."""
    return re.search(rf"(?<![^\W_]){re.escape(column)}(?![^\W_])", feature) is not None
