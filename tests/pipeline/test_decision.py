"""Calibration and a threshold by costs go through the whole pipeline: one model, the same doubles in every place."""

import hashlib
import json
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
import yaml

from tests.pipeline.project import Project, new_project
from tests.pipeline.test_classes import _facts, _table

COSTS = {"false_positive": 1, "false_negative": 10}
COLUMNS = ["predicted", "probability_no", "probability_yes"]


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Project:
    made = new_project(tmp_path_factory.mktemp("decided") / "project")
    _table(["no", "yes"]).to_csv(made.folder / "own.csv", index=False)
    digest = hashlib.sha256((made.folder / "own.csv").read_bytes()).hexdigest()
    (made.folder / "datasets/own.yaml").write_text(yaml.safe_dump(_facts(digest, "text", ["no", "yes"])))
    made.edit("params.yaml", "dataset: friedman", "dataset: own")
    made.edit("params.yaml", "  calibration: none ", "  calibration: sigmoid ")
    made.edit("params.yaml", "  metric: auto", "  metric: average_precision")
    threshold = "train_best.threshold={false_positive: 1, false_negative: 10}"
    done = made.run("dvc", "exp", "run", "-S", threshold, env={"LOCKSTEP_WORKERS": "2"})
    assert "evaluate: test average precision 0." in done.stdout
    assert "higher is better" in done.stdout
    return made


def _json(project: Project, file: str) -> dict[str, Any]:
    content: dict[str, Any] = json.loads((project.folder / file).read_text())
    return content


def test_the_choice_stands_in_the_file_and_the_model_has_what_was_learned(project: Project) -> None:
    assert yaml.safe_load((project.folder / "params.yaml").read_text())["train_best"]["threshold"] == COSTS
    model = _json(project, "models/model/model.json")
    assert model["costs"] == COSTS
    assert 0 < model["fitting"]["threshold"] < 0.5
    assert model["calibration"]["method"] == "sigmoid"


def test_evaluate_predict_and_mlflow_give_the_same_doubles(project: Project, tmp_path: Path) -> None:
    import mlflow

    evaluated = pd.read_parquet(project.folder / "data/predictions/test.parquet")
    threshold = _json(project, "models/model/model.json")["fitting"]["threshold"]
    assert (evaluated["predicted"] == "yes").tolist() == (evaluated["probability_yes"] > threshold).tolist()
    project.run("lockstep", "predict", "own.csv", str(tmp_path / "all.parquet"))
    predicted = pd.read_parquet(tmp_path / "all.parquet").loc[evaluated["row_id"]].reset_index(drop=True)
    pd.testing.assert_frame_equal(predicted[COLUMNS], evaluated[COLUMNS])
    uri = f"sqlite:///{project.folder}/mlruns/mlflow.db"
    mlflow.set_tracking_uri(uri)
    model = mlflow.pyfunc.load_model("models:/own/1")
    rows = pd.read_parquet(project.folder / "data/split/test.parquet")
    served = model.predict(rows[model.metadata.get_input_schema().input_names()])
    pd.testing.assert_frame_equal(served, evaluated[COLUMNS])


def test_dvc_and_mlflow_show_every_metric(project: Project) -> None:
    import mlflow

    metrics = _json(project, "reports/evaluate/all_metrics.json")
    assert metrics["test"].items() >= _json(project, "reports/metrics.json")["test"].items()
    assert {"f1", "mcc", "brier", "lift_5", "balanced_accuracy", "mean_cost"} <= set(metrics["test"])
    shown = json.loads(project.run("dvc", "metrics", "show", "--json", "reports/evaluate/all_metrics.json").stdout)
    ((file, found),) = shown[""]["data"].items()
    assert (file, found["data"]) == ("reports/evaluate/all_metrics.json", metrics)
    client = mlflow.MlflowClient(f"sqlite:///{project.folder}/mlruns/mlflow.db")
    experiment = client.get_experiment_by_name("own")
    assert experiment is not None
    runs = client.search_runs([experiment.experiment_id], "tags.`lockstep.result` != ''")
    logged = runs[0].data.metrics
    assert {name: logged[f"test.{name}"] for name in metrics["test"]} == metrics["test"]
    assert {name: logged[f"train.{name}"] for name in metrics["train"]} == metrics["train"]


def test_the_confusion_of_the_table_is_that_of_the_predictions(project: Project) -> None:
    evaluated = pd.read_parquet(project.folder / "data/predictions/test.parquet")
    table = pd.read_csv(project.folder / "reports/evaluate/thresholds.csv")
    threshold = _json(project, "models/model/model.json")["fitting"]["threshold"]
    row = table.loc[(table["threshold"] - threshold).abs().idxmin()]
    wrong = evaluated[evaluated["actual"] != evaluated["predicted"]]
    assert row["false_positive"] == (wrong["predicted"] == "yes").sum()
    assert row["false_negative"] == (wrong["predicted"] == "no").sum()
    costs = (row["false_positive"] + 10 * row["false_negative"]) / len(evaluated)
    assert _json(project, "reports/evaluate/all_metrics.json")["test"]["mean_cost"] == pytest.approx(costs)
