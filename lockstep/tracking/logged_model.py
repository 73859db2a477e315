"""The model as MLflow keeps it: our own files and the code that reads them, never a pickle."""

import tempfile
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING

from lockstep import paths
from lockstep.model.saved import SavedModel
from lockstep.tracking.parent_run import same_bytes
from lockstep.tracking.result import PipelineResult
from lockstep.tracking.signature import example_rows, signature_of

if TYPE_CHECKING:
    from mlflow import MlflowClient
    from mlflow.entities import LoggedModel

SERVED_BY = Path(__file__).with_name("serving.py")
PACKAGE = Path(__file__).parent.parent
# Where MLflow keeps the model folder inside the logged model.
FILES = "artifacts/model"


def complete_model(
    client: "MlflowClient", experiment_id: str, run_id: str, result: PipelineResult
) -> "tuple[LoggedModel, bool]":
    """Make sure that the run has the model, once and with the same bytes; says whether it had to be logged."""
    logged = logged_models(client, experiment_id, run_id)
    whole = [model for model in logged if not model_differences(client, result, model)][:1]
    for model in logged:
        if model not in whole:
            client.delete_logged_model(model.model_id)
    if whole:
        return whole[0], False
    _log_model(result, run_id)
    return logged_models(client, experiment_id, run_id)[0], True


def logged_models(client: "MlflowClient", experiment_id: str, run_id: str) -> "list[LoggedModel]":
    """The models of a run."""
    return list(client.search_logged_models([experiment_id], f"source_run_id = '{run_id}'"))


def model_differences(client: "MlflowClient", result: PipelineResult, model: "LoggedModel") -> list[str]:
    """Files of the model that MLflow lacks or holds with other bytes."""
    import mlflow

    if str(model.status) != "READY":
        return [str(paths.MODEL)]
    root = result.root / paths.MODEL
    names = [file.relative_to(root).as_posix() for file in result.model_files()]
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(mlflow.artifacts.download_artifacts(model.model_uri, dst_path=scratch)) / FILES
        return [(paths.MODEL / name).as_posix() for name in names if not same_bytes(root / name, folder / name)]


def _log_model(result: PipelineResult, run_id: str) -> None:
    import mlflow

    folder = result.root / paths.MODEL
    model = SavedModel.load(folder)
    versions = {**result.search["settings"]["versions"], "pydantic": version("pydantic")}
    with mlflow.start_run(run_id=run_id):
        mlflow.pyfunc.log_model(
            name="model",
            python_model=str(SERVED_BY),
            artifacts={"model": str(folder)},
            code_paths=[str(PACKAGE)],
            signature=signature_of(model),
            input_example=example_rows(folder, model),
            pip_requirements=[f"{name}=={exact}" for name, exact in sorted(versions.items())],
        )
