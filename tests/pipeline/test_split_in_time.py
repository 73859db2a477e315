"""A split in time with a gap and a rolling window, through the whole pipeline, and its out-of-fold predictions."""

from pathlib import Path

import pandas as pd
import pytest

from lockstep.results.result import Result
from tests.pipeline.project import Project, new_project

CHOICES = {
    "strategy: random ": "strategy: time   ",
    "time:                 # with": "time: x0              # with",
    "gap:                  # likewise": "gap: 20              # likewise",
    "window: expanding ": "window: rolling   ",
}
GAP = 20


@pytest.fixture(scope="module")
def split_in_time(tmp_path_factory: pytest.TempPathFactory) -> Project:
    """A tiny project after `dvc repro` with one worker."""
    project = new_project(tmp_path_factory.mktemp("time") / "project")
    for old, new in CHOICES.items():
        project.edit("params.yaml", old, new)
    assert len(project.repro(env={"LOCKSTEP_WORKERS": "1"})) == 6
    return project


def test_every_fold_and_the_final_model_are_trained_by_as_many_rows(split_in_time: Project) -> None:
    train, test = (pd.read_parquet(split_in_time.folder / f"data/split/{name}.parquet") for name in ("train", "test"))
    columns = [name for name in train if str(name).startswith("trains_")]
    assert columns == ["trains_fold_0", "trains_fold_1", "trains_fold_2", "trains_final"]
    assert train[columns].sum().nunique() == 1, "all values of x0 differ, so each row is its own moment"
    everything = pd.concat([train, test])["x0"].sort_values()
    for column, predicted in zip(columns, [*(train[train["fold"] == fold] for fold in range(3)), test], strict=True):
        learned = train.loc[train[column], "x0"]
        between = everything[(everything > learned.max()) & (everything < predicted["x0"].min())]
        # the rows of the gap before the test rows are in neither table
        assert len(between) == (0 if column == "trains_final" else GAP)
    clean = pd.read_parquet(split_in_time.folder / "data/clean/table.parquet")
    assert len(clean) - len(train) - len(test) == GAP


def test_out_of_fold_predictions_are_those_of_the_rows_that_validate(split_in_time: Project) -> None:
    train = pd.read_parquet(split_in_time.folder / "data/split/train.parquet")
    validating = train[train["fold"] >= 0]
    found = Result(split_in_time.folder).out_of_fold
    assert list(found) == ["row_id", "fold", "actual", "predicted"]
    for name, column in (("row_id", "row_id"), ("fold", "fold"), ("actual", "y")):
        assert found[name].tolist() == validating[column].tolist()
    assert found["predicted"].notna().all()


@pytest.mark.nightly
def test_three_workers_make_the_same_outputs(split_in_time: Project, tmp_path: Path) -> None:
    other = split_in_time.copy(tmp_path / "again")
    (other.folder / ".lockstep/evaluations.db").unlink()
    assert len(other.repro("--force", "--no-run-cache", env={"LOCKSTEP_WORKERS": "3"})) == 6
    assert other.output_hashes() == split_in_time.output_hashes()
