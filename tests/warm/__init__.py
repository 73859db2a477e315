"""Processes of `python3 -m ...` and `lockstep` that find third-party packages already imported.

Most of what a short stage costs is the import of MLflow, scikit-learn, XGBoost and matplotlib. `launchers` starts one
process that imports them and nothing of ours; `python3` and `lockstep` of its folder ask it for a copy of itself
(fork), which runs the command in the caller's folder, with the caller's environment and streams. Where anything that a
process inherits differs, or the command is another than `-m MODULE`, the ordinary interpreter is started.
"""

import atexit
import os
import shutil
import subprocess
import sys
import tempfile
from functools import cache
from pathlib import Path

HERE = Path(__file__).resolve().parent
LAUNCHER = """#!/bin/sh
exec '{python}' -IS '{here}/client.py' '{socket}' {program} "$@"
"""


# Set by `pytest --cold`.
cold = False


@cache
def launchers() -> Path:
    """This test process's folder of `python3` and `lockstep`; made, with what is behind them, when first asked."""
    place = Path(tempfile.mkdtemp(prefix="warm-"))
    for program in ("python3", "lockstep"):
        text = LAUNCHER.format(python=sys.executable, here=HERE, socket=place / "socket", program=program)
        (place / program).write_text(text, encoding="utf-8")
        (place / program).chmod(0o755)
    own = {**os.environ, "PYTHONFAULTHANDLER": "1"}
    # It ends with its standard input, so also when this process is killed.
    server = subprocess.Popen(
        [sys.executable, str(HERE / "server.py"), str(place / "socket")],
        env={key: value for key, value in own.items() if not key.startswith(("LOCKSTEP_", "MLFLOW_", "DVC_"))},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        process_group=0,
    )
    assert server.stdin
    assert server.stdout
    assert server.stdout.readline() == b"listening\n"
    atexit.register(shutil.rmtree, place)
    atexit.register(server.wait, 60)
    atexit.register(server.stdin.close)
    return place
