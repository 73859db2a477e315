"""A feature recipe: the steps of datasets/NAME.yaml, fitted together and joined into one matrix."""

from collections.abc import Mapping, Sequence
from typing import Any, Self

import numpy as np
import numpy.typing as npt
import pandas as pd
from pydantic import TypeAdapter

from lockstep.errors import DataError
from lockstep.features.base import Numbers, Transformer
from lockstep.features.features_block import Recipe, Step
from lockstep.features.steps import make_transformer
from lockstep.guards.text.messages import repeated

Matrix = npt.NDArray[np.float32]
Array = npt.NDArray[Any]

# New rows are transformed in slices, to limit the float64 intermediates; their features do not depend on each other.
ROWS_AT_ONCE = 2**18


class Features:
    """The transformers of one recipe.

    Args:
        steps: The recipe's steps, in order.
        seed: Seed of the transformers' random draws.
        n_classes: Classes of the target; 0 for a number.
    """

    def __init__(self, steps: Sequence[Step], seed: int = 0, n_classes: int = 0) -> None:
        self.steps, self.seed, self.n_classes = tuple(steps), seed, n_classes
        self.transformers = [make_transformer(step, seed, n_classes) for step in self.steps]

    def fit(self, frame: pd.DataFrame, y: Numbers) -> Self:
        """Learn from training rows alone.

        Raises:
            DataError: if the frame lacks a column that a step needs, or two steps make features of the same name.
        """
        self._check_columns(frame)
        for transformer in self.transformers:
            transformer.fit(frame, y)
        self._check_unique_names()
        return self

    def fit_transform(self, frame: pd.DataFrame, y: Numbers) -> Matrix:
        """Learn from training rows and return their features, which exclude each row's own target.

        Raises:
            DataError: like `fit` and `transform`.
        """
        self._check_columns(frame)
        parts = []
        for transformer in self.transformers:
            if type(transformer).fit_transform is Transformer.fit_transform:
                parts.append(self._sliced([transformer.fit(frame, y)], frame))
            else:
                parts.append(self._as_float32(transformer, transformer.fit_transform(frame, y)))
        self._check_unique_names()
        return parts[0] if len(parts) == 1 else np.hstack(parts)

    def transform(self, frame: pd.DataFrame) -> Matrix:
        """The feature matrix of rows that were not in `fit`, (rows, features); XGBoost computes with float32.

        Raises:
            DataError: if the frame lacks a column that a step needs, or a value is too large for float32.
        """
        self._check_columns(frame)
        return self._sliced(self.transformers, frame)

    def _sliced(self, transformers: Sequence[Transformer], frame: pd.DataFrame) -> Matrix:
        width = sum(len(transformer.get_feature_names_out()) for transformer in transformers)
        matrix = np.empty((len(frame), width), dtype=np.float32)
        for start in range(0, len(frame), ROWS_AT_ONCE):
            part, first = slice(start, start + ROWS_AT_ONCE), 0
            for transformer in transformers:
                block = self._as_float32(transformer, transformer.transform(frame.iloc[part]))
                matrix[part, first : first + block.shape[1]] = block
                first += block.shape[1]
        return matrix

    @staticmethod
    def _as_float32(transformer: Transformer, exact: Numbers) -> Matrix:
        too_large = np.flatnonzero((np.abs(exact) > np.finfo(np.float32).max).any(axis=0))
        if len(too_large):
            name = transformer.get_feature_names_out()[too_large[0]]
            raise DataError(f"features: {name!r} has values beyond 3.4e38; scale the column in `clean`")
        return exact.astype(np.float32)

    @property
    def names(self) -> list[str]:
        """Feature names, in matrix order."""
        return [str(name) for transformer in self.transformers for name in transformer.get_feature_names_out()]

    @property
    def types(self) -> list[str]:
        """XGBoost feature types, in matrix order; known after fitting."""
        return [kind for transformer in self.transformers for kind in transformer.feature_types()]

    @property
    def n_categories(self) -> list[int]:
        """The number of categories of each feature, in matrix order, 0 for a quantity; known after fitting."""
        return [number for transformer in self.transformers for number in transformer.n_categories()]

    @property
    def columns(self) -> list[str]:
        """Columns of the table that the recipe reads, each once."""
        return list(dict.fromkeys(column for step in self.steps for column in step.reads()))

    def state(self) -> tuple[dict[str, Any], dict[str, Array]]:
        """The steps and their fitted attributes: plain JSON values, and the arrays to which these refer."""
        arrays, description = dict[str, Array](), []
        for number, (step, transformer) in enumerate(zip(self.steps, self.transformers, strict=True)):
            learned, array_names = transformer.state(), dict[str, str]()
            for name in [name for name, value in learned.items() if isinstance(value, np.ndarray)]:
                array_names[name] = f"{number}_{step.step}_{name.strip('_')}"
                arrays[array_names[name]] = learned.pop(name)
            description.append({"step": step.model_dump(mode="json"), "learned": learned, "arrays": array_names})
        return {"steps": description, "seed": self.seed, "n_classes": self.n_classes}, arrays

    @classmethod
    def from_state(cls, state: Mapping[str, Any], arrays: Mapping[str, Array]) -> Self:
        """The features that `state` describes.

        Raises:
            pydantic.ValidationError: if the state does not come from `state`.
        """
        steps = TypeAdapter(Recipe).validate_python([entry["step"] for entry in state["steps"]])
        features = cls(steps, state["seed"], state["n_classes"])
        for transformer, entry in zip(features.transformers, state["steps"], strict=True):
            learned_arrays = {name: arrays[array] for name, array in entry["arrays"].items()}
            transformer.restore({**entry["learned"], **learned_arrays})
        return features

    def _check_columns(self, frame: pd.DataFrame) -> None:
        missing = [column for column in self.columns if column not in frame.columns]
        if missing:
            raise DataError(f"features: no column {missing[0]!r}; the table has: {', '.join(map(str, frame.columns))}")

    def _check_unique_names(self) -> None:
        if duplicates := repeated(self.names):
            raise DataError(f"features: two steps make {duplicates[0]!r}; rename a column in `clean`")
