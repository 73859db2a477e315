"""What people do at the same time: nothing is lost, nothing is there twice, and what hangs is named after a time."""

import hashlib
import json
import os
import shutil
import signal
import sqlite3
import time
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import yaml

from lockstep.errors import DataError
from lockstep.search.evaluation_log import TABLE
from lockstep.sync.places import open_result
from lockstep.tracking.logged_model import complete_model, logged_models
from lockstep.tracking.provenance import Provenance
from lockstep.tracking.publish import publish, publish_or_warn
from lockstep.tracking.repository import revision
from lockstep.tracking.run_content import artifacts_of, complete_result
from lockstep.tracking.store import open_store, store_lock
from tests.faults.at_once import at_once, finish_all
from tests.faults.shown_search import ONE_WORKER, make_long
from tests.pipeline.mlflow_view import client_of, parents_of, runs_of, store_of, trials_of
from tests.pipeline.project import Project

NIGHTLY = pytest.mark.nightly


@pytest.mark.parametrize("clones", ["clones", pytest.param("one repository", marks=NIGHTLY)])
@pytest.mark.long("test_sync_killed_anywhere_is_completed_by_the_next")
def test_ten_processes_set_up_one_new_store(clones: str, tmp_path: Path) -> None:
    uri = f"sqlite:///{tmp_path}/shared.db"
    env = {"MLFLOW_TRACKING_URI": uri}
    found = at_once("set_up_store", 10, tmp_path, clones, env=env)
    ids = {each for each in found if each is not None}
    assert len(ids) == 1
    numbers = sorted(int(run.data.params["number"]) for run in runs_of(uri, "table"))
    assert numbers == [number for number, each in enumerate(found) if each is not None]


@pytest.mark.long("test_two_searches_share_one_log")
def test_many_searches_share_one_new_state_folder(tmp_path: Path) -> None:
    entries, trials, processes = 90, 12, 6
    told = at_once("share_state", processes, tmp_path, entries, trials)
    assert len({token for token, _, _ in told}) == 1
    assert all(entries <= fitted + found <= 2 * entries for _, fitted, found in told)
    state = tmp_path / ".lockstep"
    with closing(sqlite3.connect(state / "evaluations.db")) as log:
        (kept,) = log.execute(f"SELECT count(*) FROM {TABLE}").fetchone()  # noqa: S608
        assert log.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    assert kept == entries * 2 // 3 + processes * entries // 3
    assert not list(state.glob("*.damaged"))
    with closing(sqlite3.connect(state / "optuna_study.db")) as studies:
        found = studies.execute("SELECT study_name, count(*) FROM studies JOIN trials USING (study_id) GROUP BY 1")
        assert dict(found) == {f"study {number}": trials for number in range(processes)}


@pytest.mark.long("test_sync_killed_anywhere_is_completed_by_the_next")
def test_an_empty_store_is_filled_once_by_syncs_and_by_searches_that_run(project: Project, empty_store: Path) -> None:
    trials, uri = 12, store_of(project)
    shutil.rmtree(project.folder / "mlruns/artifacts")
    shutil.copy(empty_store, project.folder / "mlruns/mlflow.db")
    said = at_once("tune_and_sync", 5, project.folder, trials)
    assert sorted(each.count("complete now") for each in said[:3]) == [0, 0, 1]
    assert sum("complete already" in each for each in said[:3]) == 2
    assert said[3:] == ["", ""]
    (result,) = parents_of(uri)
    (search,) = [run for run in runs_of(uri) if "lockstep.live" in run.data.tags]
    for parent, count in ((result, 6), (search, trials)):
        numbers = sorted(int(run.data.tags["lockstep.trial"]) for run in trials_of(uri, parent))
        assert numbers == list(range(count))
    assert len(runs_of(uri)) == 2 + 6 + trials


@dataclass
class SharedStore:
    """A store of several clones, which run on one machine or on several."""

    uri: str
    machines: str


@pytest.fixture(
    params=[("file", "one"), *(pytest.param(("server", each), marks=NIGHTLY) for each in ("one", "machines"))]
)
def shared_store(request: pytest.FixtureRequest, empty_store: Path, tmp_path: Path) -> SharedStore:
    kind, machines = request.param
    if kind == "server":
        return SharedStore(request.getfixturevalue("mlflow_server").uri, machines)
    return SharedStore(f"sqlite:///{shutil.copy(empty_store, tmp_path / 'shared.db')}", machines)


@pytest.mark.long("test_of_two_equal_searches_at_once_one_is_shown")
def test_clones_show_their_results_in_one_store(finished: Project, shared_store: SharedStore, tmp_path: Path) -> None:
    """Four clones with two results; those of one result find the other's run, or the other finds theirs."""
    uri, clones = shared_store.uri, [finished.copy(tmp_path / f"clone{number}") for number in range(4)]
    ids = at_once("show_results", len(clones), tmp_path, shared_store.machines, env={"MLFLOW_TRACKING_URI": uri})
    parents = {run.data.tags["lockstep.result"]: run for run in parents_of(uri)}
    assert len(parents) == len(parents_of(uri)) == 2
    assert {*ids} == {run.info.run_id for run in parents.values()}
    for parent in parents.values():
        assert parent.info.status == "FINISHED"
        numbers = sorted(int(run.data.tags["lockstep.trial"]) for run in trials_of(uri, parent))
        assert numbers == list(range(6))
    assert len(runs_of(uri)) == 2 * (1 + 6)
    _assert_registered_once(uri, parents)


def _best(parents: dict[str, Any]) -> str:
    return max(parents, key=lambda key: float(parents[key].data.params["evaluate.gates.min_test_r2"]))


def _assert_registered_once(uri: str, parents: dict[str, Any]) -> None:
    """Each result has one logged model and one version, and the better of them is the champion."""
    client = client_of(uri)
    versions = client.search_model_versions()
    assert sorted(version.tags["lockstep.result"] for version in versions) == sorted(parents)
    for version in versions:
        run = parents[version.tags["lockstep.result"]]
        (model,) = client.search_logged_models([run.info.experiment_id], f"source_run_id = '{run.info.run_id}'")
        assert model.model_id in version.source
    champion = client.get_model_version_by_alias("friedman", "champion")
    assert champion.tags["lockstep.result"] == _best(parents)


def test_evaluate_waits_no_longer_for_others_than_for_the_store(
    project: Project, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(project.folder)
    monkeypatch.setattr("lockstep.tracking.publish.MOST_SECONDS", 0.5)
    monkeypatch.setattr("lockstep.tracking.publish.QUIET_SECONDS", 0.0)
    with store_lock("publish"):
        publish_or_warn()
    waits, warning = capsys.readouterr().err.splitlines()
    assert waits.endswith("another process is logging its result; waiting for it")
    assert warning.startswith("evaluate: warning: MLflow at ")
    assert "`lockstep sync` logs it to MLflow later" in warning


def test_locks_that_cannot_be_made_cost_evaluate_one_warning(
    project: Project, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(project.folder)
    shutil.rmtree(".lockstep/locks")
    Path(".lockstep/locks").touch()
    publish_or_warn()
    (warning,) = capsys.readouterr().err.splitlines()
    assert "/.lockstep/locks" in warning
    assert "`lockstep sync` logs it to MLflow later" in warning


def test_a_model_that_another_machine_has_just_logged_stays_until_its_digest_is_noted(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(project.folder)
    run_id = publish(complete_result(), Provenance.here()).run_id
    client, experiment_id = open_store("friedman")
    theirs = client.create_logged_model(experiment_id, "model", run_id).model_id
    client.finalize_logged_model(theirs, "READY")

    def kept() -> set[str]:
        model, new = complete_model(client, experiment_id, run_id, complete_result())
        assert not new
        return {each.model_id for each in logged_models(client, experiment_id, run_id)} - {model.model_id}

    assert kept() == {theirs}
    monkeypatch.setattr("lockstep.tracking.logged_model.PENDING_SECONDS", -1.0)
    assert kept() == set()


@pytest.mark.long("test_a_result_that_is_being_made_is_not_opened")
def test_two_repros_at_once_do_the_work_once_or_say_who_is_at_it(project: Project) -> None:
    project.edit("params.yaml", "seed: 42", "seed: 43")
    both = {name: project.start("dvc", "repro", "split") for name in ("one", "other")}
    for name, said in finish_all(both).items():
        assert "Traceback" not in said
        errors = [line for line in said.splitlines() if line.startswith("ERROR: ")]
        if both[name].returncode != 0:
            assert len(errors) == 1, said
            assert "is busy, it is being blocked by:" in errors[0] or "Unable to acquire lock" in errors[0]
        else:
            assert errors == []
    project.repro("split")
    assert project.lock()["stages"]["split"]["params"]["params.yaml"]["seed"] == 43
    for path in ("data/split/train.parquet", "data/split/test.parquet"):
        found = hashlib.md5((project.folder / path).read_bytes(), usedforsecurity=False).hexdigest()
        assert found == project.output_hashes()[path]


def test_what_repro_does_meanwhile_changes_nothing_of_an_opened_result(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(project.folder)
    with open_result(None) as (result, _):
        before = {name: (result.root / name).read_bytes() for name in artifacts_of(result)}
        for name in before:
            Path(name).unlink()
            Path(name).write_text("another result")
        assert {name: (result.root / name).read_bytes() for name in before} == before
        assert complete_result(result.root).key == result.key
    assert not list((project.folder / ".lockstep").glob("lockstep-*"))


def test_a_revision_is_read_without_a_thread_that_may_wait_for_ever(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(project.folder)

    def streamed(*_: object, **__: object) -> None:
        raise AssertionError("pygit2 streams a file from a thread")

    monkeypatch.setattr("pygit2.BlobIO", streamed)
    with open_result(None) as (expected, _), open_result(revision("HEAD")) as (result, _):
        assert result.key == expected.key


def test_a_folder_that_goes_while_it_is_listed_is_a_result_that_is_being_made(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(project.folder)
    writer = {"pid": os.getpid(), "cmd": "/usr/bin/dvc repro"}
    (project.folder / ".dvc/tmp/rwlock").write_text(json.dumps({"write": {str(project.folder / "models"): writer}}))
    scandir = os.scandir

    def gone(path: str | Path | int = ".") -> Any:
        if str(path) == "models/model":
            shutil.rmtree("models/model", ignore_errors=True)
        return scandir(path)

    monkeypatch.setattr(os, "scandir", gone)
    with pytest.raises(DataError, match="is computing the result: wait until it has ended"), open_result(None):
        pass


@pytest.mark.parametrize("gone", ["models/best_params.json", "reports/evaluate/calibration.png"])
def test_a_result_that_is_being_made_is_not_opened(
    gone: str, project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(project.folder)
    writer = {"pid": os.getpid(), "cmd": "/usr/bin/dvc repro"}
    (project.folder / ".dvc/tmp/rwlock").write_text(json.dumps({"write": {str(project.folder / gone): writer}}))
    (project.folder / gone).unlink()
    with pytest.raises(DataError) as refused, open_result(None):
        pass
    assert str(refused.value) == f"`dvc repro` (process {os.getpid()}) is computing the result: wait until it has ended"


def test_a_result_of_two_runs_is_not_opened(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    """Between two stages: what the first has made anew is the lock file's, what the second will make is not."""
    monkeypatch.chdir(project.folder)
    best, lock = Path("models/best_params.json"), project.lock()
    best.write_text(best.read_text() + " ")
    (made,) = [out for out in lock["stages"]["tune"]["outs"] if out["path"] == str(best)]
    made["md5"] = hashlib.md5(best.read_bytes(), usedforsecurity=False).hexdigest()
    Path("dvc.lock").write_text(yaml.safe_dump(lock))
    with (
        pytest.raises(DataError, match=r"best_params\.json: was rewritten, but later stages have not used it yet"),
        open_result(None),
    ):
        pass


@NIGHTLY
def test_commands_while_the_pipeline_runs_wait_for_no_half_result(project: Project, tmp_path: Path) -> None:
    make_long(project)
    with project.start("dvc", "repro", env=ONE_WORKER) as running:
        while (project.folder / "models/search.json").exists() and running.poll() is None:
            time.sleep(0.05)
        os.killpg(running.pid, signal.SIGSTOP)
        said = {
            command: project.run("lockstep", *command.split(), check=False)
            for command in ("sync", f"export {tmp_path}/out", "compare HEAD", "sync --check", "verify")
        }
        os.killpg(running.pid, signal.SIGCONT)
        finish_all({"dvc repro": running})
    for command, done in said.items():
        assert done.returncode == 1, command
        assert done.stderr.count("\n") == 1, done.stderr
        if command != "verify":
            assert (
                f"`dvc repro` (process {running.pid}) is computing the result: wait until it has ended" in done.stderr
            )
    assert running.returncode == 0
    assert project.run("lockstep", "sync", "--check").returncode == 0


@NIGHTLY
def test_experiments_at_once_are_in_mlflow_once_or_dvc_says_that_it_is_locked(project: Project) -> None:
    gate = "evaluate.gates.min_test_r2"
    project.edit("params.yaml", "min_test_r2: 0.0", "min_test_r2: 0.05")
    project.run("dvc", "repro")
    project.commit()
    started = {
        name: project.start("dvc", "exp", "run", *where, "-n", name, "-S", f"{gate}=0.{number}")
        for number, (name, where) in enumerate({"a": ("--temp",), "b": ("--temp",), "here": ()}.items(), start=1)
    }
    said = finish_all(started)
    done = [name for name in started if started[name].returncode == 0]
    for name in started.keys() - done:
        (error,) = [line for line in said[name].splitlines() if line.startswith("ERROR: ")]
        assert "Unable to acquire lock" in error or "is busy" in error
    for name in ("c", "d", "e", "f", "g"):
        project.run("dvc", "exp", "run", "--queue", "-n", name, "-S", f"{gate}=0.3{ord(name)}")
    project.run_queue(jobs=4)
    listed = {
        line.split("[")[1].rstrip("]") for line in project.run("dvc", "exp", "list").stdout.splitlines() if "[" in line
    }
    assert listed == {*done, "c", "d", "e", "f", "g"}
    checked = project.run("lockstep", "sync", "--all-experiments", "--check").stdout
    assert f"agree on {len(listed) + 1} results" in checked
    names = [run.data.tags["dvc.exp_name"] for run in parents_of(store_of(project)) if "dvc.exp_name" in run.data.tags]
    assert sorted(names) == sorted(listed)
