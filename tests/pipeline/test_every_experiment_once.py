"""Twelve experiments in the workspace, --temp and the queue, one of them killed: MLflow has each exactly once, as DVC.

The same with an MLflow server that is killed after some of them and comes back while others run.
"""

import json
import os
import shutil
import signal
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from tests.mlflow_server import MlflowServer
from tests.pipeline.mlflow_view import client_of, content_of, parents_of, runs_of, store_of, trials_of
from tests.pipeline.project import Project

GATE = "evaluate.gates.min_test_r2"
# A search that is long enough to be killed while its trials are shown: every fit has all rounds.
LONG = ("tune.max_rounds=800", "tune.early_stopping_rounds=800", "tune.n_trials=60")
RESULT = "lockstep.result"
NAMED = {
    "here-gate",
    "here-models",
    "temp-gate",
    "temp-trials",
    "temp-twin",
    "queued-gate",
    "queued-low",
    "queued-twin",
}


@dataclass
class Store:
    """Where the experiments are shown: in the project, or by a server that dies and comes back."""

    uri: str
    env: dict[str, str] = field(default_factory=dict)
    die: Callable[[], None] = lambda: None
    come_back: Callable[[], None] = lambda: None
    lose_all: Callable[[], None] = lambda: None


@pytest.fixture(params=["local", "server"])
def store(request: pytest.FixtureRequest, project: Project, empty_store: Path) -> Store:
    shutil.rmtree(project.folder / "mlruns")
    if request.param == "local":
        (project.folder / "mlruns").mkdir()
        shutil.copy(empty_store, project.folder / "mlruns/mlflow.db")
        return Store(store_of(project), lose_all=lambda: shutil.rmtree(project.folder / "mlruns"))
    server: MlflowServer = request.getfixturevalue("mlflow_server")

    def lose_all() -> None:
        server.stop()
        shutil.rmtree(server.artifacts)
        shutil.copy(empty_store, server.store.removeprefix("sqlite:///"))
        server.start()

    env = {"MLFLOW_TRACKING_URI": server.uri, "MLFLOW_HTTP_REQUEST_MAX_RETRIES": "0"}
    return Store(server.uri, env, server.kill, server.start, lose_all)


class Experiments:
    """Runs them, and keeps what each said."""

    def __init__(self, project: Project, store: Store) -> None:
        self.project, self.store = project, store
        self.said: list[str] = []

    def run(self, *arguments: str) -> None:
        done = self.project.run("dvc", *arguments, env=self.store.env)
        self.said.append(done.stdout + done.stderr)

    def queue(self, *arguments: str) -> None:
        self.project.run("dvc", "exp", "run", "--queue", *arguments)

    def kill_one_while_it_is_shown(self) -> None:
        """kill -9 of DVC, the stage and its workers, once two of its trials are in MLflow."""
        settings = [word for each in LONG for word in ("-S", each)]
        env = {**self.store.env, "LOCKSTEP_WORKERS": "2"}
        with self.project.start("dvc", "exp", "run", "--temp", "-n", "killed", *settings, env=env) as process:
            while len(self._live_trials()) < 2:
                assert process.poll() is None, process.communicate()[0]
                time.sleep(0.1)
            os.killpg(process.pid, signal.SIGKILL)
            process.communicate()

    def _live_trials(self) -> list[Any]:
        runs = runs_of(self.store.uri)
        live = {run.info.run_id for run in runs if {"lockstep.live"} == {*run.data.tags} & {"lockstep.live", RESULT}}
        return [run for run in runs if run.data.tags.get("mlflow.parentRunId") in live]

    def run_queue(self) -> None:
        """Two at a time, while the server comes back."""
        with ThreadPoolExecutor(1) as beside:
            back = beside.submit(self.store.come_back)
            self.project.run_queue(jobs=2, env=self.store.env)
            back.result()
        logs = sorted((self.project.folder / ".dvc/tmp/exps/run").glob("*/*.out"))
        self.said += [log.read_text() for log in logs]


def _run_all(experiments: Experiments) -> None:
    project, store = experiments.project, experiments.store
    project.edit("params.yaml", "min_test_r2: 0.0", "min_test_r2: 0.05")
    experiments.run("repro")
    project.commit()
    experiments.run("exp", "run", "-n", "here-gate", "-S", f"{GATE}=0.1")
    experiments.kill_one_while_it_is_shown()
    store.die()
    experiments.run("exp", "run", "-n", "here-models", "-S", "train_best.n_models=2")
    experiments.run("exp", "run", "--temp", "-n", "temp-trials", "-S", "tune.n_trials=5")
    experiments.run("exp", "run", "--temp", "-n", "temp-gate", "-S", f"{GATE}=0.2")
    experiments.run("exp", "run", "--temp", "-n", "temp-twin", "-S", f"{GATE}=0.3")
    experiments.queue("-n", "queued-twin", "-S", f"{GATE}=0.3")
    experiments.queue("-n", "queued-gate", "-S", f"{GATE}=0.4")
    experiments.queue("-n", "queued-low", "-S", f"{GATE}=0.999")
    experiments.queue("-S", "tune.n_trials=3,4")
    experiments.run_queue()


@pytest.mark.nightly
def test_one_result_from_temp_and_the_queue_is_in_mlflow_once(project: Project) -> None:
    """The short form for every day: three experiments, two of them the same."""
    experiments = Experiments(project, Store(store_of(project)))
    project.edit("params.yaml", "min_test_r2: 0.0", "min_test_r2: 0.05")
    experiments.run("repro")
    project.commit()
    experiments.run("exp", "run", "--temp", "-n", "temp-twin", "-S", f"{GATE}=0.3")
    experiments.queue("-n", "queued-twin", "-S", f"{GATE}=0.3")
    experiments.queue("-n", "queued-gate", "-S", f"{GATE}=0.4")
    experiments.run_queue()
    checked = project.run("lockstep", "sync", "--all-experiments", "--check").stdout
    assert "agree on 4 results" in checked
    names = [run.data.tags.get("dvc.exp_name", "") for run in parents_of(store_of(project))]
    # The fixture's own result, of another commit, is there too.
    assert sorted(names) == ["", "", "queued-gate", "queued-twin, temp-twin"]


@pytest.mark.nightly
def test_twelve_experiments_are_in_mlflow_exactly_once(project: Project, store: Store) -> None:
    experiments = Experiments(project, store)
    _run_all(experiments)
    fails = store.uri.startswith("http")
    _assert_finished_and_warned_once_at_most(experiments, fails)
    # An experiment that is applied stands in the workspace, as well.
    project.run("dvc", "exp", "apply", "temp-trials")
    project.run("lockstep", "sync", "--all-experiments", env=store.env)
    checked = project.run("lockstep", "sync", "--all-experiments", "--check", env=store.env).stdout
    assert "agree on 11 results" in checked
    _assert_equal(project, store.uri)
    _assert_killed_search_left_no_result(store.uri)
    # What was run while the server was away is in no workspace any more when it is back.
    assert _registered(store.uri) == {"", "here-gate", "temp-trials"} | (set() if fails else {"here-models"})

    before = _content(store.uri)
    store.lose_all()
    project.run("lockstep", "sync", "--all-experiments", env=store.env)
    project.run("lockstep", "sync", "--rev", "HEAD", env=store.env)
    assert _content(store.uri) == before


def _assert_finished_and_warned_once_at_most(experiments: Experiments, fails: bool) -> None:
    assert len(experiments.said) == 11
    for said in experiments.said:
        assert "evaluate: test RMSE" in said
        assert said.count("MLflow at") <= 1, said
        assert "Traceback" not in said
    assert any("warning: MLflow at" in said for said in experiments.said) == fails


def _assert_equal(project: Project, uri: str) -> None:
    """Each experiment of DVC is in one run under its name, with the numbers that `dvc exp show` has."""
    expected = _dvc_metrics(project)
    assert len(expected) == 11
    assert {*expected} > NAMED
    shown = [(name, run) for run in parents_of(uri) for name in run.data.tags.get("dvc.exp_name", "").split(", ")]
    assert sorted(name for name, _ in shown) == sorted(expected)
    runs = dict(shown)
    for name, metrics in expected.items():
        assert {metric: runs[name].data.metrics.get(metric) for metric in metrics} == metrics, name
        assert runs[name].info.run_name == runs[name].data.tags.get("dvc.exp_name", runs[name].data.tags[RESULT][:10])
    assert runs["temp-twin"].info.run_id == runs["queued-twin"].info.run_id
    assert len({run.info.run_id for run in runs.values()}) == 10
    for run in runs.values():
        numbers = sorted(int(trial.data.tags["lockstep.trial"]) for trial in trials_of(uri, run))
        assert numbers == list(range(int(run.data.params["tune.n_trials"])))
    assert sorted(int(run.data.params["tune.n_trials"]) for run in runs.values())[:3] == [3, 4, 5]


def _assert_killed_search_left_no_result(uri: str) -> None:
    runs = runs_of(uri)
    assert "RUNNING" not in {run.info.status for run in runs}
    (left,) = [run for run in runs if RESULT not in run.data.tags and "mlflow.parentRunId" not in run.data.tags]
    assert (left.info.status, left.info.run_name) == ("KILLED", "killed")
    results = {run.info.run_id for run in parents_of(uri)} | {left.info.run_id}
    assert {run.data.tags.get("mlflow.parentRunId") for run in runs} <= results | {None}


def _content(uri: str) -> dict[str, Any]:
    """What the store holds, but the commit of what `dvc repro` made, which is committed afterwards."""
    content = content_of(uri)
    for each in content.values():
        if "dvc.exp_name" not in each["tags"]:
            assert len(each["tags"].pop("git.commit")) >= 40
    return content


def _dvc_metrics(project: Project) -> dict[str, dict[str, float]]:
    """metrics.json of every experiment that DVC shows, by its name; the commit's own under no name."""
    shown = json.loads(project.run("dvc", "exp", "show", "--json").stdout)
    (commit,) = [each for each in shown if each["name"] == "main"]
    # DVC goes on to show the killed one, as running and with the numbers of the commit; `dvc exp list` does not.
    there = [each for each in commit["experiments"] if each["name"] != "killed"]
    rows = {"": commit["data"], **{each["name"]: each["revs"][0]["data"] for each in there}}
    return {name: _flat(row["metrics"]["reports/metrics.json"]["data"]) for name, row in rows.items()}


def _flat(nested: dict[str, Any], prefix: str = "") -> dict[str, float]:
    found: dict[str, Any] = {}
    for key, value in nested.items():
        found |= _flat(value, f"{prefix}{key}.") if isinstance(value, dict) else {f"{prefix}{key}": value}
    return found


def _registered(uri: str) -> set[str]:
    """DVC's names of the results that have a registered version."""
    client = client_of(uri)
    runs = {run.data.tags[RESULT]: run for run in parents_of(uri)}
    versions = client.search_model_versions("name = 'friedman'")
    return {runs[version.tags[RESULT]].data.tags.get("dvc.exp_name", "") for version in versions}
