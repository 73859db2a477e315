"""Which MLflow store is used, and where a local one keeps its files."""

import os
import re

from lockstep.paths import anchored, project_root
from lockstep.secrets import masked

TRACKING_URI = "MLFLOW_TRACKING_URI"
LOCAL_FOLDER = "mlruns"
# Names of stores that look like a path and are none.
NAMED_STORES = re.compile(r"^(databricks|databricks-uc|uc)(:|$)")


def tracking_uri() -> str:
    """MLFLOW_TRACKING_URI, or an SQLite database in the repository.

    Relative paths in sqlite: and file: addresses start at the repository, so that throw-away working copies of
    `dvc exp run --temp` write to the same store.
    """
    given = os.environ.get(TRACKING_URI)
    if not given:
        return f"sqlite:///{project_root() / LOCAL_FOLDER / 'mlflow.db'}"
    scheme, separator, path = given.partition(":///")
    if separator and scheme.startswith("sqlite") and path != ":memory:":
        return f"{scheme}:///{anchored(path)}"
    if "://" not in given and not NAMED_STORES.match(given):
        return str(anchored(given.removeprefix("file:")))
    return given


def artifact_location(uri: str) -> str | None:
    """Where a new experiment keeps its artefacts; None leaves the choice to a tracking server.

    MLflow's own default is the working directory, which may be a throw-away copy.
    """
    if uri.startswith(("http://", "https://")) or NAMED_STORES.match(uri):
        return None
    return (project_root() / LOCAL_FOLDER / "artifacts").as_uri()


def shown_uri() -> str:
    """The store's address for messages: as it was given, without user name, password and query."""
    return masked(os.environ.get(TRACKING_URI) or tracking_uri())
