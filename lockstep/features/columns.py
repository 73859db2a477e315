"""Columns of the table: numbers stay, categories become codes, dates become days."""

from typing import ClassVar, Self

import numpy as np
import numpy.typing as npt
import pandas as pd

from lockstep.features.base import Numbers, Transformer, numbers


class Columns(Transformer):
    """Select columns and turn each into numbers.

    Text becomes the position among the sorted values seen in `fit` (unseen and missing: NaN) and counts as
    a categorical feature; dates become days since 1970-01-01.

    Args:
        columns: Names to select.
    """

    LEARNED: ClassVar[tuple[str, ...]] = ("categories_",)

    def __init__(self, columns: tuple[str, ...]) -> None:
        self.columns = columns

    def fit(self, frame: pd.DataFrame, y: Numbers | None = None) -> Self:
        """Learn the values of the text columns from training rows."""
        self.categories_: dict[str, list[str]] = {
            column: sorted(frame[column].dropna().unique().tolist())
            for column in self.columns
            if not pd.api.types.is_numeric_dtype(frame[column])
            and not pd.api.types.is_datetime64_any_dtype(frame[column])
        }
        return self

    def transform(self, frame: pd.DataFrame) -> Numbers:
        """Numbers of shape (rows, columns)."""
        return np.column_stack([self._numbers(frame, column) for column in self.columns])

    def get_feature_names_out(self, input_features: object = None) -> npt.NDArray[np.object_]:
        """The selected names."""
        return np.array(self.columns, dtype=object)

    def n_categories(self) -> list[int]:
        """The number of values of each text column in the training rows."""
        return [len(self.categories_.get(column, ())) for column in self.columns]

    def feature_types(self) -> list[str]:
        """XGBoost's type per column: c for a category, q for a quantity."""
        return ["c" if column in self.categories_ else "q" for column in self.columns]

    def _numbers(self, frame: pd.DataFrame, column: str) -> Numbers:
        values = frame[column]
        if column in self.categories_:
            codes = pd.Index(self.categories_[column], dtype="str").get_indexer(pd.Index(values)).astype(np.float64)
            return np.where(codes < 0, np.nan, codes)
        if pd.api.types.is_datetime64_any_dtype(values):
            days = values.to_numpy(dtype="datetime64[D]")
            return np.where(np.isnat(days), np.nan, days.astype(np.int64).astype(np.float64))
        return numbers(frame, column)
