"""A real Dask cluster on the loopback: the same bytes, also while workers join and die; mistakes are one line."""

import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest
from distributed import Client

from lockstep.workers.cluster_worker import arrivals
from tests.conftest import ROOT
from tests.faults.test_stopped_search import COUNTS, Stopped, quiet, stopped  # noqa: F401 - fixtures
from tests.pipeline.project import Project


@contextmanager
def _running(*command: str, env: dict[str, str] | None = None) -> Iterator[subprocess.Popen[str]]:
    process = subprocess.Popen(
        [str(Path(sys.executable).parent / "dask"), *command],
        cwd=ROOT,
        env={**os.environ, **(env or {})},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        yield process
    finally:
        process.kill()
        process.communicate()


class Cluster:
    """A scheduler and workers, each a process of its own."""

    def __init__(self, stack: ExitStack) -> None:
        self._stack = stack
        self.scheduler = self._start("scheduler", "--host", "127.0.0.1", "--port", "0", "--no-dashboard")
        assert self.scheduler.stderr is not None
        for line in self.scheduler.stderr:
            if found := re.search(r"Scheduler at:\s+(tcp://\S+)", line):
                self.address = found[1]
                break

    def _start(self, *command: str, env: dict[str, str] | None = None) -> subprocess.Popen[str]:
        return self._stack.enter_context(_running(*command, env=env))

    def worker(self, env: dict[str, str] | None = None) -> subprocess.Popen[str]:
        return self._start("worker", self.address, "--nthreads", "1", "--no-nanny", "--no-dashboard", env=env)

    def wait_for(self, workers: int) -> None:
        with Client(self.address, set_as_default=False) as client:
            client.wait_for_workers(workers, timeout=120)


@pytest.fixture
def cluster() -> Iterator[Cluster]:
    with ExitStack() as stack:
        yield Cluster(stack)


@pytest.mark.long("test_a_worker_that_dies_is_replaced_and_its_fit_tried_again")
def test_two_workers_over_tcp_give_the_bytes_of_one_machine(
    cluster: Cluster,
    stopped: Stopped,  # noqa: F811
    quiet: tuple[dict[str, str], int],  # noqa: F811
) -> None:
    hashes, folds = quiet
    for _ in range(2):
        cluster.worker()
    cluster.wait_for(2)
    stopped.env["LOCKSTEP_SCHEDULER"] = cluster.address
    assert stopped.repro() == (folds, 0)
    assert stopped.hashes() == hashes
    with Client(cluster.address, set_as_default=False) as client:
        received = client.run(arrivals)
    assert [list(counts.values()) for counts in received.values()] == [[1], [1]]


@pytest.mark.nightly
@pytest.mark.parametrize("workers", [2, 4, 8])
def test_many_worker_processes_give_the_bytes_of_one(
    workers: int,
    cluster: Cluster,
    stopped: Stopped,  # noqa: F811
) -> None:
    stopped.project.edit("params.yaml", "lag: 3", "lag: 16")
    stopped.env["LOCKSTEP_WORKERS"] = "1"
    folds, _ = stopped.repro()
    hashes = stopped.hashes()
    (stopped.project.folder / ".lockstep/evaluations.db").unlink()
    for _ in range(workers):
        cluster.worker()
    cluster.wait_for(workers)
    done = stopped.project.run(
        *("dvc", "repro", "--force", "--single-item", "tune"),
        env={**stopped.env, "LOCKSTEP_SCHEDULER": cluster.address},
    )
    assert f"Dask cluster {cluster.address}: {workers} workers" in done.stdout
    assert COUNTS.search(done.stdout).groups() == (str(folds), "0")  # type: ignore[union-attr]
    assert stopped.hashes() == hashes
    with Client(cluster.address, set_as_default=False) as client:
        received = client.run(arrivals)
    assert sum(bool(counts) for counts in received.values()) > 1


@pytest.mark.long("test_a_worker_that_dies_is_replaced_and_its_fit_tried_again")
def test_workers_may_die_and_join_while_the_search_runs(
    cluster: Cluster,
    stopped: Stopped,  # noqa: F811
    quiet: tuple[dict[str, str], int],  # noqa: F811
) -> None:
    hashes, folds = quiet
    dying = cluster.worker()
    cluster.wait_for(1)
    stopped.env["LOCKSTEP_SCHEDULER"] = cluster.address
    search = stopped.start()
    stopped.wait_for(folds // 4, search)
    # The only holder of the table goes; the one that comes has to get it from the scheduler.
    dying.kill()
    cluster.worker()
    output, _ = search.communicate(timeout=300)
    assert search.returncode == 0, output
    assert stopped.repro() == (0, folds)
    assert stopped.hashes() == hashes


@pytest.mark.nightly
def test_a_lost_cluster_is_one_line_and_finished_folds_are_kept(
    cluster: Cluster,
    stopped: Stopped,  # noqa: F811
    quiet: tuple[dict[str, str], int],  # noqa: F811
) -> None:
    hashes, folds = quiet
    cluster.worker()
    cluster.wait_for(1)
    stopped.env["LOCKSTEP_SCHEDULER"] = cluster.address
    search = stopped.start()
    stopped.wait_for(folds // 4, search)
    os.kill(cluster.scheduler.pid, signal.SIGKILL)
    output, _ = search.communicate(timeout=300)
    assert search.returncode == 1
    assert "Traceback" not in output
    assert f"the Dask cluster {cluster.address} was lost" in output
    del stopped.env["LOCKSTEP_SCHEDULER"]
    finished = stopped.finished_folds()
    assert stopped.repro() == (folds - finished, finished)
    assert stopped.hashes() == hashes


@pytest.mark.long("test_a_scheduler_that_does_not_answer_is_one_line")
def test_a_worker_with_other_versions_is_named(cluster: Cluster, project: Project, tmp_path: Path) -> None:
    other = tmp_path / "site/xgboost-9.9.dist-info"
    other.mkdir(parents=True)
    (other / "METADATA").write_text("Metadata-Version: 2.1\nName: xgboost\nVersion: 9.9\n")
    cluster.worker(env={"PYTHONPATH": str(other.parent)})
    cluster.wait_for(1)
    done = project.run("python3", "-m", "stages.tune", check=False, env={"LOCKSTEP_SCHEDULER": cluster.address})
    assert done.returncode == 1
    assert re.search(
        r"^tune: Dask worker tcp://\S+ has xgboost 9.9 \(here 3.2.0\); install the same", done.stderr, re.M
    )
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize(
    "address",
    ["tcp://127.0.0.1:1", *(pytest.param(each, marks=pytest.mark.long) for each in ("nonsense://x", "127.0.0.1:1"))],
)
def test_a_scheduler_that_does_not_answer_is_one_line(address: str, project: Project) -> None:
    done = project.run("python3", "-m", "stages.tune", check=False, env={"LOCKSTEP_SCHEDULER": address})
    assert done.returncode == 1
    assert done.stderr.startswith(
        f"tune: environment: LOCKSTEP_SCHEDULER: '{address}': no Dask scheduler answers there"
    )
    assert len(done.stderr.splitlines()) == 1
    assert COUNTS.search(done.stdout) is None
