"""tune is stopped while MLflow shows its trials: its run says so, and `dvc repro` goes on in the same run."""

import os
import signal

import pytest

from tests.faults.shown_search import ONE_WORKER, TRIALS, kill_group, live_runs, make_long, wait_until_shown
from tests.pipeline.mlflow_view import client_of, parents_of, store_of, trials_of
from tests.pipeline.project import Project


@pytest.fixture
def searching(project: Project) -> Project:
    make_long(project)
    return project


def _assert_goes_on_in(run_id: str, project: Project) -> None:
    uri = store_of(project)
    before = {run.info.run_id for run in parents_of(uri)}
    project.run("dvc", "repro", env={"LOCKSTEP_WORKERS": "2"})
    (parent,) = [run for run in parents_of(uri) if run.info.run_id not in before]
    assert parent.info.run_id == run_id
    assert parent.info.status == "FINISHED"
    numbers = sorted(int(run.data.tags["lockstep.trial"]) for run in trials_of(uri, parent))
    assert numbers == list(range(TRIALS))
    assert live_runs(uri) == []
    project.run("lockstep", "sync", "--check")


@pytest.mark.nightly
def test_a_search_that_was_killed_is_marked_and_goes_on_in_the_same_run(searching: Project) -> None:
    uri = store_of(searching)
    with searching.start("dvc", "repro", env=ONE_WORKER) as process:
        run_id = wait_until_shown(uri, process)
        kill_group(process)
    assert client_of(uri).get_run(run_id).info.status == "RUNNING"
    said = searching.run("lockstep", "sync", "--all-experiments").stdout
    assert f"run {run_id}: its search was stopped; marked KILLED" in said
    assert client_of(uri).get_run(run_id).info.status == "KILLED"
    _assert_goes_on_in(run_id, searching)


@pytest.mark.nightly
def test_a_search_that_is_terminated_says_so_itself_and_goes_on_in_the_same_run(searching: Project) -> None:
    uri = store_of(searching)
    with searching.start("python3", "-m", "stages.tune", env=ONE_WORKER) as process:
        run_id = wait_until_shown(uri, process)
        os.kill(process.pid, signal.SIGTERM)
        said, _ = process.communicate()
    assert process.returncode == 143
    assert "Traceback" not in said
    assert "warning" not in said
    assert client_of(uri).get_run(run_id).info.status == "KILLED"
    _assert_goes_on_in(run_id, searching)
