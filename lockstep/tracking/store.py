"""Which MLflow store is used, and where a local one keeps its files."""

import os
from urllib.parse import urlsplit, urlunsplit

from lockstep.paths import anchored, project_root

TRACKING_URI = "MLFLOW_TRACKING_URI"
LOCAL_FOLDER = "mlruns"


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
    if "://" not in given:
        return str(anchored(given.removeprefix("file:")))
    return given


def artifact_location(uri: str) -> str | None:
    """Where a new experiment keeps its artefacts; None leaves the choice to a tracking server.

    MLflow's own default is the working directory, which may be a throw-away copy.
    """
    if uri.startswith(("http://", "https://")):
        return None
    return (project_root() / LOCAL_FOLDER / "artifacts").as_uri()


def masked(uri: str) -> str:
    """The address without user name, password and query."""
    parts = urlsplit(uri)
    if "@" not in parts.netloc and not parts.query:
        return uri
    return urlunsplit((parts.scheme, parts.netloc.rpartition("@")[2], parts.path, "", ""))
