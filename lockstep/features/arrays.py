"""Columns as arrays of numbers, rounded and standardised so that they are the same on every CPU."""

import numpy as np
import numpy.typing as npt
import pandas as pd

Numbers = npt.NDArray[np.float64]


def numbers(frame: pd.DataFrame, column: str) -> Numbers:
    """A numeric column as float64, NaN where missing."""
    return frame[column].to_numpy(dtype=np.float64, na_value=np.nan)


def means_and_deviations(values: Numbers) -> tuple[Numbers, Numbers]:
    """Mean and standard deviation of each column, missing values excluded, to six digits, for standardisation.

    A constant column gets the deviation 1: its computed one may be 1e-17, by which a new row's value would be divided.
    """
    present = ~np.isnan(values)
    if present.all() and len(values):  # without the copies that leave out missing values; the sums are the same
        means = values.sum(axis=0) / len(values)
        deviations = np.sqrt(((values - means) ** 2).sum(axis=0) / len(values))
        varied = (deviations > 0) & (values.max(axis=0) > values.min(axis=0))
        return rounded(means), rounded(np.where(varied, deviations, 1.0))
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
