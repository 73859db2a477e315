"""The MLflow server is away, dies, is slow, loses answers: the pipeline finishes, warns once, and sync catches up."""

import pytest

from tests.fault_proxy import Fault, FaultProxy
from tests.faults.shown_search import ONE_WORKER, TRIALS, make_long, wait_until_shown
from tests.mlflow_server import MlflowServer
from tests.pipeline.mlflow_view import parents_of, runs_of
from tests.pipeline.project import Project

# The client asks again at once, and gives up soon.
IMPATIENT = {
    "MLFLOW_HTTP_REQUEST_MAX_RETRIES": "1",
    "MLFLOW_HTTP_REQUEST_BACKOFF_FACTOR": "0",
    "MLFLOW_HTTP_REQUEST_BACKOFF_JITTER": "0",
    "MLFLOW_HTTP_REQUEST_TIMEOUT": "1",
    "LOCKSTEP_WORKERS": "2",
}


@pytest.fixture(scope="module")
def quiet(finished: Project, tmp_path_factory: pytest.TempPathFactory) -> str:
    """dvc.lock of the search without trouble."""
    project = finished.copy(tmp_path_factory.mktemp("quiet") / "project")
    make_long(project)
    project.repro(env={"LOCKSTEP_WORKERS": "2"})
    return _lock(project)


nightly = pytest.mark.nightly


@pytest.fixture
def searching(project: Project) -> Project:
    make_long(project)
    return project


def _lock(project: Project) -> str:
    return (project.folder / "dvc.lock").read_text(encoding="utf-8")


def _env(uri: str, **more: str) -> dict[str, str]:
    return {"MLFLOW_TRACKING_URI": uri.replace("//", "//user:secret@"), **IMPATIENT, **more}


def _repro(project: Project, env: dict[str, str], *options: str) -> list[str]:
    """`dvc repro`, which must succeed; returns the lines that name MLflow."""
    done = project.run("dvc", "repro", *options, env=env)
    return _lines(done.stdout + done.stderr)


def _lines(said: str) -> list[str]:
    assert "Traceback" not in said
    assert "secret" not in said
    return [line for line in said.splitlines() if "MLflow" in line]


def _assert_one_warning(lines: list[str]) -> None:
    assert len(lines) == 1, lines
    assert "warning: MLflow at http://127.0.0.1:" in lines[0]
    assert "`lockstep sync` logs" in lines[0]


def _assert_equal_after_sync(project: Project, uri: str, trials: int = TRIALS) -> None:
    """With the settings that a person has who did nothing about it."""
    env = {"MLFLOW_TRACKING_URI": uri}
    project.run("lockstep", "sync", env=env)
    project.run("lockstep", "sync", "--check", env=env)
    (parent,) = parents_of(uri)
    runs = [run for run in runs_of(uri) if run.info.run_id != parent.info.run_id]
    assert {run.data.tags.get("mlflow.parentRunId") for run in runs} == {parent.info.run_id}
    assert sorted(int(run.data.tags["lockstep.trial"]) for run in runs) == list(range(trials))
    assert "RUNNING" not in {run.info.status for run in runs}


@nightly
def test_a_server_that_is_down_at_the_start(project: Project, mlflow_server: MlflowServer) -> None:
    quiet = _lock(project)
    mlflow_server.kill()
    _assert_one_warning(_repro(project, _env(mlflow_server.uri), "--force"))
    assert _lock(project) == quiet
    mlflow_server.start()
    _assert_equal_after_sync(project, mlflow_server.uri, trials=6)


@nightly
def test_a_server_that_dies_while_it_shows_trials(searching: Project, mlflow_server: MlflowServer, quiet: str) -> None:
    with searching.start("dvc", "repro", env=_env(mlflow_server.uri, **ONE_WORKER)) as process:
        live = wait_until_shown(mlflow_server.uri, process)
        mlflow_server.kill()
        said, _ = process.communicate()
    assert process.returncode == 0, said
    _assert_one_warning(_lines(said))
    assert _lock(searching) == quiet
    mlflow_server.start()
    _assert_equal_after_sync(searching, mlflow_server.uri)
    assert [run.info.run_id for run in parents_of(mlflow_server.uri)] == [live]


@nightly
@pytest.mark.parametrize(
    ("fault", "delay"),
    [("error", 0.0), ("slow", 3.0), ("drop", 0.0)],
)
def test_a_server_that_fails_every_request(
    fault: Fault, delay: float, searching: Project, mlflow_server: MlflowServer, fault_proxy: FaultProxy, quiet: str
) -> None:
    fault_proxy.break_down(fault, delay=delay)
    _assert_one_warning(_repro(searching, _env(fault_proxy.uri)))
    assert _lock(searching) == quiet
    fault_proxy.mend()
    _assert_equal_after_sync(searching, mlflow_server.uri)


@nightly
@pytest.mark.parametrize(("fault", "after"), [("drop", 40), ("error", 12)])
def test_a_server_that_fails_for_a_while(
    fault: Fault,
    after: int,
    searching: Project,
    mlflow_server: MlflowServer,
    fault_proxy: FaultProxy,
    quiet: str,
) -> None:
    """While trials are shown, or later: what was written before stays and is completed."""
    fault_proxy.break_down(fault, after=after)
    _assert_one_warning(_repro(searching, _env(fault_proxy.uri)))
    assert _lock(searching) == quiet
    fault_proxy.mend()
    _assert_equal_after_sync(searching, mlflow_server.uri)


@nightly
def test_a_slow_server_gets_everything(
    searching: Project, mlflow_server: MlflowServer, fault_proxy: FaultProxy, quiet: str
) -> None:
    fault_proxy.break_down("slow", delay=0.1)
    assert _repro(searching, _env(fault_proxy.uri, MLFLOW_HTTP_REQUEST_TIMEOUT="60")) == []
    assert _lock(searching) == quiet
    searching.run("lockstep", "sync", "--check", env={"MLFLOW_TRACKING_URI": mlflow_server.uri})


class RunsMadeTwice(FaultProxy):
    """Every second answer to "make a run" is lost, and so the client asks for each run twice."""

    def __init__(self, upstream: str) -> None:
        super().__init__(upstream)
        self.asked = 0

    def next_fault(self, request: str) -> tuple[Fault | None, float]:
        super().next_fault(request)
        if not request.endswith("/runs/create"):
            return None, 0.0
        self.asked += 1
        return ("drop" if self.asked % 2 else None), 0.0


@nightly
def test_lost_answers_leave_no_run_twice(searching: Project, mlflow_server: MlflowServer, quiet: str) -> None:
    proxy = RunsMadeTwice(mlflow_server.uri)
    with proxy:
        assert _repro(searching, _env(proxy.uri, MLFLOW_HTTP_REQUEST_TIMEOUT="60")) == []
        assert proxy.asked > TRIALS
    assert _lock(searching) == quiet
    _assert_equal_after_sync(searching, mlflow_server.uri)
