"""What a run of the pipeline left in a folder, for people, notebooks and comparisons: each file is read when asked for.

The folder is the repository, a copy of a revision's files, or what `lockstep export` wrote.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, Self, TypeVar

import pandas as pd

from lockstep.errors import DataError, one_line
from lockstep.fitting.fitting import Fitting
from lockstep.project import paths
from lockstep.project.target import Target
from lockstep.search.trials_file import read_trials
from lockstep.storage.tables import read_json, read_table

Read = TypeVar("Read")


@dataclass(frozen=True)
class Outputs:
    """The outputs in a folder.

    Attributes:
        root: The folder.

    Raises:
        DataError: from every attribute, naming the file, if it is missing or cannot be read.
    """

    root: Path = Path()

    @classmethod
    def nearest(cls, start: Path | None = None) -> Self:
        """Those of the repository that a folder, the working directory if none is named, stands in.

        Raises:
            DataError: if it stands in none.
        """
        here = (start or Path.cwd()).resolve()
        for folder in (here, *here.parents):
            if (folder / "dvc.yaml").is_file():
                return cls(folder)
        raise DataError(f"{here}: no dvc.yaml here or above; start in the repository, or name a folder: Outputs(PATH)")

    @cached_property
    def metrics(self) -> Mapping[str, Any]:
        """reports/metrics.json: train, cv, test, each metric by name; baseline, the same per model."""
        return self._json(paths.METRICS)

    @cached_property
    def gates(self) -> Mapping[str, Any]:
        """reports/gates.json."""
        return self._json(paths.GATES)

    @cached_property
    def uncertainty(self) -> Mapping[str, Any]:
        """reports/evaluate/uncertainty.json: the intervals of the test metrics."""
        return self._json(paths.UNCERTAINTY)

    @cached_property
    def repeated(self) -> Mapping[str, Any]:
        """reports/evaluate/repeated.json: further splits, if they were asked for."""
        return self._json(paths.REPEATED)

    @cached_property
    def data_quality(self) -> Mapping[str, Any]:
        """reports/data_quality.json: rows per cleaning rule, and every column."""
        return self._json(paths.DATA_QUALITY)

    @cached_property
    def best(self) -> Mapping[str, Any]:
        """models/best_params.json: params, n_rounds, the CV score and the number of the best trial."""
        return self._json(paths.BEST_PARAMS)

    @cached_property
    def search(self) -> Mapping[str, Any]:
        """models/search.json: settings, space and cost of the search."""
        return self._json(paths.SEARCH)

    @cached_property
    def model(self) -> Mapping[str, Any]:
        """models/model/model.json: target, fitting, features and training of the final model."""
        return self._json(paths.MODEL / "model.json")

    @property
    def target(self) -> Target:
        """What is predicted."""
        described = self.model["target"]
        return Target(described["column"], tuple(described["classes"]))

    @property
    def fitting(self) -> Fitting:
        """What was minimised and judged by."""
        return Fitting(**self.model["fitting"])

    @cached_property
    def trials(self) -> pd.DataFrame:
        """reports/tune/trials.csv, a row per trial; parameters are text, as they are written."""
        return self._read(paths.TRIALS, lambda file: read_trials(file, self.search["settings"]["space"]))

    @cached_property
    def predictions(self) -> pd.DataFrame:
        """data/predictions/test.parquet: row_id, actual and what the model says of every test row."""
        return self._read(paths.PREDICTIONS, read_table)

    def table(self, name: str) -> pd.DataFrame:
        """A table of the evaluation, such as baselines, slices, feature_importance or optimisation_history.

        Args:
            name: Of the file in reports/evaluate/, without its ending.
        """
        return self._read(paths.EVALUATE / f"{name}.csv", pd.read_csv)

    @cached_property
    def learning_curve(self) -> pd.DataFrame:
        """reports/train_best/learning_curve.csv: round, train and valid, means of the folds."""
        return self._read(paths.LEARNING_CURVE, pd.read_csv)

    @property
    def model_bytes(self) -> int:
        """Size of the final model's files."""
        files = [file for file in (self.root / paths.MODEL).rglob("*") if file.is_file()]
        return sum(file.stat().st_size for file in files)

    def _json(self, path: Path) -> Mapping[str, Any]:
        content: Mapping[str, Any] = self._read(path, read_json)
        return content

    def _read(self, path: Path, reader: Callable[[Path], Read]) -> Read:
        file = self.root / path
        try:
            return reader(file)
        except FileNotFoundError:
            raise DataError(f"{file}: no such file; run `dvc repro` first") from None
        except (OSError, ValueError) as error:
            reason = one_line(error, 200)
            raise DataError(f"{file}: cannot be read ({reason}); run `dvc repro`, or `dvc checkout` it") from error


def byte_size(count: int) -> str:
    """Bytes in kB or MB."""
    if count < 10_000:
        return f"{count:,} bytes"
    return f"{count / 1e3:,.0f} kB" if count < 1_000_000 else f"{count / 1e6:,.1f} MB"
