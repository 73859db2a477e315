"""XGBoost with its defaults."""

from dataclasses import replace

import numpy as np

from lockstep.evaluate.baseline import Baseline, Problem
from lockstep.fitting.booster import fit_rounds
from lockstep.fitting.folds import Fold
from lockstep.fitting.matrices import training_matrix
from lockstep.model.trained import Predictions

# XGBoost's own defaults: 100 rounds, depth 6, learning rate 0.3.
UNTUNED_ROUNDS, UNTUNED_MAX_BIN = 100, 256


class UntunedXgboost(Baseline):
    """XGBoost with its defaults, the model's objective, features, weights and target transformation."""

    role = "same"
    steady = True

    @classmethod
    def suits(cls, problem: Problem) -> bool:
        return True

    def predict(self) -> Predictions:
        model, train, test = self.problem.model, self.problem.train, self.problem.test
        fitting, everything = replace(model.fitting, device="cpu", memory="in_core"), np.ones(len(train), np.bool_)
        names, types = tuple(model.features.names), tuple(model.features.types)
        fold = Fold(
            *(train.x, train.y, everything, ~everything, names, types, train.weight, train.exposure),
            class_weight=fitting.class_weight,
        )
        matrix = training_matrix(fold, UNTUNED_MAX_BIN, "in_core", fitting.transform)
        booster = fit_rounds(matrix, {}, UNTUNED_ROUNDS, self.problem.seed, fitting)
        untuned = replace(model, boosters=[booster], fitting=fitting, calibration=None, mean_correction=1.0)
        return untuned.with_mean_corrected(train.x, train.y, train.weight).predict_matrix(test.x, test.exposure)

    def about(self) -> str:
        return f"{UNTUNED_ROUNDS} rounds with XGBoost's defaults and this model's objective and weights"
