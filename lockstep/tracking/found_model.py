"""A model that MLflow holds, found by its address."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from lockstep.errors import TrackingError
from lockstep.guards.text.messages import shown
from lockstep.guards.text.secrets import masked
from lockstep.guards.text.yaml_file import read_yaml
from lockstep.storage.scratch import scratch_folder
from lockstep.tracking.logged_model import FILES
from lockstep.tracking.store import set_store, trouble

# MLflow's client notes here which version an alias or stage stood for.
META = Path("registered_model_meta")


@contextmanager
def downloaded(uri: str) -> Iterator[tuple[Path, str]]:
    """The folder of a model that the pipeline logged, for as long as the block lasts, and what to call the model.

    Args:
        uri: Such as models:/NAME@champion or runs:/ID/model.

    Raises:
        TrackingError: in one line, if the store has no such model.
    """
    with scratch_folder("model") as scratch:
        with trouble(f"has no model {masked(uri)}"):
            set_store()
            import mlflow

            folder = Path(mlflow.artifacts.download_artifacts(uri, dst_path=str(scratch)))
        if not (folder / FILES).is_dir():
            raise TrackingError(f"{masked(uri)}: is no model of Lockstep; name one that `lockstep sync` logged")
        yield folder / FILES, f"{masked(uri)}{_version(folder)}"


def _version(folder: Path) -> str:
    """The registered version, where the address was one of the registry."""
    if not (folder / META).is_file():
        return ""
    noted = read_yaml(folder / META, META)
    version = noted.get("model_version") if isinstance(noted, dict) else None
    return f" (version {shown(str(version))})" if version is not None else ""
