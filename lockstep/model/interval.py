"""Prediction intervals: quantile boosters, calibrated on the folds.

Conformalised quantile regression (Romano, Patterson and Candes 2019): the ends of the interval are moved by a quantile
of the distances by which the true values of validation rows lie outside the interval of their fold's booster. The
coverage is that of new rows only as far as they are like these: in time the latest folds are the most like them.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
import xgboost as xgb

from lockstep.fitting.booster import fit_rounds
from lockstep.fitting.fitting import Fitting, Value
from lockstep.fitting.folds import Matrix
from lockstep.fitting.matrices import FoldMatrices
from lockstep.fitting.objective import OBJECTIVES
from lockstep.fitting.transform import Transform
from lockstep.metrics.metric import DIGITS
from lockstep.storage.tables import significant

# Folds that calibrate where later rows are predicted: fewer rows, but less old ones (docs/decisions.md).
LATEST_FOLDS = 2


@dataclass(frozen=True)
class Interval:
    """A fitted interval.

    Attributes:
        coverage: The intended share of new rows inside the interval.
        offset: The distance by which both ends move outwards, in the unit of the target.
        booster: Predicts both quantiles.
        transform: The transformation of the target that the booster predicts; None: the target itself.
    """

    coverage: float
    offset: float
    booster: xgb.Booster
    transform: Transform | None = None

    def bounds(self, x: Matrix, names: list[str], types: list[str]) -> npt.NDArray[np.float64]:
        """Lower and upper end for rows of shape (rows, features), shape (rows, 2)."""
        matrix = xgb.DMatrix(x, nthread=1, feature_names=names, feature_types=types, enable_categorical=True)
        ends = _ends(self.booster, matrix, self.transform)
        ends += np.array([-self.offset, self.offset])
        # A negative offset can make the ends of a narrow interval cross: both then become its middle.
        crossed = ends[:, 0] > ends[:, 1]
        ends[crossed] = ends[crossed].mean(axis=1, keepdims=True)
        return ends


def fit_quantiles(
    train: xgb.DMatrix, params: Mapping[str, Value], rounds: int, seed: int, fitting: Fitting, coverage: float
) -> xgb.Booster:
    """Fit both quantiles at once, with equal shares below and above the interval."""
    ends = ((1 - coverage) / 2, (1 + coverage) / 2)
    # Quantile boosters cannot keep monotone constraints (see BoosterSettings).
    quantiles = replace(
        fitting, objective="quantile", metric=OBJECTIVES["quantile"].metric, quantile=ends, monotone=None
    )
    return fit_rounds(train, params, rounds, seed, quantiles)


def conformity_scores(
    matrices: FoldMatrices, params: Mapping[str, Value], rounds: int, seed: int, fitting: Fitting, coverage: float
) -> tuple[list[float], list[float]]:
    """The distance of each validation row's target from the interval of the fold's booster, negative inside.

    Returns:
        The distances, and the rows' weights, of which there are none if all rows count the same.
    """
    booster = fit_quantiles(matrices.train, params, rounds, seed, fitting, coverage)
    ends = _ends(booster, matrices.valid, fitting.transform)
    outside: list[float] = np.maximum(ends[:, 0] - matrices.y_valid, matrices.y_valid - ends[:, 1]).tolist()
    return outside, [] if matrices.weight_valid is None else matrices.weight_valid.tolist()


def _ends(booster: xgb.Booster, matrix: xgb.DMatrix, transform: Transform | None) -> npt.NDArray[np.float64]:
    """Both quantiles in the unit of the target, shape (rows, 2); a transformation keeps the order, and so quantiles."""
    ends = np.sort(booster.predict(matrix).astype(np.float64), axis=1)
    return ends if transform is None else transform.inverse(ends)


def offset_of(outside: Sequence[float], coverage: float, weights: Sequence[float] = ()) -> float:
    """The smallest offset with which the intervals contain the share `coverage` of such rows and a new one.

    Args:
        outside: Distances of rows from their interval.
        coverage: The share.
        weights: Weights of the rows, by which shares count; the new row has their mean. Empty: all count the same.
    """
    if weights:
        order = np.argsort(np.array(outside), kind="stable")
        total = np.cumsum(np.array(weights)[order])
        needed = coverage * (total[-1] + total[-1] / len(total))
        rank = int(np.searchsorted(total, needed * (1 - 1e-12), side="left"))
        return significant(outside[order[min(rank, len(order) - 1)]], DIGITS)
    ordered = sorted(outside)
    rank = math.ceil((len(ordered) + 1) * coverage)
    return significant(ordered[min(rank, len(ordered)) - 1], DIGITS)
