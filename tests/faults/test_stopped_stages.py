"""train_best and a repeated evaluation are terminated, or nobody reads on: one line, no process and no folder stays."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from lockstep.errors import DataError
from lockstep.stage import run_stage
from lockstep.storage.locks import held
from tests.conftest import ROOT
from tests.faults.test_stopped_search import _of_session
from tests.pipeline.project import Project, environment

# Enough fits that SIGTERM comes in the middle of them.
LONG = {
    "train_best": {"n_models: 1": "n_models: 100"},
    "evaluate": {"protocol: single": "protocol: repeated", "repeats: 10": "repeats: 100"},
}


@pytest.mark.parametrize("stage", ["train_best", pytest.param("evaluate", marks=pytest.mark.long)])
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
    assert lines == [f"{stage}: stopped; finished work is kept, `dvc repro` continues from here"]
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
        (
            True,
            128 + signal.SIGPIPE,
            b"tune: stopped ([Errno 32] Broken pipe); finished work is kept, `dvc repro` continues from here\n",
        ),
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


QUANTISES = """
import os, signal
import numpy as np
from lockstep.fitting.matrices import row_matrix
from lockstep.stage import run_stage

class Rows:
    def __getitem__(self, part):
        os.kill(os.getpid(), signal.SIGNAL)
        return np.ones((40, 2), np.float32)[part]

def main():
    row_matrix(Rows(), np.arange(40.0), None, ("a", "b"), ("q", "q"), 16, "MEMORY")
    print("went on")

run_stage("evaluate", main)
"""


@pytest.mark.parametrize("memory", ["in_core", pytest.param("external", marks=pytest.mark.long)])
@pytest.mark.parametrize(("name", "code"), [("SIGINT", 130), pytest.param("SIGTERM", 143, marks=pytest.mark.long)])
def test_a_signal_while_xgboost_asks_for_rows_is_not_lost(name: str, code: int, memory: str, tmp_path: Path) -> None:
    program = QUANTISES.replace("SIGNAL", name).replace("MEMORY", memory)
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=tmp_path, env=environment(), capture_output=True, text=True, check=False
    )
    assert done.stderr == "evaluate: stopped; finished work is kept, `dvc repro` continues from here\n"
    assert (done.returncode, done.stdout) == (code, "")


def test_control_c_while_a_stage_imports_its_modules_is_no_traceback(tmp_path: Path) -> None:
    (tmp_path / "stages").symlink_to(ROOT / "stages")
    (tmp_path / "lockstep").mkdir()
    (tmp_path / "lockstep/__init__.py").touch()
    (tmp_path / "lockstep/errors.py").symlink_to(ROOT / "lockstep/errors.py")
    # the room that train_best imports from first
    (tmp_path / "lockstep/clean.py").write_text("import os, signal; os.kill(os.getpid(), signal.SIGINT)")
    done = subprocess.run(
        [sys.executable, "-m", "stages.train_best"], cwd=tmp_path, env=environment(), capture_output=True, check=False
    )
    assert (done.returncode, done.stdout, done.stderr) == (-signal.SIGINT, b"", b"")


def test_whatever_a_stage_complains_of_steers_no_terminal(capsys: pytest.CaptureFixture[str]) -> None:
    def main() -> None:
        raise DataError("column '\x1b[2Jb' is odd")

    before = signal.getsignal(signal.SIGTERM)
    with pytest.raises(SystemExit):
        run_stage("clean", main)
    signal.signal(signal.SIGTERM, before)
    said = capsys.readouterr().err
    assert said.startswith("clean: column ' [2Jb' is odd (earlier results: ")
    assert said.rstrip("\n").isprintable()


def test_a_stage_waits_for_a_process_that_hangs_no_longer_than_its_time_is_worth(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("lockstep.storage.locks.PATIENCE", 0.1)
    before = signal.getsignal(signal.SIGTERM)
    with held(tmp_path / ".lockstep/locks/timings"):
        run_stage("fetch", lambda: print("fetch: done"))
    signal.signal(signal.SIGTERM, before)
    said = capsys.readouterr()
    assert said.out == "fetch: done\n"
    assert said.err.startswith("fetch: warning: ")
    assert said.err.endswith("another process has held its lock for 0.1 s; the duration of this stage is not stored\n")
