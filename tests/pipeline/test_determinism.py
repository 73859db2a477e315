"""The promise: the same inputs give the same bytes, and no test row is looked at before evaluate."""

import shutil
import tempfile
from pathlib import Path

import pandas as pd
import pytest

from tests.conftest import ROOT
from tests.pipeline.project import Project

BEFORE_EVALUATE = ("models/best_params.json", "models/search.json", "reports/tune/trials.csv", "models/model")


def test_another_machine_gets_the_same_bytes(finished: Project, tmp_path: Path) -> None:
    """One worker instead of two, an older CPU's numpy, another time zone, locale and hash seed, no cache."""
    other = finished.copy(tmp_path / "elsewhere")
    shutil.rmtree(other.folder / ".dvc/cache")
    ran = other.repro(
        "--force",
        "--no-run-cache",
        env={
            "LOCKSTEP_WORKERS": "1",
            "NPY_DISABLE_CPU_FEATURES": "X86_V3 X86_V4",
            "PYTHONHASHSEED": "7",
            "TZ": "Asia/Kathmandu",
            "LC_ALL": "C",
        },
    )
    assert len(ran) == 6
    assert other.output_hashes() == finished.output_hashes()
    assert other.run("git", "diff", "--stat").stdout == ""


@pytest.mark.parametrize("workers", ["3", "8"])
def test_more_workers_give_the_same_bytes(workers: str, project: Project) -> None:
    before = _contents(project.folder)
    (project.folder / ".lockstep/evaluations.db").unlink()
    done = project.run("python3", "-m", "stages.tune", env={"LOCKSTEP_WORKERS": workers})
    assert ", 0 known;" in done.stdout
    assert _contents(project.folder) == before


def test_poisoned_test_rows_change_nothing_before_evaluate(project: Project) -> None:
    before = _contents(project.folder)
    path = project.folder / "data/split/test.parquet"
    poisoned = pd.read_parquet(path)
    poisoned["y"] = 1e6
    path.unlink()
    poisoned.to_parquet(path)
    for stage in ("tune", "train_best"):
        project.run("python3", "-m", f"stages.{stage}")
    assert _contents(project.folder) == before
    metrics = project.folder / "reports/metrics.json"
    judged = metrics.read_text()
    project.run("python3", "-m", "stages.evaluate")
    assert metrics.read_text() != judged
    assert _contents(project.folder) == before


def test_poisoned_test_targets_in_the_cleaned_table_change_nothing_but_the_test_rows(project: Project) -> None:
    test_rows = pd.read_parquet(project.folder / "data/split/test.parquet")["row_id"]
    train = (project.folder / "data/split/train.parquet").read_bytes()
    path = project.folder / "data/clean/table.parquet"
    table = pd.read_parquet(path)
    table.loc[table["row_id"].isin(test_rows), "y"] = -1e6
    path.unlink()
    table.to_parquet(path)
    project.run("python3", "-m", "stages.split")
    assert (project.folder / "data/split/train.parquet").read_bytes() == train
    assert (pd.read_parquet(project.folder / "data/split/test.parquet")["y"] == -1e6).all()


@pytest.mark.parametrize("word", [str(ROOT.parent), tempfile.gettempdir(), "127.0.0.1"])
def test_no_output_names_this_machine(finished: Project, word: str) -> None:
    for path in finished.output_hashes():
        for file in [finished.folder / path, *(finished.folder / path).glob("*")]:
            if file.is_file():
                assert word.encode() not in file.read_bytes(), f"{file} holds {word}"


def _contents(folder: Path) -> dict[str, bytes]:
    files = [file for name in BEFORE_EVALUATE for file in [folder / name, *(folder / name).glob("*")]]
    return {str(file.relative_to(folder)): file.read_bytes() for file in files if file.is_file()}
