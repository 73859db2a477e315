"""Lengths of texts."""

import numpy as np
import numpy.typing as npt
import pandas as pd

from lockstep.features.base import Numbers, Transformer
from lockstep.features.values import text_values

MEASURES = ("n_characters", "n_words")


class Text(Transformer):
    """NAME_n_characters and NAME_n_words of each text, NaN where it is missing. Learns nothing.

    Characters are Unicode code points; words are separated by white space.

    Args:
        columns: Texts or categories.
    """

    def __init__(self, columns: tuple[str, ...]) -> None:
        self.columns = columns

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

    def get_feature_names_out(self, input_features: object = None) -> npt.NDArray[np.object_]:
        """Both measures, column by column."""
        return np.array([f"{column}_{measure}" for column in self.columns for measure in MEASURES], dtype=object)
