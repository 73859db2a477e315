"""What people do at the same time: nothing is lost, nothing is there twice, and what hangs is named after a time."""

import shutil
import sqlite3
from collections import Counter
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from lockstep.search.evaluation_log import TABLE
from tests.faults.at_once import at_once
from tests.pipeline.mlflow_view import client_of, content_of, parents_of, runs_of, store_of, trials_of
from tests.pipeline.project import Project

NIGHTLY = pytest.mark.nightly


@pytest.mark.parametrize("clones", ["one repository", "clones"])
def test_ten_processes_set_up_one_new_store(clones: str, tmp_path: Path) -> None:
    uri = f"sqlite:///{tmp_path}/shared.db"
    env = {"MLFLOW_TRACKING_URI": uri}
    found = at_once("set_up_store", 10, tmp_path, clones, env=env)
    ids = {each for each in found if each is not None}
    assert len(ids) == 1
    numbers = sorted(int(run.data.params["number"]) for run in runs_of(uri, "table"))
    assert numbers == [number for number, each in enumerate(found) if each is not None]


def test_many_searches_share_one_new_state_folder(tmp_path: Path) -> None:
    entries, trials, processes = 90, 12, 6
    counts = at_once("share_state", processes, tmp_path, entries, trials)
    assert all(entries <= fitted + found <= 2 * entries for fitted, found in counts)
    state = tmp_path / ".lockstep"
    with closing(sqlite3.connect(state / "evaluations.db")) as log:
        (kept,) = log.execute(f"SELECT count(*) FROM {TABLE}").fetchone()  # noqa: S608
        assert log.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    assert kept == entries * 2 // 3 + processes * entries // 3
    assert not list(state.glob("*.damaged"))
    with closing(sqlite3.connect(state / "optuna_study.db")) as studies:
        found = studies.execute("SELECT study_name, count(*) FROM studies JOIN trials USING (study_id) GROUP BY 1")
        assert dict(found) == {f"study {number}": trials for number in range(processes)}


def test_a_search_is_shown_once_while_another_runs_and_sync_looks(project: Project) -> None:
    trials, uri = 12, store_of(project)
    before = content_of(uri)
    said = at_once("show_trials", 3, project.folder, trials)
    assert "complete already" in said[0]
    assert said[1:] == ["", ""]
    (shown,) = [run for run in runs_of(uri) if "lockstep.live" in run.data.tags]
    numbers = sorted(int(run.data.tags["lockstep.trial"]) for run in trials_of(uri, shown))
    assert numbers == list(range(trials))
    assert content_of(uri) == before


def test_many_syncs_fill_one_empty_store_once(project: Project) -> None:
    shutil.rmtree(project.folder / "mlruns")
    said = at_once("sync", 4, project.folder)
    assert sum("complete now" in each for each in said) == 1
    assert sum("complete already" in each for each in said) == 3
    assert len(parents_of(store_of(project))) == 1
    assert len(runs_of(store_of(project))) == 1 + 6


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
