"""The real `mlflow server` on loopback, which a test may stop, kill and start again."""

import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import requests

STARTS_WITHIN = 120.0
ENDS_WITHIN = 20.0


def free_port() -> int:
    """A loopback port that nothing listens on now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def plain_environment() -> dict[str, str]:
    """This process's environment without what points MLflow or DVC somewhere."""
    return {key: value for key, value in os.environ.items() if not key.startswith(("LOCKSTEP_", "MLFLOW_", "DVC_"))}


def set_up_store(uri: str) -> None:
    """Create MLflow's tables in an empty database, which takes seconds: do it once and copy."""
    command = [sys.executable, "-m", "mlflow", "db", "upgrade", uri]
    done = subprocess.run(command, env=plain_environment(), capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


class MlflowServer:
    """One server process with its own database and artefact folder; use it as a context manager.

    `uri` stays the same when the server is started again.
    """

    def __init__(self, folder: Path, store: str | Path) -> None:
        """Keep log and artefacts in `folder`; `store` is a database's URI, or a set-up SQLite file to copy."""
        folder.mkdir(parents=True)
        self.folder = folder
        self.artifacts = folder / "artifacts"
        self.log = folder / "server.log"
        self.store = store if isinstance(store, str) else f"sqlite:///{shutil.copy(store, folder / 'mlflow.db')}"
        self.port = free_port()
        self.uri = f"http://127.0.0.1:{self.port}"
        self._process: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> "MlflowServer":
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def start(self) -> None:
        """Start and wait until it answers.

        Raises:
            AssertionError: with the server's log, if it ends or does not answer in two minutes.
        """
        options = {
            "--host": "127.0.0.1",
            "--port": str(self.port),
            "--workers": "1",
            "--backend-store-uri": self.store,
            "--artifacts-destination": self.artifacts.as_uri(),
        }
        # Its job runner is three more processes, for features of language models.
        extra = {"MLFLOW_SERVER_ENABLE_JOB_EXECUTION": "false", "MLFLOW_DISABLE_TELEMETRY": "true"}
        with self.log.open("ab") as log:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "mlflow", "server", *(word for pair in options.items() for word in pair)],
                env={**plain_environment(), **extra},
                cwd=self.folder,
                stdout=log,
                stderr=subprocess.STDOUT,
                # A process group of its own, so that ending it reaches uvicorn, which does the work.
                start_new_session=True,
            )
        self._wait_until_it_answers()

    def stop(self) -> None:
        """End it in order, if it runs."""
        self._end(signal.SIGTERM)

    def kill(self) -> None:
        """End it as a crash would, if it runs."""
        self._end(signal.SIGKILL)

    def restart(self) -> None:
        """Start it again, with the same address, database and artefacts."""
        self.stop()
        self.start()

    def _wait_until_it_answers(self) -> None:
        assert self._process is not None
        give_up = time.monotonic() + STARTS_WITHIN
        while time.monotonic() < give_up and self._process.poll() is None:
            try:
                if requests.get(f"{self.uri}/health", timeout=5).ok:
                    return
            except requests.RequestException:
                pass
            time.sleep(0.05)
        self.kill()
        raise AssertionError(f"mlflow server did not start:\n{self.log.read_text(errors='replace')}")

    def _end(self, how: signal.Signals) -> None:
        if self._process is None:
            return
        process, self._process = self._process, None
        os.killpg(process.pid, how)
        try:
            process.wait(ENDS_WITHIN)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()
        # uvicorn, which does the work, is the child's child: it is gone when its port is.
        give_up = time.monotonic() + ENDS_WITHIN
        while _listens(self.port) and time.monotonic() < give_up:
            time.sleep(0.02)


def _listens(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0
