"""tune is killed, interrupted, terminated, run twice: the next `dvc repro` ends with the bytes of a quiet run."""

import csv
import fcntl
import hashlib
import json
import os
import random
import re
import signal
import sqlite3
import subprocess
import sys
import time
from contextlib import closing
from pathlib import Path

import pytest

from lockstep.search.evaluation_log import TABLE
from lockstep.search.tune_blocks import TUNABLE
from tests.faults.at_once import finish_all
from tests.pipeline.project import Project

TRIALS = 24
MOMENTS = [pytest.param(moment, marks=pytest.mark.nightly if moment >= 1 else ()) for moment in range(30)]
COUNTS = re.compile(r"tune: (\d+) folds fitted, (\d+) reused")


class Stopped:
    """A project whose tune has to run, and what an undisturbed run of it gives."""

    def __init__(self, project: Project, temporary: Path) -> None:
        self.project, self.temporary = project, temporary
        project.edit("params.yaml", "n_trials: 6", f"n_trials: {TRIALS}")
        self.env = {"TMPDIR": str(temporary), "LOCKSTEP_WORKERS": "2"}

    def start(self, *command: str) -> subprocess.Popen[str]:
        path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
        return subprocess.Popen(
            command or ("python3", "-m", "stages.tune"),
            cwd=self.project.folder,
            env={**os.environ, "PATH": path, **self.env},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        )

    def finished_folds(self) -> int:
        log = self.project.folder / ".lockstep/evaluations.db"
        if not log.exists():
            return 0
        with closing(sqlite3.connect(log)) as database:
            known = database.execute("SELECT count(*) FROM sqlite_master WHERE name = ?", (TABLE,)).fetchone()[0]
            return int(database.execute(f"SELECT count(*) FROM {TABLE}").fetchone()[0]) if known else 0  # noqa: S608

    def wait_for(self, folds: int, process: subprocess.Popen[str]) -> None:
        while self.finished_folds() < folds and process.poll() is None:
            time.sleep(0.002)

    def repro(self) -> tuple[int, int]:
        """`dvc repro tune`: how many folds it fitted and how many it knew."""
        counts = COUNTS.search(self.project.run("dvc", "repro", "tune", env=self.env).stdout)
        assert counts
        return int(counts[1]), int(counts[2])

    def hashes(self) -> dict[str, str]:
        return {path: md5 for path, md5 in self.project.output_hashes().items() if path.startswith(TUNED)}


TUNED = ("models/best_params.json", "models/search.json", "reports/tune/trials.csv")


@pytest.fixture(scope="session")
def quiet(finished: Project, shared_folder: Path) -> tuple[dict[str, str], int]:
    """Hashes of an undisturbed run, and how many folds it fits in all."""
    folder = shared_folder / "quiet"
    with (shared_folder / "quiet.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not (folder / "found.json").exists():
            (folder / "tmp").mkdir(parents=True)
            stopped = Stopped(finished.copy(folder / "project"), folder / "tmp")
            (stopped.project.folder / ".lockstep/evaluations.db").unlink()
            fitted, known = stopped.repro()
            assert known == 0
            assert list(stopped.temporary.glob("lockstep-*")) == []
            (folder / "found.json").write_text(json.dumps([stopped.hashes(), fitted]))
    hashes, fitted = json.loads((folder / "found.json").read_text())
    return hashes, fitted


@pytest.fixture
def stopped(project: Project, temporary: Path) -> Stopped:
    (project.folder / ".lockstep/evaluations.db").unlink()
    return Stopped(project, temporary)


@pytest.mark.parametrize("moment", MOMENTS)
def test_after_kill_9_no_finished_fold_is_repeated(
    moment: int, stopped: Stopped, quiet: tuple[dict[str, str], int]
) -> None:
    hashes, folds = quiet
    random_moment = random.Random(moment).randrange(folds)  # noqa: S311 - which moment, not a secret
    process = stopped.start()
    stopped.wait_for(random_moment, process)
    os.kill(process.pid, signal.SIGKILL)
    process.communicate()
    finished = stopped.finished_folds()
    assert stopped.repro() == (folds - finished, finished)
    assert stopped.hashes() == hashes
    assert list(stopped.temporary.glob("lockstep-*")) == []


@pytest.mark.parametrize(
    ("number", "code"), [pytest.param(signal.SIGINT, 130, marks=pytest.mark.nightly), (signal.SIGTERM, 143)]
)
@pytest.mark.long("test_a_stopped_stage_leaves_one_line_and_nothing_running")
def test_a_stopped_search_keeps_its_work_and_leaves_nothing_running(
    number: int, code: int, stopped: Stopped, quiet: tuple[dict[str, str], int]
) -> None:
    hashes, folds = quiet
    process = stopped.start()
    stopped.wait_for(folds // 3, process)
    os.kill(process.pid, number)
    output, _ = process.communicate(timeout=60)
    assert process.returncode == code
    assert output.splitlines()[-1] == "tune: stopped; finished work is kept, `dvc repro` continues from here"
    assert "Traceback" not in output
    assert _of_session(process.pid) == []
    assert list(stopped.temporary.glob("lockstep-*")) == []
    finished = stopped.finished_folds()
    assert stopped.repro() == (folds - finished, finished)
    assert stopped.hashes() == hashes


@pytest.mark.long("test_a_stopped_stage_leaves_one_line_and_nothing_running")
def test_control_c_at_the_terminal_stops_dvc_and_the_search(
    stopped: Stopped, quiet: tuple[dict[str, str], int]
) -> None:
    hashes, folds = quiet
    process = stopped.start("dvc", "repro", "tune")
    stopped.wait_for(folds // 4, process)
    os.killpg(process.pid, signal.SIGINT)
    output, _ = process.communicate(timeout=60)
    assert process.returncode != 0
    assert "tune: stopped; finished work is kept" in output
    assert _of_session(process.pid) == []
    finished = stopped.finished_folds()
    assert stopped.repro() == (folds - finished, finished)
    assert stopped.hashes() == hashes


@pytest.mark.nightly
def test_two_searches_at_once_leave_one_whole_log(stopped: Stopped, quiet: tuple[dict[str, str], int]) -> None:
    hashes, folds = quiet
    both = {"one": stopped.start(), "other": stopped.start()}
    outputs = finish_all(both)
    assert [process.returncode for process in both.values()] == [0, 0], outputs
    assert stopped.finished_folds() == folds
    found = {path: (stopped.project.folder / path).read_bytes() for path in TUNED}
    assert {path: hashlib.md5(data, usedforsecurity=False).hexdigest() for path, data in found.items()} == hashes
    assert stopped.repro() == (0, folds)
    assert stopped.hashes() == hashes


@pytest.mark.long("test_a_torn_log_changes_nothing_and_is_mended")
def test_a_damaged_log_costs_time_and_nothing_else(stopped: Stopped, quiet: tuple[dict[str, str], int]) -> None:
    hashes, folds = quiet
    process = stopped.start()
    stopped.wait_for(folds // 2, process)
    os.kill(process.pid, signal.SIGKILL)
    process.communicate()
    log = stopped.project.folder / ".lockstep/evaluations.db"
    log.write_bytes(log.read_bytes()[: log.stat().st_size - 4096])
    fitted, known = stopped.repro()
    assert fitted + known == folds
    assert known > 0
    assert stopped.finished_folds() == folds
    assert stopped.hashes() == hashes


@pytest.mark.long("test_after_kill_9_no_finished_fold_is_repeated")
def test_more_trials_cost_only_themselves(project: Project, finished: Project) -> None:
    known_before = _fits(finished)
    project.edit("params.yaml", "n_trials: 6", "n_trials: 9")
    counts = COUNTS.search(project.run("dvc", "repro", "tune").stdout)
    assert counts
    assert int(counts[2]) == known_before
    assert 3 <= int(counts[1]) <= 9


@pytest.mark.long("test_after_kill_9_no_finished_fold_is_repeated")
def test_a_changed_pruner_repeats_no_fold_of_an_unchanged_trial(project: Project) -> None:
    before = _trials(project)
    project.edit("params.yaml", "pruner: race", "pruner: none")
    counts = COUNTS.search(project.run("dvc", "repro", "tune").stdout)
    after = _trials(project)
    shared = sum(before[trial] for trial in before.keys() & after.keys())
    assert counts
    assert shared >= 3 * 3
    assert (int(counts[1]), int(counts[2])) == (sum(after.values()) - shared, shared)


@pytest.mark.nightly
def test_a_parameter_of_a_later_stage_does_not_run_tune(project: Project) -> None:
    project.edit("params.yaml", "n_models: 1", "n_models: 2")
    assert project.repro() == ["train_best", "evaluate"]


def _trials(project: Project) -> dict[tuple[str, ...], int]:
    """Folds fitted for each configuration."""
    with (project.folder / "reports/tune/trials.csv").open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    names = [name for name in rows[0] if name in TUNABLE]
    return {
        tuple(row[name] for name in names): sum(bool(row[f"fold_{fold}_rmse"]) for fold in range(3)) for row in rows
    }


@pytest.mark.long("test_after_kill_9_no_finished_fold_is_repeated")
def test_other_folds_repeat_every_fold(project: Project) -> None:
    project.edit("params.yaml", "seed: 42", "seed: 43")
    counts = COUNTS.search(project.run("dvc", "repro", "tune").stdout)
    assert counts
    assert int(counts[2]) == 0


def _fits(project: Project) -> int:
    cost = json.loads((project.folder / "models/search.json").read_text(encoding="utf-8"))["cost"]
    return int(cost["fold_fits"])


def _of_session(session: int) -> list[str]:
    """Command lines of the processes of a session; workers of a stage stay in it."""
    found = []
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            fields = (folder / "stat").read_text().rpartition(")")[2].split()
            if int(fields[3]) == session and fields[0] != "Z":
                found.append((folder / "cmdline").read_text().replace("\0", " "))
        except OSError:
            continue
    return found
