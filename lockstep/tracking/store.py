"""The MLflow store in use, and the place of a local store's files."""

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
# Names of stores that look like a path but are none.
NAMED_STORES = re.compile(r"^(databricks|databricks-uc|uc)(:|$)")
# By default mlflow sends telemetry, retries a dead server for minutes, and prints addresses with their passwords.
MLFLOW_ENV_DEFAULTS = {
    "MLFLOW_DISABLE_TELEMETRY": "true",
    "MLFLOW_HTTP_REQUEST_MAX_RETRIES": "2",
    "MLFLOW_HTTP_REQUEST_TIMEOUT": "20",
    "MLFLOW_ENABLE_ARTIFACTS_PROGRESS_BAR": "false",
    "MLFLOW_SUPPRESS_PRINTING_URL_TO_STDOUT": "true",
}


def tracking_uri() -> str:
    """MLFLOW_TRACKING_URI, or an SQLite database in the repository.

    Relative paths in sqlite: and file: addresses start at the repository, so that the temporary working copies of
    `dvc exp run --temp` write to the same store.
    """
    uri = os.environ.get(TRACKING_URI)
    if not uri:
        return _local_store()
    scheme, separator, path = uri.partition(":///")
    if separator and scheme.startswith("sqlite") and path != ":memory:":
        return f"{scheme}:///{anchored(path)}"
    if "://" not in uri and not NAMED_STORES.match(uri):
        return str(anchored(uri.removeprefix("file:")))
    return uri


def display_uri() -> str:
    """The store's address for messages, without user name, password and query."""
    return masked(os.environ.get(TRACKING_URI) or tracking_uri())


def open_store(dataset: str) -> "tuple[MlflowClient, str]":
    """A client of the store, and the id of the dataset's experiment, which is created if it does not exist.

    Errors of the store pass through; `tracking_errors` turns them into one line.

    Raises:
        TrackingError: if the experiment was deleted, or stores its artefacts in another repository's folder.
    """
    uri = set_store()
    # Two processes that set up a new store at the same time would break it.
    with store_lock("set-up"):
        return _experiment(dataset, uri) or _create_experiment(dataset, uri)


def existing_store(dataset: str) -> "tuple[MlflowClient, str] | None":
    """The same without creating anything; None if there is no store or no such experiment."""
    file = _database_file(tracking_uri())
    if file is not None and not file.exists():
        return None
    uri = set_store()
    with ExitStack() as stack:
        with suppress(OSError):  # a user without write access sets up no store
            stack.enter_context(store_lock("set-up"))  # another process may be setting it up
        return _experiment(dataset, uri)


def store_lock(purpose: str, *, wait: bool = True) -> AbstractContextManager[bool]:
    """A lock for all processes that use the store, in any clone of the repository.

    The lock of an SQLite file lies beside it, where all who can write the file find it. The lock for a server covers
    this user and machine only; conflicts with other machines are resolved afterwards (see publish).
    """
    uri = tracking_uri()
    file = _database_file(uri)
    if file is not None:
        return held(file.with_name(f".{file.name}.{purpose}.lock"), wait=wait)
    name = hashlib.sha256(uri.encode()).hexdigest()[:16]
    return held(_user_lock_folder() / f"mlflow-{name}.{purpose}.lock", wait=wait)


def _user_lock_folder() -> Path:
    """This user's folder for temporary files, or the repository's if another user owns a folder of that name."""
    folder = Path(tempfile.gettempdir()) / f"lockstep-{os.getuid()}"
    try:
        folder.mkdir(mode=0o700, exist_ok=True)
        status = folder.lstat()
    except OSError:
        return local_state() / "locks"
    owned = stat.S_ISDIR(status.st_mode) and status.st_uid == os.getuid() and not status.st_mode & 0o022
    return folder if owned else local_state() / "locks"


def _database_file(uri: str) -> Path | None:
    """The file of an SQLite store."""
    scheme, separator, path = uri.partition(":///")
    if not separator or not scheme.startswith("sqlite") or path == ":memory:":
        return None
    return Path(path.partition("?")[0]).resolve()


def set_store() -> str:
    """Point mlflow at the store and set its environment defaults; returns the store's address."""
    for name, value in MLFLOW_ENV_DEFAULTS.items():
        os.environ.setdefault(name, value)
    import mlflow

    for name in ("mlflow", "alembic"):
        logging.getLogger(name).setLevel(logging.ERROR)
    uri = tracking_uri()
    mlflow.set_tracking_uri(uri)
    return uri


def _client(uri: str) -> "MlflowClient":
    import mlflow

    if uri == _local_store():
        _disable_fsync(Path(uri.removeprefix("sqlite:///")))
    return mlflow.MlflowClient()


def _create_experiment(dataset: str, uri: str) -> "tuple[MlflowClient, str]":
    from mlflow.exceptions import MlflowException

    client = _client(uri)
    try:
        return client, str(client.create_experiment(dataset, artifact_location=_artifact_location(uri)))
    except MlflowException as error:
        # Another machine has created it since.
        existing = _experiment(dataset, uri) if error.error_code == "RESOURCE_ALREADY_EXISTS" else None
        if existing is None:
            raise
        return existing


def _experiment(dataset: str, uri: str) -> "tuple[MlflowClient, str] | None":
    client = _client(uri)
    experiment = client.get_experiment_by_name(dataset)
    if experiment is None:
        return None
    if experiment.lifecycle_stage == "deleted":
        # Restoring it here would bring back every deleted run in it.
        raise TrackingError(
            f"MLflow at {display_uri()}: experiment {dataset!r} was deleted; `mlflow experiments restore"
            f" -x {experiment.experiment_id}` restores it, `mlflow gc` deletes it permanently"
        )
    if uri == _local_store() and experiment.artifact_location != _artifact_location(uri):
        raise TrackingError(
            f"{LOCAL_FOLDER}: was created in another folder, where MLflow would still store its files; delete"
            f" {LOCAL_FOLDER} and run `lockstep sync --all-experiments`"
        )
    return client, str(experiment.experiment_id)


@cache
def _disable_fsync(path: Path) -> None:
    """Switch off fsync for a store; cached, as SQLAlchemy would otherwise add a listener per call.

    Every logged number would wait three times for the disk, and the repository's own store can be recreated.
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
def tracking_errors(failure: str) -> Iterator[None]:
    """Turn any error of the store into a TrackingError: one line, without secrets.

    Args:
        failure: The predicate of the message, such as "did not take the result".
    """
    try:
        yield
    except LockstepError:
        raise
    except Exception as error:
        reason = one_line(_redacted(str(error)), 200)
        raise TrackingError(f"MLflow at {display_uri()} {failure} ({type(error).__name__}: {reason})") from error


def _redacted(text: str) -> str:
    """The text without passwords, even if it quotes only a part of the store's address."""
    secret = re.search(r"://[^:@/]*:(.+)@", os.environ.get(TRACKING_URI, ""))
    return masked(text.replace(secret[1], "***") if secret else text)


def _local_store() -> str:
    return f"sqlite:///{project_root() / LOCAL_FOLDER / 'mlflow.db'}"


def _artifact_location(uri: str) -> str | None:
    """The artefact folder of a new experiment; None leaves the choice to a tracking server.

    MLflow's own default is the working directory, which may be a temporary copy.
    """
    if uri.startswith(("http://", "https://")) or NAMED_STORES.match(uri):
        return None
    return (project_root() / LOCAL_FOLDER / "artifacts").as_uri()
