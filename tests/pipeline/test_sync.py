"""`lockstep sync`: MLflow can be rebuilt from DVC's outputs, and no difference between the two goes unseen."""

import shutil
import signal
import time
from pathlib import Path
from typing import Any

import pytest

from lockstep.storage.tables import read_json, write_json
from lockstep.tracking.run_content import artifacts_of, complete_result
from tests.pipeline.mlflow_view import client_of, content_of, parents_of, runs_of, store_of, trials_of
from tests.pipeline.project import Project


def _content(project: Project) -> dict[str, Any]:
    """What the store holds; of the workspace's commit only that there is one, for it is made after the result."""
    content = content_of(store_of(project))
    for each in content.values():
        if "dvc.exp_name" not in each["tags"]:
            assert len(each["tags"].pop("git.commit")) >= 40
    return content


@pytest.mark.nightly
def test_a_deleted_store_comes_back_with_everything_but_times(project: Project) -> None:
    project.run("dvc", "exp", "run", "--temp", "-n", "other", "-S", "evaluate.gates.min_test_r2=0.2")
    before = _content(project)
    shutil.rmtree(project.folder / "mlruns")
    said = project.run("lockstep", "sync", "--all-experiments").stdout
    assert "workspace: complete now" in said
    assert "experiment other: complete now" in said
    assert _content(project) == before
    assert {each["tags"].get("dvc.exp_name") for each in before.values()} == {None, "other"}
    again = project.run("lockstep", "sync", "--all-experiments").stdout
    assert "2 results, 0 of them updated now" in again
    assert _content(project) == before


@pytest.mark.long("test_a_revision_is_read_without_a_thread_that_may_wait_for_ever")
def test_a_revision_is_read_from_git_and_the_cache(project: Project) -> None:
    project.edit("params.yaml", "min_test_r2: 0.0", "min_test_r2: 0.3")
    project.repro()
    project.commit()
    before = content_of(store_of(project))
    shutil.rmtree(project.folder / "mlruns")
    project.run("lockstep", "sync", "--rev", "HEAD~1")
    (older,) = content_of(store_of(project)).values()
    assert older["params"]["evaluate.gates.min_test_r2"] == "0.0"
    project.run("lockstep", "sync", "--rev", "main")
    after = content_of(store_of(project))
    assert set(after) == set(before)
    assert all(after[key]["metrics"] == before[key]["metrics"] for key in before)
    project.run("lockstep", "sync", "--check", "--rev", "main")


@pytest.mark.parametrize(
    "rev", ["no-such-branch", *(pytest.param(each, marks=pytest.mark.long) for each in ("--version", "HEAD~99"))]
)
def test_an_unknown_revision_is_one_line(finished: Project, rev: str) -> None:
    refused = finished.run("lockstep", "sync", f"--rev={rev}", check=False)
    assert refused.returncode == 1
    assert refused.stderr.startswith(f"lockstep: --rev {rev}: is no commit, tag, branch or experiment")
    assert refused.stderr.count("\n") == 1


def test_a_revision_whose_outputs_are_gone_is_one_line(project: Project) -> None:
    shutil.rmtree(project.folder / ".dvc/cache")
    refused = project.run("lockstep", "sync", "--rev", "HEAD", check=False)
    assert refused.returncode == 1
    assert refused.stderr.startswith("lockstep: commit ")
    assert "`dvc fetch` or `dvc exp pull`" in refused.stderr
    assert refused.stderr.count("\n") == 1


def test_an_output_that_no_run_made_is_not_shown(project: Project) -> None:
    project.edit("reports/metrics.json", '"r2": 0.', '"r2": 0.9')
    refused = project.run("lockstep", "sync", check=False)
    assert refused.returncode == 1
    assert refused.stderr == ("lockstep: reports/metrics.json: differs from dvc.lock; run `dvc repro` first\n")


def _plant(project: Project) -> list[str]:
    """Make MLflow say other things than DVC in every way; returns what the check must say of each."""
    from mlflow.entities import Metric

    uri = store_of(project)
    client = client_of(uri)
    (parent,) = parents_of(uri)
    run_id, experiment = parent.info.run_id, parent.info.experiment_id
    trials = sorted(trials_of(uri, parent), key=lambda run: int(run.data.tags["lockstep.trial"]))
    client.log_batch(run_id, metrics=[Metric("test.rmse", 0.1, 2**42, 0), Metric("test.luck", 7.0, 2**42, 0)])
    client.log_param(run_id, "luck", "7")
    client.set_tag(run_id, "lockstep.study_key", "another")
    client.set_tag(run_id, "git.commit", "0" * 40)
    artifacts = Path(parent.info.artifact_uri.removeprefix("file://"))
    (artifacts / "reports/metrics.json").write_text("{}")
    (artifacts / "reports/index.html").unlink()
    (model,) = client.search_logged_models([experiment], f"source_run_id = '{run_id}'")
    logged = Path(model.artifact_location.removeprefix("file://"))
    (logged / "artifacts/model/booster_0.ubj").write_bytes(b"{")
    (logged / "code/lockstep/errors.py").write_text("")
    client.delete_registered_model("friedman")
    client.delete_run(trials[0].info.run_id)
    client.log_metric(trials[1].info.run_id, "fold_0_rmse", 0.5)
    client.set_terminated(trials[2].info.run_id, "FAILED")
    client.set_tag(trials[3].info.run_id, "lockstep.state", "LUCKY")
    twin = client.create_run(experiment, tags={"mlflow.parentRunId": run_id, "lockstep.trial": "4"})
    stranger = client.create_run(experiment, tags={"mlflow.parentRunId": run_id, "lockstep.trial": "99"})
    assert twin.info.run_id != stranger.info.run_id
    return [
        "metric test.rmse: DVC has ",
        "metric test.luck: DVC has nothing, MLflow has 7.0",
        "parameter luck: DVC has nothing, MLflow has 7",
        "tag lockstep.study_key: DVC has ",
        "tag git.commit: DVC has ",
        "artefact reports/metrics.json: DVC has the file, MLflow has other bytes",
        "artefact reports/index.html: DVC has the file, MLflow has nothing",
        "model models/model/booster_0.ubj: DVC has the file, MLflow has other bytes",
        "model code: DVC has the file, MLflow has other bytes",
        "registered model friedman: DVC has a version, MLflow has nothing",
        "trial 0: DVC has one, MLflow has nothing",
        "metric of trial 1 fold_0_rmse: DVC has ",
        "status of trial 2: DVC has ",
        "tag of trial 3 lockstep.state: DVC has ",
        "trial 4: DVC has one, MLflow has 2 runs",
        f"trial run {stranger.info.run_id}: DVC has nothing, MLflow has a run",
    ]


@pytest.mark.nightly
def test_every_planted_difference_is_found_and_mended(project: Project) -> None:
    before = _content(project)
    assert project.run("lockstep", "sync", "--check").returncode == 0
    planted = _plant(project)
    checked = project.run("lockstep", "sync", "--check", check=False)
    assert checked.returncode == 1
    assert "`lockstep sync` completes MLflow" in checked.stderr
    for text in planted:
        assert f"workspace: {text}" in checked.stdout, text
    project.run("lockstep", "sync")
    project.run("lockstep", "sync", "--check")
    assert _content(project) == before
    (parent,) = parents_of(store_of(project))
    assert project.run("git", "rev-parse", "HEAD").stdout.strip() in parent.data.tags["git.commit"]


@pytest.mark.long("test_check_makes_nothing")
def test_a_result_that_is_missing_or_there_twice_is_found(project: Project) -> None:
    uri = store_of(project)
    client = client_of(uri)
    (parent,) = parents_of(uri)
    key = parent.data.tags["lockstep.result"]
    client.create_run(parent.info.experiment_id, tags={"lockstep.result": key})
    assert "MLflow has 2 runs" in project.run("lockstep", "sync", "--check", check=False).stdout
    project.run("lockstep", "sync")
    (left,) = parents_of(uri)
    assert left.info.run_id == parent.info.run_id
    client.delete_run(left.info.run_id)
    assert "DVC has one, MLflow has nothing" in project.run("lockstep", "sync", "--check", check=False).stdout


@pytest.mark.long("test_a_search_that_is_run_again_leaves_one_view")
def test_tags_alone_are_set_again_without_another_run(project: Project) -> None:
    uri = store_of(project)
    (parent,) = parents_of(uri)
    client_of(uri).set_tag(parent.info.run_id, "lockstep.gates", "perhaps")
    project.run("lockstep", "sync")
    (after,) = parents_of(uri)
    assert after.info.run_id == parent.info.run_id
    assert after.data.tags["lockstep.gates"] == "pass"


def _runs_there(project: Project) -> list[Any]:
    import sqlite3

    try:
        with sqlite3.connect(f"file:{project.folder}/mlruns/mlflow.db?mode=ro", uri=True) as db:
            return db.execute("select run_uuid from runs").fetchall()
    except sqlite3.OperationalError:  # not there yet
        return []


NIGHTLY = pytest.mark.nightly


@pytest.mark.parametrize("after_runs", [pytest.param(1, marks=NIGHTLY), 4, pytest.param(7, marks=NIGHTLY)])
def test_sync_killed_anywhere_is_completed_by_the_next(project: Project, empty_store: Path, after_runs: int) -> None:
    shutil.rmtree(project.folder / "mlruns")
    (project.folder / "mlruns").mkdir()
    shutil.copy(empty_store, project.folder / "mlruns/mlflow.db")
    first = project.start("lockstep", "sync")
    while len(_runs_there(project)) < after_runs:
        assert first.poll() is None, "sync ended before it was to be killed"
        time.sleep(0.002)
    first.send_signal(signal.SIGKILL)
    first.communicate()
    project.run("lockstep", "sync")
    project.run("lockstep", "sync", "--check")
    assert len(runs_of(store_of(project))) == 7


@pytest.mark.long("test_sync_killed_anywhere_is_completed_by_the_next")
def test_two_syncs_at_once_make_one_view(project: Project) -> None:
    shutil.rmtree(project.folder / "mlruns")
    both = [project.start("lockstep", "sync"), project.start("lockstep", "sync")]
    said = [process.communicate()[0] for process in both]
    assert [process.returncode for process in both] == [0, 0], said
    project.run("lockstep", "sync", "--check")
    assert len(runs_of(store_of(project))) == 7


@pytest.mark.nightly
def test_a_workspace_without_a_result_does_not_hide_the_experiments(project: Project) -> None:
    project.run("dvc", "exp", "run", "--temp", "-n", "only", "-S", "evaluate.gates.min_test_r2=0.2")
    shutil.rmtree(project.folder / "mlruns")
    project.edit("params.yaml", "n_models: 1", "n_models: 3")
    said = project.run("lockstep", "sync", "--all-experiments").stdout
    assert "workspace: left out: params.yaml: train_best was changed" in said
    assert "experiment only: complete now" in said
    assert [run.data.tags["dvc.exp_name"] for run in parents_of(store_of(project))] == ["only"]


def test_check_makes_nothing(project: Project) -> None:
    shutil.rmtree(project.folder / "mlruns")
    checked = project.run("lockstep", "sync", "--check", check=False)
    assert "DVC has one, MLflow has nothing" in checked.stdout
    assert checked.returncode == 1
    assert not (project.folder / "mlruns").exists()


def test_a_search_that_is_run_again_leaves_one_view(project: Project) -> None:
    """Its trials were shown while it ran, and its result is there already."""
    uri = store_of(project)
    client = client_of(uri)
    (parent,) = parents_of(uri)
    key = parent.data.tags["lockstep.study_key"]
    shown = client.create_run(parent.info.experiment_id, tags={"lockstep.live": "token", "lockstep.study_key": key})
    client.create_run(parent.info.experiment_id, tags={"mlflow.parentRunId": shown.info.run_id, "lockstep.trial": "0"})
    write_json({"token": "token", "dataset": "friedman"}, project.folder / f".lockstep/live/{key}.json")
    project.run("lockstep", "sync")
    assert len(runs_of(uri)) == 7
    assert [run.info.run_id for run in parents_of(uri)] == [parent.info.run_id]
    assert list((project.folder / ".lockstep/live").iterdir()) == []


@pytest.mark.nightly
def test_a_copied_repository_does_not_write_into_the_first(project: Project, tmp_path: Path) -> None:
    copy = Project(Path(shutil.copytree(project.folder, tmp_path / "copy", symlinks=True)))
    refused = copy.run("lockstep", "sync", check=False)
    assert refused.returncode == 1
    assert refused.stderr.startswith("lockstep: mlruns: was created in another folder")
    shutil.rmtree(copy.folder / "mlruns")
    copy.run("lockstep", "sync")
    copy.run("lockstep", "sync", "--check")
    project.run("lockstep", "sync", "--check")


@pytest.mark.long("test_check_makes_nothing")
def test_a_deleted_experiment_is_not_brought_back(project: Project) -> None:
    client = client_of(store_of(project))
    client.delete_experiment(parents_of(store_of(project))[0].info.experiment_id)
    for arguments in (["sync"], ["sync", "--check"]):
        refused = project.run("lockstep", *arguments, check=False)
        assert refused.returncode == 1
        assert "experiment 'friedman' was deleted; `mlflow experiments restore" in refused.stderr


def test_a_result_of_another_version_is_one_line(project: Project) -> None:
    path = project.folder / "models/search.json"
    search = read_json(path)
    del search["settings"]
    write_json(search, path)
    (project.folder / "dvc.lock").write_text("schema: '2.0'\nstages: {}\n")
    refused = project.run("lockstep", "sync", check=False)
    assert refused.returncode == 1
    assert refused.stderr == (
        "lockstep: models/search.json: is damaged, or was written by another version of Lockstep"
        " (KeyError: 'settings'); run `dvc repro`\n"
    )


def test_a_file_that_a_person_left_among_the_outputs_is_no_part_of_the_result(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(project.folder)
    before = complete_result()
    for name in ("notes.csv", "draft.png", "thoughts.json"):
        Path("reports/evaluate", name).write_text("{}")
    after = complete_result()
    assert (after.key, artifacts_of(after), after.key_files) == (before.key, artifacts_of(before), before.key_files)
    Path("dvc.yaml").unlink()  # as in an exported folder
    exported = complete_result()
    assert (exported.key, artifacts_of(exported)) == (before.key, artifacts_of(before))
