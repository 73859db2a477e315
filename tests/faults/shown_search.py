"""A project whose search is long enough that MLflow shows its trials while it runs."""

import os
import signal
import subprocess
import time
from typing import Any

from tests.pipeline.mlflow_view import runs_of
from tests.pipeline.project import Project

TRIALS = 16
# Slow enough that a test can step in after the first trials, on any machine.
ONE_WORKER = {"LOCKSTEP_WORKERS": "1"}
# Every fit has all rounds, so that the search takes seconds.
LONG = {
    "n_trials: 6": f"n_trials: {TRIALS}",
    "early_stopping_rounds: 5": "early_stopping_rounds: 500",
    "max_rounds: 30": "max_rounds: 500",
}


def make_long(project: Project) -> None:
    """Change the settings of the search; nothing of it is known yet."""
    for old, new in LONG.items():
        project.edit("params.yaml", old, new)
    (project.folder / ".lockstep/evaluations.db").unlink()


def live_runs(uri: str) -> list[Any]:
    """The runs of searches that did not become a result's."""
    return [run for run in runs_of(uri) if "lockstep.live" in run.data.tags and "lockstep.result" not in run.data.tags]


def wait_until_shown(uri: str, process: subprocess.Popen[str], trials: int = 2) -> str:
    """Wait until MLflow holds some finished trials of a search; returns the id of the search's run."""
    while process.poll() is None:
        for parent in live_runs(uri):
            nested = [run for run in runs_of(uri) if run.data.tags.get("mlflow.parentRunId") == parent.info.run_id]
            if sum(run.info.status != "RUNNING" for run in nested) >= trials:
                return str(parent.info.run_id)
        time.sleep(0.1)
    raise AssertionError(f"the search ended before MLflow showed {trials} trials:\n{process.communicate()[0]}")


def kill_group(process: subprocess.Popen[str]) -> None:
    """kill -9 of a command and all that it started."""
    os.killpg(process.pid, signal.SIGKILL)
    process.communicate()
