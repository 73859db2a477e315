"""`dvc exp run`, --temp and --queue; DVC and MLflow tell the same story about each."""

import json
import re
import shlex
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.pipeline.mlflow_view import runs_of, store_of
from tests.pipeline.project import Project, new_project


def _runs(project: Project) -> list[Any]:
    return runs_of(store_of(project))


def _parents(project: Project) -> list[Any]:
    return [run for run in _runs(project) if "lockstep.result" in run.data.tags]


def _flat(nested: dict[str, Any], prefix: str = "") -> dict[str, Any]:
    found: dict[str, Any] = {}
    for key, value in nested.items():
        found |= _flat(value, f"{prefix}{key}.") if isinstance(value, dict) else {f"{prefix}{key}": value}
    return found


def test_mlflow_holds_the_result_with_the_same_numbers(finished: Project) -> None:
    (parent,) = _parents(finished)
    reports = finished.folder / "reports"
    metrics = _flat(json.loads((reports / "metrics.json").read_text()))
    logged = {name: value for name, value in parent.data.metrics.items() if not name.startswith("cost.")}
    assert {name: logged.pop(name) for name in metrics} == metrics
    every = _flat(json.loads((reports / "evaluate/all_metrics.json").read_text()))
    more = {name: value for name, value in every.items() if name not in metrics}
    assert {"test.median_absolute_error", "train.mape"} <= set(more)
    assert {name: logged.pop(name) for name in more if name in logged} == {
        name: value for name, value in more.items() if value is not None
    }
    sure = json.loads((reports / "evaluate/uncertainty.json").read_text())
    for each in sure["intervals"]:
        for end in ("low", "high"):
            assert logged.pop(f"test.{each['metric']}.{end}") == each[end]
    for end in ("score_low", "score_high"):
        assert logged.pop(f"test.{end}") == sure[end]
    assert set(logged) == {
        f"baseline.{name}.{metric}"
        for name in ("ridge", "untuned_sklearn")
        for metric in ("rmse", "mae", "r2", "adjusted_r2")
    }
    assert parent.info.status == "FINISHED"
    assert parent.data.params["dataset"] == "friedman"
    assert parent.data.params["tune.n_trials"] == "6"
    best = json.loads((finished.folder / "models/best_params.json").read_text())
    assert parent.data.params["best.learning_rate"] == str(best["params"]["learning_rate"])
    search = json.loads((finished.folder / "models/search.json").read_text())
    assert parent.data.tags["lockstep.study_key"] == search["study_key"]


def test_every_trial_is_a_nested_run_with_its_state(finished: Project) -> None:
    import pandas as pd

    (parent,) = _parents(finished)
    trials = pd.read_csv(finished.folder / "reports/tune/trials.csv").set_index("number")
    children = [run for run in _runs(finished) if run.data.tags.get("mlflow.parentRunId") == parent.info.run_id]
    assert sorted(int(run.data.tags["lockstep.trial"]) for run in children) == list(trials.index)
    status = {"COMPLETE": "FINISHED", "PRUNED": "KILLED", "FAIL": "FAILED"}
    for run in children:
        trial = trials.loc[int(run.data.tags["lockstep.trial"])]
        assert run.data.tags["lockstep.state"] == trial["state"]
        assert run.info.status == status[str(trial["state"])]
        assert run.data.metrics.get("cv_rmse", float("nan")) == pytest.approx(trial["cv_rmse"], abs=0, nan_ok=True)
        assert float(run.data.params["learning_rate"]) == trial["learning_rate"]


def test_the_logged_model_predicts_what_evaluate_predicted(finished: Project) -> None:
    import mlflow
    import pandas as pd

    mlflow.set_tracking_uri(f"sqlite:///{finished.folder}/mlruns/mlflow.db")
    (parent,) = _parents(finished)
    (logged,) = mlflow.search_logged_models(
        [parent.info.experiment_id], f"source_run_id = '{parent.info.run_id}'", output_format="list"
    )
    model = mlflow.pyfunc.load_model(logged.model_uri)
    assert model.metadata.signature is not None
    raw = pd.read_parquet(finished.folder / "data/raw/table.parquet")
    said = pd.read_parquet(finished.folder / "data/predictions/test.parquet")
    assert list(model.predict(raw.iloc[said["row_id"]])) == list(said["predicted"])
    first = pd.read_parquet(finished.folder / "data/split/train.parquet")["row_id"].head(5)
    names = model.metadata.get_input_schema().input_names()
    assert model.input_example.to_dict("records") == raw.loc[first, names].to_dict("records")
    files = {file.name for file in Path(mlflow.artifacts.download_artifacts(logged.model_uri)).rglob("*")}
    assert not any(name.endswith((".pkl", ".pickle", ".joblib")) for name in files)
    artifacts = mlflow.MlflowClient().list_artifacts(parent.info.run_id, "reports/evaluate")
    assert sum(file.path.endswith(".png") for file in artifacts) == 8


@pytest.mark.long("test_sync_killed_anywhere_is_completed_by_the_next")
def test_sync_changes_nothing_that_is_there_and_restores_what_is_not(project: Project) -> None:
    import shutil

    shutil.rmtree(project.folder / "mlruns")
    project.run("lockstep", "sync")
    before = sorted(run.info.run_id for run in _runs(project))
    assert len(_parents(project)) == 1
    assert len(before) == 7
    project.run("lockstep", "sync")
    assert sorted(run.info.run_id for run in _runs(project)) == before


def test_sync_refuses_outputs_made_with_other_settings(project: Project) -> None:
    project.edit("params.yaml", "n_models: 1", "n_models: 3")
    refused = project.run("lockstep", "sync", check=False)
    assert refused.returncode == 1
    assert refused.stderr == (
        "lockstep: params.yaml: train_best was changed since the last run; run `dvc repro` first\n"
    )
    assert len(_parents(project)) == 1


@pytest.mark.parametrize(
    "store",
    [
        "http://user:secret@127.0.0.1:9",
        *(pytest.param(each, marks=pytest.mark.long) for each in ("http://[bad", "~no_such_user/store")),
    ],
)
def test_sync_to_a_store_that_cannot_be_used_is_one_line(project: Project, store: str) -> None:
    refused = project.run("lockstep", "sync", check=False, env={"MLFLOW_TRACKING_URI": store})
    assert refused.returncode == 1
    assert refused.stderr.startswith("lockstep: ")
    assert refused.stderr.count("\n") == 1
    assert "secret" not in refused.stderr


@pytest.mark.long("test_sync_killed_anywhere_is_completed_by_the_next")
def test_an_interrupted_sync_is_completed_not_repeated(project: Project) -> None:
    import mlflow

    client = mlflow.MlflowClient(f"sqlite:///{project.folder}/mlruns/mlflow.db")
    children = [run for run in _runs(project) if "lockstep.trial" in run.data.tags]
    client.delete_run(children[0].info.run_id)
    client.update_run(children[1].info.run_id, status="RUNNING")
    project.run("lockstep", "sync")
    after = [run for run in _runs(project) if "lockstep.trial" in run.data.tags]
    assert len(after) == len(children)
    assert all(run.info.status != "RUNNING" for run in _runs(project))
    assert len(_parents(project)) == 1


@pytest.mark.long("test_a_store_that_cannot_be_used_costs_one_warning")
def test_the_pipeline_finishes_when_mlflow_cannot_be_reached(project: Project) -> None:
    project.edit("params.yaml", "min_test_r2: 0.0", "min_test_r2: 0.1")
    done = project.run("dvc", "repro", env={"MLFLOW_TRACKING_URI": "http://user:secret@127.0.0.1:9"})
    assert done.stderr.count("warning: MLflow at http://127.0.0.1:9 did not take the result") == 1
    assert "secret" not in done.stderr + done.stdout
    assert project.run("dvc", "status").stdout.strip() == "Data and pipelines are up to date."


@pytest.mark.long("test_a_commit_and_an_experiment_fill_every_section_with_the_same_words_every_time")
def test_exp_run_with_a_changed_parameter(project: Project) -> None:
    done = project.run("dvc", "exp", "run", "-n", "more", "-S", "train_best.n_models=2", "-S", "seed=42")
    assert "Ran experiment(s): more" in done.stdout
    assert project.run("git", "diff", "--numstat", "params.yaml").stdout.split() == ["1", "1", "params.yaml"]
    diff = json.loads(project.run("dvc", "metrics", "diff", "--json").stdout)
    assert "test.rmse" in diff["reports/metrics.json"]
    _assert_table_fits_a_terminal(project)
    named = [run for run in _parents(project) if run.data.tags.get("dvc.exp_name") == "more"]
    assert len(named) == 1
    assert named[0].data.params["train_best.n_models"] == "2"


def test_a_queued_change_is_one_line_of_params(tmp_path: Path) -> None:
    """What DVC keeps of a queued experiment is a commit with the file as it wrote it."""
    project = new_project(tmp_path / "project")
    project.run("dvc", "exp", "run", "--queue", "-S", "spaces.default.reg_lambda.low=1e-05")
    diff = project.run("git", "diff", "--unified=0", "HEAD", "refs/exps/celery/stash", "--", "params.yaml").stdout
    changed = [line for line in diff.splitlines() if re.match(r"[-+][^-+]", line)]
    assert changed == [
        "-    reg_lambda: {low: 0.01, high: 30.0, log: true}",
        "+    reg_lambda: {low: 1e-05, high: 30.0, log: true}",
    ]


def _assert_table_fits_a_terminal(project: Project) -> None:
    """What `make experiments` shows: rich cuts columns that do not fit to an ellipsis."""
    makefile = (project.folder / "Makefile").read_text()
    (command,) = re.findall(r"^\t@(dvc exp show .*)$", makefile, re.MULTILINE)
    shown = project.run(*shlex.split(command), env={"COLUMNS": "120"}).stdout
    assert max(map(len, shown.splitlines())) <= 120
    assert "\N{HORIZONTAL ELLIPSIS}" not in shown
    for column in ("Experiment", "test.rmse", "test.r2", "train_best.n_models"):
        assert column in shown
    assert "score_low" not in project.run("dvc", "metrics", "show").stdout
    assert "score_low" in project.run("dvc", "metrics", "show", "reports/evaluate/uncertainty.json").stdout


def test_a_dataset_file_that_git_does_not_track_is_told(project: Project) -> None:
    """DVC's copies of the workspace lack it, and DVC can only say that its parameters are missing."""
    (project.folder / "datasets/mine.yaml").write_bytes((project.folder / "datasets/friedman.yaml").read_bytes())
    project.edit("params.yaml", "dataset: friedman", "dataset: mine")
    assert project.run("lockstep", "check").stderr == (
        "lockstep: note: datasets/mine.yaml: git does not track it,"
        " so `dvc exp run --temp` and `--queue` lack it; git add it\n"
    )
    project.run("git", "add", "datasets/mine.yaml")
    assert project.run("lockstep", "check").stderr == ""
    project.edit("params.yaml", "dataset: mine", "dataset: none_such")
    refused = project.run("lockstep", "check", check=False)
    assert refused.returncode == 1
    assert (
        "there is no datasets/none_such.yaml; datasets: california_housing, diabetes, friedman, mine, "
        in refused.stderr
    )


@pytest.mark.nightly
def test_scientific_notation_from_the_command_line_is_a_number(project: Project) -> None:
    project.run("dvc", "exp", "run", "-S", "spaces.default.reg_lambda.low=1e-05")
    assert project.run("git", "diff", "--numstat", "params.yaml").stdout.split() == ["1", "1", "params.yaml"]
    space = json.loads((project.folder / "models/search.json").read_text())["settings"]["space"]
    assert space["reg_lambda"]["low"] == 1e-05


@pytest.mark.long("test_an_unknown_name_is_refused_before_anything_runs")
def test_a_typo_on_the_command_line_is_one_line(project: Project) -> None:
    failed = project.run("dvc", "exp", "run", "-S", "+tune.n_trails=3", check=False)
    assert failed.returncode != 0
    assert "params.yaml: tune.n_trails: unknown key, did you mean 'n_trials'?" in failed.stderr


@pytest.mark.nightly  # test_every_experiment_once.py runs both in `make test`
def test_temp_and_queue_leave_the_workspace_alone_and_reach_the_same_mlflow(project: Project) -> None:
    before = project.run("git", "status", "--porcelain").stdout
    project.run("dvc", "exp", "run", "--temp", "-n", "temporary", "-S", "evaluate.gates.min_test_r2=0.2")
    for name, value in (("queued-a", "0.3"), ("queued-b", "0.4")):
        project.run("dvc", "exp", "run", "--queue", "-n", name, "-S", f"evaluate.gates.min_test_r2={value}")
    project.run_queue(jobs=2)
    assert project.run("git", "status", "--porcelain").stdout == before
    names = [run.data.tags.get("dvc.exp_name") for run in _parents(project)]
    assert sorted(name for name in names if name) == ["queued-a", "queued-b", "temporary"]
    shown = json.loads(project.run("dvc", "exp", "show", "--json").stdout)
    experiments = {exp["name"] for group in shown if group["experiments"] for exp in group["experiments"]}
    assert experiments == {"queued-a", "queued-b", "temporary"}
    assert not (project.folder / "params.yaml").read_text().count("0.4\n")


@pytest.mark.nightly
def test_a_relative_mirror_and_store_are_anchored_at_the_repository(project: Project) -> None:
    """In --temp the working directory is a throw-away copy; paths a person set must not follow it."""
    rows = "danceability,y\n" + "".join(f"{row / 100},{row % 13}\n" for row in range(60))
    (project.folder / "mirror").mkdir()
    (project.folder / "mirror/own.csv").write_text(rows)
    (project.folder / ".git/info/exclude").write_text("mirror\nstore.db\n")
    facts: dict[str, Any] = {
        "about": "own",
        "target": "y",
        "metric": None,
        "source": {"kind": "csv", "urls": ["https://nowhere.invalid/own.csv"], "sha256": None},
        "missing_values": [""],
        "columns": {"danceability": {"type": "number"}, "y": {"type": "number"}},
        "clean": [],
        "features": {"raw": [{"step": "columns", "columns": ["danceability"]}]},
        "judging": {"slices": [], "coordinates": None},
    }
    (project.folder / "datasets/own.yaml").write_text(yaml.safe_dump(facts))
    project.commit()
    settings = {"LOCKSTEP_DATA_MIRROR": "mirror", "MLFLOW_TRACKING_URI": "sqlite:///store.db"}
    project.run("dvc", "exp", "run", "--temp", "-S", "dataset=own", "-S", "features=raw", env=settings)
    assert (project.folder / "store.db").exists()
