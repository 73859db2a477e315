"""A feature recipe: the steps of datasets/NAME.yaml, fitted together and joined into one matrix."""

from collections.abc import Mapping, Sequence
from typing import Any, Self

import numpy as np
import numpy.typing as npt
import pandas as pd
from pydantic import TypeAdapter

from lockstep.errors import DataError
from lockstep.features.arrays import Numbers
from lockstep.features.features_block import Recipe
from lockstep.features.step import Step
from lockstep.features.step_mistakes import (
    check_features,
    check_learned,
    check_names,
    columns_read,
    mistakes_of,
    names_of,
)
from lockstep.guards.text.messages import repeated
from lockstep.table.cross_fitting import CrossFitting
from lockstep.table.row_weights import RowWeights

Matrix = npt.NDArray[np.float32]
Array = npt.NDArray[Any]

# New rows are transformed in slices, to limit the float64 intermediates; their features do not depend on each other.
ROWS_AT_ONCE = 2**18


class Features:
    """The fitted steps of one recipe.

    Args:
        recipe: The recipe's steps, in order; they stay unfitted.
        seed: Seed of the steps' random draws.
        n_classes: Classes of the target; 0 for a number.
        cross_fitting: How the split relates the training rows; None: not at all.
        weights: The columns that say how much a training row counts; None: all count the same.

    Attributes:
        steps: Copies of the recipe's steps, to fit.
    """

    def __init__(
        self,
        recipe: Sequence[Step],
        seed: int = 0,
        n_classes: int = 0,
        cross_fitting: CrossFitting | None = None,
        weights: RowWeights | None = None,
    ) -> None:
        self.recipe, self.seed, self.n_classes = tuple(recipe), seed, n_classes
        self._weights = weights or RowWeights()
        self.steps = tuple(step.for_target(n_classes, seed, cross_fitting, weights) for step in recipe)

    def fit(self, frame: pd.DataFrame, y: Numbers) -> Self:
        """Learn from training rows alone.

        Args:
            frame: The rows.
            y: Their targets, shape (rows,). Steps learn from the target per unit of exposure.

        Raises:
            DataError: if the frame lacks a column that a step needs, or two steps make features of the same name.
            ConfigError: if one of the project's own steps fails.
        """
        self._check_columns(frame)
        rates = self._weights.rates(frame, y)
        for step in self.steps:
            _fit(step, frame, rates)
        self._check_unique_names()
        return self

    def fit_transform(self, frame: pd.DataFrame, y: Numbers) -> Matrix:
        """Learn from training rows and return their features, which exclude each row's own target.

        Raises:
            DataError, ConfigError: like `fit` and `transform`.
        """
        self._check_columns(frame)
        parts, rates = [], self._weights.rates(frame, y)
        for step in self.steps:
            if type(step).fit_transform is Step.fit_transform:
                _fit(step, frame, rates)
                parts.append(_sliced([step], frame))
            else:
                parts.append(_fit_transform(step, frame, rates))
        self._check_unique_names()
        return parts[0] if len(parts) == 1 else np.hstack(parts)

    def transform(self, frame: pd.DataFrame) -> Matrix:
        """The feature matrix of rows that were not in `fit`, (rows, features); XGBoost computes with float32.

        Raises:
            DataError: if the frame lacks a column that a step needs, or a value is too large for float32.
            ConfigError: if one of the project's own steps fails.
        """
        self._check_columns(frame)
        return _sliced(self.steps, frame)

    @property
    def names(self) -> list[str]:
        """Feature names, in matrix order; known after fitting."""
        return [name for step in self.steps for name in names_of(step)]

    @property
    def types(self) -> list[str]:
        """XGBoost feature types, in matrix order; known after fitting."""
        return [kind for step in self.steps for kind in step.feature_types()]

    @property
    def n_categories(self) -> list[int]:
        """The number of categories of each feature, in matrix order, 0 for a quantity; known after fitting."""
        return [number for step in self.steps for number in step.n_categories()]

    @property
    def columns(self) -> list[str]:
        """Columns of the table that the recipe reads, each once."""
        return list(dict.fromkeys(column for step in self.steps for column in names_of(step, "reads")))

    def state(self) -> tuple[dict[str, Any], dict[str, Array]]:
        """The steps and what they learned: plain JSON values, and the arrays to which these refer."""
        arrays, description = dict[str, Array](), []
        for number, step in enumerate(self.steps):
            with mistakes_of(step):
                learned, array_names = step.state(), dict[str, str]()
            for name in [name for name, value in learned.items() if isinstance(value, np.ndarray)]:
                array_names[name] = f"{number}_{step.kind_name()}_{name.strip('_')}"
                arrays[array_names[name]] = learned.pop(name)
            settings = {"step": step.kind_name(), **step.model_dump(mode="json")}
            description.append({"step": settings, "learned": learned, "arrays": array_names})
        return {"steps": description, "seed": self.seed, "n_classes": self.n_classes}, arrays

    @classmethod
    def from_state(cls, state: Mapping[str, Any], arrays: Mapping[str, Array]) -> Self:
        """The features that `state` describes.

        Raises:
            pydantic.ValidationError: if the state does not come from `state`.
        """
        recipe = TypeAdapter(Recipe).validate_python([entry["step"] for entry in state["steps"]])
        features = cls(recipe, state["seed"], state["n_classes"])
        for step, entry in zip(features.steps, state["steps"], strict=True):
            learned_arrays = {name: arrays[array] for name, array in entry["arrays"].items()}
            step.restore({**entry["learned"], **learned_arrays})
        return features

    def _check_columns(self, frame: pd.DataFrame) -> None:
        missing = [column for column in self.columns if column not in frame.columns]
        if missing:
            raise DataError(f"features: no column {missing[0]!r}; the table has: {', '.join(map(str, frame.columns))}")

    def _check_unique_names(self) -> None:
        if duplicates := repeated(self.names):
            raise DataError(f"features: two steps make {duplicates[0]!r}; rename a column in `clean`")


def _fit(step: Step, frame: pd.DataFrame, y: Numbers) -> None:
    rows = columns_read(step, frame, context=True)
    with mistakes_of(step):
        step.fit(rows, y)
    check_names(step)
    check_learned(step)


def _fit_transform(step: Step, frame: pd.DataFrame, y: Numbers) -> Matrix:
    rows = columns_read(step, frame, context=True)
    with mistakes_of(step):
        features = step.fit_transform(rows, y)
    check_names(step)
    check_learned(step)
    return _as_float32(step, features, len(frame), names_of(step))


def _sliced(steps: Sequence[Step], frame: pd.DataFrame) -> Matrix:
    names = [names_of(step) for step in steps]
    matrix = np.empty((len(frame), sum(map(len, names))), dtype=np.float32)
    for start in range(0, len(frame), ROWS_AT_ONCE):
        rows, first = frame.iloc[start : start + ROWS_AT_ONCE], 0
        for step, step_names in zip(steps, names, strict=True):
            step_rows = columns_read(step, rows)
            with mistakes_of(step):
                features = step.transform(step_rows)
            block = _as_float32(step, features, len(rows), step_names)
            matrix[start : start + ROWS_AT_ONCE, first : first + block.shape[1]] = block
            first += block.shape[1]
    return matrix


def _as_float32(step: Step, features: Numbers, rows: int, names: Sequence[str]) -> Matrix:
    check_features(step, features, (rows, len(names)))
    too_large = np.flatnonzero((np.abs(features) > np.finfo(np.float32).max).any(axis=0))
    if len(too_large):
        raise DataError(f"features: {names[too_large[0]]!r} has values beyond 3.4e38; scale the column in `clean`")
    return features.astype(np.float32)
