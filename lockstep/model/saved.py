"""The model on disk: XGBoost's UBJ files, arrays and a JSON description; no pickle."""

from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any, Self

import numpy as np
import xgboost as xgb

from lockstep.errors import DataError, LockstepError, system_reason
from lockstep.features.recipe import Features
from lockstep.fitting.fitting import Fitting
from lockstep.guards.models.model_files import check_counts, read_array, read_booster, read_description
from lockstep.guards.models.ubj import Shape, check_ubj
from lockstep.model.calibration import Calibration
from lockstep.model.decision import Costs
from lockstep.model.intake import Intake
from lockstep.model.interval import Interval
from lockstep.model.model_code import CODE, model_code, write_code
from lockstep.model.trained import Origin, TrainedModel, damage_message
from lockstep.model.training import Training
from lockstep.storage.tables import atomic_write, write_json
from lockstep.table.target import Target

DESCRIPTION = "model.json"
ARRAYS = "features"
INTERVAL = "interval.ubj"


@dataclass(frozen=True)
class SavedModel(TrainedModel):
    """A trained model that is written to a folder and read from it."""

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
            "training": self.training.to_json(),
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
            raise DataError(f"{folder}: {damage_message(error)}") from None

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
        fitting, training = Fitting.from_json(content["fitting"]), Training.from_json(content["training"])
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
