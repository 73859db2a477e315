"""Which MLflow store is used, and where a local one keeps its files."""

import hashlib
import logging
import os
import re
import sqlite3
import stat
import tempfile
from collections.abc import Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager, suppress
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from lockstep.errors import LockstepError, TrackingError, one_line
from lockstep.guards.text.secrets import masked
from lockstep.project.paths import anchored, local_state, project_root
from lockstep.storage.locks import held

if TYPE_CHECKING:
    from mlflow import MlflowClient

TRACKING_URI = "MLFLOW_TRACKING_URI"
LOCAL_FOLDER = "mlruns"
# Names of stores that look like a path and are none.
NAMED_STORES = re.compile(r"^(databricks|databricks-uc|uc)(:|$)")
# mlflow reports usage home, asks a dead server again for minutes, and prints addresses with their passwords.
MANNERS = {
    "MLFLOW_DISABLE_TELEMETRY": "true",
    "MLFLOW_HTTP_REQUEST_MAX_RETRIES": "2",
    "MLFLOW_HTTP_REQUEST_TIMEOUT": "20",
    "MLFLOW_ENABLE_ARTIFACTS_PROGRESS_BAR": "false",
    "MLFLOW_SUPPRESS_PRINTING_URL_TO_STDOUT": "true",
}


def tracking_uri() -> str:
    """MLFLOW_TRACKING_URI, or an SQLite database in the repository.

    Relative paths in sqlite: and file: addresses start at the repository, so that throw-away working copies of
    `dvc exp run --temp` write to the same store.
    """
    given = os.environ.get(TRACKING_URI)
    if not given:
        return _own_store()
    scheme, separator, path = given.partition(":///")
    if separator and scheme.startswith("sqlite") and path != ":memory:":
        return f"{scheme}:///{anchored(path)}"
    if "://" not in given and not NAMED_STORES.match(given):
        return str(anchored(given.removeprefix("file:")))
    return given


def display_uri() -> str:
    """The store's address for messages: as it was given, without user name, password and query."""
    return masked(os.environ.get(TRACKING_URI) or tracking_uri())


def open_store(dataset: str) -> "tuple[MlflowClient, str]":
    """A client of the store, and the id of the dataset's experiment, which is made if it is not there.

    Whatever the store raises passes through; `tracking_errors` makes one line of it.

    Raises:
        TrackingError: if the experiment was deleted, or keeps its artefacts in another repository's folder.
    """
    uri = set_store()
    # Two processes that set up one new store at once would break it.
    with store_lock("set-up"):
        return _experiment(dataset, uri) or _made_experiment(dataset, uri)


def existing_store(dataset: str) -> "tuple[MlflowClient, str] | None":
    """The same without making anything; None if there is no store or no such experiment."""
    uri = set_store()
    file = _database_file(uri)
    if file is not None and not file.exists():
        return None
    with ExitStack() as stack:
        with suppress(OSError):  # who may only read a store sets none up
            stack.enter_context(store_lock("set-up"))  # another process may be setting it up
        return _experiment(dataset, uri)


def store_lock(purpose: str, *, wait: bool = True) -> AbstractContextManager[bool]:
    """Held by one process at a time of all that use the store, whichever clone of the repository they run in.

    An SQLite file's lock lies beside it, where everybody who can write the file finds it. For a server it is one of
    this user and machine; what other machines do at the same moment is put right afterwards (see publish).
    """
    uri = tracking_uri()
    file = _database_file(uri)
    if file is not None:
        return held(file.with_name(f".{file.name}.{purpose}.lock"), wait=wait)
    name = hashlib.sha256(uri.encode()).hexdigest()[:16]
    return held(_own_folder() / f"mlflow-{name}.{purpose}.lock", wait=wait)


def _own_folder() -> Path:
    """This user's folder for temporary files, or the repository's if somebody else has made one of that name."""
    folder = Path(tempfile.gettempdir()) / f"lockstep-{os.getuid()}"
    try:
        folder.mkdir(mode=0o700, exist_ok=True)
        found = folder.lstat()
    except OSError:
        return local_state() / "locks"
    own = stat.S_ISDIR(found.st_mode) and found.st_uid == os.getuid() and not found.st_mode & 0o022
    return folder if own else local_state() / "locks"


def _database_file(uri: str) -> Path | None:
    """The file of an SQLite store."""
    scheme, separator, path = uri.partition(":///")
    if not separator or not scheme.startswith("sqlite") or path == ":memory:":
        return None
    return Path(path.partition("?")[0]).resolve()


def set_store() -> str:
    """Point mlflow at the store, and make it mind its manners; returns the store's address."""
    for name, value in MANNERS.items():
        os.environ.setdefault(name, value)
    import mlflow

    for name in ("mlflow", "alembic"):
        logging.getLogger(name).setLevel(logging.ERROR)
    uri = tracking_uri()
    mlflow.set_tracking_uri(uri)
    return uri


def _client(uri: str) -> "MlflowClient":
    import mlflow

    if uri == _own_store():
        _do_not_wait_for_the_disk(Path(uri.removeprefix("sqlite:///")))
    return mlflow.MlflowClient()


def _made_experiment(dataset: str, uri: str) -> "tuple[MlflowClient, str]":
    from mlflow.exceptions import MlflowException

    client = _client(uri)
    try:
        return client, str(client.create_experiment(dataset, artifact_location=_artifact_location(uri)))
    except MlflowException as error:
        # Another machine has made it since it was looked for.
        found = _experiment(dataset, uri) if error.error_code == "RESOURCE_ALREADY_EXISTS" else None
        if found is None:
            raise
        return found


def _experiment(dataset: str, uri: str) -> "tuple[MlflowClient, str] | None":
    client = _client(uri)
    known = client.get_experiment_by_name(dataset)
    if known is None:
        return None
    if known.lifecycle_stage == "deleted":
        # Restoring it here would bring back every run that was ever deleted in it.
        raise TrackingError(
            f"MLflow at {display_uri()}: experiment {dataset!r} was deleted there; `mlflow experiments restore"
            f" -x {known.experiment_id}` brings it back, `mlflow gc` deletes it for good"
        )
    if uri == _own_store() and known.artifact_location != _artifact_location(uri):
        raise TrackingError(
            f"{LOCAL_FOLDER}: was made in another folder, where MLflow would still keep its files; delete"
            f" {LOCAL_FOLDER} and run `lockstep sync --all-experiments`"
        )
    return client, str(known.experiment_id)


@cache
def _do_not_wait_for_the_disk(path: Path) -> None:
    """Once for a store: SQLAlchemy would call it once more for every connection.

    Every number of a trial costs the disk three waits, and the repository's own store can be made again.
    """
    from sqlalchemy import event
    from sqlalchemy.engine import Engine

    def connected(connection: object, _: object) -> None:
        if isinstance(connection, sqlite3.Connection):
            file = connection.execute("PRAGMA database_list").fetchone()[2]
            if file and path.exists() and path.samefile(file):
                connection.execute("PRAGMA synchronous = OFF")

    event.listen(Engine, "connect", connected)


@contextmanager
def tracking_errors(doing: str) -> Iterator[None]:
    """Whatever the store raises inside becomes a TrackingError: one line, without secrets.

    Args:
        doing: What failed then, as "did not take the result".
    """
    try:
        yield
    except LockstepError:
        raise
    except Exception as error:
        reason = one_line(_without_password(str(error)), 200)
        raise TrackingError(f"MLflow at {display_uri()} {doing} ({type(error).__name__}: {reason})") from error


def _without_password(text: str) -> str:
    """Masked, also where the address of the store is quoted in parts."""
    secret = re.search(r"://[^:@/]*:(.+)@", os.environ.get(TRACKING_URI, ""))
    return masked(text.replace(secret[1], "***") if secret else text)


def _own_store() -> str:
    return f"sqlite:///{project_root() / LOCAL_FOLDER / 'mlflow.db'}"


def _artifact_location(uri: str) -> str | None:
    """Where a new experiment keeps its artefacts; None leaves the choice to a tracking server.

    MLflow's own default is the working directory, which may be a throw-away copy.
    """
    if uri.startswith(("http://", "https://")) or NAMED_STORES.match(uri):
        return None
    return (project_root() / LOCAL_FOLDER / "artifacts").as_uri()
