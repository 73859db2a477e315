"""Few texts of a column, on which the expensive questions are asked first, and the words of its name."""

import re
from collections.abc import Iterable
from itertools import islice

import pandas as pd

from lockstep.inspect.notations.proposal import Texts

FEW, SAMPLE = 24, 200


def few_texts(texts: Texts) -> Iterable[str]:
    """A first look: some different texts, evenly over the order in which they are held."""
    return islice(texts, 0, None, max(1, len(texts) // FEW))


def sampled(words: pd.Series) -> list[str]:
    """Some hundred of the sorted texts, evenly."""
    return list(words.sort_values()[:: max(1, len(words) // SAMPLE)])


def in_words(name: str) -> str:
    """A column's name in lower case with _ between its words: departureTime and "Departure time" are departure_time."""
    return "_".join(re.findall(r"[^\W\d_]+", re.sub(r"(?<=[a-z])(?=[A-Z])", "_", name).lower()))
