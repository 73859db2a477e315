"""Run dvc in the copy with this interpreter, isolated from the workspace, and leave no process behind."""

import json
import os
import re
import signal
import subprocess
import sys
import time
from collections import deque
from collections.abc import Generator, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO, Any

from lockstep.errors import VerifyError
from lockstep.fetch.download import MIRROR
from lockstep.project.paths import anchored
from lockstep.stage import REMEDY

STARTED = re.compile(r"Running stage '(.+)':")
FAILED = "ERROR: failed to reproduce"
MAX_LINES = 50
GRACE_SECONDS = 20.0


def status(copy: Path, site: Path) -> Any:
    """The content of `dvc status --json`.

    Raises:
        VerifyError: with dvc's own line, if it cannot read the pipeline.
    """
    with _dvc(copy, site, "status", "--json", stderr=subprocess.PIPE) as process:
        output, errors = process.communicate()
    if process.returncode != 0:
        raise VerifyError(_reason(errors.splitlines()))
    return json.loads(output.splitlines()[-1])


def run_stages(copy: Path, site: Path) -> Generator[str, None, None]:
    """Run every stage from scratch; yields the name of each as it starts.

    Args:
        copy: The clean copy; its dvc.lock is rewritten.
        site: A folder that replaces dvc's site-wide cache directory.

    Raises:
        VerifyError: with the failing stage's own line.
    """
    last_lines: deque[str] = deque(maxlen=MAX_LINES)
    with _dvc(copy, site, "repro", "--force", "--no-run-cache", "--no-commit", stderr=subprocess.STDOUT) as process:
        for line in process.stdout or ():
            last_lines.append(line)
            match = STARTED.match(line)
            if match:
                yield match[1]
        process.wait()
    if process.returncode != 0:
        raise VerifyError(f"failed in the clean copy: {_reason(last_lines)}")


def _reason(lines: "deque[str] | list[str]") -> str:
    """The line with the error: the failing stage's last line, or dvc's own."""
    text = [line.strip() for line in lines if line.strip()]
    failures = [number for number, line in enumerate(text) if line.startswith(FAILED)]
    if failures and failures[0] > 0 and not text[failures[0] - 1].startswith((">", "Running stage")):
        return text[failures[0] - 1].removesuffix(REMEDY).rstrip()
    errors = [line.removeprefix("ERROR: ") for line in text if line.startswith("ERROR: ")]
    return errors[0] if errors else (text[-1] if text else "dvc ended without a word")


@contextmanager
def _dvc(copy: Path, site: Path, *arguments: str, stderr: int) -> "Iterator[subprocess.Popen[str]]":
    process = subprocess.Popen(  # noqa: S603 - no shell
        [sys.executable, "-m", "dvc", *arguments],
        cwd=copy,
        env=_environment(site),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=stderr,
        text=True,
        encoding="utf-8",
        errors="replace",
        # A process group of its own: Ctrl-C reaches only this process, which then ends the group in order.
        start_new_session=True,
    )
    try:
        yield process
    finally:
        _end(process)
        for stream in filter(None, (process.stdout, process.stderr)):
            _close(stream)


def _environment(site: Path) -> dict[str, str]:
    """The present environment without the workspace's stores, and with this interpreter as `python3`."""
    # PYTHONSAFEPATH would hide the copy's code behind the installed one.
    excluded = ("DVC_", "GIT_", "MLFLOW_", "PYTHONSAFEPATH")
    environment = {key: value for key, value in os.environ.items() if not key.startswith(excluded)}
    mirror = environment.get(MIRROR)
    if mirror and "://" not in mirror:
        environment[MIRROR] = str(anchored(mirror))
    path = os.pathsep.join(filter(None, (str(Path(sys.executable).parent), environment.get("PATH"))))
    return {**environment, "PATH": path, "PYTHONUNBUFFERED": "1", "DVC_SITE_CACHE_DIR": str(site)}


def _end(process: "subprocess.Popen[str]") -> None:
    """Unless dvc has succeeded, end it with its stage and the stage's workers, and wait for all of them."""
    if process.poll() == 0:
        return
    deadline = time.monotonic() + GRACE_SECONDS
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGTERM)
        while time.monotonic() < deadline:
            process.poll()
            os.killpg(process.pid, 0)
            time.sleep(0.05)
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()


def _close(stream: IO[str]) -> None:
    with suppress(OSError):
        stream.close()
