"""All choices of the final training and the judgement at once: a smaller learning rate, intervals, further splits."""

import json
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from tests.pipeline.project import Project, new_project

CHOICES = {
    "interval:\n": "interval: 0.8\n",
    "learning_rate_factor: 1.0": "learning_rate_factor: 0.5",
    "protocol: single": "protocol: repeated",
    "repeats: 10": "repeats: 2",
}


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Project:
    """A tiny project with all of them, after `dvc repro` with one worker."""
    project = new_project(tmp_path_factory.mktemp("final") / "project")
    for old, new in CHOICES.items():
        project.edit("params.yaml", old, new)
    assert len(project.repro(env={"LOCKSTEP_WORKERS": "1"})) == 6
    return project


@pytest.mark.nightly
def test_three_workers_make_the_same_outputs(trained: Project, tmp_path: Path) -> None:
    other = trained.copy(tmp_path / "again")
    (other.folder / ".lockstep/evaluations.db").unlink()
    assert len(other.repro("--force", "--no-run-cache", env={"LOCKSTEP_WORKERS": "3"})) == 6
    assert other.output_hashes() == trained.output_hashes()
    for path in trained.output_hashes():
        for file in [trained.folder / path, *(trained.folder / path).rglob("*")]:
            if file.is_file():
                assert (other.folder / file.relative_to(trained.folder)).read_bytes() == file.read_bytes(), file


@pytest.mark.long("test_an_interval_holds_about_the_share_of_new_rows_it_is_asked_for")
def test_predictions_have_intervals_whose_coverage_is_judged(trained: Project) -> None:
    said = pd.read_parquet(trained.folder / "data/predictions/test.parquet")
    assert list(said.columns) == ["row_id", "actual", "predicted", "lower", "upper"]
    assert (said["lower"] <= said["upper"]).all()
    inside = ((said["lower"] <= said["actual"]) & (said["actual"] <= said["upper"])).mean()
    found = _json(trained, "reports/evaluate/uncertainty.json")["prediction_interval"]
    assert found["nominal"] == 0.8
    assert found["coverage"] == pytest.approx(inside, rel=1e-5)
    assert 0.5 < inside <= 1


@pytest.mark.long("test_the_summary_by_hand")
def test_further_splits_are_listed_and_summarised(trained: Project) -> None:
    again = _json(trained, "reports/evaluate/repeated.json")
    assert again["protocol"] == "repeated"
    assert [split["seed"] for split in again["splits"]] == [43, 44]
    one, two = (split["rmse"] for split in again["splits"])
    assert one != two
    assert again["score_mean"] == pytest.approx((one + two) / 2)
    assert "2 further random splits" in " ".join(_page(trained).split())


@pytest.mark.long("test_a_lower_learning_rate_is_kept_only_if_the_folds_are_better")
def test_the_smaller_learning_rate_was_taken_and_the_page_and_mlflow_say_so(trained: Project) -> None:
    import mlflow

    best, training = _json(trained, "models/best_params.json"), _json(trained, "models/model/model.json")["training"]
    assert training["learning_rate_factor"] == 0.5
    assert training["params"]["learning_rate"] == pytest.approx(best["params"]["learning_rate"] / 2, rel=1e-3)
    assert training["cv_score"] < best["cv_rmse"]
    page = " ".join(_page(trained).split())
    assert f"Final model: {training['n_rounds']} rounds, learning rate times 0.5" in page
    for shown in (best, training):
        assert f'<td data-value="{shown["params"]["learning_rate"]}">' in page
    client = mlflow.MlflowClient(f"sqlite:///{trained.folder}/mlruns/mlflow.db")
    experiment = client.get_experiment_by_name("friedman")
    assert experiment is not None
    (run,) = [run for run in client.search_runs([experiment.experiment_id]) if "lockstep.result" in run.data.tags]
    for name, value in (
        ("best.learning_rate", best["params"]["learning_rate"]),
        ("final.learning_rate", training["params"]["learning_rate"]),
        ("final.n_rounds", training["n_rounds"]),
        ("final.learning_rate_factor", 0.5),
    ):
        assert run.data.params[name] == str(value)


def _json(project: Project, file: str) -> Any:
    return json.loads((project.folder / file).read_text(encoding="utf-8"))


def _page(project: Project) -> str:
    return (project.folder / "reports/index.html").read_text(encoding="utf-8")
