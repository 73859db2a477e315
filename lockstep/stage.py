"""Running a stage: errors become one line, and the stage's duration is stored outside its outputs."""

import os
import signal
import sys
import time
from collections.abc import Callable

from lockstep.errors import LockstepError, file_trouble, system_reason
from lockstep.guards.text.messages import brief
from lockstep.project.paths import local_state
from lockstep.storage.locks import soon_held
from lockstep.storage.tables import read_json, write_json

# DVC removes a stage's outputs before it runs the stage.
REMEDY = "(earlier results: `dvc checkout` brings back data and models, `git checkout reports` the reports)"


def run_stage(name: str, main: Callable[[], None]) -> None:
    """Run a stage's main function.

    A LockstepError, or a file that cannot be read or written, ends the process with exit code 1 and one line; every
    other error is a defect and keeps its traceback. SIGINT (Ctrl-C) and SIGTERM end the stage and its workers with one
    line and exit code 130 or 143. A closed standard output (`dvc repro | head`) ends it with 141, unless only the last
    lines are lost.
    """
    signal.signal(signal.SIGTERM, _stop)
    if signal.getsignal(signal.SIGINT) == signal.SIG_DFL:  # set by stages/__init__.py during the imports
        signal.signal(signal.SIGINT, signal.default_int_handler)
    started = time.perf_counter()
    try:
        main()
        _print_line()
        _store_time(name, time.perf_counter() - started)
        return
    except LockstepError as error:
        reason = str(error)
    except (KeyboardInterrupt, _Terminated, BrokenPipeError) as stop:
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        detail = f" ({stop})" if str(stop) else ""
        _print_line(f"{name}: stopped{detail}; finished work is kept, `dvc repro` continues from here")
        raise SystemExit(128 + _signal_of(stop)) from None
    except OSError as error:
        problem = file_trouble(error)
        # tempfile raises this error where every disk is full
        absent = isinstance(error, FileNotFoundError) and "temporary directory" not in problem
        reason = f"{problem}; {'run `dvc repro`' if absent else 'check the disk and its permissions'}"
    _print_line(brief(f"{name}: {reason} {REMEDY}"))
    raise SystemExit(1)


class _Terminated(BaseException):
    """SIGTERM arrived; like KeyboardInterrupt it is caught only at the end of the stage."""


def _stop(*_: object) -> None:
    raise _Terminated


def _signal_of(stop: BaseException) -> signal.Signals:
    if isinstance(stop, BrokenPipeError):
        return signal.SIGPIPE
    return signal.SIGTERM if isinstance(stop, _Terminated) else signal.SIGINT


def _print_line(line: str = "") -> None:
    """Flush standard output, then print the line on standard error; a closed stream changes no result."""
    for stream, text in ((sys.stdout, ""), (sys.stderr, line and f"{line}\n")):
        try:
            stream.write(text)
            stream.flush()
        except OSError:
            # Python flushes again at exit and would print an error.
            os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())


def _store_time(name: str, seconds: float) -> None:
    path = local_state() / "timings.json"
    try:
        # `dvc repro` of single stages and queue workers' experiments share the file.
        with soon_held(path.parent / "locks" / path.stem):
            timings = read_json(path) if path.exists() else {}
            write_json({**timings, name: round(seconds, 3)}, path)
    except (OSError, ValueError, TypeError) as error:
        _print_line(f"{name}: warning: {path}: {system_reason(error)}; the duration of this stage is not stored")
