"""A result in MLflow servers with databases of their own: every number and every byte as DVC has it."""

import json
from pathlib import Path
from typing import Any

import pytest

from tests.mlflow_server import MlflowServer
from tests.pipeline.project import Project

EXPERIMENT = "friedman"


@pytest.fixture(params=["mlflow_server", "mlflow_server_on_postgres"])
def server(request: pytest.FixtureRequest) -> MlflowServer:
    found: MlflowServer = request.getfixturevalue(request.param)
    return found


@pytest.mark.nightly
def test_a_result_arrives_at_a_server_with_the_same_numbers_and_files(
    project: Project, server: MlflowServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    project.edit("params.yaml", "min_test_r2: 0.0", "min_test_r2: 0.1")
    ran = project.run("dvc", "repro", env={"MLFLOW_TRACKING_URI": server.uri})
    assert "warning: MLflow" not in ran.stderr
    import mlflow

    monkeypatch.setenv("MLFLOW_ENABLE_ARTIFACTS_PROGRESS_BAR", "false")
    mlflow.set_tracking_uri(server.uri)
    client = mlflow.MlflowClient(server.uri)
    (experiment,) = [found for found in client.search_experiments() if found.name == EXPERIMENT]
    runs = client.search_runs([experiment.experiment_id])
    (parent,) = [run for run in runs if "lockstep.result" in run.data.tags]
    assert parent.info.status == "FINISHED"

    metrics = _flat(json.loads((project.folder / "reports/metrics.json").read_text()))
    assert {name: parent.data.metrics[name] for name in metrics} == metrics
    trials = [run for run in runs if run.data.tags.get("mlflow.parentRunId") == parent.info.run_id]
    numbers = sorted(int(run.data.tags["lockstep.trial"]) for run in trials)
    assert numbers == list(range(6))

    files = Path(client.download_artifacts(parent.info.run_id, "", str(tmp_path)))
    assert (files / "reports/metrics.json").read_bytes() == (project.folder / "reports/metrics.json").read_bytes()
    _assert_model_predicts_as_evaluate_did(project, experiment.experiment_id, parent.info.run_id)
    _assert_every_bit_is_kept(client)


def _assert_model_predicts_as_evaluate_did(project: Project, experiment: str, run: str) -> None:
    import mlflow
    import pandas as pd

    (logged,) = mlflow.search_logged_models([experiment], f"source_run_id = '{run}'", output_format="list")
    model = mlflow.pyfunc.load_model(logged.model_uri)
    test = pd.read_parquet(project.folder / "data/split/test.parquet")
    expected = pd.read_parquet(project.folder / "data/predictions/test.parquet")["predicted"]
    assert list(model.predict(test[model.metadata.get_input_schema().input_names()])) == list(expected)


def _assert_every_bit_is_kept(client: Any) -> None:
    """SQLite alone turns -0.0 into 0.0, which is the same number."""
    from mlflow.entities import Metric

    values = [0.1 + 0.2, 1 / 3, 5e-324, 1.7976931348623157e308, 2.0**53 + 2]
    run = client.create_run("0").info.run_id
    client.log_batch(run, [Metric(f"value_{number}", value, 0, 0) for number, value in enumerate(values)])
    kept = client.get_run(run).data.metrics
    assert [kept[f"value_{number}"] for number in range(len(values))] == values


def _flat(nested: dict[str, Any], prefix: str = "") -> dict[str, Any]:
    found: dict[str, Any] = {}
    for key, value in nested.items():
        found |= _flat(value, f"{prefix}{key}.") if isinstance(value, dict) else {f"{prefix}{key}": value}
    return found
