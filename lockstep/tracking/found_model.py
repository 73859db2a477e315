"""A model that MLflow holds, found by its address."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from lockstep.errors import TrackingError
from lockstep.scratch import scratch_folder
from lockstep.secrets import masked
from lockstep.tracking.logged_model import FILES
from lockstep.tracking.store import set_store, trouble


@contextmanager
def downloaded(uri: str) -> Iterator[Path]:
    """The folder of a model that the pipeline logged, for as long as the block lasts.

    Args:
        uri: Such as models:/NAME@champion or runs:/ID/model.

    Raises:
        TrackingError: in one line, if the store has no such model.
    """
    with scratch_folder("model") as scratch:
        with trouble(f"has no model {masked(uri)}"):
            set_store()
            import mlflow

            folder = Path(mlflow.artifacts.download_artifacts(uri, dst_path=str(scratch))) / FILES
        if not folder.is_dir():
            raise TrackingError(f"{masked(uri)}: is no model of Lockstep; name one that `lockstep sync` logged")
        yield folder
