"""How much each row counts: weights of rows and classes, and exposure, which enters as XGBoost's base margin."""

import math
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from lockstep.features.arrays import rounded
from lockstep.metrics.metric import DIGITS
from lockstep.storage.tables import significant

Vector = npt.NDArray[np.float64]
Mask = npt.NDArray[np.bool_]
# By the number of the class, or so that every class has the same total.
ClassWeight = Literal["balanced"] | tuple[float, ...]


def fit_weights(y: Vector, train: Mask, weight: Vector | None, class_weight: ClassWeight | None) -> Vector | None:
    """The weights by which a booster is fitted, shape (rows,); None: all rows count the same.

    `balanced` gives a class the weight total / (classes * total of the class), as scikit-learn does, where the totals
    are those of the weights of the training rows.

    Args:
        y: Targets, shape (rows,); numbers of classes where there is a class weight.
        train: Mask of the rows that are trained on.
        weight: Weights of the rows.
        class_weight: Weights of the classes, which multiply those of the rows.
    """
    if class_weight is None:
        return weight
    numbers = y.astype(np.int64)
    if class_weight == "balanced":
        totals = np.bincount(numbers[train], weights=None if weight is None else weight[train])
        present = totals > 0
        of_class = np.ones(max(len(totals), int(numbers.max()) + 1))
        of_class[: len(totals)][present] = totals.sum() / (present.sum() * totals[present])
    else:
        of_class = np.array(class_weight)
    return of_class[numbers] if weight is None else weight * of_class[numbers]


def training_rate(y: Vector, exposure: Vector, weight: Vector | None) -> float:
    """The target per unit of exposure over all rows: the weighted sum of the targets by that of the exposures.

    Raises:
        ValueError: if it is not above 0.
    """
    weights = np.ones(len(y)) if weight is None else weight
    # sums that are exact, so that they do not depend on the CPU's way of adding
    total = math.fsum((weights * y).tolist())
    if not total > 0:
        raise ValueError("the targets of the training rows add up to 0: a rate per unit of exposure needs one above 0")
    return significant(total / math.fsum((weights * exposure).tolist()), DIGITS)


def margins(exposure: Vector, rate: float) -> npt.NDArray[np.float32]:
    """log(exposure) + log(rate): the logarithm of what a row is expected to have before the first tree, shape (rows,).

    The logarithm of the exposure alone would let boosting start from a rate of 1. Rounded: a logarithm differs in its
    last bit between CPUs.
    """
    return rounded(np.log(exposure * rate)).astype(np.float32)


def median(values: npt.NDArray[np.floating], weight: npt.NDArray[np.floating] | None = None) -> float:
    """The median, in which a row counts as its weight says."""
    if weight is None:
        return float(np.median(values))
    order = np.argsort(values, kind="stable")
    ordered, below = values[order], np.cumsum(weight[order].astype(np.float64))
    half = below[-1] / 2
    low = int(np.searchsorted(below, half, side="left"))
    high = int(np.searchsorted(below, half, side="right"))
    return float((ordered[low].astype(np.float64) + ordered[min(high, len(ordered) - 1)]) / 2)


def selected(values: Vector | None, rows: Any) -> Vector | None:
    """Some rows' values; None where there are none."""
    return None if values is None else np.asarray(values[rows])
