"""Targets that are classes go through the whole pipeline: two of them as text, three as whole numbers."""

import hashlib
import json
from collections.abc import Callable
from functools import cache
from pathlib import Path

import numpy as np
import optuna
import pandas as pd
import pytest
import yaml

from lockstep.export.results import results_of
from lockstep.export.study import write_study
from lockstep.model.calibration import Calibration, Sigmoid
from lockstep.results.result import Result
from lockstep.storage.tables import read_json, read_table, write_json, write_table
from lockstep.tracking.provenance import Provenance
from tests.pipeline.planted import TEST, exported
from tests.pipeline.project import Project, new_project, stages_run

Classes = list[str] | list[int]
TARGETS: dict[str, tuple[str, Classes]] = {"two": ("text", ["no", "yes"]), "three": ("integer", [3, 1, 2])}


def _table(classes: Classes, rows: int = 240) -> pd.DataFrame:
    """Rows whose class depends on a and on word, with noise; some values are missing."""
    random = np.random.default_rng(len(classes))
    a, word = random.random(rows), random.choice(["x", "y", "z"], rows)
    height = a + 0.3 * (word == "x") + 0.15 * random.normal(size=rows)
    number = np.digitize(height, np.quantile(height, np.arange(1, len(classes)) / len(classes)))
    table = pd.DataFrame({"a": a.round(4), "word": word, "b": random.random(rows).round(4)})
    table.loc[::17, "b"] = None
    return table.assign(y=[classes[index] for index in number])


def _facts(digest: str, kind: str, classes: Classes) -> dict[str, object]:
    return {
        "about": "made by a test",
        "target": {"column": "y", "classes": classes},
        "metric": None,
        "weight": None,
        "exposure": None,
        "source": {"kind": "csv", "path": "own.csv", "sha256": digest},
        "missing_values": [""],
        "columns": {
            "a": {"type": "number"},
            "word": {"type": "category"},
            "b": {"type": "number", "missing": True},
            "y": {"type": kind},
        },
        "clean": [],
        "features": {"full": [{"step": "columns", "columns": ["a", "word", "b"]}]},
        "judging": {
            "slices": [{"by": "value", "column": "word"}, {"by": "quantiles", "column": "b", "parts": 2}],
            "coordinates": ["a", "b"],
        },
    }


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], tuple[Project, list[str]]]:
    """Runs a pipeline once, in whatever order the tests of two and of three classes come."""

    @cache
    def make(name: str) -> tuple[Project, list[str]]:
        kind, classes = TARGETS[name]
        project = new_project(tmp_path_factory.mktemp(name) / "project")
        _table(classes).to_csv(project.folder / "own.csv", index=False)
        digest = hashlib.sha256((project.folder / "own.csv").read_bytes()).hexdigest()
        (project.folder / "datasets/own.yaml").write_text(yaml.safe_dump(_facts(digest, kind, classes)))
        project.edit("params.yaml", "dataset: friedman", "dataset: own")
        done = project.run("dvc", "repro", env={"LOCKSTEP_WORKERS": "2"})
        assert len(stages_run(done.stdout)) == 6
        assert "warning" not in done.stderr.lower()
        assert "evaluate: test log loss 0." in done.stdout
        return project, [str(each) for each in classes]

    return make


@pytest.fixture(params=["two", pytest.param("three", marks=pytest.mark.nightly)])
def classes(
    made: Callable[[str], tuple[Project, list[str]]], request: pytest.FixtureRequest
) -> tuple[Project, list[str]]:
    """A project about a table of classes after `dvc repro`, and the classes."""
    return made(request.param)


def _json(project: Project, file: str) -> dict[str, object]:
    content: dict[str, object] = json.loads((project.folder / file).read_text())
    return content


def test_metrics_are_those_of_classes(classes: tuple[Project, list[str]]) -> None:
    project, _ = classes
    metrics = _json(project, "reports/metrics.json")
    for rows in ("train", "cv", "test"):
        found = metrics[rows]
        assert isinstance(found, dict)
        assert set(found) == {"accuracy", "log_loss", "auc"}
        assert 0.6 < found["auc"] <= 1
    best = _json(project, "models/best_params.json")
    trials = pd.read_csv(project.folder / "reports/tune/trials.csv").set_index("number")
    assert "cv_rmse" not in trials
    assert best["cv_score"] == trials.loc[best["trial"], "cv_score"]  # type: ignore[index]


def test_predictions_hold_the_class_and_all_probabilities(classes: tuple[Project, list[str]]) -> None:
    project, labels = classes
    said = pd.read_parquet(project.folder / "data/predictions/test.parquet")
    shares = said[[f"probability_{label}" for label in labels]]
    assert list(said.columns) == ["row_id", "actual", "predicted", *shares.columns]
    np.testing.assert_allclose(shares.sum(axis=1), 1, atol=1e-6)
    assert said["predicted"].tolist() == [labels[index] for index in shares.to_numpy().argmax(axis=1)]
    test = _json(project, "reports/metrics.json")["test"]
    assert isinstance(test, dict)
    assert (said["actual"] == said["predicted"]).mean() == pytest.approx(test["accuracy"])


def test_slices_calibration_baselines_and_the_page(classes: tuple[Project, list[str]]) -> None:
    project, labels = classes
    evaluate = project.folder / "reports/evaluate"
    slices = pd.read_csv(evaluate / "slices.csv")
    assert slices.loc[slices["by"] == "y", "slice"].tolist() == [f"y: {label}" for label in labels]
    assert slices.loc[slices["by"] == "y", "rows"].sum() == 48
    calibration = pd.read_csv(evaluate / "calibration.csv")
    assert calibration["rows"].sum() == 48
    baselines = pd.read_csv(evaluate / "baselines.csv")
    assert set(baselines["model"]) == {
        *(
            "this_model",
            "class_shares",
            "untuned_xgboost",
            "logistic_regression",
            "untuned_sklearn",
            "nearest_neighbours",
        )
    }
    page = (project.folder / "reports/index.html").read_text()
    assert "accuracy" in page
    assert "Expected calibration error" in page
    assert "Map of the test rows by b and a" in page
    # the eight files, and those of the page alone: target, partial dependence, map; with enough trials two more, with
    # two classes three about the threshold, with three two about each class
    assert page.count("data:image/png;base64") - {2: 3, 3: 2}[len(labels)] in (11, 13)


@pytest.mark.nightly
def test_the_notebook_explains_classes(classes: tuple[Project, list[str]]) -> None:
    project, labels = classes
    project.run("python", "notebooks/execute.py")
    notebook = (project.folder / "notebooks/analysis.ipynb").read_text(encoding="utf-8")
    assert f"{len(labels)} classes" in notebook
    assert '"output_type": "error"' not in notebook


@pytest.mark.long("test_a_second_run_does_nothing")
def test_a_second_run_does_nothing_and_dvc_draws_every_plot(classes: tuple[Project, list[str]]) -> None:
    project, _ = classes
    assert project.repro() == []
    for command in ("show", "diff"):
        plots = project.run("dvc", "plots", command, "-o", "dvc_plots")
        assert "warning" not in (plots.stdout + plots.stderr).lower()


def test_mlflow_serves_the_classes_and_holds_the_metrics(classes: tuple[Project, list[str]]) -> None:
    import mlflow

    project, labels = classes
    uri = f"sqlite:///{project.folder}/mlruns/mlflow.db"
    mlflow.set_tracking_uri(uri)
    client = mlflow.MlflowClient(uri)
    experiment = client.get_experiment_by_name("own")
    assert experiment is not None
    runs = client.search_runs([experiment.experiment_id])
    (parent,) = [run for run in runs if "lockstep.result" in run.data.tags]
    test = _json(project, "reports/metrics.json")["test"]
    assert isinstance(test, dict)
    assert {name: parent.data.metrics[f"test.{name}"] for name in test} == test
    scores = [run.data.metrics["cv_score"] for run in runs if run.info.status == "FINISHED" and run != parent]
    assert _json(project, "models/best_params.json")["cv_score"] in scores
    (logged,) = mlflow.search_logged_models(
        [experiment.experiment_id], f"source_run_id = '{parent.info.run_id}'", output_format="list"
    )
    model = mlflow.pyfunc.load_model(logged.model_uri)
    rows = pd.read_parquet(project.folder / "data/split/test.parquet")
    answer = model.predict(rows[model.metadata.get_input_schema().input_names()])
    said = pd.read_parquet(project.folder / "data/predictions/test.parquet")
    pd.testing.assert_frame_equal(answer, said[["predicted", *(f"probability_{label}" for label in labels)]])


def test_figures_exist_for_every_declared_plot(classes: tuple[Project, list[str]]) -> None:
    project, _ = classes
    declared = yaml.safe_load((project.folder / "dvc.yaml").read_text())["stages"]["evaluate"]
    files = [Path(name) for kind in ("plots", "metrics") for entry in declared[kind] for name in entry]
    assert all((project.folder / file).stat().st_size > 0 for file in files)


@pytest.mark.long("test_a_planted_better_model_is_better_and_shipped")
def test_two_results_are_compared_by_their_probabilities(classes: tuple[Project, list[str]], tmp_path: Path) -> None:
    project, names = classes
    sure = exported(project, tmp_path / "sure")
    said = read_table(sure / TEST)
    for name in names:
        column = f"probability_{name}"
        said[column] = 0.7 * said[column] + 0.3 * (said["actual"] == name)
    write_table(said, sure / TEST)
    report = project.run("lockstep", "compare", "workspace", str(sure), "--no-timing").stdout
    assert "**B is better**" in report
    assert "| test log loss" in report


def _decided(folder: Path, metric: str, threshold: float, positive: list[float], calibrated: bool) -> None:
    """Give a result this metric and threshold, and its test rows these probabilities of the second class, in turn.

    The first 20 rows are of the second class, the other 28 are not.
    """
    predictions = read_table(folder / TEST)
    shares = np.array(positive)
    actual = np.where(np.arange(len(shares)) < 20, "yes", "no")
    predicted = np.where(shares > threshold, "yes", "no")
    columns = {"actual": actual, "predicted": predicted, "probability_no": 1 - shares, "probability_yes": shares}
    write_table(predictions.assign(**columns), folder / TEST)
    model = read_json(folder / "models/model/model.json")
    model["fitting"] |= {"metric": metric, "threshold": threshold}
    if calibrated:
        model["calibration"] = Calibration("sigmoid", (Sigmoid(1.2, -0.5),)).to_json()
    write_json(model, folder / "models/model/model.json")
    for file in ("reports/metrics.json", "models/best_params.json"):
        content = read_json(folder / file)
        for scores in [content[rows] for rows in ("train", "cv", "test")] if "test" in content else []:
            scores.setdefault(metric, 0.5)
        write_json(content, folder / file)


PLAIN = [0.9] * 10 + [0.4] * 10 + [0.1] * 24 + [0.6] * 4
CALIBRATED = [0.45] * 10 + [0.2] * 10 + [0.05] * 24 + [0.3] * 4


@pytest.mark.parametrize(
    ("metric", "threshold", "winner", "lead"),
    [
        # at 0.5 A finds 10 of 20 with 4 false alarms; at 0.15 B finds all 20 with the same 4
        ("f1", 0.15, "B", 2 * 20 / (2 * 20 + 4) - 2 * 10 / (2 * 10 + 4 + 10)),
        # at 0.5 B finds none
        ("f1", 0.5, "A", 2 * 10 / (2 * 10 + 4 + 10)),
        # no threshold matters
        (
            *("log_loss", 0.15, "A"),
            (10 * np.log(0.9 / 0.45) + 10 * np.log(0.4 / 0.2) + 24 * np.log(0.9 / 0.95) + 4 * np.log(0.4 / 0.7)) / 48,
        ),
    ],
)
def test_two_results_are_compared_at_their_own_thresholds_by_their_calibrated_probabilities(
    metric: str,
    threshold: float,
    winner: str,
    lead: float,
    made: Callable[[str], tuple[Project, list[str]]],
    tmp_path: Path,
) -> None:
    project, _ = made("two")
    sides = [exported(project, tmp_path / name) for name in ("a", "b")]
    _decided(sides[0], metric, 0.5, PLAIN, calibrated=False)
    _decided(sides[1], metric, threshold, CALIBRATED, calibrated=True)
    report = project.run("lockstep", "compare", *map(str, sides), "--no-timing").stdout
    assert f"**{winner} is better**" in report
    assert f"{winner} leads by {lead:.3g} " in report


def test_exported_results_have_the_metrics_of_classes_and_null_for_those_of_numbers(
    classes: tuple[Project, list[str]],
) -> None:
    outputs = Result(classes[0].folder)
    results = results_of(outputs, Provenance(None, None, None, None, True, True), None)
    assert results["test_rmse"] is results["test_r2"] is results["baseline_rmse"] is results["cv_rmse"] is None
    assert results["metric"] == "log_loss"
    assert results["cv_score"] == outputs.best["cv_score"]
    for name in ("accuracy", "log_loss", "auc"):
        assert results[f"test_{name}"] == outputs.metrics["test"][name]
        assert results[f"baseline_{name}"] == outputs.metrics["baseline"]["class_shares"][name]
    assert results["optimization_time_seconds"] is results["search_cpu_seconds"] is None


def test_the_study_of_classes_is_rebuilt_with_what_its_search_minimised(
    classes: tuple[Project, list[str]], tmp_path: Path
) -> None:
    outputs = Result(classes[0].folder)
    kept = outputs.root / ".lockstep/optuna_study.db"
    write_study(outputs, kept, tmp_path / "study.db")
    study = optuna.load_study(study_name=outputs.search["study_key"], storage=f"sqlite:///{tmp_path}/study.db")
    assert study.user_attrs["times"] == "measured"
    assert study.best_value == pytest.approx(outputs.best["cv_score"], rel=1e-9)
