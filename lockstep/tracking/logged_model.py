"""The model in MLflow: our own files and our own code, never a pickle; it takes raw rows."""

import logging
import os
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING

import pandas as pd

from lockstep.data.tables import read_json
from lockstep.errors import TrackingError
from lockstep.model.saved import SavedModel
from lockstep.paths import EXAMPLE
from lockstep.schema.dataset import NUMBERS
from lockstep.secrets import masked
from lockstep.tracking.store import tracking_uri

if TYPE_CHECKING:
    from mlflow import MlflowClient
    from mlflow.models import ModelSignature

MODEL_LOGGED = "lockstep.model_logged"
SERVED_BY = Path(__file__).with_name("serving.py")
PACKAGE = Path(__file__).parent.parent


def log_model(client: "MlflowClient", folder: Path, run_id: str, versions: Mapping[str, str]) -> None:
    """Log the model of a run, unless it was logged before.

    Args:
        client: Of the store that mlflow is set to.
        folder: The model as SavedModel.save wrote it, with its example.
        run_id: The run.
        versions: Of the libraries that the model was made with.
    """
    if MODEL_LOGGED in client.get_run(run_id).data.tags:
        return
    import mlflow

    model = SavedModel.load(folder)
    needed = {**versions, "pydantic": version("pydantic")}
    with mlflow.start_run(run_id=run_id):
        mlflow.pyfunc.log_model(
            name="model",
            python_model=str(SERVED_BY),
            artifacts={"model": str(folder)},
            code_paths=[str(PACKAGE)],
            signature=signature_of(model),
            input_example=example_rows(folder, model),
            pip_requirements=[f"{name}=={exact}" for name, exact in sorted(needed.items())],
        )
    client.set_tag(run_id, MODEL_LOGGED, "true")


def signature_of(model: SavedModel) -> "ModelSignature":
    """Raw columns in, answers out.

    Numbers are doubles, whole numbers and truth values too: MLflow refuses an integer column with a missing value.
    Dates are text, as they are in the raw table. Columns in which values may be missing may be left out.
    """
    from mlflow.models import ModelSignature
    from mlflow.types.schema import ColSpec, DataType, Schema, TensorSpec

    intake = model.raw_rows
    inputs: list[ColSpec | TensorSpec] = [
        ColSpec(
            DataType.double if column.type in NUMBERS else DataType.string, name, required=name not in intake.optional
        )
        for name, column in intake.columns.items()
    ]
    if model.answers == ["predicted"]:
        return ModelSignature(Schema(inputs), Schema([ColSpec(DataType.double)]))
    of_classes = bool(model.target.classes)
    outputs: list[ColSpec | TensorSpec] = [
        ColSpec(DataType.string if of_classes and name == "predicted" else DataType.double, name)
        for name in model.answers
    ]
    return ModelSignature(Schema(inputs), Schema(outputs))


def example_rows(folder: Path, model: SavedModel) -> pd.DataFrame:
    """The raw rows beside a saved model, with the types of its signature."""
    split = read_json(folder / EXAMPLE)["dataframe_split"]
    columns = model.raw_rows.columns
    types = {name: float if columns[name].type in NUMBERS else "str" for name in split["columns"]}
    return pd.DataFrame(split["data"], columns=split["columns"]).astype(types)


@contextmanager
def downloaded(uri: str) -> Iterator[Path]:
    """The folder of a model that log_model logged, for as long as the block lasts.

    Raises:
        TrackingError: in one line, if the store has no such model.
    """
    os.environ.setdefault("MLFLOW_DISABLE_TELEMETRY", "true")
    os.environ.setdefault("MLFLOW_HTTP_REQUEST_MAX_RETRIES", "2")
    os.environ.setdefault("MLFLOW_HTTP_REQUEST_TIMEOUT", "20")
    os.environ.setdefault("MLFLOW_ENABLE_ARTIFACTS_PROGRESS_BAR", "false")
    import mlflow

    for name in ("mlflow", "alembic"):
        logging.getLogger(name).setLevel(logging.ERROR)
    with tempfile.TemporaryDirectory(prefix="lockstep-model-") as folder:
        try:
            mlflow.set_tracking_uri(tracking_uri())
            found = Path(mlflow.artifacts.download_artifacts(uri, dst_path=folder))
            flavors = mlflow.models.Model.load(str(found)).flavors
            inside = flavors["python_function"]["artifacts"]["model"]["path"]
        except KeyError:
            raise TrackingError(
                f"{masked(uri)}: is no model of Lockstep; name one that `lockstep sync` logged"
            ) from None
        except Exception as error:
            reason = " ".join(masked(str(error)).split())[:200]
            raise TrackingError(f"{masked(uri)}: MLflow has no such model ({type(error).__name__}: {reason})") from None
        yield found / inside
