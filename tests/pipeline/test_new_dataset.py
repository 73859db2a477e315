"""new-dataset and then the pipeline, at once, for tables of six shapes; and the worked example of the documentation."""

import json
import re
from pathlib import Path

import pytest

from tests.conftest import ROOT
from tests.made_tables import TABLES, write
from tests.pipeline.project import Project, new_project

CLASSES = ("bank_churn", "crops")
WORKERS = {"LOCKSTEP_WORKERS": "2"}
# A CSV file of classes suits every run, its first stages every day; the others, and the documented example, the night.
NIGHTLY = ("house_sales", "bank_churn", "bike_rentals", "used_cars", "songs")
STAGES = ("fetch", "clean", "split", "tune", "train_best", "evaluate")
CASES = [
    pytest.param("crops", "split"),
    pytest.param("crops", "evaluate", marks=pytest.mark.long),
    *(pytest.param(name, "evaluate", marks=pytest.mark.nightly) for name in NIGHTLY),
]


def _described(folder: Path, name: str) -> Project:
    project = new_project(folder / "project")
    (project.folder / "tables").mkdir()
    file = write(name, project.folder / "tables", n_rows=600)
    place = file.relative_to(project.folder).as_posix()
    done = project.run("python3", "-m", "lockstep.cli", "new-dataset", place, "--target", TABLES[name][1])
    assert f"next: dvc exp run -S dataset={name}" in done.stdout
    return project


@pytest.mark.parametrize(("name", "last"), CASES)
def test_a_new_dataset_runs_at_once(tmp_path: Path, name: str, last: str) -> None:
    project = _described(tmp_path, name)
    project.edit("params.yaml", "dataset: friedman", f"dataset: {name}")
    project.edit("params.yaml", "n_trials: 6", "n_trials: 3")
    assert project.repro(last, env=WORKERS) == [*STAGES[: STAGES.index(last) + 1]]
    if last != "evaluate":
        return
    test = json.loads((project.folder / "reports/metrics.json").read_text(encoding="utf-8"))["test"]
    if name in CLASSES:
        assert test["auc"] > 0.6
    else:
        assert test["r2"] > 0.3


@pytest.mark.nightly
def test_the_documented_example_works_as_written(tmp_path: Path) -> None:
    text = (ROOT / "docs/bring-your-own-table.md").read_text(encoding="utf-8")
    project = new_project(tmp_path / "project")
    lines = [line for block in re.findall(r"```console\n(.*?)```", text, re.DOTALL) for line in block.splitlines()]
    printed = ""
    for command in [line[2:] for line in lines if line.startswith("$ ")]:
        # the console script may belong to another checkout than the project under test
        words = re.sub(r"^lockstep ", "python3 -m lockstep.cli ", command).split()
        printed += project.run(*words, env=WORKERS).stdout
    promised = [line for line in lines if not line.startswith("$ ")]
    assert "\n".join(promised) in printed
    shown = re.search(r"```yaml\n(columns:.*?)```", text, re.DOTALL)
    assert shown is not None
    written = (project.folder / "datasets/house_sales.yaml").read_text(encoding="utf-8")
    for line in shown.group(1).splitlines():
        assert line in written.splitlines()
