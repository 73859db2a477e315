"""The base of all transformers, and functions that they share."""

from abc import ABC, abstractmethod
from typing import Any, ClassVar, Self

import numpy as np
import numpy.typing as npt
import pandas as pd
from sklearn.base import BaseEstimator, TransformerMixin

Numbers = npt.NDArray[np.float64]


class Transformer(TransformerMixin, BaseEstimator, ABC):
    """One feature step: learns from training rows, then computes features of any rows.

    `fit_transform` computes the features of the training rows. Where a step learns from the target, these exclude the
    row's own target (leave-one-out, cross-fitting), so that they are distributed like those of new rows; then
    `fit_transform(frame, y)` differs from `fit(frame, y).transform(frame)`.

    Attributes:
        LEARNED: Names of the attributes that `fit` sets; their values are JSON values or arrays.
    """

    LEARNED: ClassVar[tuple[str, ...]] = ()

    def fit(self, frame: pd.DataFrame, y: Numbers | None = None) -> Self:
        """Learn from training rows; most steps learn nothing."""
        return self

    @abstractmethod
    def transform(self, frame: pd.DataFrame) -> Numbers:
        """Features of rows that were not in `fit`, of shape (rows, features)."""

    def fit_transform(self, frame: pd.DataFrame, y: Numbers | None = None, **_: Any) -> Numbers:
        """Learn from training rows and return their own features."""
        return self.fit(frame, y).transform(frame)

    @abstractmethod
    def get_feature_names_out(self, input_features: object = None) -> npt.NDArray[np.object_]:
        """Names of the features, in order."""

    def feature_types(self) -> list[str]:
        """XGBoost's type per feature: c for a category, q for a quantity."""
        return ["q"] * len(self.get_feature_names_out())

    def n_categories(self) -> list[int]:
        """The number of categories per feature, 0 for a quantity."""
        return [0] * len(self.get_feature_names_out())

    def state(self) -> dict[str, Any]:
        """The attributes that `fit` set: JSON values and arrays."""
        return {name: getattr(self, name) for name in self.LEARNED}

    def restore(self, state: dict[str, Any]) -> Self:
        """Set the attributes that an earlier `fit` set."""
        for name in self.LEARNED:
            setattr(self, name, state[name])
        return self


def numbers(frame: pd.DataFrame, column: str) -> Numbers:
    """A numeric column as float64, NaN where missing."""
    return frame[column].to_numpy(dtype=np.float64, na_value=np.nan)


def means_and_deviations(values: Numbers) -> tuple[Numbers, Numbers]:
    """Mean and standard deviation of each column, missing values excluded, to six digits, for standardisation.

    A constant column gets the deviation 1: its computed one may be 1e-17, by which a new row's value would be divided.
    """
    present = ~np.isnan(values)
    count = np.maximum(present.sum(axis=0), 1)
    means = np.where(present, values, 0.0).sum(axis=0) / count
    deviations = np.sqrt(np.where(present, (values - means) ** 2, 0.0).sum(axis=0) / count)
    lowest = np.where(present, values, np.inf).min(axis=0, initial=np.inf)
    highest = np.where(present, values, -np.inf).max(axis=0, initial=-np.inf)
    return rounded(means), rounded(np.where((deviations > 0) & (highest > lowest), deviations, 1.0))


def rounded(values: Numbers) -> Numbers:
    """Values rounded to a mantissa of 20 bits (six digits), which removes last-bit differences between CPUs.

    Needed for logarithms, powers, trigonometry and matrix products. Sums in a fixed order, products, quotients and
    square roots are the same on every CPU.
    """
    mantissa, exponent = np.frexp(values)
    return np.ldexp(np.round(mantissa * 2**20) / 2**20, exponent)
