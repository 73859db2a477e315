"""The final model and its predictions: boosters, the features that they were trained on, and what corrects them."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Self

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa
import xgboost as xgb

from lockstep.errors import DataError, LockstepError, kind_and_reason
from lockstep.features.recipe import Features
from lockstep.fitting.booster import predict
from lockstep.fitting.fitting import Fitting
from lockstep.fitting.weighting import margins
from lockstep.metrics.labels import predicted_classes
from lockstep.metrics.metric import THRESHOLD
from lockstep.model.calibration import Calibration
from lockstep.model.decision import Costs
from lockstep.model.intake import Intake
from lockstep.model.interval import Interval
from lockstep.model.missing_cells import MissingCells
from lockstep.model.training import Training
from lockstep.table.row_weights import positive_numbers
from lockstep.table.target import Target, Vector

# The column of predictions for one unit of exposure.
PER_UNIT = "per_unit"

# Stands for a value of a personal column.
HIDDEN = "***"

Predictions = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Origin:
    """The origin of a model.

    Attributes:
        dataset: Name of the dataset file.
        version: Version of Lockstep.
    """

    dataset: str
    version: str


@dataclass(frozen=True)
class TrainedModel:
    """Boosters whose predictions are averaged, with the features they were trained on.

    Attributes:
        boosters: One or more boosters, trained with different seeds.
        features: Fitted on all training rows.
        target: The target.
        fitting: Objective and metric of the boosters.
        training: Their configuration.
        interval: Prediction intervals, or None.
        intake: From raw rows to rows of the cleaned table; None for a model that never reads raw rows.
        origin: The model's origin; None for one that is never saved, or was saved by an earlier version.
        mean_correction: The factor that corrects the mean: that of Transform.mean_correction on the training rows, or
            that of the objective's out-of-fold predictions; 1 where there is none.
        rate: The training rows' target per unit of exposure, from which boosters start; None without exposures.
        calibration: Of the probabilities of classes, or None.
        costs: What mistakes cost, where that decided the threshold (`fitting.threshold`).
    """

    boosters: Sequence[xgb.Booster]
    features: Features
    target: Target
    fitting: Fitting
    training: Training
    interval: Interval | None = None
    intake: Intake | None = None
    origin: Origin | None = None
    mean_correction: float = 1.0
    rate: float | None = None
    calibration: Calibration | None = None
    costs: Costs | None = None

    def predict(self, frame: pd.DataFrame) -> Predictions:
        """Predictions for rows of the cleaned table: numbers (rows,) or probabilities (rows, classes).

        Raises:
            DataError: if a column that the features need is absent.
        """
        return self.predict_matrix(self.features.transform(frame), self.target.exposures(frame))

    def predict_matrix(self, x: npt.NDArray[np.float32], exposure: Vector | None = None) -> Predictions:
        """Predictions for a feature matrix of shape (rows, features); without exposures for one unit each.

        Probabilities are calibrated, and the mean is corrected where the objective or a transformation moves it.
        """
        predictions = self.boosted(x, exposure)
        if self.calibration is not None:
            return self.calibration(predictions)
        if not self.fitting.corrects_mean:
            return predictions
        transform = self.fitting.transform
        if transform is None:
            return predictions * self.mean_correction
        return transform.corrected(predictions, self.mean_correction)

    def with_mean_corrected(self, x: npt.NDArray[np.float32], y: Vector, weight: Vector | None) -> Self:
        """The model with the correction of the mean that its training rows need, where its target is transformed.

        Args:
            x: Features of the training rows, shape (rows, features).
            y: Their targets.
            weight: How much each counts; None: all the same.
        """
        if self.fitting.transform is None or not self.fitting.corrects_mean:
            return self
        correction = self.fitting.transform.mean_correction(y, self.boosted(x), weight)
        return replace(self, mean_correction=correction)

    def boosted(self, x: npt.NDArray[np.float32], exposure: Vector | None = None) -> Predictions:
        """Predictions of the boosters, as `predict_matrix` before any calibration or correction."""
        names, types = self.features.names, self.features.types
        margin = None if self.rate is None else margins(np.ones(len(x)) if exposure is None else exposure, self.rate)
        per_booster = [
            predict(booster, x, names, types, self.fitting, margin).astype(np.float64) for booster in self.boosters
        ]
        total: Predictions = np.sum(per_booster, axis=0)
        return total / len(per_booster)

    @property
    def personal(self) -> set[str]:
        """Columns of the cleaned table whose values reports do not show."""
        return set() if self.intake is None else self.intake.personal

    @property
    def raw_rows(self) -> Intake:
        """From raw rows to rows of the cleaned table.

        Raises:
            DataError: if the model was saved without it.
        """
        if self.intake is None:
            raise DataError("the model was saved without the columns of the raw table; run `dvc repro train_best`")
        return self.intake

    def predict_raw(
        self, raw: pa.Table, source: str = "input", first_row: int = 0, missing: MissingCells | None = None
    ) -> pd.DataFrame:
        """The `prediction_table` of raw rows; a row's prediction does not depend on other rows.

        Args:
            raw: Rows as in the source; columns that the model does not need are ignored.
            source: The input's name in messages.
            first_row: Number of rows of the input before these, for messages.
            missing: Counts the values that are missing where training had none; None: they are refused.

        Raises:
            DataError: naming column, row and value, for a row that the model cannot read.
        """
        frame, column = self.raw_rows.frame(raw, source, first_row, missing), self.target.exposure
        exposure = None
        if column is not None and self.raw_rows.has_exposure(raw.column_names):
            exposure = positive_numbers(frame, column, f"{source}: exposure: {column!r}", first_row)
        try:
            return self.prediction_table(self.features.transform(frame), exposure)
        except LockstepError:
            raise
        except Exception as error:
            # The rows have been checked, so the model is inconsistent; libraries raise many kinds of errors.
            raise DataError(damage_message(error)) from error

    @property
    def prediction_columns(self) -> list[str]:
        """The columns of `prediction_table`."""
        if self.target.classes:
            return ["predicted", *(f"probability_{label}" for label in self.target.labels)]
        if self.rate is not None:
            return ["predicted", PER_UNIT]
        return ["predicted"] if self.interval is None else ["predicted", "lower", "upper"]

    def prediction_table(self, x: npt.NDArray[np.float32], exposure: Vector | None = None) -> pd.DataFrame:
        """Predictions for a feature matrix as a table.

        Args:
            x: Shape (rows, features).
            exposure: Exposures of the rows, shape (rows,); None: one unit each.

        Returns:
            predicted, a number or the predicted class; with exposures also per_unit, the number divided by the row's
            exposure; with intervals also lower and upper; with classes a column probability_CLASS for each.
        """
        if self.rate is not None:
            predictions = self.predict_matrix(x, exposure)
            return pd.DataFrame(
                {"predicted": predictions, PER_UNIT: predictions / (1.0 if exposure is None else exposure)}
            )
        table = labelled(self.predict_matrix(x), self.target, self.fitting.threshold)
        if self.interval is None:
            return table
        ends = self.interval.bounds(x, self.features.names, self.features.types)
        return table.assign(lower=ends[:, 0], upper=ends[:, 1])


def labelled(predictions: Predictions, target: Target, threshold: float = THRESHOLD) -> pd.DataFrame:
    """Predictions as a table: predicted, a number or the predicted class; then probability_CLASS for each class."""
    if not target.classes:
        return pd.DataFrame({"predicted": predictions})
    labels, classes = target.labels, predicted_classes(predictions, threshold)
    labels_of_rows = pd.Series([labels[number] for number in classes], dtype="str")
    probabilities = {f"probability_{label}": predictions[:, number] for number, label in enumerate(labels)}
    return pd.DataFrame({"predicted": labels_of_rows, **probabilities})


def damage_message(error: Exception) -> str:
    """The message about files that make no model."""
    return f"the model is damaged ({kind_and_reason(error, 100)}); run `dvc repro train_best`"
