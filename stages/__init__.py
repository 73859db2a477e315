"""The pipeline's stages, one file each: `python3 -m stages.tune`.

DVC runs a stage with whatever `python3` PATH finds. If the repository has its own .venv and this is another
interpreter (`.venv/bin/dvc repro` without activation), the stage starts again in the .venv: results must never
depend on which terminal they were started from.
"""

import os
import signal
import sys
import warnings
from pathlib import Path

# Set for the second start, so that a broken .venv cannot start itself for ever.
TOLD = "LOCKSTEP_STARTED_AGAIN"


def _use_own_environment() -> None:
    root = os.environ.get("DVC_ROOT")
    stage = os.environ.get("DVC_STAGE")
    if not root or not stage or TOLD in os.environ:
        return
    own = Path(root) / ".venv"
    python = own / "bin" / "python"
    if python.exists() and Path(sys.prefix).resolve() != own.resolve():
        os.environ[TOLD] = "1"
        os.execv(python, [str(python), "-m", f"stages.{stage.rpartition(':')[2]}"])  # noqa: S606 - no shell wanted


def _end_quietly_while_importing() -> None:
    """Let Ctrl-C end `python3 -m stages.NAME` without a traceback until run_stage takes over."""
    if sys.argv[0] == "-m" and signal.getsignal(signal.SIGINT) is signal.default_int_handler:
        signal.signal(signal.SIGINT, signal.SIG_DFL)


def _refuse_what_stops_imports() -> None:
    from lockstep.errors import ConfigError, refuse_stripped_docstrings

    try:
        refuse_stripped_docstrings()
    except ConfigError as error:
        raise SystemExit(str(error)) from None
    # Of a full /dev/shm scikit-learn's joblib warns, which we do not use; the stage tells of it where it matters.
    warnings.filterwarnings("ignore", message=".*joblib will operate in serial mode")


_use_own_environment()
_end_quietly_while_importing()
_refuse_what_stops_imports()
