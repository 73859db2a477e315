"""What the made tables draw their columns with."""

from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

Vector = npt.NDArray[np.float64]
Words = npt.NDArray[np.object_]
Random = np.random.Generator


def some_missing(random: Random, values: Any, share: float, marker: object = None) -> pd.Series:
    series = pd.Series(values).astype(object)
    series[random.random(len(series)) < share] = marker
    return series


def pick(random: Random, names: list[str], n_rows: int, *, skewed: bool = True) -> Words:
    weights = 1.0 / np.arange(1, len(names) + 1) if skewed else np.ones(len(names))
    return np.array(names, dtype=object)[random.choice(len(names), n_rows, p=weights / weights.sum())]


def effects_of(random: Random, values: Words, spread: float) -> Vector:
    codes, names = pd.factorize(values, sort=True)
    effects: Vector = random.normal(0.0, spread, len(names))[codes]
    return effects
