"""MLflow's own commands give raw rows the predictions that evaluate gave them."""

import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import requests

from lockstep.errors import TrackingError
from lockstep.predict.predict import loaded_model
from tests.pipeline.project import Project


@dataclass(frozen=True)
class Logged:
    """The model of the finished project in MLflow, and the raw test rows with what evaluate said of them."""

    project: Project
    uri: str
    rows: pd.DataFrame
    expected: list[float]

    @property
    def store(self) -> str:
        return f"sqlite:///{self.project.folder}/mlruns/mlflow.db"


@pytest.fixture(scope="module")
def logged(finished: Project) -> Logged:
    import mlflow

    client = mlflow.MlflowClient(f"sqlite:///{finished.folder}/mlruns/mlflow.db")
    experiment = client.get_experiment_by_name("friedman")
    assert experiment is not None
    (run,) = client.search_runs([experiment.experiment_id], "tags.`lockstep.result` != ''")
    said = pd.read_parquet(finished.folder / "data/predictions/test.parquet")
    rows = pq.read_table(finished.folder / "data/raw/table.parquet").take(pa.array(said["row_id"])).to_pandas()
    return Logged(finished, f"runs:/{run.info.run_id}/model", rows, said["predicted"].tolist())


def _mlflow(logged: Logged, command: str, *arguments: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "mlflow", "models", command, *arguments, "--env-manager", "local"],
        cwd=logged.project.folder,
        env={**os.environ, "MLFLOW_TRACKING_URI": logged.store, "MLFLOW_DISABLE_TELEMETRY": "true"},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    )


@pytest.mark.parametrize(
    "kind", [pytest.param("csv", marks=pytest.mark.long), pytest.param("json", marks=pytest.mark.nightly)]
)
def test_mlflow_models_predict_says_what_evaluate_said(logged: Logged, tmp_path: Path, kind: str) -> None:
    """Daily: test_a_served_model_says_what_evaluate_said_and_names_what_it_refuses, which is sent JSON."""
    asked, answer = tmp_path / f"rows.{kind}", tmp_path / "answer"
    if kind == "csv":
        logged.rows.to_csv(asked, index=False)
    else:
        asked.write_text(json.dumps({"dataframe_split": logged.rows.to_dict("split", index=False)}))
    process = _mlflow(logged, "predict", "-m", logged.uri, "-i", str(asked), "-t", kind, "-o", str(answer))
    output, _ = process.communicate(timeout=300)
    assert process.returncode == 0, output
    assert json.loads(answer.read_text()) == {"predictions": logged.expected}


@contextmanager
def _served(logged: Logged) -> Iterator[str]:
    """The address of a model served by MLflow."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    process = _mlflow(logged, "serve", "-m", logged.uri, "--host", "127.0.0.1", "--port", str(port), "--workers", "1")
    address = f"http://127.0.0.1:{port}"
    try:
        for _ in range(1200):
            assert process.poll() is None, process.stdout.read() if process.stdout else ""
            try:
                if requests.get(f"{address}/ping", timeout=5).ok:
                    break
            except requests.ConnectionError:
                pass
            time.sleep(0.1)
        yield address
    finally:
        os.killpg(process.pid, signal.SIGTERM)
        process.communicate(timeout=60)


def _ask(address: str, content: dict[str, Any]) -> requests.Response:
    return requests.post(f"{address}/invocations", json=content, timeout=60)


def test_a_served_model_says_what_evaluate_said_and_names_what_it_refuses(logged: Logged) -> None:
    rows = logged.rows.drop(columns="y")
    with _served(logged) as address:
        answer = _ask(address, {"dataframe_split": rows.to_dict("split", index=False)})
        assert answer.status_code == 200
        assert answer.json() == {"predictions": logged.expected}
        first, second, third = rows.head(3).to_dict("records")
        answer = _ask(address, {"dataframe_records": [first, second, third]})
        assert answer.json() == {"predictions": logged.expected[:3]}
        for wrong, message in (
            (1.5, "column 'x3': row 2: 1.5 is outside 0.0 to 1.0; correct the value"),
            ("much", "column 'x3': row 2: 'much' is not a number; correct the value"),
        ):
            answer = _ask(address, {"dataframe_records": [first, {**second, "x3": wrong}]})
            assert answer.status_code == 400
            assert message in answer.json()["message"]
        answer = _ask(address, {"dataframe_records": [first, {**second, "x3": None}]})
        assert answer.status_code == 200
        assert answer.json()["predictions"][0] == logged.expected[0]
        answer = requests.post(
            f"{address}/invocations", data=rows.to_csv(index=False), headers={"Content-Type": "text/csv"}, timeout=60
        )
        assert answer.json() == {"predictions": logged.expected}
        answer = _ask(address, {"dataframe_split": rows.drop(columns="x3").to_dict("split", index=False)})
        assert answer.status_code == 400
        assert "x3" in answer.json()["message"]


def test_addresses_in_mlflow_name_a_model_or_are_refused(logged: Logged, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MLFLOW_TRACKING_URI", logged.store)
    for uri in (logged.uri, "models:/friedman@champion"):
        with loaded_model(uri) as asked:
            registered = " (version 1)" if "champion" in uri else ""
            assert asked.summary.startswith(f"{uri}{registered}: dataset friedman, target y, Lockstep ")
            assert asked.model.predict_raw(pa.Table.from_pandas(logged.rows))["predicted"].tolist() == logged.expected
    with (
        pytest.raises(TrackingError, match="has no model models:/none@champion"),
        loaded_model("models:/none@champion"),
    ):
        pass
