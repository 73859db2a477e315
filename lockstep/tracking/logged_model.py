"""The model in MLflow: its own files and the code that reads them, never a pickle."""

import hashlib
import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING

from lockstep.errors import TrackingError
from lockstep.guards.text.messages import shown
from lockstep.guards.text.secrets import masked
from lockstep.guards.text.yaml_file import read_yaml
from lockstep.model.example import example_rows
from lockstep.model.model_code import code_requirements
from lockstep.model.saved import SavedModel
from lockstep.project import paths
from lockstep.project.custom import custom_in
from lockstep.results.result import Result
from lockstep.storage.scratch import scratch_folder
from lockstep.tracking.parent_run import same_bytes
from lockstep.tracking.signature import metadata_of, signature_of
from lockstep.tracking.store import display_uri, set_store, tracking_errors

if TYPE_CHECKING:
    from mlflow import MlflowClient
    from mlflow.entities import LoggedModel

PACKAGE = Path(__file__).parent.parent
SERVED_BY = "tracking/serving.py"
# The modules that serving.py imports, directly or indirectly.
ROOMS = (
    *("__init__.py", "errors.py", "signals.py"),
    *("clean", "features", "fitting", "metrics", "model", "project", "storage", "table"),
    *("guards/models", "guards/text", "guards/__init__.py"),
)
# Path of the model folder inside the logged model.
FILES = "artifacts/model"
FILES_DIGEST = "lockstep.files_sha256"
# Logging a model and the digest of its files never takes longer.
PENDING_SECONDS = 600.0
# File in which MLflow's client records the version behind an alias or stage.
META = Path("registered_model_meta")


def complete_model(
    client: "MlflowClient", experiment_id: str, run_id: str, result: Result
) -> "tuple[LoggedModel, bool]":
    """Make sure that the run has the model once and with the same bytes; returns it and whether it was logged now."""
    if complete := _matching_model(client, experiment_id, run_id, result):
        return complete, False
    _log_model(client, result, run_id)
    complete = _matching_model(client, experiment_id, run_id, result)
    if complete is None:
        raise TrackingError(f"MLflow at {display_uri()} holds other bytes of the model than were logged")
    return complete, True


def delete_models(client: "MlflowClient", experiment_id: str, run_id: str) -> None:
    """Delete the models of a run."""
    for model in logged_models(client, experiment_id, run_id):
        client.delete_logged_model(model.model_id)


def logged_models(client: "MlflowClient", experiment_id: str, run_id: str) -> "list[LoggedModel]":
    """The models of a run, the earliest first: two machines that log one at the same time keep the same."""
    models = client.search_logged_models([experiment_id], f"source_run_id = '{run_id}'")
    return sorted(models, key=lambda model: (model.creation_timestamp, model.model_id))


def _matching_model(client: "MlflowClient", experiment_id: str, run_id: str, result: Result) -> "LoggedModel | None":
    """The run's model; copies are deleted, and incomplete models that no process can still be writing."""
    models = logged_models(client, experiment_id, run_id)
    complete = [model for model in models if _is_ready(model) and not model_differences(result, model)][:1]
    for model in models:
        finished = _is_ready(model) or time.time() - model.creation_timestamp / 1000 > PENDING_SECONDS
        if model not in complete and finished:
            client.delete_logged_model(model.model_id)
    return complete[0] if complete else None


def ready_models(client: "MlflowClient", experiment_id: str, run_id: str) -> "list[LoggedModel]":
    """The complete models of a run."""
    return [model for model in logged_models(client, experiment_id, run_id) if _is_ready(model)]


def _is_ready(model: "LoggedModel") -> bool:
    return str(model.status) == "READY" and FILES_DIGEST in model.tags


def model_differences(result: Result, model: "LoggedModel") -> list[str]:
    """Files of the model that are missing or different in MLflow, and `code` if the logged code is different."""
    import mlflow

    root = result.root / paths.MODEL
    names = [file.relative_to(root).as_posix() for file in result.model_files]
    with scratch_folder("mlflow") as scratch:
        folder = Path(mlflow.artifacts.download_artifacts(model.model_uri, dst_path=str(scratch)))
        different = [
            (paths.MODEL / name).as_posix() for name in names if not same_bytes(root / name, folder / FILES / name)
        ]
        return different if model.tags.get(FILES_DIGEST) == files_digest(folder) else [*different, "code"]


def files_digest(folder: Path) -> str:
    """sha256 of all files of a logged model, except those that MLflow adds on use."""
    digest = hashlib.sha256()
    for file in sorted(path for path in folder.rglob("*") if path.is_file()):
        if "__pycache__" not in file.parts and file.name != META.name:
            name = file.relative_to(folder).as_posix()
            digest.update(name.encode() + b"\0" + hashlib.sha256(file.read_bytes()).digest())
    return digest.hexdigest()


def _log_model(client: "MlflowClient", result: Result, run_id: str) -> None:
    import mlflow

    folder = result.root / paths.MODEL
    # A revision's own code, as it reads the model that it wrote.
    package = result.root / PACKAGE.name if (result.root / PACKAGE.name).is_dir() else PACKAGE
    versions = {**result.search["settings"]["versions"], "pydantic": version("pydantic"), **code_requirements(folder)}
    with (
        scratch_folder("mlflow") as scratch,
        custom_in(result.root),
        mlflow.start_run(run_id=run_id, log_system_metrics=False),
    ):
        model = SavedModel.load(folder)
        logged = mlflow.pyfunc.log_model(
            name="model",
            python_model=str(package / SERVED_BY),
            artifacts={"model": str(_files(folder, scratch))},
            code_paths=[str(_code(package, scratch))],
            signature=signature_of(model),
            metadata=metadata_of(model),
            input_example=example_rows(folder),
            pip_requirements=[f"{name}=={exact}" for name, exact in sorted(versions.items())],
        )
    with scratch_folder("mlflow") as scratch:
        downloaded = Path(mlflow.artifacts.download_artifacts(logged.model_uri, dst_path=str(scratch)))
        client.set_logged_model_tags(logged.model_id, {FILES_DIGEST: files_digest(downloaded)})


def _files(folder: Path, scratch: Path) -> Path:
    """Copies of the model's files: DVC may link them into its cache, and MLflow refuses links out of the folder."""
    return Path(shutil.copytree(folder, scratch / folder.name, copy_function=shutil.copyfile))


def _code(package: Path, scratch: Path) -> Path:
    """The modules that a served model needs: half of the package, as each file is a request to a server."""
    folder = scratch / package.name
    folder.mkdir()
    for name in ROOMS:
        room = package / name
        if room.is_dir():
            shutil.copytree(room, folder / name, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy(room, folder / name)
    return folder


@contextmanager
def downloaded_model(uri: str) -> Iterator[tuple[Path, str]]:
    """Download a model that the pipeline logged, for the time of the block; returns its folder and name.

    Args:
        uri: Such as models:/NAME@champion or runs:/ID/model.

    Raises:
        TrackingError: with one line, if the store has no such model.
    """
    with scratch_folder("model") as scratch:
        with tracking_errors(f"has no model {masked(uri)}"):
            set_store()
            import mlflow

            folder = Path(mlflow.artifacts.download_artifacts(uri, dst_path=str(scratch)))
        if not (folder / FILES).is_dir():
            raise TrackingError(f"{masked(uri)}: is no model of Lockstep; name one that `lockstep sync` logged")
        yield folder / FILES, f"{masked(uri)}{_version_of(folder)}"


def _version_of(folder: Path) -> str:
    """The registered version, if the address is one of the registry."""
    if not (folder / META).is_file():
        return ""
    metadata = read_yaml(folder / META, META)
    version = metadata.get("model_version") if isinstance(metadata, dict) else None
    return f" (version {shown(str(version))})" if version is not None else ""
