"""The run of a result: what it must hold, and how what MLflow holds differs from it."""

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
    """Something DVC and MLflow say differently of a result.

    Attributes:
        what: Metric, parameter, tag, dataset, artefact, trial or model.
        name: Which one.
        dvc: What DVC's outputs say.
        mlflow: What MLflow says.
    """

    what: str
    name: str
    dvc: str
    mlflow: str

    def __str__(self) -> str:
        return f"{self.what} {self.name}: DVC has {self.dvc}, MLflow has {self.mlflow}"


def mapping_differences(what: str, wanted: Mapping[str, Any], found: Mapping[str, Any]) -> list[RunDifference]:
    """Every key whose value is missing, different or too many."""
    return [
        RunDifference(what, name, _shown(wanted.get(name)), _shown(found.get(name)))
        for name in sorted({*wanted, *found})
        if wanted.get(name) != found.get(name)
    ]


def _shown(value: Any) -> str:
    return NOTHING if value is None else repr(value) if isinstance(value, float) else str(value)


def differences(result: Result, place: Provenance, run: "Run") -> list[RunDifference]:
    """Of numbers, parameters, datasets and tags."""
    return [
        *mapping_differences("metric", metrics_of(result), _own(run.data.metrics)),
        *mapping_differences("parameter", params_of(result), run.data.params),
        *mapping_differences("dataset", tables_of(result), _tables(run)),
        *_tag_differences(result, place, run.data.tags),
    ]


def _own(metrics: Mapping[str, float]) -> dict[str, float]:
    """Without what MLflow measures of the machine, where a person has switched that on."""
    return {name: value for name, value in metrics.items() if not name.startswith("system/")}


def must_be_recreated(found: list[RunDifference]) -> bool:
    """Whether the run must be made again: MLflow lets tags be set, and the rest only be added."""
    return any(each.what != "tag" and each.mlflow != NOTHING for each in found)


def repair(client: "MlflowClient", result: Result, place: Provenance, run_id: str, found: list[RunDifference]) -> None:
    """Add and set what a run lacks."""
    from mlflow.entities import Metric, Param, RunTag

    now = int(time.time() * 1000)
    params, metrics, places = params_of(result), metrics_of(result), place.tags()
    lacking_metrics = [Metric(each.name, metrics[each.name], now, 0) for each in found if each.what == "metric"]
    lacking_params = [Param(each.name, params[each.name]) for each in found if each.what == "parameter"]
    tags = []
    for each in found:
        if each.what == "tag":
            shared = each.name in places and each.mlflow != NOTHING
            tags.append(RunTag(each.name, with_place(each.mlflow, each.dvc) if shared else each.dvc))
    client.log_batch(run_id, lacking_metrics, lacking_params, tags)
    if inputs := [_dataset_input(result, each.name) for each in found if each.what == "dataset"]:
        client.log_inputs(run_id, inputs)


def _tag_differences(result: Result, place: Provenance, tags: Mapping[str, str]) -> list[RunDifference]:
    own = tags_of(result)
    found = mapping_differences("tag", own, {name: tags[name] for name in own if name in tags})
    for name, value in place.tags().items():
        if not (
            _knows_commit(tags, value) if name == COMMIT and not place.exp_name else has_place(tags.get(name), value)
        ):
            found.append(RunDifference("tag", name, value, _shown(tags.get(name))))
    return found


def _knows_commit(tags: Mapping[str, str], commit: str) -> bool:
    """The commit that holds a result comes after the one it was made on; both are right, one of them is enough."""
    return has_place(tags.get(COMMIT), commit) or any(is_commit(each) for each in places_in(tags.get(COMMIT)))


def artifact_differences(client: "MlflowClient", result: Result, place: Provenance, run_id: str) -> list[RunDifference]:
    """Files that MLflow lacks or holds with other bytes; what people attach to a run is theirs.

    The page and the figures are no part of the key: where a result stands in several places, after the code that draws
    them was changed, the workspace's and the experiments' own must be there, and of an older commit any.
    """
    wanted, found = artifacts_of(result), list[RunDifference]()
    with scratch_folder("mlflow") as folder:
        there = {each.path for each in client.list_artifacts(run_id)}
        for top in sorted({name.partition("/")[0] for name in wanted} & there):
            client.download_artifacts(run_id, top, str(folder))
        for name in wanted:
            kept = folder / name
            if not kept.is_file():
                found.append(RunDifference("artefact", name, "the file", NOTHING))
            elif (place.own_page or Path(name) in result.key_files) and not same_bytes(result.root / name, kept):
                found.append(RunDifference("artefact", name, "the file", "other bytes"))
    return found


def same_bytes(one: Path, other: Path) -> bool:
    """Whether both are files with the same content."""
    return one.is_file() and other.is_file() and one.read_bytes() == other.read_bytes()


def _tables(run: "Run") -> dict[str, str]:
    inputs = run.inputs.dataset_inputs if run.inputs else []
    return {each.dataset.name.rpartition("/")[2]: each.dataset.digest for each in inputs}


def _dataset_input(result: Result, name: str) -> "DatasetInput":
    """One of the tables as MLflow's dataset input; its digest is the hash that dvc.lock has of it."""
    from mlflow.entities import Dataset, DatasetInput, InputTag

    path = {"train": paths.TRAIN, "test": paths.TEST}[name]
    source = json.dumps({"uri": path.as_posix()})
    dataset = Dataset(f"{result.dataset}/{name}", tables_of(result)[name], "local", source)
    return DatasetInput(dataset, [InputTag("mlflow.data.context", CONTEXTS[name])])
