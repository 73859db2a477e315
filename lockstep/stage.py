"""How a stage runs: mistakes become one line, and the time it took is kept beside, never in, its outputs."""

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
    other error is a defect and keeps its traceback. SIGINT (Ctrl-C) and SIGTERM end the stage in order, its workers
    with it, with one line and exit code 130 or 143; so does, with 141, a reader of its lines that goes (`dvc repro |
    head`), unless only the last ones are missed.
    """
    signal.signal(signal.SIGTERM, _stop)
    if signal.getsignal(signal.SIGINT) == signal.SIG_DFL:  # as while the stage's modules were imported
        signal.signal(signal.SIGINT, signal.default_int_handler)
    started = time.perf_counter()
    try:
        main()
        _say()
        _remember(name, time.perf_counter() - started)
        return
    except LockstepError as error:
        reason = str(error)
    except (KeyboardInterrupt, _Terminated, BrokenPipeError) as stop:
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        why = f" ({stop})" if str(stop) else ""
        _say(f"{name}: stopped{why}; finished work is kept, `dvc repro` goes on from here")
        raise SystemExit(128 + _signal_of(stop)) from None
    except OSError as error:
        what = file_trouble(error)
        # tempfile finds no folder for its files where every disk is full
        absent = isinstance(error, FileNotFoundError) and "temporary directory" not in what
        reason = f"{what}; {'run `dvc repro`' if absent else 'check the disk and its permissions'}"
    _say(brief(f"{name}: {reason} {REMEDY}"))
    raise SystemExit(1)


class _Terminated(BaseException):
    """SIGTERM arrived; like KeyboardInterrupt nothing but the stage's end may catch it."""


def _stop(*_: object) -> None:
    raise _Terminated


def _signal_of(stop: BaseException) -> signal.Signals:
    if isinstance(stop, BrokenPipeError):
        return signal.SIGPIPE
    return signal.SIGTERM if isinstance(stop, _Terminated) else signal.SIGINT


def _say(line: str = "") -> None:
    """Show what waits to be shown, then the line; what cannot be shown changes no result."""
    for stream, text in ((sys.stdout, ""), (sys.stderr, line and f"{line}\n")):
        try:
            stream.write(text)
            stream.flush()
        except OSError:
            # Python flushes again at its end, and would complain.
            os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())


def _remember(name: str, seconds: float) -> None:
    path = local_state() / "timings.json"
    try:
        # `dvc repro` of single stages and queue workers' experiments share the file.
        with soon_held(path.parent / "locks" / path.stem):
            timings = read_json(path) if path.exists() else {}
            write_json({**timings, name: round(seconds, 3)}, path)
    except (OSError, ValueError, TypeError) as error:
        _say(f"{name}: warning: {path}: {system_reason(error)}; the time this stage took is not kept")
