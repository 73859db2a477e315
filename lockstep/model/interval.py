"""Prediction intervals: quantile boosters, widened or narrowed by what the folds missed.

Conformalised quantile regression (Romano, Patterson and Candes 2019): on rows a booster has not seen, how far outside
its own interval does the truth lie? The interval is moved by the right quantile of that.
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
from lockstep.metrics.metrics import DIGITS
from lockstep.storage.tables import significant


@dataclass(frozen=True)
class Interval:
    """A fitted interval.

    Attributes:
        coverage: The share of new rows it is to hold.
        offset: By how much both ends move outwards, in the unit of the target.
        booster: Predicts both quantiles.
    """

    coverage: float
    offset: float
    booster: xgb.Booster

    def bounds(self, x: Matrix, names: list[str], types: list[str]) -> npt.NDArray[np.float64]:
        """Lower and upper end for rows of shape (rows, features), shape (rows, 2)."""
        matrix = xgb.DMatrix(x, nthread=1, feature_names=names, feature_types=types, enable_categorical=True)
        ends = np.sort(self.booster.predict(matrix).astype(np.float64), axis=1)
        ends += np.array([-self.offset, self.offset])
        # A negative offset can cross the ends of a narrow interval: both become its middle.
        crossed = ends[:, 0] > ends[:, 1]
        ends[crossed] = ends[crossed].mean(axis=1, keepdims=True)
        return ends


def fit_quantiles(
    train: xgb.DMatrix, params: Mapping[str, Value], rounds: int, seed: int, fitting: Fitting, coverage: float
) -> xgb.Booster:
    """Fit both quantiles at once: what lies outside is shared equally."""
    ends = ((1 - coverage) / 2, (1 + coverage) / 2)
    # Quantile boosters cannot keep monotone constraints (BoosterSettings.resolved).
    quantiles = replace(fitting, objective="quantile", metric="pinball", quantile=ends, monotone=None)
    return fit_rounds(train, params, rounds, seed, quantiles)


def conformity(
    matrices: FoldMatrices, params: Mapping[str, Value], rounds: int, seed: int, fitting: Fitting, coverage: float
) -> list[float]:
    """How far each validation row lies outside the interval of a booster that has not seen it; negative inside."""
    booster = fit_quantiles(matrices.train, params, rounds, seed, fitting, coverage)
    ends = np.sort(booster.predict(matrices.valid).astype(np.float64), axis=1)
    outside: list[float] = np.maximum(ends[:, 0] - matrices.y_valid, matrices.y_valid - ends[:, 1]).tolist()
    return outside


def offset_of(outside: Sequence[float], coverage: float) -> float:
    """The smallest offset with which the share `coverage` of rows like these is held."""
    ordered = sorted(outside)
    rank = math.ceil((len(ordered) + 1) * coverage)
    return significant(ordered[min(rank, len(ordered)) - 1], DIGITS)
