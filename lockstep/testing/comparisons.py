"""Requirements that the checks compare with."""

from typing import Any

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[Any]


def require(kept: bool, otherwise: str) -> None:
    """Require that a promise is kept.

    Raises:
        AssertionError: with the sentence `otherwise`, if it is broken.
    """
    if not kept:
        raise AssertionError(otherwise)


def require_equal(one: Array, other: Array, otherwise: str) -> None:
    """Require that two arrays have the same shape and bytes.

    Raises:
        AssertionError: with the sentence `otherwise`, if they differ.
    """
    require(one.shape == other.shape and bytes_of(one) == bytes_of(other), otherwise)


def bytes_of(array: Array) -> bytes:
    """The bytes of an array, row by row."""
    return np.ascontiguousarray(array).tobytes()
