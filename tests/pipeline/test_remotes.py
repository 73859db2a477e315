"""Results and experiments travel between clones: nothing is run again, every number is the same."""

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from tests.pipeline.project import Project

UP_TO_DATE = "Data and pipelines are up to date."


@dataclass(frozen=True)
class Storage:
    """A DVC remote: its URL, and the settings that each clone keeps to itself."""

    url: str
    own_settings: dict[str, str] = field(default_factory=dict)


@pytest.fixture
def folder_storage(tmp_path: Path) -> Storage:
    return Storage(str(tmp_path / "storage"))


@pytest.fixture
def ssh_storage(tmp_path: Path) -> Iterator[Storage]:
    from tests.ssh_server import SshServer

    (tmp_path / "served").mkdir()
    key = tmp_path / "key"
    with SshServer(tmp_path / "served", key) as server:
        yield Storage(f"ssh://127.0.0.1:{server.port}/storage", {"user": "test", "keyfile": str(key)})


@dataclass(frozen=True)
class Team:
    """A project whose git and DVC remotes are set up and filled, and its colleagues' clones."""

    project: Project
    storage: Storage

    @property
    def origin(self) -> Path:
        return self.project.folder.parent / "origin.git"

    def start(self) -> None:
        self.project.run("git", "init", "-q", "--bare", "-b", "main", str(self.origin))
        self.project.run("git", "remote", "add", "origin", str(self.origin))
        self.project.run("dvc", "remote", "add", "--default", "storage", self.storage.url)
        self._set_own(self.project)
        self.project.commit()
        self.project.run("git", "push", "-q", "origin", "main")
        self.project.run("dvc", "push")

    def clone(self) -> Project:
        folder = self.origin.with_name("colleague")
        self.project.run("git", "clone", "-q", str(self.origin), str(folder))
        colleague = Project(folder)
        self._set_own(colleague)
        return colleague

    def _set_own(self, project: Project) -> None:
        for name, value in self.storage.own_settings.items():
            project.run("dvc", "remote", "modify", "--local", "storage", name, value)


@pytest.mark.parametrize("kind", ["folder", "ssh"])
def test_after_a_pull_a_colleague_has_nothing_to_run(
    project: Project, request: pytest.FixtureRequest, kind: str
) -> None:
    team = Team(project, request.getfixturevalue(f"{kind}_storage"))
    team.start()
    colleague = team.clone()
    assert not (colleague.folder / "models/model").exists()
    colleague.run("dvc", "pull")
    assert colleague.run("dvc", "status").stdout.strip() == UP_TO_DATE
    assert colleague.repro() == []
    assert colleague.run("git", "status", "--porcelain").stdout == ""
    for output in ("data/predictions/test.parquet", "models/search.json", "models/model/model.json"):
        assert (colleague.folder / output).read_bytes() == (project.folder / output).read_bytes()


def test_an_experiment_travels_with_its_name_its_model_and_its_numbers(
    project: Project, folder_storage: Storage
) -> None:
    team = Team(project, folder_storage)
    team.start()
    project.run("dvc", "exp", "run", "--temp", "-n", "two-models", "-S", "train_best.n_models=2")
    project.run("dvc", "exp", "push", "origin", "two-models")
    colleague = team.clone()
    assert "two-models" in colleague.run("dvc", "exp", "list", "origin", "--name-only").stdout.split()
    colleague.run("dvc", "exp", "pull", "origin", "two-models")
    mine, theirs = (_experiments(each)["two-models"] for each in (project, colleague))
    assert theirs == mine
    assert mine["metrics"] != _experiments(project)["main"]["metrics"]

    for each in (project, colleague):
        each.run("dvc", "exp", "apply", "two-models")
    assert colleague.repro() == []
    assert colleague.run("dvc", "status").stdout.strip() == UP_TO_DATE
    for file in ("dvc.lock", "params.yaml", "reports/metrics.json", "data/predictions/test.parquet"):
        assert (colleague.folder / file).read_bytes() == (project.folder / file).read_bytes()


def test_a_grid_becomes_named_experiments_that_can_be_applied_and_branched(project: Project) -> None:
    queued = project.run("dvc", "exp", "run", "--queue", "-n", "grid", "-S", "tune.n_trials=4,5").stdout
    assert "grid-1" in queued
    assert "grid-2" in queued
    project.run_queue(jobs=2, env={"LOCKSTEP_WORKERS": "1"})
    shown = _experiments(project)
    assert {name: each["params"]["params.yaml"]["data"]["tune"]["n_trials"] for name, each in shown.items()} == {
        "main": 6,
        "grid-1": 4,
        "grid-2": 5,
    }
    assert project.run("git", "status", "--porcelain").stdout == ""

    project.run("dvc", "exp", "apply", "grid-1")
    assert project.repro() == []
    assert len((project.folder / "reports/tune/trials.csv").read_text().splitlines()) == 1 + 4

    project.run("dvc", "exp", "branch", "grid-2", "five-trials")
    project.run("git", "checkout", "-q", "--force", "five-trials")
    project.run("dvc", "checkout")
    assert project.repro() == []
    assert project.run("git", "status", "--porcelain").stdout == ""


def _experiments(project: Project) -> dict[str, dict[str, Any]]:
    """Metrics and parameters of the commit (under its branch's name) and of each experiment, by name."""
    found = {}
    for state in json.loads(project.run("dvc", "exp", "show", "--json").stdout):
        if state["rev"] == "workspace":
            continue
        revisions = [state, *(exp["revs"][0] for exp in state["experiments"] or [])]
        names = [state["name"], *(exp["name"] for exp in state["experiments"] or [])]
        for name, revision in zip(names, revisions, strict=True):
            found[name] = {part: revision["data"][part] for part in ("metrics", "params")}
    return found
