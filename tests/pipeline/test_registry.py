"""The registered model: a version per result of the workspace; champion is who is better for certain."""

from pathlib import Path
from typing import Any

import pytest

from lockstep.data.tables import read_table, write_json, write_table
from lockstep.tracking.provenance import Provenance
from lockstep.tracking.publish import publish
from lockstep.tracking.result import PipelineResult
from tests.pipeline.mlflow_view import client_of, parents_of, store_of
from tests.pipeline.project import Project


def _versions(project: Project) -> tuple[dict[int, Any], int | None]:
    """All versions by number, and the champion's number."""
    client = client_of(store_of(project))
    versions = {int(each.version): each for each in client.search_model_versions("name = 'friedman'")}
    champion = client.get_registered_model("friedman").aliases.get("champion")
    return versions, None if champion is None else int(champion)


def test_the_first_model_whose_gates_pass_is_champion_and_says_what_it_is(finished: Project) -> None:
    versions, champion = _versions(finished)
    assert champion == 1
    (parent,) = parents_of(store_of(finished))
    assert versions[1].tags["lockstep.result"] == parent.data.tags["lockstep.result"]
    assert versions[1].run_id == parent.info.run_id
    assert f"test {parent.data.metrics['test.rmse']}" in versions[1].description
    assert "the first whose gates pass" in versions[1].description


def _published(project: Project, nearer: float, gates: str = "pass") -> str:
    """Publish the result as if its model's errors were smaller by a factor; what becomes of the champion."""
    path = project.folder / "data/predictions/test.parquet"
    said = read_table(path)
    write_table(said.assign(predicted=said["actual"] + nearer * (said["predicted"] - said["actual"])), path)
    write_json({"gates": [], "gates_overall": gates}, project.folder / "reports/gates.json")
    place = Provenance.of(Path(), None, None, workspace=True)
    return publish(PipelineResult.read(), place).champion.removeprefix("friedman ")


def test_the_champion_moves_to_a_better_model_only(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(project.folder)
    monkeypatch.delenv("DVC_ROOT", raising=False)
    monkeypatch.setenv("MLFLOW_TRACKING_URI", store_of(project))
    said = _published(project, 0.5, gates="fail")
    assert said == "version 2 is registered; version 1 stays champion: the gates fail"
    said = _published(project, 0.999)
    assert said.startswith("version 3 is the champion after version 1: test RMSE lower by ")
    assert said.endswith(" on the same 80 test rows")
    assert _versions(project)[1] == 3
    said = _published(project, 1.5)
    assert said.startswith("version 4 is registered; version 3 stays champion: test RMSE lower by -")
    assert said.endswith(": not better for certain")
    client_of(store_of(project)).set_registered_model_alias("friedman", "champion", "1")
    assert _published(project, 1.0) == "version 4 is registered; version 1 is the champion"
    versions, champion = _versions(project)
    assert (sorted(versions), champion) == ([1, 2, 3, 4], 1)
    assert "stays champion: test RMSE lower by -" in versions[4].description


@pytest.mark.nightly
def test_a_model_with_other_test_rows_is_registered_and_not_compared(project: Project) -> None:
    project.edit("params.yaml", "test_size: 0.2", "test_size: 0.25")
    said = project.run("dvc", "repro").stdout
    assert "version 1 stays champion: it was judged on other test rows" in said
    assert _versions(project)[1] == 1


@pytest.mark.nightly
def test_a_version_follows_a_model_that_was_logged_again(project: Project) -> None:
    client = client_of(store_of(project))
    (parent,) = parents_of(store_of(project))
    (model,) = client.search_logged_models([parent.info.experiment_id], f"source_run_id = '{parent.info.run_id}'")
    (Path(model.artifact_location.removeprefix("file://")) / "artifacts/model/model.json").unlink()
    said = project.run("lockstep", "sync", "--rev", "HEAD").stdout
    assert "friedman version 2 is the champion: its run was made again" in said
    versions, champion = _versions(project)
    assert (sorted(versions), champion) == ([2], 2)
    predicted = project.run(
        "lockstep", "predict", "data/raw/table.parquet", "out.csv", "--model", "models:/friedman@champion"
    )
    assert "400 rows" in predicted.stdout


@pytest.mark.nightly
def test_a_temporary_experiment_registers_nothing(project: Project) -> None:
    project.run("dvc", "exp", "run", "--temp", "-S", "evaluate.gates.min_test_r2=0.2")
    assert len(parents_of(store_of(project))) == 2
    assert sorted(_versions(project)[0]) == [1]
