"""SHAP values (Lundberg et al. 2020) as XGBoost computes them: what each feature adds to each prediction."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import xgboost as xgb

from lockstep.evaluate.rows import Rows, sample_rows
from lockstep.fitting.folds import Matrix
from lockstep.fitting.weighting import margins
from lockstep.model.saved import SavedModel

MAX_ROWS, MIN_ROWS = 2_000, 100
# A row costs, per leaf, the square of its depth: some 20 ns each. The sample shrinks as the trees grow: ten seconds.
MAX_STEPS = 5 * 10**8


@dataclass(frozen=True)
class ShapValues:
    """SHAP values of some test rows.

    Attributes:
        values: Shape (rows, outputs, features), in the unit of what the boosters add up: of the target or the
            transformed one, its logarithm with a logarithmic link, log-odds for classes. One output for a number or
            two classes, one per class for more.
        base: The expected prediction without any feature, shape (outputs,).
        x: The rows' features, shape (rows, features).
    """

    values: npt.NDArray[np.float64]
    base: npt.NDArray[np.float64]
    x: Matrix

    def mean_absolute(self) -> npt.NDArray[np.float64]:
        """Mean |SHAP| per feature, over rows and outputs."""
        means: npt.NDArray[np.float64] = np.abs(self.values).mean(axis=(0, 1))
        return means


def shap_values(model: SavedModel, test: Rows, seed: int) -> ShapValues:
    """SHAP values of a seeded sample of the test rows, averaged over the model's boosters."""
    work = sum(_steps(booster) for booster in model.boosters)
    n_rows = min(MAX_ROWS, max(MIN_ROWS, MAX_STEPS // max(1, work)))
    x = test.x[sample_rows(len(test), n_rows, seed)]
    # With exposures the base is that of one unit.
    margin = None if model.rate is None else margins(np.ones(len(x)), model.rate)
    names, types = model.features.names, model.features.types
    matrix = xgb.DMatrix(
        x, base_margin=margin, nthread=1, feature_names=names, feature_types=types, enable_categorical=True
    )
    total = np.sum([_contributions(booster, matrix) for booster in model.boosters], axis=0)
    mean = total / len(model.boosters)
    return ShapValues(mean[:, :, :-1], mean[0, :, -1], x)


def _contributions(booster: xgb.Booster, matrix: xgb.DMatrix) -> npt.NDArray[np.float64]:
    """SHAP values of one booster, shape (rows, outputs, features + 1); the last column is the base."""
    contributions = booster.predict(matrix, pred_contribs=True, strict_shape=True)
    return np.asarray(contributions, dtype=np.float64)


def _steps(booster: xgb.Booster) -> int:
    """The sum over all leaves of the squared depth."""
    lines = (line for tree in booster.get_dump() for line in tree.splitlines() if "leaf=" in line)
    return sum((len(line) - len(line.lstrip("\t"))) ** 2 for line in lines)
