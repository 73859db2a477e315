"""Options and fixtures shared by all tests."""

import fcntl
import os
import shutil
import signal
import sys
import tempfile
from collections.abc import Iterator
from itertools import zip_longest
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

from lockstep.check.config import Config, load_config
from tests import warm
from tests.fault_proxy import FaultProxy
from tests.mlflow_server import MlflowServer, set_up_store
from tests.postgres import Postgres, postgres_or_skip

# Threads of scikit-learn and XGBoost that wait for each other sleep: beside other processes they would burn the cores.
os.environ.setdefault("OMP_WAIT_POLICY", "passive")

# A busy machine must not decide whether a test passes: no deadlines, and the same examples on every run.
settings.register_profile("lockstep", deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("lockstep")

ROOT = Path(__file__).resolve().parents[1]
# What tests run with, whatever a person has made of the files of the same names: no test reads params.yaml, dvc.lock or
# reports/ of the working tree, nor depends on which tables there are.
SETTINGS = ROOT / "tests/settings/params.yaml"
DATASETS = ("california_housing", "diabetes", "friedman", "spotify_songs", "spotify_tracks")


# Which tests a run takes, by their mark; "" stands for none.
MARKS = ("nightly", "long", "slow")
TIERS = {"quick": {""}, "daily": {"", "slow"}, "long": {"long"}, "all": {"", "slow", "long"}, "nightly": {"nightly"}}


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--tier", choices=TIERS, default="daily", help="which tests: see CONTRIBUTING.md")
    parser.addoption("--cold", action="store_true", help="start every process with an interpreter of its own")


def pytest_configure(config: pytest.Config) -> None:
    warm.cold = config.getoption("--cold") or config.getoption("--tier") == "nightly"
    config.addinivalue_line(
        "markers",
        "long(daily): run by `make test-all`; the test named stays in `make test`, or another case of the same",
    )
    config.addinivalue_line("markers", "slow: a unit test of processes, searches or pages; not run by `make quick`")
    config.addinivalue_line("markers", "nightly: takes minutes; run by `make nightly` alone")
    # A shell's background job ignores Ctrl-C, one under nohup the terminal's end, and so would every process that a
    # test starts and stops so.
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)
    if signal.getsignal(signal.SIGHUP) is signal.SIG_IGN:
        signal.signal(signal.SIGHUP, signal.SIG_DFL)


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    tier = TIERS[config.getoption("--tier")]
    # `pytest --lf` runs again what has failed, of whatever tier it is.
    failed = config.cache.get("cache/lastfailed", {}) if config.getoption("lf", False) and config.cache else {}
    chosen, left = list[pytest.Item](), list[pytest.Item]()
    for item in items:
        mark = next((mark for mark in MARKS if item.get_closest_marker(mark)), "")
        (chosen if mark in tier or item.nodeid in failed else left).append(item)
    config.hook.pytest_deselected(items=left)
    items[:] = _in_turn(chosen) if hasattr(config, "workerinput") else chosen


def _in_turn(items: list[pytest.Item]) -> list[pytest.Item]:
    """A file of pipelines, one of units, and so on: while one process makes what pipelines share, none waits for it."""
    files = dict[Path, list[pytest.Item]]()
    for item in items:
        files.setdefault(item.path, []).append(item)
    units = [file for file in files if file.is_relative_to(ROOT / "tests/unit")]
    others = [file for file in files if file not in units]
    turns = (file for pair in zip_longest(others, units) for file in pair if file)
    return [item for file in turns for item in files[file]]


@pytest.fixture(autouse=True)
def import_path_as_before() -> Iterator[None]:
    """MLflow leaves a loaded model's code folder on `sys.path`, where a later test's processes would look first."""
    before = sys.path.copy()
    yield
    sys.path[:] = before


@pytest.fixture(scope="session")
def shared_folder(tmp_path_factory: pytest.TempPathFactory, worker_id: str) -> Path:
    """One folder for the whole test session, whichever worker process asks; hold a lock while filling it."""
    base = tmp_path_factory.getbasetemp()
    return base if worker_id == "master" else base.parent


@pytest.fixture(scope="session")
def empty_store(shared_folder: Path) -> Path:
    """An SQLite file with MLflow's empty tables, to be copied: making them takes seconds."""
    file = shared_folder / "empty_store.db"
    with (shared_folder / "empty_store.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not file.exists():
            made = file.with_suffix(".new")
            set_up_store(f"sqlite:///{made}")
            made.rename(file)
    return file


@pytest.fixture
def mlflow_server(empty_store: Path, tmp_path: Path) -> Iterator[MlflowServer]:
    """A real MLflow server with an SQLite database of its own."""
    with MlflowServer(tmp_path / "mlflow_server", empty_store) as server:
        yield server


@pytest.fixture
def fault_proxy(mlflow_server: MlflowServer) -> Iterator[FaultProxy]:
    """A proxy in front of `mlflow_server` that can be told to fail."""
    with FaultProxy(mlflow_server.uri) as proxy:
        yield proxy


@pytest.fixture(scope="session")
def postgres() -> Iterator[Postgres]:
    """A PostgreSQL server; the test is skipped where there is none."""
    with postgres_or_skip() as running:
        yield running


@pytest.fixture
def mlflow_server_on_postgres(postgres: Postgres, tmp_path: Path) -> Iterator[MlflowServer]:
    """A real MLflow server with a PostgreSQL database of its own."""
    with MlflowServer(tmp_path / "mlflow_server_on_postgres", postgres.new_store()) as server:
        yield server


def shipped_config(dataset: str = "diabetes") -> Config:
    """The settings that tests run with, and a shipped dataset."""
    params = SETTINGS.read_text(encoding="utf-8").replace("dataset: diabetes", f"dataset: {dataset}")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "params.yaml").write_text(params, encoding="utf-8")
        (folder / "datasets").mkdir()
        shutil.copy(ROOT / f"datasets/{dataset}.yaml", folder / "datasets")
        return load_config(folder)


@pytest.fixture
def own_table(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> "OwnTable":
    """A folder with params.yaml and a dataset file for a CSV table that the test fills; the working directory."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("DVC_ROOT", raising=False)
    monkeypatch.delenv("DVC_STAGE", raising=False)
    return OwnTable(tmp_path)


class OwnTable:
    """A small project around one CSV file."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        (folder / "datasets").mkdir()
        params = SETTINGS.read_text(encoding="utf-8")
        self.set_params(params.replace("dataset: diabetes", "dataset: own"))

    def set_params(self, text: str) -> None:
        (self.folder / "params.yaml").write_text(text, encoding="utf-8")

    def edit_params(self, old: str, new: str) -> None:
        text = (self.folder / "params.yaml").read_text(encoding="utf-8")
        assert old in text
        self.set_params(text.replace(old, new, 1))

    def write(self, content: str | bytes, facts: str = "", *, sha256: str | None = None) -> None:
        """Write the table and a dataset file with columns a, b (features) and y (target)."""
        import hashlib

        data = content.encode() if isinstance(content, str) else content
        (self.folder / "own.csv").write_bytes(data)
        digest = sha256 or hashlib.sha256(data).hexdigest()
        (self.folder / "datasets" / "own.yaml").write_text(
            f"""
about: a table made by a test
target: y
metric: null
weight: null
exposure: null
source: {{kind: csv, path: own.csv, sha256: "{digest}"}}
missing_values: [""]
columns:
  a: {{type: number}}
  b: {{type: number}}
  y: {{type: number}}
{facts}
clean: []
judging: {{slices: [], coordinates: null}}
features:
  raw: [{{step: columns, columns: [a, b]}}]
  full: [{{step: columns, columns: [a, b]}}]
""",
            encoding="utf-8",
        )

    def run(self, *stages: str) -> None:
        """Run stages in this process, as DVC would one after the other."""
        import importlib

        from lockstep.stage import run_stage

        for stage in stages:
            run_stage(stage, importlib.import_module(f"stages.{stage}").main)


GOOD_ROWS = "a,b,y\n" + "".join(f"{row},{row * row % 7},{row % 5}\n" for row in range(40))
