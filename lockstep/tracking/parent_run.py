"""The run of a result: its expected content, and the differences of MLflow's content from it."""

import json
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lockstep.project import paths
from lockstep.results.result import Result
from lockstep.storage.scratch import scratch_folder
from lockstep.tracking.provenance import COMMIT, Provenance, has_place, places_in, with_place
from lockstep.tracking.repository import is_commit
from lockstep.tracking.run_content import artifacts_of, metrics_of, params_of, tables_of, tags_of

if TYPE_CHECKING:
    from mlflow import MlflowClient
    from mlflow.entities import DatasetInput, Run

NOTHING = "nothing"
CONTEXTS = {"train": "training", "test": "testing"}


@dataclass(frozen=True)
class RunDifference:
    """One difference between DVC's and MLflow's content of a result.

    Attributes:
        what: Metric, parameter, tag, dataset, artefact, trial or model.
        name: Which one.
        dvc: Value in DVC's outputs.
        mlflow: Value in MLflow.
    """

    what: str
    name: str
    dvc: str
    mlflow: str

    def __str__(self) -> str:
        return f"{self.what} {self.name}: DVC has {self.dvc}, MLflow has {self.mlflow}"


def mapping_differences(what: str, expected: Mapping[str, Any], actual: Mapping[str, Any]) -> list[RunDifference]:
    """One difference per key that is missing, superfluous or has another value."""
    return [
        RunDifference(what, name, _shown(expected.get(name)), _shown(actual.get(name)))
        for name in sorted({*expected, *actual})
        if expected.get(name) != actual.get(name)
    ]


def _shown(value: Any) -> str:
    return NOTHING if value is None else repr(value) if isinstance(value, float) else str(value)


def differences(result: Result, place: Provenance, run: "Run") -> list[RunDifference]:
    """Differences of metrics, parameters, datasets and tags."""
    return [
        *mapping_differences("metric", metrics_of(result), _own(run.data.metrics)),
        *mapping_differences("parameter", params_of(result), run.data.params),
        *mapping_differences("dataset", tables_of(result), _tables(run)),
        *_tag_differences(result, place, run.data.tags),
    ]


def _own(metrics: Mapping[str, float]) -> dict[str, float]:
    """Metrics without MLflow's system metrics, which a user may have switched on."""
    return {name: value for name, value in metrics.items() if not name.startswith("system/")}


def must_be_recreated(differences: list[RunDifference]) -> bool:
    """Whether the run must be recreated: MLflow allows changing tags, everything else can only be added."""
    return any(item.what != "tag" and item.mlflow != NOTHING for item in differences)


def repair(
    client: "MlflowClient", result: Result, place: Provenance, run_id: str, differences: list[RunDifference]
) -> None:
    """Add missing metrics, parameters and datasets to a run, and set its tags."""
    from mlflow.entities import Metric, Param, RunTag

    now = int(time.time() * 1000)
    params, metrics, places = params_of(result), metrics_of(result), place.tags()
    missing_metrics = [Metric(item.name, metrics[item.name], now, 0) for item in differences if item.what == "metric"]
    missing_params = [Param(item.name, params[item.name]) for item in differences if item.what == "parameter"]
    tags = []
    for item in differences:
        if item.what == "tag":
            shared = item.name in places and item.mlflow != NOTHING
            tags.append(RunTag(item.name, with_place(item.mlflow, item.dvc) if shared else item.dvc))
    client.log_batch(run_id, missing_metrics, missing_params, tags)
    if inputs := [_dataset_input(result, item.name) for item in differences if item.what == "dataset"]:
        client.log_inputs(run_id, inputs)


def _tag_differences(result: Result, place: Provenance, tags: Mapping[str, str]) -> list[RunDifference]:
    expected = tags_of(result)
    different = mapping_differences("tag", expected, {name: tags[name] for name in expected if name in tags})
    for name, value in place.tags().items():
        if not (
            _knows_commit(tags, value) if name == COMMIT and not place.exp_name else has_place(tags.get(name), value)
        ):
            different.append(RunDifference("tag", name, value, _shown(tags.get(name))))
    return different


def _knows_commit(tags: Mapping[str, str], commit: str) -> bool:
    """Whether a commit is tagged: the one that contains a result or its parent, on which it was computed."""
    return has_place(tags.get(COMMIT), commit) or any(is_commit(rev) for rev in places_in(tags.get(COMMIT)))


def artifact_differences(client: "MlflowClient", result: Result, place: Provenance, run_id: str) -> list[RunDifference]:
    """Files that are missing or different in MLflow; other artefacts of a run belong to its users.

    The page and the figures are not part of the key. If a result exists in several places and the code that draws them
    has changed, the workspace's or an experiment's own must be there; for an older commit any will do.
    """
    expected, different = artifacts_of(result), list[RunDifference]()
    with scratch_folder("mlflow") as folder:
        present = {file.path for file in client.list_artifacts(run_id)}
        for top in sorted({name.partition("/")[0] for name in expected} & present):
            client.download_artifacts(run_id, top, str(folder))
        for name in expected:
            download = folder / name
            if not download.is_file():
                different.append(RunDifference("artefact", name, "the file", NOTHING))
            elif (place.own_page or Path(name) in result.key_files) and not same_bytes(result.root / name, download):
                different.append(RunDifference("artefact", name, "the file", "other bytes"))
    return different


def same_bytes(one: Path, other: Path) -> bool:
    """Whether both files exist and have the same content."""
    return one.is_file() and other.is_file() and one.read_bytes() == other.read_bytes()


def _tables(run: "Run") -> dict[str, str]:
    inputs = run.inputs.dataset_inputs if run.inputs else []
    return {table.dataset.name.rpartition("/")[2]: table.dataset.digest for table in inputs}


def _dataset_input(result: Result, name: str) -> "DatasetInput":
    """One of the tables as MLflow's dataset input; its digest is the hash in dvc.lock."""
    from mlflow.entities import Dataset, DatasetInput, InputTag

    path = {"train": paths.TRAIN, "test": paths.TEST}[name]
    source = json.dumps({"uri": path.as_posix()})
    dataset = Dataset(f"{result.dataset}/{name}", tables_of(result)[name], "local", source)
    return DatasetInput(dataset, [InputTag("mlflow.data.context", CONTEXTS[name])])
