"""The promise: the same inputs give the same bytes, and no test row is looked at before evaluate."""

import getpass
import platform
import shutil
import socket
import tempfile
from collections.abc import Iterable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from tests.conftest import ROOT
from tests.pipeline.project import Project

BEFORE_EVALUATE = ("models/best_params.json", "models/search.json", "reports/tune/trials.csv", "models/model")


@pytest.mark.long("test_features_do_not_depend_on_the_machine")
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


@pytest.mark.parametrize("workers", [pytest.param("3", marks=pytest.mark.long), "8"])
@pytest.mark.long("test_features_do_not_depend_on_the_machine")
def test_more_workers_give_the_same_bytes(workers: str, project: Project) -> None:
    before = _contents(project.folder)
    (project.folder / ".lockstep/evaluations.db").unlink()
    done = project.run("python3", "-m", "stages.tune", env={"LOCKSTEP_WORKERS": workers})
    assert ", 0 reused;" in done.stdout
    assert _contents(project.folder) == before


@pytest.mark.long("test_poisoned_test_targets_in_the_cleaned_table_change_nothing_but_the_test_rows")
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


# Names of users and hosts that an output may hold for another reason.
WORDS = {"docker", "friedman", "localhost", "lockstep", "python", "runner", "server", "ubuntu", "worker"}


def _names_of_this_machine() -> list[str]:
    """Its folders and address, its host and user: together, and alone where they are no word or number of a table."""
    host, user = socket.gethostname(), getpass.getuser()
    alone = {host, host.partition(".")[0], platform.node(), user, Path.home().name}
    told = sorted(name for name in alone if len(name) >= 6 and name.lower() not in WORDS and not name.isdecimal())
    return [str(ROOT.parent), tempfile.gettempdir(), f"{Path.home()}/", "127.0.0.1", f"{user}@{host}", *told]


def _naming(paths: Iterable[Path], words: Iterable[str]) -> list[tuple[str, str]]:
    """The files, in folders of any depth, that hold one of the words."""
    files = [file for path in paths for file in (path, *path.rglob("*")) if file.is_file()]
    return [(str(file), word) for file in files for word in words if word.encode() in file.read_bytes()]


def test_no_output_names_this_machine(finished: Project) -> None:
    outputs = [finished.folder / path for path in finished.output_hashes()]
    assert _naming(outputs, _names_of_this_machine()) == []


def test_a_name_in_an_array_of_the_model_would_be_found(finished: Project, tmp_path: Path) -> None:
    shutil.copytree(finished.folder / "models", tmp_path / "models")
    array = min((tmp_path / "models/model/features").glob("*.npy"))
    array.chmod(0o644)
    for word in _names_of_this_machine():
        np.save(array, np.frombuffer(f"x{word}x".encode(), dtype=np.uint8))
        assert (str(array), word) in _naming([tmp_path / "models"], [word])


def _contents(folder: Path) -> dict[str, bytes]:
    files = [file for name in BEFORE_EVALUATE for file in [folder / name, *(folder / name).glob("*")]]
    return {str(file.relative_to(folder)): file.read_bytes() for file in files if file.is_file()}
