"""Results and experiments travel between clones: nothing is run again, every number is the same."""

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from lockstep.sync.places import open_result
from lockstep.tracking.repository import revision
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
    origin: Path

    @classmethod
    def start(cls, project: Project, storage: Storage) -> "Team":
        team = cls(project, storage, project.folder.with_name("origin.git"))
        project.run("git", "init", "-q", "--bare", "-b", "main", str(team.origin))
        project.run("git", "remote", "add", "origin", str(team.origin))
        project.run("dvc", "remote", "add", "--default", "storage", storage.url)
        team._set_own(project)
        project.commit()
        project.run("git", "push", "-q", "origin", "main")
        project.run("dvc", "push")
        return team

    def clone(self, folder: Path) -> Project:
        self.project.run("git", "clone", "-q", str(self.origin), str(folder))
        colleague = Project(folder)
        self._set_own(colleague)
        return colleague

    def _set_own(self, project: Project) -> None:
        for name, value in self.storage.own_settings.items():
            project.run("dvc", "remote", "modify", "--local", "storage", name, value)


@pytest.fixture(scope="module")
def after_grid(finished: Project, tmp_path_factory: pytest.TempPathFactory) -> Team:
    """A team whose project ran a grid of two experiments in the queue; copy the project before changing it."""
    folder = tmp_path_factory.mktemp("grid")
    team = Team.start(finished.copy(folder / "project"), Storage(str(folder / "storage")))
    changes = ("-S", "tune.n_trials=4,5", "-S", "train_best.n_models=2")
    queued = team.project.run("dvc", "exp", "run", "--queue", "-n", "grid", *changes).stdout
    assert "grid-1" in queued
    assert "grid-2" in queued
    team.project.run_queue(jobs=2, env={"LOCKSTEP_WORKERS": "1"})
    return team


@pytest.mark.long("test_after_a_pull_a_colleague_has_nothing_to_run")
def test_a_commit_is_read_from_where_its_storage_stands_now(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    """Addresses in its own .dvc/config may be relative to the repository, or of before cache or remote moved."""
    monkeypatch.chdir(project.folder)
    with open_result(None) as (result, _):
        expected = result.key
    team = Team.start(project, Storage("../storage"))
    colleague = team.clone(project.folder.with_name("colleague"))
    monkeypatch.chdir(colleague.folder)
    assert _key_of_head() == expected
    storage = project.folder.with_name("storage")
    colleague.run("dvc", "remote", "modify", "storage", "url", str(storage.rename(storage.with_name("moved"))))
    assert _key_of_head() == expected
    monkeypatch.chdir(project.folder)
    project.run("dvc", "cache", "dir", "../cache")
    (project.folder / ".dvc/cache").rename(project.folder.with_name("cache"))
    assert _key_of_head() == expected


def _key_of_head() -> str:
    with open_result(revision("HEAD")) as (result, _):
        return result.key


@pytest.mark.parametrize("kind", ["folder", pytest.param("ssh", marks=pytest.mark.long)])
def test_after_a_pull_a_colleague_has_nothing_to_run(
    project: Project, request: pytest.FixtureRequest, kind: str, tmp_path: Path
) -> None:
    team = Team.start(project, request.getfixturevalue(f"{kind}_storage"))
    colleague = team.clone(tmp_path / "colleague")
    assert not (colleague.folder / "models/model").exists()
    colleague.run("dvc", "pull")
    assert colleague.run("dvc", "status").stdout.strip() == UP_TO_DATE
    assert colleague.repro() == []
    assert colleague.run("git", "status", "--porcelain").stdout == ""
    for output in ("data/predictions/test.parquet", "models/search.json", "models/model/model.json"):
        assert (colleague.folder / output).read_bytes() == (project.folder / output).read_bytes()


@pytest.mark.long("test_after_a_pull_a_colleague_has_nothing_to_run")
def test_an_experiment_travels_with_its_name_its_model_and_its_numbers(after_grid: Team, tmp_path: Path) -> None:
    project = after_grid.project.copy(tmp_path / "project")
    project.run("dvc", "exp", "push", "origin", "grid-1")
    colleague = after_grid.clone(tmp_path / "colleague")
    assert colleague.run("dvc", "exp", "list", "origin", "--name-only").stdout.split() == ["grid-1"]
    colleague.run("dvc", "exp", "pull", "origin", "grid-1")
    mine, theirs = (_experiments(each) for each in (project, colleague))
    assert theirs["grid-1"] == mine["grid-1"]
    assert theirs["grid-1"]["metrics"] != mine["main"]["metrics"]

    for each in (project, colleague):
        each.run("dvc", "exp", "apply", "grid-1")
    assert colleague.run("dvc", "status").stdout.strip() == UP_TO_DATE
    assert colleague.repro() == []
    for file in ("dvc.lock", "params.yaml", "reports/metrics.json", "data/predictions/test.parquet"):
        assert (colleague.folder / file).read_bytes() == (project.folder / file).read_bytes()


@pytest.mark.long("test_a_commit_and_an_experiment_fill_every_section_with_the_same_words_every_time")
def test_a_grid_becomes_named_experiments_that_can_be_applied_and_branched(after_grid: Team, tmp_path: Path) -> None:
    project = after_grid.project.copy(tmp_path / "project")
    settings = {name: each["params"]["params.yaml"]["data"]["tune"] for name, each in _experiments(project).items()}
    assert {name: tune["n_trials"] for name, tune in settings.items()} == {"main": 6, "grid-1": 4, "grid-2": 5}
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
        for name, each in zip(names, revisions, strict=True):
            found[name] = {part: each["data"][part] for part in ("metrics", "params")}
    return found
