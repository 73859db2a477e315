"""The model on disk: XGBoost's UBJ files, arrays and a JSON description; no pickle."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any, Self

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa
import xgboost as xgb

from lockstep.errors import DataError, LockstepError, kind_and_reason, system_reason
from lockstep.features.recipe import Features
from lockstep.fitting.booster import predict
from lockstep.fitting.fitting import Fitting, Value
from lockstep.fitting.weighting import margins
from lockstep.guards.models.model_files import check_counts, read_array, read_booster, read_description
from lockstep.guards.models.ubj import Shape, check_ubj
from lockstep.metrics.labels import predicted_classes
from lockstep.metrics.metric import THRESHOLD
from lockstep.model.calibration import Calibration
from lockstep.model.decision import Costs
from lockstep.model.intake import Intake
from lockstep.model.interval import Interval
from lockstep.model.model_code import CODE, model_code, write_code
from lockstep.storage.tables import atomic_write, write_json
from lockstep.table.row_weights import positive_numbers
from lockstep.table.target import Target, Vector

DESCRIPTION = "model.json"
ARRAYS = "features"
INTERVAL = "interval.ubj"
# The column of predictions for one unit of exposure.
PER_UNIT = "per_unit"

Predictions = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Training:
    """The configuration of the boosters.

    Attributes:
        params: Booster parameters.
        n_rounds: Number of boosting rounds of each booster.
        cv_score: Mean score of the folds with these parameters and rounds.
        learning_rate_factor: The factor by which the best trial's learning rate was multiplied.
        cv: Mean metrics of the folds with these parameters; None if they are the best trial's.
    """

    params: dict[str, Value]
    n_rounds: int
    cv_score: float
    learning_rate_factor: float = 1.0
    cv: dict[str, float | None] | None = None


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
class SavedModel:
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
    def raw_rows(self) -> Intake:
        """From raw rows to rows of the cleaned table.

        Raises:
            DataError: if the model was saved without it.
        """
        if self.intake is None:
            raise DataError("the model was saved without the columns of the raw table; run `dvc repro train_best`")
        return self.intake

    def predict_raw(self, raw: pa.Table, source: str = "input", first_row: int = 0) -> pd.DataFrame:
        """The `prediction_table` of raw rows; a row's prediction does not depend on other rows.

        Args:
            raw: Rows as in the source; columns that the model does not need are ignored.
            source: The input's name in messages.
            first_row: Number of rows of the input before these, for messages.

        Raises:
            DataError: naming column, row and value, for a row that the model cannot read.
        """
        frame, column = self.raw_rows.frame(raw, source, first_row), self.target.exposure
        exposure = None
        if column is not None and self.raw_rows.has_exposure(raw.column_names):
            exposure = positive_numbers(frame, column, f"{source}: exposure: {column!r}", first_row)
        try:
            return self.prediction_table(self.features.transform(frame), exposure)
        except LockstepError:
            raise
        except Exception as error:
            # The rows have been checked, so the model is inconsistent; libraries raise many kinds of errors.
            raise DataError(_damage_message(error)) from error

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

    def save(self, folder: Path) -> None:
        """Write booster_0.ubj, ..., model.json, the features' arrays and interval.ubj into `folder`."""
        (folder / ARRAYS).mkdir(parents=True, exist_ok=True)
        for index, booster in enumerate(self.boosters):
            _write_booster(booster, folder / f"booster_{index}.ubj")
        if self.interval is not None:
            _write_booster(self.interval.booster, folder / INTERVAL)
        features, arrays = self.features.state()
        for name, array in arrays.items():
            with atomic_write(folder / ARRAYS / f"{name}.npy") as part, part.open("wb") as file:
                np.save(file, array, allow_pickle=False)
        description: dict[str, Any] = {
            "n_models": len(self.boosters),
            "target": self.target.to_json(),
            "fitting": self.fitting.as_dict(),
            "training": asdict(self.training),
            "features": features,
            "arrays": sorted(arrays),
        }
        if self.calibration is not None:
            description["calibration"] = self.calibration.to_json()
        if self.costs is not None:
            description["costs"] = self.costs.model_dump()
        if self.intake is not None:
            description["intake"] = self.intake.to_json()
        if self.origin is not None:
            description["origin"] = asdict(self.origin)
        if self.fitting.corrects_mean:
            description["mean_correction"] = self.mean_correction
        if self.rate is not None:
            description["rate"] = self.rate
        if code := write_code(folder, self._own_code()):
            description["code"] = code
        if self.interval is not None:
            description["interval"] = {"coverage": self.interval.coverage, "offset": self.interval.offset}
        write_json(description, folder / DESCRIPTION)

    def _own_code(self) -> dict[str, list[str]]:
        """Names of the project's own classes in this model, by folder of custom/."""
        rules = self.intake.rules if self.intake is not None else ()
        return {
            "steps": sorted({step.kind_name() for step in self.features.steps if step.is_custom()}),
            "rules": sorted({rule.kind_name() for rule in rules if rule.is_custom()}),
            "metrics": sorted(self.fitting.custom_metrics),
        }

    @classmethod
    def load(cls, folder: Path, *, trust_code: bool = False) -> Self:
        """Read the files that `save` wrote.

        Args:
            folder: The model's folder.
            trust_code: Whether the folder's copy of a project's own steps and rules may run where they differ from
                those of this project.

        Raises:
            DataError: if a file of the model is missing, damaged or unreadable.
            UntrustedCodeError: if the model needs steps or rules that this project does not have.
        """
        if not folder.is_dir():
            raise DataError(f"{folder}: no such model folder; run `dvc repro train_best`, or name another folder")
        try:
            return cls._load(folder, trust_code)
        except LockstepError:
            raise
        except FileNotFoundError as error:
            raise DataError(f"{error.filename}: the model is incomplete; run `dvc repro train_best`") from None
        except OSError as error:
            raise DataError(f"{error.filename or folder}: {system_reason(error)}; make the model readable") from None
        except Exception as error:
            # numpy, pandas, XGBoost, pydantic and the steps each raise their own errors for invalid content
            raise DataError(f"{folder}: {_damage_message(error)}") from None

    @classmethod
    def _load(cls, folder: Path, trust_code: bool) -> Self:
        content = read_description(folder / DESCRIPTION)
        target = Target.from_json(content["target"])
        check_counts(content, target.n_classes)
        rate = content.get("rate")
        if (rate is not None) != (target.exposure is not None) or not (rate is None or 0 < float(rate) < float("inf")):
            raise ValueError(f"its rate is {rate!r:.40}; a number above 0 where the target has an exposure, else none")
        arrays = {name: read_array(folder / ARRAYS, name) for name in content["arrays"]}
        with model_code(folder, content, trust=trust_code):
            features = Features.from_state(content["features"], arrays)
            intake = Intake.from_json(content["intake"]) if "intake" in content else None
        fitting, training = Fitting.from_json(content["fitting"]), Training(**content["training"])
        shape = Shape(target.n_classes if target.n_classes > 2 else 1, features.n_categories)
        boosters = [_read_booster(folder / f"booster_{index}.ubj", shape) for index in range(content["n_models"])]
        interval = None
        if "interval" in content:
            quantile_shape = Shape(2, shape.categories)
            interval = Interval(**content["interval"], booster=_read_booster(folder / INTERVAL, quantile_shape))
            interval = replace(interval, transform=fitting.transform)
        origin = content.get("origin")
        made_by = Origin(str(origin["dataset"]), str(origin["version"])) if origin else None
        correction = float(content.get("mean_correction", 1.0))
        calibration = None
        if "calibration" in content:
            calibration = Calibration.from_json(content["calibration"], target.n_classes)
        costs = Costs(**content["costs"]) if "costs" in content else None
        parts = (boosters, features, target, fitting, training, interval, intake, made_by)
        return cls(*parts, correction, rate, calibration, costs)


def labelled(predictions: Predictions, target: Target, threshold: float = THRESHOLD) -> pd.DataFrame:
    """Predictions as a table: predicted, a number or the predicted class; then probability_CLASS for each class."""
    if not target.classes:
        return pd.DataFrame({"predicted": predictions})
    labels, classes = target.labels, predicted_classes(predictions, threshold)
    labels_of_rows = pd.Series([labels[number] for number in classes], dtype="str")
    probabilities = {f"probability_{label}": predictions[:, number] for number, label in enumerate(labels)}
    return pd.DataFrame({"predicted": labels_of_rows, **probabilities})


def missing_files(folder: Path) -> list[str]:
    """Names of the files of a saved model that a folder lacks, the description first."""
    if not (folder / DESCRIPTION).is_file():
        return [DESCRIPTION]
    content = read_description(folder / DESCRIPTION)
    files = [f"booster_{index}.ubj" for index in range(content["n_models"])]
    files += [f"{ARRAYS}/{name}.npy" for name in content["arrays"]]
    files += [INTERVAL] if "interval" in content else []
    files += [f"{CODE}/{path}" for path in content.get("code", {})]
    return [name for name in files if not (folder / name).is_file()]


def _damage_message(error: Exception) -> str:
    return f"the model is damaged ({kind_and_reason(error, 100)}); run `dvc repro train_best`"


def _write_booster(booster: xgb.Booster, path: Path) -> None:
    with atomic_write(path) as part:
        part.write_bytes(booster.save_raw("ubj"))


def _read_booster(path: Path, shape: Shape) -> xgb.Booster:
    content = read_booster(path)
    try:
        check_ubj(content, shape)
        return xgb.Booster({"nthread": 1}, model_file=bytearray(content))
    except ValueError as error:
        raise ValueError(f"{path.name}: {error}") from None
