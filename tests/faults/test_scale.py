"""How much memory a table may take: fetch and clean of any table need less than 3 times its size.

A table's size is what data/raw/table.parquet takes in Arrow's memory once it is read. What a stage needs is the
largest resident set of its process, less that of the same stage on a table of 100 rows: interpreter and imports.
"""

import subprocess
import sys
from pathlib import Path

import pytest

from benchmarks.own_table import describe, write_own_table
from lockstep.project.paths import RAW
from lockstep.storage.tables import StoredTable
from tests.conftest import ROOT, SETTINGS
from tests.pipeline.project import environment

MOST = 3.0
STAGES, FRIEDMAN = ("fetch", "clean"), "friedman"
FEW_ROWS = 100
# VmHWM begins anew with the program; getrusage's ru_maxrss would know the parent's size.
MEASURED = """
import runpy, sys
runpy.run_module("stages." + sys.argv[1], run_name="__main__")
print("VmHWM", next(line for line in open("/proc/self/status") if line.startswith("VmHWM")).split()[1])
"""

linux = pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="needs Linux's /proc")


@linux
@pytest.mark.long("test_what_a_file_tells_does_not_depend_on_where_its_pieces_end")
def test_fetch_and_clean_of_a_csv_table_need_less_than_three_times_its_size(tmp_path: Path) -> None:
    _check(tmp_path, "own.csv", 500_000)


@linux
@pytest.mark.long("test_what_a_file_tells_does_not_depend_on_where_its_pieces_end")
def test_fetch_and_clean_of_numbers_need_less_than_three_times_their_size(tmp_path: Path) -> None:
    _check(tmp_path, FRIEDMAN, 1_000_000)


@linux
@pytest.mark.nightly
@pytest.mark.parametrize("name", ["own.csv", "own.csv.gz", "own.parquet"])
def test_fetch_and_clean_of_three_million_rows_of_every_type(tmp_path: Path, name: str) -> None:
    _check(tmp_path, name, 3_000_000)


@linux
@pytest.mark.nightly
def test_fetch_and_clean_of_ten_million_rows(tmp_path: Path) -> None:
    _check(tmp_path, FRIEDMAN, 10_000_000)


def _check(folder: Path, name: str, n_rows: int) -> None:
    few, many = _peaks(folder / "few", name, FEW_ROWS), _peaks(folder / "many", name, n_rows)
    size = StoredTable(folder / "many" / RAW).nbytes
    needed = {stage: (many[stage] - few[stage]) / size for stage in STAGES}
    assert all(times < MOST for times in needed.values()), f"of {size >> 20} MiB, {needed} times as much"


def _peaks(project: Path, name: str, n_rows: int) -> dict[str, int]:
    """Bytes that each stage's process had at most."""
    (project / "datasets").mkdir(parents=True)
    params = SETTINGS.read_text(encoding="utf-8")
    dataset = "friedman" if name == FRIEDMAN else "own"
    (project / "params.yaml").write_text(params.replace("dataset: diabetes", f"dataset: {dataset}"), encoding="utf-8")
    if name == FRIEDMAN:
        facts = (ROOT / "datasets/friedman.yaml").read_text(encoding="utf-8")
        facts = facts.replace("n_rows: 20000", f"n_rows: {n_rows}")
        (project / "datasets/friedman.yaml").write_text(facts, encoding="utf-8")
    else:
        write_own_table(project / name, n_rows)
        describe(project, name)
    return {stage: _peak(project, stage) for stage in STAGES}


def _peak(project: Path, stage: str) -> int:
    done = subprocess.run(
        [sys.executable, "-c", MEASURED, stage],
        cwd=project,
        env={**environment(), "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return int(done.stdout.split()[-1]) * 1024
