"""An ensemble of trials goes through the whole pipeline as one model."""

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from tests.pipeline.project import Project, new_project

CHOICES = {
    "  final: refit": "  final: ensemble",
    "protocol: single": "protocol: nested",
    "repeats: 10": "repeats: 2",
}


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Project:
    """A tiny project with an ensemble of three boosters, after `dvc repro` with one worker."""
    project = new_project(tmp_path_factory.mktemp("ensemble") / "project")
    for old, new in {**CHOICES, "n_models: 1": "n_models: 3"}.items():
        project.edit("params.yaml", old, new)
    assert len(project.repro(env={"LOCKSTEP_WORKERS": "1"})) == 6
    return project


@pytest.mark.nightly
def test_three_workers_make_the_same_outputs(trained: Project, tmp_path: Path) -> None:
    other = trained.copy(tmp_path / "again")
    (other.folder / ".lockstep/evaluations.db").unlink()
    assert len(other.repro("--force", "--no-run-cache", env={"LOCKSTEP_WORKERS": "3"})) == 6
    assert other.output_hashes() == trained.output_hashes()


@pytest.mark.nightly
def test_every_view_has_the_one_model(trained: Project, tmp_path: Path) -> None:
    import mlflow

    training = json.loads((trained.folder / "models/model/model.json").read_text())["training"]
    assert sum(member["n_models"] for member in training["members"]) == 3
    assert json.loads((trained.folder / "reports/metrics.json").read_text())["cv"]["rmse"] == training["cv"]["rmse"]
    page = " ".join((trained.folder / "reports/index.html").read_text().split())
    assert "Final model: ensemble of " in page
    assert f"Final model: ensemble of {len(training['members'])} trial" in page
    client = mlflow.MlflowClient(f"sqlite:///{trained.folder}/mlruns/mlflow.db")
    experiment = client.get_experiment_by_name("friedman")
    assert experiment is not None
    (run,) = [run for run in client.search_runs([experiment.experiment_id]) if "lockstep.result" in run.data.tags]
    assert run.data.params["final.configurations"] == str(len(training["members"]))
    assert " agree " in trained.run("lockstep", "sync", "--check").stdout
    raw = pd.read_parquet(trained.folder / "data/raw/table.parquet")
    raw.to_csv(trained.folder / "rows.csv", index=False)
    trained.run("lockstep", "predict", "rows.csv", "answers.csv")
    test = pd.read_parquet(trained.folder / "data/predictions/test.parquet")
    answers = pd.read_csv(trained.folder / "answers.csv")["predicted"].to_numpy()[test["row_id"]]
    np.testing.assert_allclose(answers, test["predicted"], rtol=1e-6)
    other = trained.copy(tmp_path / "refit")
    other.edit("params.yaml", "  final: ensemble", "  final: refit")
    other.edit("params.yaml", "protocol: nested", "protocol: single")
    other.edit("params.yaml", "repeats: 2", "repeats: 10")
    other.repro()
    other.run("lockstep", "export", str(tmp_path / "exported"))
    compared = trained.run("lockstep", "compare", "workspace", str(tmp_path / "exported")).stdout
    assert f"ensemble of {len(training['members'])} trial" in compared
    rounds = sum(member["n_models"] * member["n_rounds"] for member in training["members"])
    best = json.loads((other.folder / "models/best_params.json").read_text())["n_rounds"]
    (line,) = [line for line in compared.splitlines() if "| trees" in line]
    assert [cell.strip() for cell in line.split("|")[2:4]] == [str(rounds), str(3 * best)]
