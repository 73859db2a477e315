"""reports/tune/trials.csv, read back."""

from collections.abc import Iterable
from os import PathLike
from typing import Any, TextIO

import pandas as pd


def read_trials(source: str | PathLike[str] | TextIO, space: Iterable[str]) -> pd.DataFrame:
    """The content of trials.csv; parameters and messages stay text, as they are written.

    Args:
        source: The file.
        space: Names of the parameters.
    """
    texts: dict[str, Any] = dict.fromkeys((*space, "message", "state"), str)
    return pd.read_csv(source, keep_default_na=False, na_values=[""], dtype=texts)
