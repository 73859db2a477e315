"""The pipeline's stages, one file each: `python3 -m stages.tune`.

DVC runs a stage with whatever `python3` PATH finds. If the repository has its own .venv and this is another
interpreter (`.venv/bin/dvc repro` without activation), the stage restarts itself in the .venv: results must not
depend on the terminal that started them.
"""

import os
import signal
import sys
import warnings
from contextlib import suppress
from pathlib import Path

# Set for the restarted process, so that a broken .venv cannot restart endlessly.
RESTARTED = "LOCKSTEP_STARTED_AGAIN"
# What worker processes need, and the slowest import of the stages that have some: multiprocessing repeats a stage's
# imports in every worker.
WORKER = "lockstep.workers.worker"
SLOWEST_IMPORTS = {"stages.tune": "lockstep.search.study_file", "stages.train_best": "lockstep.model.train"}


def _use_own_environment() -> None:
    root = os.environ.get("DVC_ROOT")
    stage = os.environ.get("DVC_STAGE")
    if not root or not stage or RESTARTED in os.environ:
        return
    environment = Path(root) / ".venv"
    python = environment / "bin" / "python"
    if python.exists() and Path(sys.prefix).resolve() != environment.resolve():
        os.environ[RESTARTED] = "1"
        os.execv(python, [str(python), "-m", f"stages.{stage.rpartition(':')[2]}"])  # noqa: S606 - no shell wanted


def _end_quietly_while_importing() -> None:
    """Let Ctrl-C end `python3 -m stages.NAME` without a traceback until run_stage takes over."""
    if sys.argv[0] == "-m" and signal.getsignal(signal.SIGINT) is signal.default_int_handler:
        signal.signal(signal.SIGINT, signal.SIG_DFL)


def _start_fork_server() -> None:
    """Let the process that workers are copies of import what they need while this one imports its own.

    Workers on a cluster need none.
    """
    names = [name for stage, name in SLOWEST_IMPORTS.items() if stage in sys.orig_argv]
    if sys.argv[0] != "-m" or not names or os.environ.get("LOCKSTEP_SCHEDULER"):
        return
    from multiprocessing import forkserver  # here, as no other stage needs it to start

    # This package first, for its filter of warnings.
    forkserver.set_forkserver_preload([__name__, WORKER, *names])
    # Ctrl-C reaches the whole process group; a server that ends with the stage need not say so.
    signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGINT])
    try:
        # A machine without room for its socket: the stage tries again where it needs workers, and says what is wrong.
        with suppress(OSError):
            forkserver.ensure_running()
    finally:
        signal.pthread_sigmask(signal.SIG_UNBLOCK, [signal.SIGINT])


def _check_environment() -> None:
    from lockstep.errors import ConfigError, refuse_stripped_docstrings

    try:
        refuse_stripped_docstrings()
    except ConfigError as error:
        raise SystemExit(str(error)) from None
    # scikit-learn's joblib, which we do not use, warns about a full /dev/shm; the stage reports it where it matters.
    warnings.filterwarnings("ignore", message=".*joblib will operate in serial mode")


_use_own_environment()
_end_quietly_while_importing()
_check_environment()
_start_fork_server()
