"""Lengths of texts."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from lockstep.features.arrays import Numbers
from lockstep.features.step import Step
from lockstep.features.step_settings import ColumnNames
from lockstep.features.values import text_values

MEASURES = ("n_characters", "n_words")


class Text(Step):
    """NAME_n_characters and NAME_n_words of each text; missing where it is missing.

    Characters are Unicode code points; words are separated by white space.

    Attributes:
        columns: Texts or categories.
    """

    columns: ColumnNames

    @classmethod
    def examples(cls) -> Sequence[Mapping[str, Any]]:
        return [{"columns": ["title", "kind"]}]

    def reads(self) -> Sequence[str]:
        return self.columns

    def reads_text(self) -> Sequence[str]:
        return self.columns

    def reads_words(self) -> Sequence[str]:
        return self.columns

    def makes(self) -> Sequence[str]:
        return [f"{column}_{measure}" for column in self.columns for measure in MEASURES]

    def transform(self, frame: pd.DataFrame) -> Numbers:
        """Numbers of shape (rows, 2 x columns).

        Raises:
            DataError: if a column does not contain text.
        """
        features = []
        for column in self.columns:
            texts = text_values(frame, column, "text")
            features.append([np.nan if text is None else len(text) for text in texts])
            features.append([np.nan if text is None else len(text.split()) for text in texts])
        return np.array(features, dtype=np.float64).T
