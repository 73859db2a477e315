"""Worker processes of this machine: they die, hang on, are interrupted, and the results stay what they are."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from lockstep.errors import ConfigError, SearchError
from lockstep.search.evaluation_log import NoLog
from lockstep.search.ordered import search
from lockstep.search.report import best_params
from lockstep.workers.local_engine import LocalEngine
from lockstep.workers.machine import worker_count
from lockstep.workers.worker import FoldCache, evaluate, evaluate_in_worker
from tests.conftest import ROOT
from tests.unit.searching import PRUNERS, AtOnce, plan_of, save_folds, small_folds, without_time

pytestmark = pytest.mark.slow


def _dies_once(marker: str) -> str:
    path = Path(marker)
    if not path.exists():
        path.write_text("died")
        os.kill(os.getpid(), signal.SIGKILL)
    return "done"


def _dies() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def test_a_worker_that_dies_is_replaced_and_its_fit_tried_again(tmp_path: Path) -> None:
    save_folds(tmp_path)
    with LocalEngine(2, tmp_path) as engine:
        dying = engine.submit(_dies_once, str(tmp_path / "marker"))
        neighbour = engine.submit(abs, -3)
        assert dying.result(timeout=60) == "done"
        assert neighbour.result(timeout=60) == 3
        with pytest.raises(SearchError, match="died 3 times on the same fit"):
            engine.submit(_dies).result(timeout=60)
        assert engine.submit(abs, -4).result(timeout=60) == 4


def test_an_error_ends_the_workers_at_once(tmp_path: Path) -> None:
    save_folds(tmp_path)
    pids = []

    def interrupted() -> None:
        with LocalEngine(1, tmp_path) as engine:
            pids.append(engine.submit(os.getpid).result(timeout=60))
            engine.submit(time.sleep, 600)
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        interrupted()
    with pytest.raises(ProcessLookupError):
        os.kill(pids[0], 0)


def test_local_workers_give_the_results_of_one_process(tmp_path: Path) -> None:
    folds = small_folds(3)
    folds.save(tmp_path)
    keeper = FoldCache(folds)
    plan = plan_of(PRUNERS[0], n_trials=20, lag=3, n_startup_trials=2, patience=4, budget=3e5)
    alone = search(plan, folds.summaries(), lambda task: evaluate(task, keeper), AtOnce(), NoLog())
    assert 4 < len(alone) < 20
    for workers in (1, 2, 3, 8):
        with LocalEngine(workers, tmp_path) as engine:
            together = search(plan, folds.summaries(), evaluate_in_worker, engine, NoLog())
        assert without_time(together) == without_time(alone)
        assert best_params(together, plan) == best_params(alone, plan)


@pytest.mark.parametrize("value", ["0", "-1", "two", "1.5"])
def test_a_wrong_number_of_workers_is_refused(value: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LOCKSTEP_WORKERS", value)
    with pytest.raises(ConfigError, match=r"environment: LOCKSTEP_WORKERS: .* must be a whole number"):
        worker_count()


def test_a_worker_that_cannot_start_is_an_error_not_an_endless_wait(tmp_path: Path) -> None:
    class Unstartable(LocalEngine):
        def _new_pool(self, slot: int) -> Any:
            raise OSError("no process can be started")

    with Unstartable(1, tmp_path) as engine, pytest.raises(OSError, match="no process can be started"):
        engine.submit(abs, -1).result(timeout=60)


KILLED = """
import os, signal, sys, time
from pathlib import Path
from lockstep.workers.local_engine import LocalEngine
if __name__ == "__main__":
    engine = LocalEngine(1, Path(sys.argv[1]))
    print(engine.submit(os.getpid).result(), flush=True)
    engine.submit(time.sleep, 600)
    time.sleep(0.5)
    os.kill(os.getpid(), signal.SIGKILL)
"""


def test_the_workers_of_a_killed_search_end_with_it(tmp_path: Path) -> None:
    save_folds(tmp_path / "folds")
    (tmp_path / "killed.py").write_text(KILLED)
    done = subprocess.run(
        [sys.executable, str(tmp_path / "killed.py"), str(tmp_path / "folds")],
        stdout=subprocess.PIPE,
        text=True,
        check=False,
        cwd=ROOT,
    )
    assert done.returncode == -signal.SIGKILL
    worker = int(done.stdout)
    for _ in range(600):
        if not Path(f"/proc/{worker}").exists():
            return
        time.sleep(0.1)
    os.kill(worker, signal.SIGKILL)
    raise AssertionError("the worker outlived the search")


TERMINATED = """
import os, signal, sys, time
from pathlib import Path
from lockstep.workers.local_engine import LocalEngine
from lockstep.signals import result_of
from lockstep.stage import run_stage
def main():
    with LocalEngine(1, Path(sys.argv[1])) as engine:
        print(engine.submit(os.getpid).result(), flush=True)
        if sys.argv[2] == "missed":
            signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGTERM])
        print("waiting", flush=True)
        result_of(engine.submit(time.sleep, 600))
if __name__ == "__main__":
    run_stage("tune", main)
"""


# A signal that another thread gets does not wake the main one: as if it had come just before the wait.
@pytest.mark.parametrize("signal_is", ["seen", "missed"])
def test_sigterm_ends_a_stage_and_its_workers(tmp_path: Path, signal_is: str) -> None:
    save_folds(tmp_path / "folds")
    (tmp_path / "terminated.py").write_text(TERMINATED)
    command = [sys.executable, str(tmp_path / "terminated.py"), str(tmp_path / "folds"), signal_is]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=ROOT) as stage:
        assert stage.stdout is not None
        worker = int(stage.stdout.readline())
        assert stage.stdout.readline() == "waiting\n"
        stage.send_signal(signal.SIGTERM)
        try:
            assert stage.wait(timeout=60) == 128 + signal.SIGTERM
        finally:
            stage.kill()
    with pytest.raises(ProcessLookupError):
        os.kill(worker, 0)


def test_a_temporary_folder_too_long_for_sockets_is_named(tmp_path: Path) -> None:
    folds = small_folds(2)
    folds.save(tmp_path / "folds")
    long = tmp_path / ("x" * 100)
    long.mkdir()
    code = (
        "from pathlib import Path; import os\n"
        "from lockstep.workers.local_engine import LocalEngine\n"
        "if __name__ == '__main__':\n"
        f"    with LocalEngine(1, Path({str(tmp_path / 'folds')!r})) as engine:\n"
        "        engine.submit(os.getpid).result()\n"
    )
    (tmp_path / "run.py").write_text(code)
    env = {**os.environ, "TMPDIR": str(long), "PYTHONPATH": str(ROOT)}
    done = subprocess.run(
        [sys.executable, str(tmp_path / "run.py")], env=env, capture_output=True, text=True, check=False
    )
    assert "ConfigError: environment: TMPDIR:" in done.stderr
    assert "set TMPDIR to a folder of at most 70 characters" in done.stderr
