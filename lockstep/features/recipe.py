"""A feature recipe: the steps of datasets/NAME.yaml, fitted together and joined into one matrix."""

from collections.abc import Sequence
from typing import Any, Self

import numpy as np
import numpy.typing as npt
import pandas as pd
from pydantic import TypeAdapter

from lockstep.errors import DataError
from lockstep.features.columns import Columns
from lockstep.features.ratio import Ratio
from lockstep.schema.dataset import ColumnsStep, Recipe, Step

Transformer = Columns | Ratio

# A row's features depend on no other row of the table they are asked for; slices keep the float64 intermediates small.
ROWS_AT_ONCE = 2**18


class Features:
    """The transformers of one recipe.

    Args:
        steps: The recipe's steps, in order.
    """

    def __init__(self, steps: Sequence[Step]) -> None:
        self.steps = tuple(steps)
        self.transformers = [_transformer(step) for step in self.steps]

    def fit(self, frame: pd.DataFrame, y: npt.NDArray[np.float64]) -> Self:
        """Learn from training rows alone.

        Raises:
            DataError: if the frame lacks a column that a step needs.
        """
        self._need(frame)
        for transformer in self.transformers:
            transformer.fit(frame, y)
        return self

    def transform(self, frame: pd.DataFrame) -> npt.NDArray[np.float32]:
        """The feature matrix of shape (rows, features); float32 is what XGBoost computes with.

        Raises:
            DataError: if the frame lacks a column that a step needs, or a value is too large for float32.
        """
        self._need(frame)
        matrix = np.empty((len(frame), len(self.names)), dtype=np.float32)
        for start in range(0, len(frame), ROWS_AT_ONCE):
            part = slice(start, start + ROWS_AT_ONCE)
            matrix[part] = self._single(frame.iloc[part])
        return matrix

    def _single(self, frame: pd.DataFrame) -> npt.NDArray[np.float32]:
        exact = np.hstack([transformer.transform(frame) for transformer in self.transformers])
        beyond = np.flatnonzero((np.abs(exact) > np.finfo(np.float32).max).any(axis=0))
        if len(beyond):
            raise DataError(
                f"features: {self.names[beyond[0]]!r} has values beyond 3.4e38; scale the column in `clean`"
            )
        return exact.astype(np.float32)

    @property
    def names(self) -> list[str]:
        """Feature names, in matrix order."""
        return [str(name) for transformer in self.transformers for name in transformer.get_feature_names_out()]

    @property
    def types(self) -> list[str]:
        """XGBoost feature types, in matrix order; known once fitted."""
        return [kind for transformer in self.transformers for kind in transformer.feature_types()]

    @property
    def columns(self) -> list[str]:
        """Columns of the table that the recipe reads, each once."""
        return list(dict.fromkeys(column for step in self.steps for column in _reads(step)))

    def state(self) -> list[dict[str, Any]]:
        """Steps and what they learned, as plain JSON values."""
        return [
            {"step": step.model_dump(mode="json"), "learned": transformer.state()}
            for step, transformer in zip(self.steps, self.transformers, strict=True)
        ]

    @classmethod
    def restored(cls, state: list[dict[str, Any]]) -> Self:
        """Features as `state` described them.

        Raises:
            pydantic.ValidationError: if the state is not what `state` writes.
        """
        features = cls(TypeAdapter(Recipe).validate_python([entry["step"] for entry in state]))
        for transformer, entry in zip(features.transformers, state, strict=True):
            transformer.restore(entry["learned"])
        return features

    def _need(self, frame: pd.DataFrame) -> None:
        absent = [column for column in self.columns if column not in frame.columns]
        if absent:
            raise DataError(f"features: no column {absent[0]!r}; the table has: {', '.join(map(str, frame.columns))}")


def _transformer(step: Step) -> Transformer:
    if isinstance(step, ColumnsStep):
        return Columns(step.columns)
    return Ratio(step.name, step.numerator, step.denominator)


def _reads(step: Step) -> tuple[str, ...]:
    return step.columns if isinstance(step, ColumnsStep) else (step.numerator, step.denominator)
