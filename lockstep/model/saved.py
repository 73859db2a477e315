"""The model on disk: XGBoost's UBJ files, arrays and a JSON description; no pickle."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
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
from lockstep.guards.models.model_files import check_counts, read_array, read_booster, read_description
from lockstep.guards.models.ubj import Shape, check_ubj
from lockstep.model.intake import Intake
from lockstep.model.interval import Interval
from lockstep.project.target import Target
from lockstep.storage.tables import atomic_write, write_json

DESCRIPTION = "model.json"
ARRAYS = "features"
INTERVAL = "interval.ubj"

Predictions = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Training:
    """How the boosters were fitted.

    Attributes:
        params: Booster parameters.
        n_rounds: Boosting rounds of each.
        cv_score: Mean score of the folds with these parameters and rounds.
        learning_rate_factor: What the best trial's learning rate was multiplied with.
        cv: Mean metrics of the folds with these parameters; None where they are the best trial's.
    """

    params: dict[str, Value]
    n_rounds: int
    cv_score: float
    learning_rate_factor: float = 1.0
    cv: dict[str, float | None] | None = None


@dataclass(frozen=True)
class Origin:
    """Where a model comes from, for people who have several.

    Attributes:
        dataset: Name of the dataset file.
        version: Of Lockstep.
    """

    dataset: str
    version: str


@dataclass(frozen=True)
class SavedModel:
    """Boosters whose predictions are averaged, with the features they were trained on.

    Attributes:
        boosters: One or more boosters, trained with different seeds.
        features: Fitted on all training rows.
        target: What is predicted.
        fitting: What the boosters minimised.
        training: How they were fitted.
        interval: Prediction intervals, if they were asked for.
        intake: How raw rows become rows of the cleaned table; None for a model that nobody asks raw rows.
        origin: Where it comes from; None for one that is not kept, or that an earlier version saved.
    """

    boosters: Sequence[xgb.Booster]
    features: Features
    target: Target
    fitting: Fitting
    training: Training
    interval: Interval | None = None
    intake: Intake | None = None
    origin: Origin | None = None

    def predict(self, frame: pd.DataFrame) -> Predictions:
        """Predictions for rows as they stand in the cleaned table: numbers (rows,), probabilities (rows, classes).

        Raises:
            DataError: if a column the features need is missing.
        """
        return self.predict_matrix(self.features.transform(frame))

    def predict_matrix(self, x: npt.NDArray[np.float32]) -> Predictions:
        """Predictions for a feature matrix of shape (rows, features)."""
        names, types = self.features.names, self.features.types
        each = [predict(booster, x, names, types, self.fitting).astype(np.float64) for booster in self.boosters]
        total: Predictions = np.sum(each, axis=0)
        return total / len(each)

    @property
    def raw_rows(self) -> Intake:
        """How raw rows become rows of the cleaned table.

        Raises:
            DataError: if the model does not know.
        """
        if self.intake is None:
            raise DataError("the model does not know the raw table; run `dvc repro train_best`")
        return self.intake

    def predict_raw(self, raw: pa.Table, shown: str = "input", first_row: int = 0) -> pd.DataFrame:
        """What the model says of raw rows, as `prediction_table` does; a row's answer depends on no other row.

        Args:
            raw: Rows as the source holds them; columns that the model does not need are ignored.
            shown: What messages call the input.
            first_row: How many rows of the input came before, for messages.

        Raises:
            DataError: naming column, row and value, for a row that the model cannot read.
        """
        frame = self.raw_rows.frame(raw, shown, first_row)
        try:
            return self.prediction_table(self.features.transform(frame))
        except LockstepError:
            raise
        except Exception as error:
            # The rows have been checked: what the model learned does not fit together; libraries say so in many ways.
            raise DataError(_damaged(error)) from error

    @property
    def prediction_columns(self) -> list[str]:
        """The columns of `prediction_table`."""
        if self.target.classes:
            return ["predicted", *(f"probability_{label}" for label in self.target.labels)]
        return ["predicted"] if self.interval is None else ["predicted", "lower", "upper"]

    def prediction_table(self, x: npt.NDArray[np.float32]) -> pd.DataFrame:
        """Everything the model says of a feature matrix.

        Returns:
            predicted, a number or the most probable class; with intervals also lower and upper; of classes a column
            probability_CLASS each.
        """
        predicted = self.predict_matrix(x)
        if self.target.classes:
            labels = self.target.labels
            chosen = pd.Series([labels[number] for number in np.argmax(predicted, axis=1)], dtype="str")
            shares = {f"probability_{label}": predicted[:, number] for number, label in enumerate(labels)}
            return pd.DataFrame({"predicted": chosen, **shares})
        if self.interval is None:
            return pd.DataFrame({"predicted": predicted})
        ends = self.interval.bounds(x, self.features.names, self.features.types)
        return pd.DataFrame({"predicted": predicted, "lower": ends[:, 0], "upper": ends[:, 1]})

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
            "target": asdict(self.target),
            "fitting": asdict(self.fitting),
            "training": asdict(self.training),
            "features": features,
            "arrays": sorted(arrays),
        }
        if self.intake is not None:
            description["intake"] = self.intake.to_json()
        if self.origin is not None:
            description["origin"] = asdict(self.origin)
        if self.interval is not None:
            description["interval"] = {"coverage": self.interval.coverage, "offset": self.interval.offset}
        write_json(description, folder / DESCRIPTION)

    @classmethod
    def load(cls, folder: Path) -> Self:
        """Read what `save` wrote.

        Raises:
            DataError: if a file of the model is missing, damaged or not to be read.
        """
        if not folder.is_dir():
            raise DataError(f"{folder}: no such folder of a model; run `dvc repro train_best`, or name another")
        try:
            return cls._loaded(folder)
        except LockstepError:
            raise
        except FileNotFoundError as error:
            raise DataError(f"{error.filename}: the model is incomplete; run `dvc repro train_best`") from None
        except OSError as error:
            raise DataError(f"{error.filename or folder}: {system_reason(error)}; make the model readable") from None
        except Exception as error:
            # numpy, pandas, XGBoost, pydantic and the steps each have errors of their own for what does not fit
            raise DataError(f"{folder}: {_damaged(error)}") from None

    @classmethod
    def _loaded(cls, folder: Path) -> Self:
        saved = read_description(folder / DESCRIPTION)
        target = Target.from_json(saved["target"])
        check_counts(saved, target.n_classes)
        arrays = {name: read_array(folder / ARRAYS, name) for name in saved["arrays"]}
        features = Features.from_state(saved["features"], arrays)
        shape = Shape(target.n_classes if target.n_classes > 2 else 1, features.n_categories)
        boosters = [_read_booster(folder / f"booster_{index}.ubj", shape) for index in range(saved["n_models"])]
        interval = None
        if "interval" in saved:
            both_ends = Shape(2, shape.categories)
            interval = Interval(**saved["interval"], booster=_read_booster(folder / INTERVAL, both_ends))
        return cls(
            boosters,
            features,
            target,
            Fitting.from_json(saved["fitting"]),
            Training(**saved["training"]),
            interval,
            Intake.from_json(saved["intake"]) if "intake" in saved else None,
            Origin(str(saved["origin"]["dataset"]), str(saved["origin"]["version"])) if "origin" in saved else None,
        )


def missing_files(folder: Path) -> list[str]:
    """Files that a saved model must have and a folder lacks, the description first."""
    if not (folder / DESCRIPTION).is_file():
        return [DESCRIPTION]
    saved = read_description(folder / DESCRIPTION)
    needed = [f"booster_{index}.ubj" for index in range(saved["n_models"])]
    needed += [f"{ARRAYS}/{name}.npy" for name in saved["arrays"]]
    needed += [INTERVAL] if "interval" in saved else []
    return [name for name in needed if not (folder / name).is_file()]


def _damaged(error: Exception) -> str:
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
