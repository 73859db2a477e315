"""The model on disk: XGBoost's UBJ files and a JSON description; no pickle."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Self

import numpy as np
import numpy.typing as npt
import pandas as pd
import xgboost as xgb

from lockstep.data.tables import read_json, replacing, write_json
from lockstep.errors import DataError
from lockstep.features.recipe import Features
from lockstep.model.booster import predict

DESCRIPTION = "model.json"


@dataclass(frozen=True)
class SavedModel:
    """Boosters whose predictions are averaged, with the features they were trained on.

    Attributes:
        boosters: One or more boosters, trained with different seeds.
        features: Fitted on all training rows.
        target: Name of the predicted column.
    """

    boosters: Sequence[xgb.Booster]
    features: Features
    target: str

    def predict(self, frame: pd.DataFrame) -> npt.NDArray[np.float64]:
        """Predictions of shape (rows,) for rows as they stand in the cleaned table.

        Raises:
            DataError: if a column the features need is missing.
        """
        return self.predict_matrix(self.features.transform(frame))

    def predict_matrix(self, x: npt.NDArray[np.float32]) -> npt.NDArray[np.float64]:
        """Predictions of shape (rows,) for a feature matrix of shape (rows, features)."""
        names, types = self.features.names, self.features.types
        each = [predict(booster, x, names, types).astype(np.float64) for booster in self.boosters]
        total: npt.NDArray[np.float64] = np.sum(each, axis=0)
        return total / len(each)

    def save(self, folder: Path) -> None:
        """Write booster_0.ubj, booster_1.ubj, ... and model.json into `folder`."""
        folder.mkdir(parents=True, exist_ok=True)
        for index, booster in enumerate(self.boosters):
            with replacing(folder / f"booster_{index}.ubj") as part:
                part.write_bytes(booster.save_raw("ubj"))
        description = {"n_models": len(self.boosters), "target": self.target, "features": self.features.state()}
        write_json(description, folder / DESCRIPTION)

    @classmethod
    def load(cls, folder: Path) -> Self:
        """Read what `save` wrote.

        Raises:
            DataError: if a file of the model is missing.
        """
        try:
            description = read_json(folder / DESCRIPTION)
            raw = [
                bytearray((folder / f"booster_{index}.ubj").read_bytes()) for index in range(description["n_models"])
            ]
        except FileNotFoundError as error:
            raise DataError(f"{error.filename}: the model is incomplete; run `dvc repro train_best`") from None
        boosters = [xgb.Booster({"nthread": 1}, model_file=content) for content in raw]
        return cls(boosters, Features.restored(description["features"]), description["target"])
