"""Prices and counts go through the whole pipeline: `lockstep predict` and MLflow's model predict what evaluate did."""

import hashlib
import json
from pathlib import Path

import mlflow
import numpy as np
import pandas as pd
import pytest
import yaml

from tests.pipeline.project import Project, new_project


def _project(folder: Path, counts: bool, changes: dict[str, str]) -> Project:
    project = new_project(folder / "project")
    random = np.random.default_rng(4)
    table = pd.DataFrame({"a": random.random(300).round(4), "b": random.random(300).round(4)})
    mean = np.exp(2 * table["a"] - 2 * table["b"])
    prices = (1e5 * mean * np.exp(0.4 * random.normal(size=300))).round(2)
    table["y"] = random.poisson(mean) if counts else prices
    table.to_csv(project.folder / "own.csv", index=False)
    facts: dict[str, object] = {
        "about": "made by a test",
        "target": "y",
        "metric": "smape",
        "weight": None,
        "exposure": None,
        "source": {
            "kind": "csv",
            "path": "own.csv",
            "sha256": hashlib.sha256((project.folder / "own.csv").read_bytes()).hexdigest(),
        },
        "missing_values": [""],
        "columns": {name: {"type": "number"} for name in ("a", "b", "y")},
        "clean": [],
        "features": {"full": [{"step": "columns", "columns": ["a", "b"]}]},
        "judging": {"slices": [], "coordinates": None},
    }
    (project.folder / "datasets/own.yaml").write_text(yaml.safe_dump(facts))
    project.edit("params.yaml", "dataset: friedman", "dataset: own")
    for old, new in changes.items():
        project.edit("params.yaml", old, new)
    return project


@pytest.mark.parametrize(
    ("counts", "changes"),
    [
        (False, {"target_transform:": "target_transform: log", "interval:": "interval: 0.8"}),
        pytest.param(True, {"objective: auto": "objective: poisson"}, marks=pytest.mark.nightly),
        pytest.param(False, {"objective: auto": "objective: pseudo_huber"}, marks=pytest.mark.nightly),
    ],
)
def test_every_way_to_predict_gives_the_doubles_of_evaluate(
    counts: bool, changes: dict[str, str], tmp_path: Path
) -> None:
    project = _project(tmp_path, counts, changes)
    project.repro(env={"LOCKSTEP_WORKERS": "2"})
    folder, hashes = project.folder, project.output_hashes()
    evaluated = pd.read_parquet(folder / "data/predictions/test.parquet").set_index("row_id")
    columns = [name for name in evaluated if name != "actual"]
    assert json.loads((folder / "models/search.json").read_text())["metric"] == "smape"
    rows = pd.read_csv(folder / "own.csv")
    rows.iloc[evaluated.index].to_parquet(folder / "rows.parquet")
    project.run("lockstep", "predict", "rows.parquet", "predicted.parquet")
    predicted = pd.read_parquet(folder / "predicted.parquet")
    np.testing.assert_array_equal(predicted[columns].to_numpy(), evaluated[columns].to_numpy())
    page = (folder / "reports/index.html").read_text(encoding="utf-8")
    assert ("The boosters predict log(y)" in page) == ("target_transform:" in changes)
    mlflow.set_tracking_uri(f"sqlite:///{folder}/mlruns/mlflow.db")
    experiment = mlflow.get_experiment_by_name("own")
    assert experiment is not None
    (logged,) = mlflow.search_logged_models([experiment.experiment_id], output_format="list")
    answer = mlflow.pyfunc.load_model(logged.model_uri).predict(rows.iloc[evaluated.index][["a", "b"]])
    # a single column is an array, as scikit-learn's models answer
    found = answer[columns].to_numpy() if isinstance(answer, pd.DataFrame) else answer.reshape(-1, 1)
    np.testing.assert_array_equal(found, evaluated[columns].to_numpy())
    project.run("dvc", "repro", "--force", "--no-run-cache", env={"LOCKSTEP_WORKERS": "1"})
    assert project.output_hashes() == hashes
