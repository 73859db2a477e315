"""How a stage runs: mistakes become one line, and the time it took is kept beside, never in, its outputs."""

import json
import sys
import time
from collections.abc import Callable

from lockstep.data.tables import read_json, write_json
from lockstep.errors import LockstepError
from lockstep.paths import local_state

# DVC removes a stage's outputs before it runs the stage.
REMEDY = "(earlier results: `dvc checkout` brings back data and models, `git checkout reports` the reports)"


def run_stage(name: str, main: Callable[[], None]) -> None:
    """Run a stage's main function.

    A LockstepError ends the process with exit code 1 and one line; every other error is a defect and keeps its
    traceback.
    """
    started = time.perf_counter()
    try:
        main()
    except LockstepError as error:
        print(f"{name}: {error} {REMEDY}", file=sys.stderr)
        raise SystemExit(1) from None
    _remember(name, time.perf_counter() - started)


def _remember(name: str, seconds: float) -> None:
    path = local_state() / "timings.json"
    try:
        timings = read_json(path)
    except (FileNotFoundError, json.JSONDecodeError):
        timings = {}
    write_json({**timings, name: round(seconds, 3)}, path)
