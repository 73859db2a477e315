"""Many experiments one after the other leave nothing behind but results: no handle, process, temporary file, lock."""

import csv
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from lockstep.check.config import load_config
from tests.conftest import ROOT
from tests.pipeline.project import environment

IN_PROCESS = "--in-process"
OF_A_PROCESS = ("open_files", "threads", "children")
FIXED = ("tmp_entries", "state")
# What is kept of each experiment: a result of its own, and nothing of those before it.
KEPT = (".dvc/cache_bytes", ".dvc/tmp_bytes", "mlruns_bytes", ".git_bytes")
# One for each thing that searches share, made when it is first needed.
MOST_LOCKS = 6


@pytest.fixture
def folder() -> Iterator[Path]:
    """With a short name: sockets of worker processes lie below it."""
    with tempfile.TemporaryDirectory() as name:
        yield Path(name)


def _soaked(folder: Path, experiments: int, seconds: float, *options: str) -> list[dict[str, float]]:
    """What is there after each experiment: a `dvc exp run`, or with --in-process some of one long-lived process."""
    command = [sys.executable, "-m", "tests.faults.soak", str(folder), "--experiments", str(experiments)]
    done = subprocess.run(
        [*command, *options],
        cwd=ROOT,
        env=environment(),
        capture_output=True,
        text=True,
        check=False,
        timeout=seconds,
    )
    assert done.returncode == 0, done.stderr
    with (folder / "soak.csv").open(encoding="utf-8") as file:
        return [{name: float(value) for name, value in row.items()} for row in csv.DictReader(file)]


def _assert_nothing_grew(rows: list[dict[str, float]], fixed: tuple[str, ...]) -> None:
    for name in (*fixed, *FIXED):
        assert rows[-1][name] <= rows[0][name], name
    assert rows[-1]["locks"] <= MOST_LOCKS
    for name in ("evaluations.db_bytes", "optuna_study.db_bytes"):
        assert max(row[name] for row in rows) <= 1_000_000, name
    assert rows[-1]["tmp_bytes"] == 0


@pytest.mark.long("test_searches_leave_no_lock_of_their_own")
def test_some_experiments_in_one_process_leave_nothing_behind(folder: Path) -> None:
    # The first sets up MLflow's store and the fork server; the second goes on in what it left.
    _assert_nothing_grew(_soaked(folder / "soak", 4, 300, IN_PROCESS)[1:], OF_A_PROCESS)
    assert load_config(folder / "soak/project").seed == 3


@pytest.mark.nightly
def test_three_hundred_experiments_in_one_process_leave_nothing_behind(folder: Path) -> None:
    rows = _soaked(folder / "soak", 300, 3 * 3600, IN_PROCESS)
    _assert_nothing_grew(rows[10:], OF_A_PROCESS)
    # Evaluate runs in every tenth. SQLAlchemy keeps the last 150 statements of each table: so many searches.
    assert rows[290]["objects"] < 1.02 * rows[200]["objects"]
    assert rows[290]["rss_kib"] < 1.1 * rows[200]["rss_kib"]


@pytest.mark.nightly
def test_thirty_experiments_of_dvc_leave_their_results_and_nothing_else(folder: Path) -> None:
    rows = _soaked(folder / "soak", 30, 3600)
    _assert_nothing_grew(rows[1:], ("left_processes",))
    assert rows[-1]["left_processes"] == rows[-1]["tmp_entries"] == 0
    for name in KEPT:
        early, late = rows[14][name] - rows[4][name], rows[29][name] - rows[19][name]
        assert late < 1.2 * early, name
