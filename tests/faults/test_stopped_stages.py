"""train_best and a repeated evaluation are terminated, or nobody reads on: one line, no process and no folder stays."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.faults.test_stopped_search import _of_session
from tests.pipeline.project import Project, environment

# Enough fits that SIGTERM comes in the middle of them.
LONG = {
    "train_best": {"n_models: 1": "n_models: 100"},
    "evaluate": {"protocol: single": "protocol: repeated", "repeats: 10": "repeats: 100"},
}


@pytest.mark.parametrize("stage", LONG)
def test_a_stopped_stage_leaves_one_line_and_nothing_running(
    stage: str, project: Project, temporary: Path, tmp_path: Path
) -> None:
    for old, new in LONG[stage].items():
        project.edit("params.yaml", old, new)
    said = tmp_path / "said.txt"
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    with said.open("w") as output:
        process = subprocess.Popen(
            ["python3", "-m", f"stages.{stage}"],
            cwd=project.folder,
            env={**os.environ, "PATH": path, "TMPDIR": str(temporary), "LOCKSTEP_WORKERS": "2"},
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    while not _is_fitting(stage, process.pid, said) and process.poll() is None:
        time.sleep(0.02)
    assert list(temporary.glob("lockstep-*")) != []
    os.kill(process.pid, signal.SIGTERM)
    assert process.wait(timeout=60) == 143
    lines = [line for line in said.read_text().splitlines() if not line.startswith("evaluate: split ")]
    assert lines == [f"{stage}: stopped; finished work is kept, `dvc repro` goes on from here"]
    # The fork server ends when it sees that the stage has.
    for _ in range(200):
        if not _of_session(process.pid):
            break
        time.sleep(0.05)
    assert _of_session(process.pid) == []
    assert list(temporary.glob("lockstep-*")) == []


def _is_fitting(stage: str, session: int, said: Path) -> bool:
    """Both workers of train_best are there beside the stage and the fork server; evaluate says that a split is done."""
    if stage == "evaluate":
        return "evaluate: split 2/" in said.read_text()
    workers = [line for line in _of_session(session) if "forkserver" in line]
    return len(workers) >= 3


SAYS = """
import sys
from lockstep.stage import run_stage
def main():
    sys.stdin.read()
    print("tune: a line", flush=FLUSHED)
run_stage("tune", main)
"""


@pytest.mark.parametrize(
    ("flushed", "code", "told"),
    [
        (False, 0, b""),
        (True, 128 + signal.SIGPIPE, b"tune: stopped; finished work is kept, `dvc repro` goes on from here\n"),
    ],
    ids=["only the last line is missed", "nobody reads the progress"],
)
def test_a_stage_that_nobody_reads_on_stops_as_if_told_to(
    flushed: bool, code: int, told: bytes, tmp_path: Path
) -> None:
    program = SAYS.replace("FLUSHED", str(flushed))
    reads, writes = os.pipe()
    with subprocess.Popen(
        [sys.executable, "-c", program],
        cwd=tmp_path,
        env=environment({"PYTHONUNBUFFERED": ""}),
        stdin=subprocess.PIPE,
        stdout=writes,
        stderr=subprocess.PIPE,
    ) as stage:
        os.close(writes)
        os.close(reads)
        _, errors = stage.communicate(timeout=60)
        assert errors == told
    assert stage.returncode == code
    assert (tmp_path / ".lockstep/timings.json").exists() == (code == 0)
