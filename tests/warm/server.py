"""The process behind tests/warm: imports the packages of others, then copies itself for each command."""

import gc
import importlib
import json
import os
import runpy
import select
import signal
import socket
import struct
import sys
import tempfile
from contextlib import suppress
from types import ModuleType
from typing import Any

# What stages and commands import of others. None of it starts a thread that a copy would miss.
PACKAGES = (
    *("alembic.context", "jinja2", "pooch", "pydantic", "requests", "threadpoolctl", "tqdm", "yaml"),
    *("numpy", "pandas", "pyarrow.csv", "pyarrow.dataset", "pyarrow.parquet"),
    *("scipy.optimize", "scipy.spatial", "scipy.stats"),
    *("sklearn.cluster", "sklearn.datasets", "sklearn.ensemble", "sklearn.linear_model", "sklearn.metrics"),
    *("sklearn.model_selection", "sklearn.neighbors", "sklearn.preprocessing"),
    *("matplotlib.backends.backend_agg", "matplotlib.figure", "optuna", "optuna.importance", "xgboost"),
    *("dvc.api", "dvc.repo", "dvc.scm", "mlflow", "mlflow.artifacts", "mlflow.pyfunc", "sqlalchemy.dialects.sqlite"),
    *("mlflow.store.model_registry.sqlalchemy_store", "mlflow.store.tracking.sqlalchemy_store"),
)


def request(listening: socket.socket, inherited: list[object]) -> dict[str, Any]:
    """Serve until standard input ends; returns only in a copy, with what it shall run."""
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    while True:
        ready, _, _ = select.select([listening.fileno(), 0], [], [])
        if 0 in ready:
            sys.exit()
        connection, _ = listening.accept()
        if os.fork() == 0:
            listening.close()
            signal.signal(signal.SIGCHLD, signal.SIG_DFL)
            return _one(connection, inherited)
        connection.close()


def _one(connection: socket.socket, inherited: list[object]) -> dict[str, Any]:
    length, streams, _, _ = socket.recv_fds(connection, 4, 3)
    left, text = struct.unpack("<I", length)[0] if length else 0, b""
    while length and len(text) < left and (part := connection.recv(left - len(text))):
        text += part
    if not length or len(text) < left:  # the caller is gone
        os._exit(0)
    asked: dict[str, Any] = json.loads(text)
    same = asked["inherited"] == inherited
    connection.sendall(b"y" if same else b"n")
    if not same:
        os._exit(0)
    child = os.fork()
    if child:
        with suppress(OSError):  # both set it: whichever comes first
            os.setpgid(child, child)
        for stream in streams:
            os.close(stream)
        _wait_for(child, connection)
    connection.close()
    os.setpgid(0, 0)
    for number, stream in enumerate(streams):
        os.dup2(stream, number)
        os.close(stream)
    return asked


def _wait_for(child: int, connection: socket.socket) -> None:
    """Pass signals on to the child, and its end on to the caller; where the caller is gone, end the child."""
    ended = os.pidfd_open(child)
    code = None
    while code is None:
        ready, _, _ = select.select([connection.fileno(), ended], [], [])
        if ended in ready:
            code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
        elif number := _received(connection):
            os.kill(child, number[0])
        else:
            os.killpg(child, signal.SIGKILL)
            os._exit(0)
    with suppress(ConnectionError):
        connection.sendall(struct.pack("<i", code))
    os._exit(0)


def _received(connection: socket.socket) -> bytes:
    try:
        return connection.recv(1)
    except ConnectionError:
        return b""


def run(asked: dict[str, Any]) -> None:
    """As the interpreter would, from the caller's folder and environment."""
    os.environ.clear()
    os.environ.update(asked["environment"])
    os.chdir(asked["folder"])
    tempfile.tempdir = None
    sys.modules["__main__"] = ModuleType("__main__")
    if asked["program"] == "lockstep":
        sys.argv = ["lockstep", *asked["arguments"]]
        sys.exit(importlib.import_module("lockstep.cli").main())
    _, module, *arguments = asked["arguments"]
    sys.path.insert(0, asked["folder"])
    sys.argv = ["-m", *arguments]
    runpy.run_module(module, run_name="__main__", alter_sys=True)


def main() -> None:
    inherited: list[object] = json.loads(json.dumps(importlib.import_module("client").inherited()))
    sys.path.pop(0)  # this file's folder
    listening = socket.socket(socket.AF_UNIX)
    listening.bind(sys.argv[1])
    listening.listen(64)
    sys.stdout.write("listening\n")
    sys.stdout.flush()
    for package in PACKAGES:
        importlib.import_module(package)
    gc.freeze()
    run(request(listening, inherited))


if __name__ == "__main__":
    main()
