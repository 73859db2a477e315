"""Out-of-fold predictions of the training rows, and the calibration and threshold that are learned from them.

A row is predicted by boosters with the final model's parameters and rounds that were trained without its fold.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt
import pandas as pd
import xgboost as xgb

from lockstep.fitting.booster import MetricByRound, fit_rounds, fit_with_history, max_bin_of, validation_predictions
from lockstep.fitting.fitting import Fitting, Value
from lockstep.fitting.matrices import FoldMatrices
from lockstep.fitting.transform import FACTOR_DIGITS
from lockstep.metrics.metric import THRESHOLD
from lockstep.model.calibration import LEAST_ROWS, Calibration, Method, check_rows, learn_calibration
from lockstep.model.decision import Chosen, choose_threshold
from lockstep.model.final import Workers, rounds_of_curve
from lockstep.model.trained import Predictions, Training, labelled
from lockstep.storage.tables import significant
from lockstep.table.row_weights import mean
from lockstep.table.target import Target

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


@dataclass(frozen=True)
class OutOfFold:
    """The rows that validate in a fold, in the order of the training table.

    Attributes:
        rows: These rows.
        predictions: Numbers (rows,) or probabilities (rows, classes), before any calibration.
        curves: Of each fold XGBoost's metric after each of `rounds_of_curve`, if it was asked for.
    """

    rows: pd.DataFrame
    predictions: Predictions
    curves: Sequence[MetricByRound] = ()

    def mean_correction(self, target: Target) -> float:
        """The factor that gives these predictions the total of their targets, to six digits; 1 if that is 0."""
        actual, weight = target.values(self.rows), target.weights(self.rows)
        means = mean(actual, weight), mean(self.predictions, weight)
        return significant(means[0] / means[1], FACTOR_DIGITS) if means[0] > 0 else 1.0

    def table(self, target: Target) -> pd.DataFrame:
        """row_id, fold, actual, predicted, and for classes a column probability_CLASS for each."""
        table = labelled(self.predictions, target)
        table.insert(0, "actual", actual_values(self.rows, target))
        table.insert(0, "fold", self.rows["fold"])
        table.insert(0, "row_id", self.rows["row_id"])
        return table


def out_of_fold(
    train: pd.DataFrame,
    training: Training,
    n_models: int,
    fitting: Fitting,
    seed: int,
    workers: Workers,
    *,
    curves: bool = False,
) -> OutOfFold:
    """Predict every fold's validation rows with `n_models` boosters of its training rows, averaged.

    Args:
        train: The training table.
        training: Parameters and rounds of the final model.
        n_models: Boosters per fold, with the seeds seed, seed + 1, ...
        fitting: Objective and metric.
        seed: Seed of the fits.
        workers: Fit the folds.
        curves: Fit the first booster of a fold for `rounds_of_curve`, and keep its metric after each.
    """
    settings = (training.params, training.n_rounds, n_models, seed, fitting)
    kept: list[MetricByRound] = []
    if curves:
        followed = workers.on_folds(follow_validation_rows, max_bin_of(training.params), *settings)
        folds: list[Predictions] = [predictions for predictions, _ in followed]
        kept = [curve for _, curve in followed]
    else:
        folds = workers.on_folds(predict_validation_rows, max_bin_of(training.params), *settings)
    fold = train["fold"].to_numpy()
    order = np.argsort(np.concatenate([np.flatnonzero(fold == number) for number in range(len(folds))]))
    return OutOfFold(train[fold >= 0].reset_index(drop=True), np.concatenate(folds)[order], kept)


def predict_validation_rows(
    matrices: FoldMatrices, params: Mapping[str, Value], rounds: int, n_models: int, seed: int, fitting: Fitting
) -> Numbers:
    """Averaged predictions of a fold's validation rows: numbers (rows,) or probabilities (rows, classes)."""
    boosters = (fit_rounds(matrices.train, params, rounds, seed + number, fitting) for number in range(n_models))
    return _averaged(boosters, matrices, rounds, fitting)


def follow_validation_rows(
    matrices: FoldMatrices, params: Mapping[str, Value], rounds: int, n_models: int, seed: int, fitting: Fitting
) -> tuple[Numbers, MetricByRound]:
    """The same predictions, and the metric of the first booster after each of `rounds_of_curve`."""
    first, curve = fit_with_history(matrices, params, rounds_of_curve(rounds), seed, fitting)
    others = (fit_rounds(matrices.train, params, rounds, seed + number, fitting) for number in range(1, n_models))
    return _averaged(chain([first], others), matrices, rounds, fitting), curve


def _averaged(boosters: Iterable[xgb.Booster], matrices: FoldMatrices, rounds: int, fitting: Fitting) -> Numbers:
    """Mean predictions of the boosters' first rounds; one booster after the other is fitted and let go."""
    total: Any = 0.0
    count = 0
    for booster in boosters:
        total = total + validation_predictions(booster, matrices, rounds, fitting).astype(np.float64)
        count += 1
    return np.asarray(total / count)


def boosters_per_fold(choices: Choices) -> int:
    """As many as the final model averages where a decision is learned from their predictions, else one."""
    decides = choices.method is not None or not isinstance(choices.threshold, float)
    return choices.n_models if decides else 1


def learn_decision(choices: Choices, out: OutOfFold, target: Target) -> tuple[Calibration | None, float]:
    """The calibration, and the threshold of the calibrated probabilities.

    Raises:
        ValueError: if there are too few out-of-fold rows, naming the setting.
    """
    method, threshold = choices.method, choices.threshold
    if method is None and isinstance(threshold, float):
        return None, threshold
    actual, weight, predicted, calibration = target.values(out.rows), target.weights(out.rows), out.predictions, None
    if method is not None:
        setting = f"train_best.calibration: {method!r}"
        check_rows(setting, actual, target.labels, LEAST_ROWS[method], "set it to none")
        calibration = learn_calibration(method, actual, predicted, weight)
        predicted = calibration(predicted)
    if isinstance(threshold, float):
        return calibration, threshold
    check_rows("train_best.threshold", actual, target.labels, 0, f"set it to {THRESHOLD}")
    return calibration, choose_threshold(threshold, actual, predicted, weight)


def actual_values(rows: pd.DataFrame, target: Target) -> pd.Series:
    """The target as tables of predictions show it: numbers as they are, classes by their labels."""
    if not target.classes:
        return rows[target.column].reset_index(drop=True)
    return pd.Series([target.labels[int(number)] for number in target.values(rows)], dtype="str")
