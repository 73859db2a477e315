"""Running the copy: dvc with this interpreter, nothing of the workspace in reach, and no process left behind."""

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
KEPT_LINES = 50
GRACE_SECONDS = 20.0


def status(copy: Path, site: Path) -> Any:
    """What `dvc status --json` says.

    Raises:
        VerifyError: with dvc's own line, if it cannot read the pipeline.
    """
    with _dvc(copy, site, "status", "--json", stderr=subprocess.PIPE) as process:
        said, errors = process.communicate()
    if process.returncode != 0:
        raise VerifyError(_why(errors.splitlines()))
    return json.loads(said.splitlines()[-1])


def run_stages(copy: Path, site: Path) -> Generator[str, None, None]:
    """Run every stage, from nothing; yields the name of each as it starts.

    Args:
        copy: The clean copy; its dvc.lock is rewritten.
        site: A folder for what dvc otherwise keeps about every repository in a place of the machine.

    Raises:
        VerifyError: with the failing stage's own line.
    """
    last: deque[str] = deque(maxlen=KEPT_LINES)
    with _dvc(copy, site, "repro", "--force", "--no-run-cache", "--no-commit", stderr=subprocess.STDOUT) as process:
        for line in process.stdout or ():
            last.append(line)
            started = STARTED.match(line)
            if started:
                yield started[1]
        process.wait()
    if process.returncode != 0:
        raise VerifyError(f"failed in the clean copy: {_why(last)}")


def _why(lines: "deque[str] | list[str]") -> str:
    """The line that tells what went wrong: the stage's last words, or dvc's own."""
    said = [line.strip() for line in lines if line.strip()]
    ends = [number for number, line in enumerate(said) if line.startswith(FAILED)]
    if ends and ends[0] > 0 and not said[ends[0] - 1].startswith((">", "Running stage")):
        return said[ends[0] - 1].removesuffix(REMEDY).rstrip()
    errors = [line.removeprefix("ERROR: ") for line in said if line.startswith("ERROR: ")]
    return errors[0] if errors else (said[-1] if said else "dvc ended without a word")


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
        # A group of its own: Ctrl-C reaches this process alone, which then ends the group in order.
        start_new_session=True,
    )
    try:
        yield process
    finally:
        _end(process)
        for stream in filter(None, (process.stdout, process.stderr)):
            _close(stream)


def _environment(site: Path) -> dict[str, str]:
    """This one, without the addresses of the workspace's stores, and with this interpreter as `python3`."""
    # PYTHONSAFEPATH would hide the copy's code behind the installed one.
    foreign = ("DVC_", "GIT_", "MLFLOW_", "PYTHONSAFEPATH")
    kept = {key: value for key, value in os.environ.items() if not key.startswith(foreign)}
    mirror = kept.get(MIRROR)
    if mirror and "://" not in mirror:
        kept[MIRROR] = str(anchored(mirror))
    path = os.pathsep.join(filter(None, (str(Path(sys.executable).parent), kept.get("PATH"))))
    return {**kept, "PATH": path, "PYTHONUNBUFFERED": "1", "DVC_SITE_CACHE_DIR": str(site)}


def _end(process: "subprocess.Popen[str]") -> None:
    """End dvc, its stage and the stage's workers, unless all went well, and wait for the last of them."""
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
