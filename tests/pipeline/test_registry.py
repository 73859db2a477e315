"""The registered model: a version per result of the workspace; the champion follows the rule of `lockstep compare`."""

from pathlib import Path
from typing import Any

import pytest

from lockstep.storage.tables import read_json, read_table, write_json, write_table
from lockstep.tracking.provenance import Provenance
from lockstep.tracking.publish import publish
from lockstep.tracking.run_content import complete_result
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
    assert "the first model whose gates pass" in versions[1].description


@pytest.fixture
def workspace(project: Project, monkeypatch: pytest.MonkeyPatch) -> Project:
    """A project with a champion; the working directory."""
    monkeypatch.chdir(project.folder)
    monkeypatch.delenv("DVC_ROOT", raising=False)
    monkeypatch.setenv("MLFLOW_TRACKING_URI", store_of(project))
    return project


def _published(project: Project, nearer: float, gates: str = "pass") -> str:
    """Publish the result as if its model's errors were smaller by a factor; what becomes of the champion."""
    path = project.folder / "data/predictions/test.parquet"
    said = read_table(path)
    write_table(said.assign(predicted=said["actual"] + nearer * (said["predicted"] - said["actual"])), path)
    report = {"gates": [{"gate": "beat_baselines", "result": gates}], "gates_overall": gates}
    write_json(report, project.folder / "reports/gates.json")
    place = Provenance.of(Path(), None, None, workspace=True)
    return publish(complete_result(), place).champion.removeprefix("friedman ")


def test_the_champion_moves_to_a_better_model_only(workspace: Project) -> None:
    said = _published(workspace, 0.5, gates="fail")
    assert said == "version 2 is registered; version 1 stays champion: the gates fail (beat_baselines)"
    said = _published(workspace, 0.999)
    better = (
        "version 3 is the champion after version 1: version 3 is better, and the interval of the difference excludes 0"
    )
    assert said.startswith(f"{better} (test RMSE ")
    assert " for version 3 on the same 80 rows, 95% interval of the difference " in said
    assert _versions(workspace)[1] == 3
    said = _published(workspace, 1.5)
    worse = "stays champion: version 3 is better, and the interval of the difference excludes 0 (test RMSE "
    assert said.startswith(f"version 4 is registered; version 3 {worse}")
    client_of(store_of(workspace)).set_registered_model_alias("friedman", "champion", "1")
    assert _published(workspace, 1.0) == "version 4 is registered; version 1 is the champion"
    versions, champion = _versions(workspace)
    assert (sorted(versions), champion) == ([1, 2, 3, 4], 1)
    assert worse in versions[4].description


def test_a_registration_that_was_interrupted_is_finished(workspace: Project) -> None:
    client_of(store_of(workspace)).update_model_version("friedman", "1", "")
    decision = publish(complete_result(), Provenance.of(Path(), None, None, workspace=True)).champion
    assert decision.startswith("friedman version 1 is the champion: its registration was interrupted after")
    assert _versions(workspace)[0][1].description


def _edit_model(project: Project, **fitting: Any) -> None:
    """Change what the model says it was fitted with."""
    file = project.folder / "models/model/model.json"
    model = read_json(file)
    write_json({**model, "fitting": {**model["fitting"], **fitting}}, file)


def test_the_champion_of_another_objective_stays_and_a_person_is_told_how_to_change_it(workspace: Project) -> None:
    """A quantile's model beats the mean's by the quantile's own score, whatever its RMSE."""
    _edit_model(workspace, objective="quantile", metric="pinball", quantile=0.7)
    decision = _published(workspace, 0.9)
    reason = "the two cannot be compared: objective (version 1: squared_error, version 2: quantile), metric (version 1:"
    assert decision.startswith(
        f"version 2 is registered; version 1 stays champion: {reason} rmse, version 2: pinball); to"
    )
    assert _versions(workspace)[1] == 1
    _, _, command = decision.partition("to make version 2 the champion anyway: ")
    assert command == "`lockstep champion 2 --dataset friedman`"
    said = workspace.run(*command.strip("`").split()).stdout
    assert said == "lockstep: friedman version 2 is the champion after version 1: set by hand\n"
    assert _versions(workspace)[1] == 2


def test_a_smaller_model_takes_over_within_noise(workspace: Project) -> None:
    features = sorted((workspace.folder / "models/model").glob("*.json"))
    (workspace.folder / "models/model/note.json").write_text("{}")
    said = _published(workspace, 1.0)
    larger = "version 2 is registered; version 1 stays champion: the predictions are the same, and version 1's model is"
    assert said.startswith(f"{larger} smaller (")
    (workspace.folder / "models/model/note.json").unlink()
    example = next(file for file in features if file.name == "example.json")
    example.write_bytes(example.read_bytes().rstrip())
    said = _published(workspace, 1.0)
    assert said.startswith("version 3 is the champion after version 1: the predictions are the same, and version 3's m")


def test_a_passing_model_takes_over_from_a_champion_whose_gates_fail(workspace: Project) -> None:
    _published(workspace, 0.5, gates="fail")
    client_of(store_of(workspace)).set_registered_model_alias("friedman", "champion", "2")
    said = _published(workspace, 2.0)
    assert said.startswith(
        "version 3 is the champion after version 2: version 2 fails beat_baselines, though it is bet"
    )


@pytest.mark.parametrize("gone", ["data/predictions/test.parquet", "reports/gates.json", "model.json", "booster_0.ubj"])
def test_a_champion_of_which_mlflow_has_lost_a_part_stays(workspace: Project, gone: str) -> None:
    for file in (workspace.folder / "mlruns").rglob(gone):
        file.unlink()
    said = _published(workspace, 0.5)
    assert said.startswith("version 2 is registered; version 1 stays champion: the two cannot be compared, because ")
    assert f"{gone.removeprefix('artifacts/')} " in said
    assert "is gone from MLflow; to make version 2 the champion anyway: `lockstep champion 2" in said


@pytest.mark.long("test_the_champion_of_another_objective_stays_and_a_person_is_told_how_to_change_it")
def test_a_real_quantile_model_and_the_mean_s_are_never_ranked(project: Project) -> None:
    """Each is the better one by its own score, so neither may replace the other."""
    settings = ("-S", "booster.objective=quantile", "-S", "booster.quantile=0.7")
    said = project.run("dvc", "exp", "run", *settings).stdout
    assert "version 1 stays champion: the two cannot be compared: objective (version 1: squared_error" in said
    assert _versions(project)[1] == 1
    compared = project.run("lockstep", "compare", "HEAD", "--no-timing").stdout
    assert "**Cannot be compared: objective (A: squared_error, B: quantile), metric (A: rmse, B: pinball)**" in compared
    assert "**Ship neither for its score**" in compared


@pytest.mark.nightly
def test_a_model_with_other_test_rows_is_registered_and_not_compared(project: Project) -> None:
    project.edit("params.yaml", "test_size: 0.2", "test_size: 0.25")
    said = project.run("dvc", "repro").stdout
    assert (
        "version 1 stays champion: the two cannot be compared: test rows (version 1: 80, version 2: 100 others)" in said
    )
    assert _versions(project)[1] == 1


@pytest.mark.nightly
def test_a_version_follows_a_model_that_was_logged_again(project: Project) -> None:
    client = client_of(store_of(project))
    (parent,) = parents_of(store_of(project))
    (model,) = client.search_logged_models([parent.info.experiment_id], f"source_run_id = '{parent.info.run_id}'")
    (Path(model.artifact_location.removeprefix("file://")) / "artifacts/model/model.json").unlink()
    said = project.run("lockstep", "sync", "--rev", "HEAD").stdout
    assert "friedman version 2 is the champion: its run was recreated" in said
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
