"""The outputs of the pipeline in a folder; each file is read on first use.

The folder is the repository, a copy of a revision's files, or what `lockstep export` wrote.
"""

import hashlib
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, Self, TypeVar

import pandas as pd

from lockstep.errors import DataError, kind_and_reason, system_reason
from lockstep.fitting.fitting import Fitting
from lockstep.guards.text.yaml_file import read_yaml
from lockstep.metrics.names import find_metric, metric_label, shown_score
from lockstep.model.training import Training
from lockstep.project import paths
from lockstep.results.choices import effective_choices
from lockstep.results.dvc_lock import PIPELINE, declared_outs
from lockstep.search.trials_file import read_trials
from lockstep.storage.tables import read_json, read_table
from lockstep.table.target import Target

Read = TypeVar("Read")
DESCRIPTION = paths.MODEL / "model.json"
# The remedy for outputs that are damaged, where the pipeline can run again.
RUN_AGAIN = "; run `dvc repro`"


@dataclass(frozen=True)
class Result:
    """One result of the pipeline.

    Attributes:
        root: The folder.
        named: Whether messages contain the folder; they must not name a temporary copy.

    Raises:
        DataError: from every attribute, naming the file, if it is missing, cannot be read or is damaged.
    """

    root: Path = Path()
    named: bool = True

    @classmethod
    def nearest(cls, start: Path | None = None) -> Self:
        """The result of the repository that contains a folder (default: the working directory).

        Raises:
            DataError: if there is no such repository.
        """
        here = (start or Path.cwd()).resolve()
        for folder in (here, *here.parents):
            if (folder / PIPELINE).is_file():
                return cls(folder)
        raise DataError(f"{here}: no {PIPELINE} here or above; start in the repository, or name a folder: Result(PATH)")

    @cached_property
    def params(self) -> Mapping[str, Any]:
        """The effective choices of params.yaml, by dotted name."""
        choices = read_yaml(self.root / paths.PARAMS, self._shown(paths.PARAMS))
        with self.reading(paths.PARAMS):
            return effective_choices(choices)

    @property
    def dataset(self) -> str:
        """The dataset's name, which is the experiment's in MLflow."""
        return str(self.params["dataset"])

    @cached_property
    def metrics(self) -> Mapping[str, Any]:
        """reports/metrics.json: train, cv, test, each metric by name; baseline, the same per model."""
        return self._json(paths.METRICS)

    @cached_property
    def all_metrics(self) -> Mapping[str, Any]:
        """reports/evaluate/all_metrics.json: train and test, every metric by name."""
        return self._json(paths.ALL_METRICS)

    @cached_property
    def gates(self) -> Mapping[str, Any]:
        """reports/gates.json."""
        return self._json(paths.GATES)

    @cached_property
    def uncertainty(self) -> Mapping[str, Any]:
        """reports/evaluate/uncertainty.json: the intervals of the test metrics."""
        return self._json(paths.UNCERTAINTY)

    @cached_property
    def findings(self) -> Sequence[Mapping[str, str]]:
        """reports/evaluate/findings.json: name, kind and sentence of each finding; empty where a result has no such
        file, as those of earlier versions."""
        if not (self.root / paths.FINDINGS).is_file():
            return []
        keys = ("name", "kind", "sentence")
        return self._read(
            paths.FINDINGS, lambda file: [{key: str(entry[key]) for key in keys} for entry in read_json(file)]
        )

    @cached_property
    def repeated(self) -> Mapping[str, Any]:
        """reports/evaluate/repeated.json: metrics of further splits, if the protocol is repeated."""
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
    def space(self) -> Mapping[str, Mapping[str, Any]]:
        """The ranges of the search, by parameter."""
        with self.reading(paths.SEARCH):
            return dict(self.search["settings"]["space"])

    @cached_property
    def cost(self) -> Mapping[str, int]:
        """trials_complete, trials_pruned, trials_failed, fold_fits, boosting_rounds of the search."""
        with self.reading(paths.SEARCH):
            return dict(self.search["cost"])

    @property
    def cv_column(self) -> str:
        """The name of the search's score in trials.csv and best_params.json."""
        with self.reading(paths.SEARCH):
            return str(self.search["score"])

    @cached_property
    def model(self) -> Mapping[str, Any]:
        """models/model/model.json: target, fitting, features and training of the final model."""
        return self._json(DESCRIPTION)

    @cached_property
    def training(self) -> Mapping[str, Any]:
        """How the final model was trained: params, n_rounds, learning_rate_factor."""
        with self.reading(DESCRIPTION):
            return dict(self.model["training"])

    @property
    def final_training(self) -> Training:
        """The same, with the configurations where they are several."""
        with self.reading(DESCRIPTION):
            return Training.from_json(self.training)

    @property
    def target(self) -> Target:
        """The target."""
        with self.reading(DESCRIPTION):
            return Target.from_json(self.model["target"])

    @property
    def fitting(self) -> Fitting:
        """Objective and metric."""
        with self.reading(DESCRIPTION):
            return Fitting.from_json(self.model["fitting"])

    @property
    def score_name(self) -> str:
        """The metric's name for people."""
        return metric_label(self.fitting.metric)

    def shown(self, score: float | None) -> float | None:
        """The metric's value of a score, as people read it."""
        return shown_score(self.fitting.metric, score)

    @property
    def score(self) -> float | None:
        """The score of the test rows (less is better); None where it or its metric is undefined here."""
        with self.reading(paths.METRICS):
            metric, value = find_metric(self.fitting.metric), self.metrics["test"].get(self.fitting.metric)
            return None if metric is None or value is None else metric.loss(float(value))

    @property
    def n_trees(self) -> int:
        """Trees of all boosters that are averaged."""
        with self.reading(DESCRIPTION):
            classes = self.target.n_classes
            trees = [
                member.n_models * member.n_rounds * int(member.params.get("num_parallel_tree", 1))
                for member in self.final_training.members_of(int(self.model["n_models"]))
            ]
            return (classes if classes > 2 else 1) * sum(trees)

    @property
    def model_files(self) -> list[Path]:
        """All files of the final model."""
        return sorted(file for file in (self.root / paths.MODEL).rglob("*") if file.is_file())

    @property
    def model_bytes(self) -> int:
        """Size of the final model's files."""
        return sum(file.stat().st_size for file in self.model_files)

    @cached_property
    def trials(self) -> pd.DataFrame:
        """reports/tune/trials.csv, a row per trial; parameters are text, as in the file."""
        return self._read(paths.TRIALS, lambda file: read_trials(file, self.space))

    @property
    def complete_trials(self) -> pd.DataFrame:
        """Complete trials in order: number and score."""
        with self.reading(paths.TRIALS):
            complete = self.trials.loc[self.trials["state"] == "COMPLETE", ["number", self.cv_column]]
            return complete.set_axis(["number", "score"], axis=1)

    @cached_property
    def predictions(self) -> pd.DataFrame:
        """data/predictions/test.parquet: row_id, actual and the prediction of every test row."""
        return self._read(paths.PREDICTIONS, read_table)

    @cached_property
    def out_of_fold(self) -> pd.DataFrame:
        """data/predictions/train_oof.parquet: row_id, fold, actual and the prediction of every validation row."""
        return self._read(paths.OUT_OF_FOLD, read_table)

    @cached_property
    def learning_curve(self) -> pd.DataFrame:
        """reports/train_best/learning_curve.csv: round, train and valid, means of the folds."""
        return self._read(paths.LEARNING_CURVE, pd.read_csv)

    def table(self, name: str) -> pd.DataFrame:
        """A table of the evaluation, such as baselines, slices, feature_importance or optimisation_history.

        Args:
            name: Name of the file in reports/evaluate/, without its extension.
        """
        return self._read(paths.EVALUATE / f"{name}.csv", pd.read_csv)

    @cached_property
    def evaluation_files(self) -> list[Path]:
        """Outputs in reports/evaluate/; other files there belong to the user."""
        files = sorted(file for file in declared_outs(self.root, "evaluate") if file.parent == paths.EVALUATE)
        return [file for file in files if (self.root / file).is_file()]

    @property
    def key_files(self) -> list[Path]:
        """Outputs that are part of the key besides the model: the same for one result in every place."""
        tables = [file for file in self.evaluation_files if file.suffix in (".csv", ".json")]
        search = (paths.BEST_PARAMS, paths.SEARCH, paths.TRIALS)
        return [*search, paths.PREDICTIONS, paths.OUT_OF_FOLD, paths.METRICS, paths.GATES, *tables]

    @cached_property
    def key(self) -> str:
        """sha256 over the parameters and every output except the page: the same result has the same key."""
        digest = hashlib.sha256(json.dumps(self.params, sort_keys=True).encode())
        for file in (*self.key_files, *(file.relative_to(self.root) for file in self.model_files)):
            with self.reading(file) as path:
                digest.update(path.name.encode() + b"\0" + hashlib.sha256(path.read_bytes()).digest())
        return digest.hexdigest()

    @contextmanager
    def reading(self, path: Path) -> Iterator[Path]:
        """Turn errors from the content of an output, which is untrusted, into one line that names the file.

        Args:
            path: The output; the block gets its full path.
        """
        try:
            yield self.root / path
        except FileNotFoundError:
            raise DataError(f"{self._shown(path)}: no such file; run `dvc repro` first") from None
        except OSError as error:
            reason = system_reason(error)
            raise DataError(
                f"{self._shown(path)}: cannot be read ({reason}); run `dvc repro`, or `dvc checkout` it"
            ) from error
        except (AttributeError, IndexError, KeyError, TypeError, ValueError) as error:
            what = kind_and_reason(error)
            raise DataError(
                f"{self._shown(path)}: is damaged, or was written by another version of Lockstep ({what}){RUN_AGAIN}"
            ) from error

    def _json(self, path: Path) -> Mapping[str, Any]:
        return self._read(path, _read_object)

    def _read(self, path: Path, reader: Callable[[Path], Read]) -> Read:
        with self.reading(path) as file:
            return reader(file)

    def _shown(self, path: Path) -> Path:
        return self.root / path if self.named else path


def byte_size(count: int) -> str:
    """Bytes in kB or MB."""
    if count < 10_000:
        return f"{count:,} bytes"
    return f"{count / 1e3:,.0f} kB" if count < 1_000_000 else f"{count / 1e6:,.1f} MB"


def _read_object(file: Path) -> Mapping[str, Any]:
    content = read_json(file)
    if not isinstance(content, dict):
        raise TypeError(f"it holds {type(content).__name__}, no object")
    return content
