"""mlruns/: a portable MLflow store with exactly one result, for `mlflow server`."""

import multiprocessing
import os
import shutil
import signal
import sqlite3
import sys
from concurrent.futures import ProcessPoolExecutor
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any

import yaml

from lockstep.project import paths
from lockstep.signals import result_of
from lockstep.tracking.logged_model import FILES_DIGEST, SERVED_BY, files_digest
from lockstep.tracking.provenance import Provenance
from lockstep.tracking.publish import publish
from lockstep.tracking.run_content import complete_result

DATABASE = "mlflow.db"
ARTIFACTS = "artifacts"
# The scheme that a server resolves within its --artifacts-destination.
SERVED = "mlflow-artifacts:"


def write_view(root: Path, place: Provenance, folder: Path) -> None:
    """Write mlflow.db and artifacts/ with the result's run, its trials and its registered model.

    Args:
        root: The folder of the result's outputs, absolute.
        place: Provenance of the result.
        folder: Where to write; `folder/..` must be empty but for other exported files.

    Raises:
        TrackingError: if MLflow cannot write it.
    """
    home = folder.parent.resolve()
    # A process of its own, as MLflow keeps settings, clients and open databases as long as its process lives.
    with ProcessPoolExecutor(
        1, multiprocessing.get_context("spawn"), initializer=_isolate, initargs=(home,)
    ) as process:
        result_of(process.submit(_publish, root, replace(place, workspace=True)))
    shutil.rmtree(home / paths.local_state().name, ignore_errors=True)
    for lock in folder.glob(".*.lock"):
        lock.unlink()
    _make_portable(folder)


def _isolate(home: Path) -> None:
    """Make this process use the folder as its repository, with its own store and locks."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the parent ends in order
    for name in [name for name in os.environ if name.startswith(("MLFLOW_", "DVC_"))]:
        del os.environ[name]
    os.environ["DVC_ROOT"] = str(home)
    sys.argv[:] = ["lockstep"]  # MLflow records it as the source of a run


def _publish(root: Path, place: Provenance) -> None:
    publish(complete_result(root), place)


def _make_portable(folder: Path) -> None:
    """Make the store independent of this machine: change addresses to those of a server, remove users and paths."""
    digests = {model.parent.name: _portable_model(model, folder) for model in _logged_models(folder)}
    uri = (folder.resolve() / ARTIFACTS).as_uri()
    with closing(sqlite3.connect(folder / DATABASE)) as store:
        with store:
            for table, column in _text_columns(store):
                for old, new in ((f"{uri}/", f"{SERVED}/"), (uri, f"{SERVED}/")):
                    statement = f"UPDATE {table} SET {column} = replace({column}, ?, ?) WHERE instr({column}, ?)"  # noqa: S608
                    store.execute(statement, (old, new, old))
            # MLflow's empty default experiment names the folder in which MLflow was started.
            store.execute("UPDATE experiments SET artifact_location = ? WHERE experiment_id = 0", (f"{SERVED}/0",))
            store.execute("UPDATE runs SET user_id = ''")
            for table, column in (("tags", "key"), ("logged_model_tags", "tag_key")):
                # MLflow's tags about the repository contain its path on this machine, or its host.
                store.execute(
                    f"DELETE FROM {table} WHERE {column} = 'mlflow.user' OR {column} LIKE 'mlflow.source.git.%'"  # noqa: S608
                )
            for model, digest in digests.items():
                statement = "UPDATE logged_model_tags SET tag_value = ? WHERE model_id = ? AND tag_key = ?"
                store.execute(statement, (digest, model, FILES_DIGEST))
        # Replaced values would otherwise still be in the file.
        store.execute("VACUUM")


def _text_columns(store: sqlite3.Connection) -> list[tuple[str, str]]:
    """All text columns, as pairs of table and column."""
    tables = [name for (name,) in store.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
    columns = [(table, *column[1:3]) for table in tables for column in store.execute(f'PRAGMA table_info("{table}")')]
    return [(table, name) for table, name, kind in columns if "CHAR" in kind.upper() or "TEXT" in kind.upper()]


def _logged_models(folder: Path) -> list[Path]:
    """The folder of each logged model."""
    return sorted(file.parent for file in (folder / ARTIFACTS).rglob("MLmodel"))


def _portable_model(model: Path, folder: Path) -> str:
    """Remove paths from a model's description; returns the digest of its files."""
    for compiled in list(model.rglob("__pycache__")):
        shutil.rmtree(compiled)
    file = model / "MLmodel"
    content: dict[str, Any] = yaml.safe_load(file.read_text(encoding="utf-8"))
    content["artifact_path"] = f"{SERVED}/{model.relative_to(folder / ARTIFACTS).as_posix()}"
    function = content["flavors"]["python_function"]
    function["model_code_path"] = SERVED_BY
    function["artifacts"]["model"]["uri"] = paths.MODEL.as_posix()
    file.write_text(yaml.safe_dump(content, allow_unicode=True, default_flow_style=False), encoding="utf-8")
    return files_digest(model)
