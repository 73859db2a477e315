"""What an MLflow store holds, as plain values that two views can be compared by."""

import hashlib
import shutil
import tempfile
from pathlib import Path
from typing import Any

from tests.pipeline.project import Project

# Where things are kept, when, and after what: not part of what a result is.
ELSEWHERE = (
    "mlflow.log-model.history",
    "mlflow.user",
    "mlflow.source",
    "lockstep.live",
    "lockstep.test_rows_consulted",
)


def client_of(uri: str) -> Any:
    """A client of a store."""
    import mlflow

    mlflow.set_tracking_uri(uri)
    return mlflow.MlflowClient(uri)


def store_of(project: Project) -> str:
    """The project's own store."""
    return f"sqlite:///{project.folder}/mlruns/mlflow.db"


def runs_of(uri: str, experiment: str = "friedman") -> list[Any]:
    """All runs of a dataset."""
    client = client_of(uri)
    found = client.get_experiment_by_name(experiment)
    if found is None:
        return []
    runs: list[Any] = []
    token = None
    while True:
        page = client.search_runs([found.experiment_id], page_token=token)
        runs += page
        token = page.token
        if not token:
            return runs


def parents_of(uri: str) -> list[Any]:
    """The runs of results."""
    return [run for run in runs_of(uri) if "lockstep.result" in run.data.tags]


def trials_of(uri: str, parent: Any) -> list[Any]:
    """The nested runs of a result."""
    return [run for run in runs_of(uri) if run.data.tags.get("mlflow.parentRunId") == parent.info.run_id]


def content_of(uri: str) -> dict[str, Any]:
    """Every number, word and byte of every result, by the result's key; run ids and times are left out.

    MLflow keeps an SQLite file open under its address, even when it was deleted and made again: a copy is read.
    """
    with tempfile.TemporaryDirectory() as scratch:
        if uri.startswith("sqlite:///"):
            uri = f"sqlite:///{shutil.copy(uri.removeprefix('sqlite:///'), scratch)}"
        return {run.data.tags["lockstep.result"]: _result(uri, run) for run in parents_of(uri)}


def _result(uri: str, run: Any) -> dict[str, Any]:
    trials = sorted(trials_of(uri, run), key=lambda each: int(each.data.tags["lockstep.trial"]))
    return {
        **_run(run),
        "name": run.info.run_name,
        "datasets": sorted((each.dataset.name, each.dataset.digest) for each in run.inputs.dataset_inputs),
        "trials": [_run(trial) for trial in trials],
        "artifacts": _artifacts(uri, run),
    }


def _run(run: Any) -> dict[str, Any]:
    tags = {name: value for name, value in run.data.tags.items() if not name.startswith(ELSEWHERE)}
    tags.pop("mlflow.parentRunId", None)
    return {"status": run.info.status, "metrics": run.data.metrics, "params": run.data.params, "tags": tags}


def _artifacts(uri: str, run: Any) -> dict[str, str]:
    import mlflow

    client = client_of(uri)
    (model,) = client.search_logged_models([run.info.experiment_id], f"source_run_id = '{run.info.run_id}'")
    with tempfile.TemporaryDirectory() as scratch:
        files = Path(client.download_artifacts(run.info.run_id, "", scratch))
        found = {file.relative_to(files).as_posix(): _sha(file) for file in files.rglob("*") if file.is_file()}
    with tempfile.TemporaryDirectory() as scratch:
        files = Path(mlflow.artifacts.download_artifacts(model.model_uri, dst_path=scratch)) / "artifacts"
        return found | {file.relative_to(files).as_posix(): _sha(file) for file in files.rglob("*") if file.is_file()}


def _sha(file: Path) -> str:
    return hashlib.sha256(file.read_bytes()).hexdigest()
