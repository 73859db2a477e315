"""The model as MLflow keeps it: our own files and the code that reads them, never a pickle."""

import tempfile
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING

from lockstep import paths
from lockstep.errors import TrackingError
from lockstep.model.saved import SavedModel
from lockstep.tracking.parent_run import same_bytes
from lockstep.tracking.result import PipelineResult
from lockstep.tracking.signature import example_rows, signature_of
from lockstep.tracking.store import shown_uri

if TYPE_CHECKING:
    from mlflow import MlflowClient
    from mlflow.entities import LoggedModel

PACKAGE = Path(__file__).parent.parent
SERVED_BY = "tracking/serving.py"
# Where MLflow keeps the model folder inside the logged model.
FILES = "artifacts/model"


def complete_model(
    client: "MlflowClient", experiment_id: str, run_id: str, result: PipelineResult
) -> "tuple[LoggedModel, bool]":
    """Make sure that the run has the model, once and with the same bytes; says whether it had to be logged."""
    if whole := _whole_model(client, experiment_id, run_id, result):
        return whole, False
    _log_model(result, run_id)
    whole = _whole_model(client, experiment_id, run_id, result)
    if whole is None:
        raise TrackingError(f"MLflow at {shown_uri()} holds other bytes of the model than it was given")
    return whole, True


def delete_models(client: "MlflowClient", experiment_id: str, run_id: str) -> None:
    """Delete the models of a run."""
    for model in logged_models(client, experiment_id, run_id):
        client.delete_logged_model(model.model_id)


def logged_models(client: "MlflowClient", experiment_id: str, run_id: str) -> "list[LoggedModel]":
    """The models of a run."""
    return list(client.search_logged_models([experiment_id], f"source_run_id = '{run_id}'"))


def _whole_model(
    client: "MlflowClient", experiment_id: str, run_id: str, result: PipelineResult
) -> "LoggedModel | None":
    """The run's model; copies and parts of one are deleted."""
    logged = logged_models(client, experiment_id, run_id)
    whole = [model for model in logged if not model_differences(client, result, model)][:1]
    for model in logged:
        if model not in whole:
            client.delete_logged_model(model.model_id)
    return whole[0] if whole else None


def model_differences(client: "MlflowClient", result: PipelineResult, model: "LoggedModel") -> list[str]:
    """Files of the model that MLflow lacks or holds with other bytes."""
    import mlflow

    if str(model.status) != "READY":
        return [str(paths.MODEL)]
    root = result.root / paths.MODEL
    names = [file.relative_to(root).as_posix() for file in result.model_files()]
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(mlflow.artifacts.download_artifacts(f"{model.artifact_location}/{FILES}", dst_path=scratch))
        return [(paths.MODEL / name).as_posix() for name in names if not same_bytes(root / name, folder / name)]


def _log_model(result: PipelineResult, run_id: str) -> None:
    import mlflow

    folder = result.root / paths.MODEL
    model = SavedModel.load(folder)
    # Of a revision its own code, which reads the model as it was written.
    package = result.root / PACKAGE.name if (result.root / PACKAGE.name).is_dir() else PACKAGE
    versions = {**result.search["settings"]["versions"], "pydantic": version("pydantic")}
    with mlflow.start_run(run_id=run_id):
        mlflow.pyfunc.log_model(
            name="model",
            python_model=str(package / SERVED_BY),
            artifacts={"model": str(folder)},
            code_paths=[str(package)],
            signature=signature_of(model),
            input_example=example_rows(folder, model),
            pip_requirements=[f"{name}=={exact}" for name, exact in sorted(versions.items())],
        )
