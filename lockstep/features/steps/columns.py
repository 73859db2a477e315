"""Columns of the table: numbers stay, categories become codes, dates become days."""

from collections.abc import Mapping, Sequence
from typing import Any, Self

import numpy as np
import pandas as pd

from lockstep.features.arrays import Numbers, numbers
from lockstep.features.step import Step
from lockstep.project.settings import Names


class Columns(Step):
    """Take columns unchanged: numbers stay, categories become codes, dates become days since 1970-01-01.

    A category becomes the position among the sorted values seen in `fit` (unseen and missing: NaN) and counts as
    a categorical feature.

    Attributes:
        columns: Names to select.
    """

    columns: Names

    _categories: dict[str, list[str]]

    @classmethod
    def examples(cls) -> Sequence[Mapping[str, Any]]:
        return [{"columns": ["rooms", "kind", "day"]}]

    def reads(self) -> Sequence[str]:
        return self.columns

    def makes(self) -> Sequence[str]:
        return self.columns

    def fit(self, frame: pd.DataFrame, y: Numbers | None = None) -> Self:
        """Learn the values of the text columns from training rows."""
        self._categories = {
            column: sorted(frame[column].dropna().unique().tolist())
            for column in self.columns
            if not pd.api.types.is_numeric_dtype(frame[column])
            and not pd.api.types.is_datetime64_any_dtype(frame[column])
        }
        return self

    def transform(self, frame: pd.DataFrame) -> Numbers:
        """Numbers of shape (rows, columns)."""
        return np.column_stack([self._numbers(frame, column) for column in self.columns])

    def n_categories(self) -> list[int]:
        """The number of values of each text column in the training rows."""
        return [len(self._categories.get(column, ())) for column in self.columns]

    def feature_types(self) -> list[str]:
        """XGBoost's type per column: c for a category, q for a quantity."""
        return ["c" if column in self._categories else "q" for column in self.columns]

    def _numbers(self, frame: pd.DataFrame, column: str) -> Numbers:
        values = frame[column]
        if column in self._categories:
            codes = pd.Index(self._categories[column], dtype="str").get_indexer(pd.Index(values)).astype(np.float64)
            return np.where(codes < 0, np.nan, codes)
        if pd.api.types.is_datetime64_any_dtype(values):
            days = values.to_numpy(dtype="datetime64[D]")
            return np.where(np.isnat(days), np.nan, days.astype(np.int64).astype(np.float64))
        return numbers(frame, column)
