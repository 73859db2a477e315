"""Out-of-fold predictions of the training rows, and the calibration and threshold that are learned from them.

A row is predicted by boosters with the final model's parameters and rounds that were trained without its fold.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
import numpy.typing as npt
import pandas as pd

from lockstep.fitting.booster import MetricByRound
from lockstep.fitting.transform import FACTOR_DIGITS
from lockstep.metrics.metric import THRESHOLD
from lockstep.model.calibration import LEAST_ROWS, Calibration, Method, check_rows, learn_calibration
from lockstep.model.decision import Chosen, choose_threshold
from lockstep.model.fold_predictions import FoldPredictions
from lockstep.model.trained import Predictions, labelled
from lockstep.model.training import Member, Training
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
    train: pd.DataFrame, members: Sequence[Member], fits: FoldPredictions, followed: Member | None = None
) -> OutOfFold:
    """Predict every fold's validation rows with boosters of its training rows, averaged.

    Args:
        train: The training table.
        members: Configurations of the boosters.
        fits: Fits the folds.
        followed: The configuration whose learning curves are kept; None: none.
    """
    curves = [] if followed is None else fits.curves_of(followed)
    folds, fold = fits.averaged(members), train["fold"].to_numpy()
    order = np.argsort(np.concatenate([np.flatnonzero(fold == number) for number in range(len(folds))]))
    return OutOfFold(train[fold >= 0].reset_index(drop=True), np.concatenate(folds)[order], curves)


def members_per_fold(choices: Choices, training: Training) -> Sequence[Member]:
    """The boosters that predict a fold: an ensemble's own, else those of the best configuration.

    They are as many as the final model averages where a decision is learned from their predictions, else one. Where the
    final model averages the folds' boosters, they have the folds' median rounds: its own were chosen by these rows.
    """
    if training.final == "ensemble":
        return training.members
    decides = choices.method is not None or not isinstance(choices.threshold, float)
    return [Member(training.params, training.n_rounds, choices.n_models if decides else 1)]


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
