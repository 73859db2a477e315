"""Very many trials of trivial cost through the real pipeline: everything that shows a trial shows each one, once."""

import json
from pathlib import Path

import optuna
import pytest

from tests.pipeline.mlflow_view import parents_of, store_of, trials_of
from tests.pipeline.project import Project

PAGE_BYTES = 5_000_000
MOST_SECONDS = 7200


@pytest.mark.nightly
@pytest.mark.parametrize("n_trials", [1_000, 10_000])
def test_very_many_trials_are_in_every_view_once_and_again_the_same(
    finished: Project, tmp_path: Path, n_trials: int
) -> None:
    project = finished.copy(tmp_path / "project")
    project.edit("params.yaml", "n_trials: 6", f"n_trials: {n_trials}")
    project.edit("params.yaml", "max_rounds: 30", "max_rounds: 2")
    assert "warning" not in _reproduced(project)
    trials = (project.folder / "reports/tune/trials.csv").read_bytes()
    assert len(trials.splitlines()) == n_trials + 1
    assert (project.folder / "reports/index.html").stat().st_size < PAGE_BYTES

    key = json.loads((project.folder / "models/search.json").read_text())["study_key"]
    storage = optuna.storages.RDBStorage(f"sqlite:///{project.folder / '.lockstep/optuna_study.db'}")
    kept = optuna.load_study(study_name=key, storage=storage).get_trials(deepcopy=False)
    storage.engine.dispose()
    assert [trial.number for trial in kept] == list(range(n_trials))

    (parent,) = [run for run in parents_of(store_of(project)) if run.data.tags["lockstep.study_key"] == key]
    shown = trials_of(store_of(project), parent)
    assert sorted(int(run.data.tags["lockstep.trial"]) for run in shown) == list(range(n_trials))

    again = _reproduced(project, "--force", "--no-run-cache", "--single-item", "tune")
    assert "tune: 0 folds fitted" in again
    assert "warning" not in again
    assert (project.folder / "reports/tune/trials.csv").read_bytes() == trials


def _reproduced(project: Project, *arguments: str) -> str:
    process = project.start("dvc", "repro", *arguments)
    output, _ = process.communicate(timeout=MOST_SECONDS)
    assert process.returncode == 0, output
    return output
