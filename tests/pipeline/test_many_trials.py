"""Very many trials of trivial cost through the real pipeline: everything that shows a trial shows each one, once."""

import json
from pathlib import Path

import optuna
import pytest

from tests.pipeline.mlflow_view import parents_of, store_of, trials_of
from tests.pipeline.project import Project

N_TRIALS = 1000
PAGE_BYTES = 5_000_000


@pytest.mark.nightly
def test_a_thousand_trials_are_in_every_view_once_and_again_the_same(finished: Project, tmp_path: Path) -> None:
    project = finished.copy(tmp_path / "project")
    project.edit("params.yaml", "n_trials: 6", f"n_trials: {N_TRIALS}")
    project.edit("params.yaml", "max_rounds: 30", "max_rounds: 2")
    first = project.run("dvc", "repro")
    assert "warning" not in first.stderr
    trials = (project.folder / "reports/tune/trials.csv").read_bytes()
    assert len(trials.splitlines()) == N_TRIALS + 1
    assert (project.folder / "reports/index.html").stat().st_size < PAGE_BYTES

    key = json.loads((project.folder / "models/search.json").read_text())["study_key"]
    storage = optuna.storages.RDBStorage(f"sqlite:///{project.folder / '.lockstep/optuna_study.db'}")
    kept = optuna.load_study(study_name=key, storage=storage).get_trials(deepcopy=False)
    storage.engine.dispose()
    assert [trial.number for trial in kept] == list(range(N_TRIALS))

    (parent,) = [run for run in parents_of(store_of(project)) if run.data.tags["lockstep.study_key"] == key]
    shown = trials_of(store_of(project), parent)
    assert sorted(int(run.data.tags["lockstep.trial"]) for run in shown) == list(range(N_TRIALS))

    again = project.run("dvc", "repro", "--force", "--no-run-cache", "--single-item", "tune")
    assert "tune: 0 folds fitted" in again.stdout
    assert "warning" not in again.stderr
    assert (project.folder / "reports/tune/trials.csv").read_bytes() == trials
