"""One thing done by many processes at one moment, with a limit after which what hangs is named and ended.

`python -m tests.faults.at_once WORK COUNT SECONDS ARGUMENT...` imports what is costly once, and forks.
"""

import faulthandler
import importlib
import json
import os
import signal
import subprocess
import sys
import tempfile
import time
import traceback
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, NoReturn

from tests.conftest import ROOT
from tests.pipeline.project import environment

WORK = "tests.faults.work_at_once"
SECONDS = 240.0
GRACE_SECONDS = 30.0


def at_once(work: str, count: int, *arguments: object, env: Mapping[str, str] | None = None) -> list[Any]:
    """What a function of tests.faults.work_at_once returned in each process; it gets the process's number first.

    Raises:
        AssertionError: with the error of every process that failed, and where each stood that hung.
    """
    command = [sys.executable, "-m", "tests.faults.at_once", work, str(count), str(SECONDS), *map(str, arguments)]
    # Threads of libraries would not survive a fork.
    single = {"OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1", "PYTHONPATH": str(ROOT)}
    with subprocess.Popen(
        command,
        cwd=ROOT,
        env=environment({**single, **(env or {})}),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    ) as process:
        try:
            said, errors = process.communicate(timeout=SECONDS + 2 * GRACE_SECONDS)
        finally:
            end_group(process)
    assert process.returncode == 0, f"{work}, {count} at once:\n{said}\n{errors}"
    found: list[Any] = json.loads(said.splitlines()[-1])
    return found


def end_group(process: "subprocess.Popen[str]") -> None:
    """kill -9 of whatever is left of a process, started in a session of its own, and of all that it started."""
    try:
        os.killpg(process.pid, signal.SIGKILL)
    except ProcessLookupError:
        return


def finish_all(started: Mapping[str, "subprocess.Popen[str]"], seconds: float = SECONDS) -> dict[str, str]:
    """What each command printed; all that they started is ended.

    Raises:
        AssertionError: naming the commands that did not end in time, and what they had printed by then.
    """
    said, hung, until = dict[str, str](), dict[str, str](), time.monotonic() + seconds
    try:
        for name, process in started.items():
            try:
                said[name] = process.communicate(timeout=max(0.1, until - time.monotonic()))[0]
            except subprocess.TimeoutExpired:
                end_group(process)
                hung[name] = process.communicate()[0]
    finally:
        for process in started.values():
            end_group(process)
    assert not hung, f"not ended after {seconds:.0f} s: {hung}; the others: {said}"
    return said


def _main(work: str, count: int, seconds: float, arguments: list[str]) -> int:
    function = getattr(importlib.import_module(WORK), work)
    with tempfile.TemporaryDirectory(prefix="at-once-") as name:
        folder, (start, starting) = Path(name), os.pipe()
        children = []
        for number in range(count):
            child = os.fork()
            if child == 0:
                os.close(starting)
                os.read(start, 1)
                _do(function, number, arguments, folder / str(number), seconds)
            children.append(child)
        os.close(starting)  # now all go
        codes = [os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) for child in children]
        told = [(folder / str(number)).read_text() for number in range(count)]
    failed = [f"process {number}: {text}" for number, text in enumerate(told) if codes[number] != 0]
    print("\n".join(failed) if failed else json.dumps([json.loads(text) for text in told]))
    return 1 if failed else 0


def _do(function: Callable[..., Any], number: int, arguments: list[str], outcome: Path, seconds: float) -> NoReturn:
    """In a child: what the function returns, the error it raised, or where it stands when the time is up."""
    code = 1
    try:
        with outcome.open("w") as file:
            faulthandler.dump_traceback_later(seconds, exit=True, file=file)
            try:
                file.write(json.dumps(function(number, *arguments)))
                code = 0
            except BaseException:
                file.write(traceback.format_exc())
    finally:
        os._exit(code)


if __name__ == "__main__":
    raise SystemExit(_main(sys.argv[1], int(sys.argv[2]), float(sys.argv[3]), sys.argv[4:]))
