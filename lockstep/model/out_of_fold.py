"""Out-of-fold predictions of the training rows, and the calibration and threshold that are learned from them.

A row is predicted by boosters with the final model's parameters and rounds that were trained without its fold.
"""

from collections.abc import Mapping
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

from lockstep.fitting.booster import fit_rounds, max_bin_of
from lockstep.fitting.fitting import Fitting, Value
from lockstep.fitting.matrices import FoldMatrices
from lockstep.model.calibration import Calibration, Method, learn_calibration
from lockstep.model.decision import Chosen, choose_threshold
from lockstep.model.final import Workers
from lockstep.model.saved import Training

Numbers = npt.NDArray[np.float64]


class Choices(Protocol):
    """The choices of the block `train_best` that need out-of-fold predictions."""

    @property
    def n_models(self) -> int:
        """Boosters whose predictions are averaged."""

    @property
    def method(self) -> Method | None:
        """How probabilities are calibrated, if they are."""

    @property
    def threshold(self) -> float | Chosen:
        """The threshold, or what is sought by choosing it."""


def out_of_fold(
    training: Training, n_models: int, fitting: Fitting, seed: int, workers: Workers
) -> tuple[Numbers, Numbers]:
    """Predict every fold's validation rows with `n_models` boosters of its training rows, averaged as the final model.

    Args:
        training: Parameters and rounds of the final model.
        n_models: Boosters per fold, with the seeds seed, seed + 1, ...
        fitting: Objective and metric.
        seed: Seed of the fits.
        workers: Fit the folds.

    Returns:
        Targets, shape (rows,), and predictions, shape (rows,) or (rows, classes), fold after fold; rows that
        validate in no fold are absent.
    """
    settings = (training.params, training.n_rounds, n_models, seed, fitting)
    folds = workers.on_folds(fold_predictions, max_bin_of(training.params), *settings)
    return np.concatenate([actual for actual, _ in folds]), np.concatenate([predicted for _, predicted in folds])


def fold_predictions(
    matrices: FoldMatrices, params: Mapping[str, Value], rounds: int, n_models: int, seed: int, fitting: Fitting
) -> tuple[Numbers, Numbers]:
    """Targets and averaged predictions of a fold's validation rows."""
    total: Any = 0.0
    for number in range(n_models):
        booster = fit_rounds(matrices.train, params, rounds, seed + number, fitting)
        total = total + fitting.as_predictions(booster.predict(matrices.valid)).astype(np.float64)
    return np.asarray(matrices.y_valid, dtype=np.float64), total / n_models


def learn_decision(
    choices: Choices, training: Training, fitting: Fitting, seed: int, workers: Workers
) -> tuple[Calibration | None, float]:
    """The calibration, and the threshold of the calibrated probabilities; the folds are fitted only where needed.

    Raises:
        ValueError: if there are too few out-of-fold rows, naming the setting.
    """
    method, threshold = choices.method, choices.threshold
    if method is None and isinstance(threshold, float):
        return None, threshold
    actual, predicted = out_of_fold(training, choices.n_models, fitting, seed, workers)
    calibration = None
    if method is not None:
        calibration = learn_calibration(method, actual, predicted)
        predicted = calibration(predicted)
    return calibration, threshold if isinstance(threshold, float) else choose_threshold(threshold, actual, predicted)
