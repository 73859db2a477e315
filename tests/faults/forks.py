"""Work in forked processes, and what they say."""

import os
import select
import shutil
import signal
import sys
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import Any

MOST_SECONDS = 120.0


def spare_what_is_shared(root: Path) -> None:
    """Worker processes and their arrays are the original's."""
    own, kill, rmtree = os.getpid(), os.kill, shutil.rmtree

    def remove(path: Any, *args: Any, **kwargs: Any) -> None:
        if Path(path).resolve().is_relative_to(root):
            rmtree(path, *args, **kwargs)

    os.kill = lambda pid, number: kill(pid, number) if pid == own else None
    shutil.rmtree = remove  # type: ignore[assignment]


def ended(pid: int, said: int) -> tuple[str, int]:
    """What a process says until its end, and its exit code; it is ended after MOST_SECONDS of silence."""
    text = b""
    while True:
        if not select.select([said], [], [], MOST_SECONDS)[0]:
            os.kill(pid, signal.SIGKILL)
            text += b"\nhung"
        elif piece := os.read(said, 65536):
            text += piece
            continue
        os.close(said)
        return text.decode(errors="replace"), os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])


def in_child(work: Callable[[], None]) -> tuple[str, int]:
    """Do something in a forked process, which ends with it; returns what it says and its exit code."""
    reading, writing = os.pipe()
    pid = os.fork()
    if pid:
        os.close(writing)
        return ended(pid, reading)
    os.dup2(writing, 1)
    os.dup2(writing, 2)
    code = 0
    try:
        work()
    except SystemExit as stop:
        code = int(stop.code or 0)
    except BaseException:
        traceback.print_exc()
        code = 70
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code)
