"""Places: pairs of columns that are latitude and longitude, or coordinates in metres."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from lockstep.features.place_columns import PlaceColumns, find_place_columns
from lockstep.features.step import STEPS, Step
from lockstep.fitting.booster import fit_rounds, predict
from lockstep.fitting.fitting import Fitting, Value
from lockstep.fitting.folds import Fold
from lockstep.fitting.matrices import training_matrix
from lockstep.inspect.reading import ReadColumn
from lockstep.inspect.rows.structure import Place
from lockstep.table.filler import as_floats

Vector = npt.NDArray[np.float64]
Matrix = npt.NDArray[np.float64]
Mask = npt.NDArray[np.bool_]

# Steps of a place; angles between those of the coordinates, and numbers of neighbours, small and larger.
ANGLES, NEIGHBOURS = [15, 30, 45, 60, 75, 105, 120, 135, 150, 165], [5, 20]
# Rows of the trial, its folds, the small boosters of both sides, and places from which neighbours are others.
MAX_ROWS, FOLDS, MIN_ROWS, MIN_PLACES = 2_000, 4, 200, 50
ROUNDS, MAX_BIN, MAX_CODES = 80, 64, 50
PARAMS: dict[str, Value] = {"max_depth": 4, "learning_rate": 0.1, "max_bin": MAX_BIN, "min_child_weight": 3.0}
# The mean improvement of the folds in its standard errors from which the features are kept.
ERRORS = 1.0


def place_steps(y: str, x: str, scale: float, name: str) -> list[dict[str, Any]]:
    """The steps of a recipe that learn from a place."""
    shape = {} if scale == 1.0 else {"scale": {x: scale}}
    return [
        {"step": "rotate", "x": x, "y": y, "angles": ANGLES},
        {"step": "neighbours", "name": name, "columns": [y, x], **shape, "k": NEIGHBOURS, "power": 1.0},
    ]


def find_places(reads: Mapping[str, ReadColumn], target: pd.Series, *, classes: bool) -> list[Place]:
    """The places of a table, with the evidence whether rows near one another are alike.

    Args:
        reads: The columns that are features.
        target: The target of the same rows.
        classes: Whether it names classes.
    """
    numbers = {
        name: float(read.values.abs().max())
        for name, read in reads.items()
        if read.type in ("number", "integer") and read.distinct > 1
    }
    frame = pd.DataFrame({name: read.values for name, read in reads.items() if read.type != "text"})
    return [_judged(place, frame, target, classes=classes) for place in find_place_columns(numbers)]


def _judged(columns: PlaceColumns, frame: pd.DataFrame, target: pd.Series, *, classes: bool) -> Place:
    y, x, scale = columns.y, columns.x, columns.scale(frame)
    rows = np.flatnonzero((frame[[y, x]].notna().all(axis=1) & target.notna()).to_numpy())
    if len(rows) > MAX_ROWS:
        rows = np.sort(np.random.default_rng(0).permutation(rows)[:MAX_ROWS])
    if len(rows) < MIN_ROWS or len(frame[[y, x]].iloc[rows].drop_duplicates()) < MIN_PLACES:
        return Place(y, x, scale, "too few places to learn from their neighbours", helps=False)
    outcome = _numbers_of(target.iloc[rows], classes=classes)
    plain, helped = _errors(frame.iloc[rows].reset_index(drop=True), outcome, place_steps(y, x, scale, "near"))
    gains = 1 - helped / plain
    mean, error = float(gains.mean()), float(gains.std(ddof=1) / len(gains) ** 0.5)
    shown = f"out-of-fold squared error of a small model {100 * abs(mean):.1f}% {'lower' if mean > 0 else 'higher'}"
    return Place(y, x, scale, f"{shown} with rotated coordinates and neighbours", helps=mean > ERRORS * error)


def _numbers_of(target: pd.Series, *, classes: bool) -> Vector:
    """The target as numbers: ranks of a number, whose far values would decide; of classes whether it is the first."""
    if classes:
        return np.asarray(target == target.mode().iloc[0], dtype=np.float64)
    return np.asarray(target.rank(pct=True), dtype=np.float64)


def _errors(frame: pd.DataFrame, y: Vector, settings: list[dict[str, Any]]) -> tuple[Vector, Vector]:
    """The mean squared error of each fold without and with the steps."""
    fold = np.random.default_rng(0).permutation(len(y)) % FOLDS
    base, types = _matrix(frame)
    errors = np.zeros((2, FOLDS))
    for number in range(FOLDS):
        train = fold != number
        steps = [STEPS.parse(step).for_target(0, 0) for step in settings]
        columns = np.column_stack([base, *(_fitted(step, frame, y, train) for step in steps)])
        more = ["q"] * (columns.shape[1] - base.shape[1])
        errors[:, number] = _error(base, types, y, train), _error(columns, [*types, *more], y, train)
    return errors[0], errors[1]


def _fitted(step: Step, frame: pd.DataFrame, y: Vector, train: Mask) -> Matrix:
    """The features of all rows, learned from the training rows."""
    of_train = step.fit_transform(frame[train], y[train])
    features = np.zeros((len(y), of_train.shape[1]))
    features[train], features[~train] = of_train, step.transform(frame[~train])
    return features


def _error(x: Matrix, types: Sequence[str], y: Vector, train: Mask) -> float:
    """The mean squared error of a small booster on the rows that do not train it."""
    names, fitting = tuple(f"c{number}" for number in range(len(types))), Fitting()
    fold = Fold(x.astype(np.float32), y, train, ~train, names, tuple(types))
    booster = fit_rounds(training_matrix(fold, MAX_BIN, "in_core"), PARAMS, ROUNDS, 0, fitting)
    predicted = predict(booster, fold.x[~train], list(names), list(types), fitting)
    return float(((predicted - y[~train]) ** 2).mean())


def _matrix(frame: pd.DataFrame) -> tuple[Matrix, list[str]]:
    """Numbers, dates, and categories of few values, with XGBoost's types."""
    columns, types = list[Vector](), list[str]()
    for name in frame:
        values = frame[name]
        if pd.api.types.is_numeric_dtype(values) or pd.api.types.is_datetime64_any_dtype(values):
            columns.append(as_floats(values))
            types.append("q")
        elif values.nunique() <= MAX_CODES:
            codes = pd.factorize(values, sort=True)[0].astype(np.float64)
            columns.append(np.where(codes < 0, np.nan, codes))
            types.append("c")
    return np.column_stack(columns), types
