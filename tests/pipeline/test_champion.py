"""`lockstep champion`: the versions of the registered model, and the champion set by hand and back."""

from pathlib import Path

import pytest

from lockstep.compare.comparison import compare
from lockstep.compare.markdown import markdown
from lockstep.errors import DataError, LockstepError
from lockstep.storage.tables import read_json, read_table, write_json, write_table
from lockstep.tracking.champions import champions, set_champion
from lockstep.tracking.consultations import CONSULTED, count_results_on
from lockstep.tracking.provenance import Provenance
from lockstep.tracking.publish import publish
from lockstep.tracking.run_content import complete_result
from tests.mlflow_server import MlflowServer
from tests.pipeline.mlflow_view import client_of, parents_of, store_of
from tests.pipeline.planted import exported, plant
from tests.pipeline.project import Project

WORN = "These test rows have scored"


@pytest.fixture
def workspace(project: Project, monkeypatch: pytest.MonkeyPatch) -> Project:
    """A project with a champion; the working directory."""
    return _working_in(project, store_of(project), monkeypatch)


def _working_in(project: Project, store: str, monkeypatch: pytest.MonkeyPatch) -> Project:
    monkeypatch.chdir(project.folder)
    monkeypatch.delenv("DVC_ROOT", raising=False)
    monkeypatch.setenv("MLFLOW_TRACKING_URI", store)
    return project


def _published(project: Project, nearer: float) -> str:
    """Publish the result as if its model's errors were smaller by a factor; what becomes of the champion."""
    path = project.folder / "data/predictions/test.parquet"
    said = read_table(path)
    write_table(said.assign(predicted=said["actual"] + nearer * (said["predicted"] - said["actual"])), path)
    metrics = read_json(project.folder / "reports/metrics.json")
    metrics["test"]["rmse"] = round(metrics["test"]["rmse"] * nearer, 10)
    write_json(metrics, project.folder / "reports/metrics.json")
    return publish(complete_result(), Provenance.of(Path(), None, None, workspace=True)).champion


def _champion(uri: str) -> str:
    return str(client_of(uri).get_registered_model("friedman").aliases["champion"])


def test_a_champion_is_set_by_hand_and_back_and_the_next_model_is_compared_with_it(workspace: Project) -> None:
    _published(workspace, 0.5)
    _published(workspace, 0.5)
    assert _champion(store_of(workspace)) == "3"
    assert set_champion("friedman", None) == "friedman version 2 is the champion after version 3: set back by hand"
    assert set_champion("friedman", None) == "friedman version 1 is the champion after version 2: set back by hand"
    with pytest.raises(DataError, match="champion: friedman has had no other champion that still exists"):
        set_champion("friedman", None)
    assert set_champion("friedman", "3") == "friedman version 3 is the champion after version 1: set by hand"
    assert set_champion("friedman", "3") == "friedman version 3 is the champion already"
    set_champion("friedman", "1")
    table = champions("friedman").splitlines()
    assert [line.split()[:2] for line in table[2:5]] == [["*", "1"], ["2", "RMSE"], ["3", "RMSE"]]
    assert table[-1] == "version 1 is the champion, set by hand; before it: version 3 (`lockstep champion --back`)"
    said = _published(workspace, 1.5)
    assert said.startswith("friedman version 4 is the champion after version 1: version 4 is better, and the interval")
    assert set_champion("friedman", None).startswith("friedman version 1 is the champion after version 4")


def test_the_command_lists_sets_and_sets_back_and_sync_leaves_it_so(workspace: Project) -> None:
    client_of(store_of(workspace)).set_registered_model_alias("friedman", "champion", "1")
    _published(workspace, 0.5)
    workspace.run("git", "checkout", "-q", ".")
    workspace.run("dvc", "checkout", "-q", "--force")
    assert workspace.run("lockstep", "champion", "1").stdout.startswith("lockstep: friedman version 1 is the champion")
    listed = workspace.run("lockstep", "champion", "--dataset", "friedman").stdout
    rmse = read_json(workspace.folder / "reports/metrics.json")["test"]["rmse"]
    assert f"*  1        RMSE {rmse:.6g}  " in listed
    assert "version 1 is the champion, set by hand" in listed
    workspace.run("lockstep", "champion", "--back")
    assert "complete already" in workspace.run("lockstep", "sync").stdout
    assert "agree on 1 result" in workspace.run("lockstep", "sync", "--check").stdout
    assert _champion(store_of(workspace)) == "2"


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("7",), "champion: friedman has no version 7; it has: 1"),
        (("best",), "champion: friedman has no version best; it has: 1"),
        (
            ("--back",),
            "champion: friedman has had no other champion that still exists; `lockstep champion VERSION` sets",
        ),
        (("1", "--dataset", "diabetes"), "no model 'diabetes' is registered; `dvc repro` or `lockstep sync` registers"),
    ],
)
def test_what_does_not_exist_is_one_line(workspace: Project, arguments: tuple[str, ...], message: str) -> None:
    done = workspace.run("lockstep", "champion", *arguments, check=False)
    assert done.returncode == 1
    assert message in done.stderr
    assert done.stderr.count("\n") == 1


def test_without_a_store_nothing_is_made(workspace: Project, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("MLFLOW_TRACKING_URI", f"sqlite:///{tmp_path}/none/mlflow.db")
    for call in (lambda: champions("friedman"), lambda: set_champion("friedman", "1")):
        with pytest.raises(LockstepError, match=r"none/mlflow\.db: no model 'friedman' is registered"):
            call()
    assert not (tmp_path / "none").exists()


def test_two_clones_of_one_store_see_the_same_champion(workspace: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    _published(workspace, 0.5)
    other = workspace.copy(workspace.folder.parent / "other")
    set_champion("friedman", "1")
    _working_in(other, store_of(workspace), monkeypatch)
    assert "* 1 " in " ".join(champions("friedman").split())
    assert _published(other, 0.9).startswith("friedman version 3 is the champion after version 1: version 3 is better")
    _working_in(workspace, store_of(workspace), monkeypatch)
    assert set_champion("friedman", None) == "friedman version 1 is the champion after version 3: set back by hand"


@pytest.mark.long("test_a_champion_is_set_by_hand_and_back_and_the_next_model_is_compared_with_it")
def test_a_server_keeps_the_history_too(
    project: Project, monkeypatch: pytest.MonkeyPatch, mlflow_server: MlflowServer
) -> None:
    _working_in(project, mlflow_server.uri, monkeypatch)
    _published(project, 1.0)
    _published(project, 0.5)
    assert set_champion("friedman", None) == "friedman version 1 is the champion after version 2: set back by hand"
    assert champions("friedman").endswith("version 1 is the champion, set back by hand")


def test_results_on_the_same_test_rows_are_counted_and_compare_says_so(
    workspace: Project, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    a, b = (str(exported(workspace, tmp_path / name)) for name in "ab")
    plant(Path(b), 0.9)
    assert WORN not in markdown(compare(a, b))
    for nearer in (0.9, 0.9):
        _published(workspace, nearer)
    store = store_of(workspace)
    runs = sorted(parents_of(store), key=lambda run: int(run.info.start_time))
    assert [run.data.tags[CONSULTED] for run in runs] == ["1", "2", "3"]
    assert f"{WORN} 3 results of this dataset. A lead that was chosen among 3 is" in markdown(compare(a, b))
    assert WORN not in markdown(compare(a, b, timing=False))
    digest = runs[0].data.tags["lockstep.test_rows_sha256"]
    assert count_results_on(digest, ["friedman"]) == 3
    client_of(store).delete_run(runs[1].info.run_id)
    assert count_results_on(digest, ["friedman", "friedman"]) == 3
    assert count_results_on("0" * 64, ["friedman"]) == 0
    monkeypatch.setenv("MLFLOW_TRACKING_URI", f"sqlite:///{tmp_path}/none.db")
    assert count_results_on(digest, ["friedman"]) == 0
    monkeypatch.setenv("MLFLOW_TRACKING_URI", "http://127.0.0.1:9")
    assert count_results_on(digest, ["friedman"]) is None
    assert WORN not in markdown(compare(a, b))
