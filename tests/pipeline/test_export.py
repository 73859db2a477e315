"""`lockstep export`: one result and its views in a folder that needs neither the repository nor this machine."""

import re
import shutil
import sqlite3
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import optuna
import pytest

from lockstep.export.readme import readme
from lockstep.export.study import write_study
from lockstep.results.result import Result
from lockstep.storage.tables import read_json
from lockstep.tracking.provenance import Provenance
from tests.mlflow_server import MlflowServer
from tests.pipeline.mlflow_view import content_of
from tests.pipeline.project import Project

NAMED = """
.lockstep-export.json README.md data datasets dvc.lock index.html mlruns models optimization_history.png optuna_study.db
param_importance.png params.yaml reports results.json
"""


@pytest.fixture(scope="module")
def origin(finished: Project, tmp_path_factory: pytest.TempPathFactory) -> Project:
    """The project that is exported, which came from a folder of this machine and holds a person's notes."""
    project = finished.copy(tmp_path_factory.mktemp("origin") / "project")
    project.run("git", "remote", "add", "origin", str(project.folder.parent / "upstream.git"))
    for folder in ("reports", "models"):
        (project.folder / folder / "notes.md").write_text("mine")
    return project


@pytest.fixture(scope="module")
def exported(origin: Project, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Its export, into a folder that is there and empty, moved away afterwards."""
    first, moved = tmp_path_factory.mktemp("first") / "100%3F? out", tmp_path_factory.mktemp("moved") / "elsewhere"
    first.mkdir()
    output = origin.run("lockstep", "export", str(first)).stdout
    assert output == f"lockstep: workspace exported: {first}; open its index.html; its README.md describes the rest\n"
    assert [each.name for each in first.parent.iterdir()] == [first.name]
    shutil.move(first, moved)
    return moved


def test_the_export_holds_every_file_that_is_promised(exported: Path, origin: Project) -> None:
    assert sorted(each.name for each in exported.iterdir()) == NAMED.split()
    page = (origin.folder / "reports/index.html").read_bytes()
    assert (exported / "index.html").read_bytes() == (exported / "reports/index.html").read_bytes() == page
    for name in ("optimization_history.png", "param_importance.png"):
        assert (exported / name).read_bytes().startswith(b"\x89PNG")
    assert not list(exported.rglob("notes.md"))


def test_results_json_says_what_the_outputs_say(exported: Path, origin: Project) -> None:
    results, outputs = read_json(exported / "results.json"), Result(origin.folder)
    assert results["best_params"] == outputs.best["params"]
    assert results["cv_rmse"] == results["cv_score"] == outputs.best["cv_rmse"]
    assert results["test_rmse"] == outputs.metrics["test"]["rmse"]
    assert results["test_r2"] == outputs.metrics["test"]["r2"]
    assert results["baseline_rmse"] == outputs.metrics["baseline"]["mean"]["rmse"]
    assert results["untuned_xgboost_rmse"] == outputs.metrics["baseline"]["untuned_xgboost"]["rmse"]
    states = outputs.trials["state"].tolist()
    named = {"completed": "COMPLETE", "pruned": "PRUNED", "failed": "FAIL"}
    assert [results[f"n_trials_{name}"] for name in named] == [states.count(state) for state in named.values()]
    assert results["optimization_time_seconds"] > 0
    assert results["search_cpu_seconds"] > 0
    assert results["study_key"] == outputs.search["study_key"]
    assert results["result_key"] == Result(origin.folder).key


def test_outputs_reads_the_export_as_it_reads_the_repository(exported: Path, origin: Project) -> None:
    there, here = Result(exported), Result(origin.folder)
    assert there.metrics == here.metrics
    assert there.trials.equals(here.trials)
    assert there.predictions.equals(here.predictions)
    assert there.table("slices").equals(here.table("slices"))
    assert there.model_bytes == here.model_bytes
    assert (exported / "data/split/test.parquet").read_bytes() == (
        origin.folder / "data/split/test.parquet"
    ).read_bytes()


def test_no_file_of_the_export_names_a_folder_or_user_of_this_machine(exported: Path, origin: Project) -> None:
    # mlflow.db holds file:/// in a column's default, where an address would go on with a folder.
    machine = re.compile(
        re.escape(str(origin.folder.parent.parent)).encode() + rb"|/tmp/|/home/|file:///\w|mlflow\.user"
    )
    files = [file for file in exported.rglob("*") if file.is_file()]
    # Texts that speak of such places and name none.
    found = {file.relative_to(exported).as_posix(): machine.findall(file.read_bytes()) for file in files}
    assert {name: hits for name, hits in found.items() if hits and "/code/" not in name} == {}
    assert not list(exported.rglob("__pycache__"))


def test_addresses_in_the_exported_mlflow_database_are_those_a_server_resolves(exported: Path) -> None:
    with closing(sqlite3.connect(exported / "mlruns/mlflow.db")) as store:
        for table, column in (
            ("experiments", "artifact_location"),
            ("runs", "artifact_uri"),
            ("logged_models", "artifact_location"),
            ("model_versions", "storage_location"),
        ):
            addresses = [address for (address,) in store.execute(f"SELECT {column} FROM {table}")]  # noqa: S608
            assert addresses
            for address in addresses:
                assert address.startswith("mlflow-artifacts:/")
        run_folders = [
            address for (address,) in store.execute("SELECT artifact_uri FROM runs WHERE name NOT LIKE 'trial%'")
        ]
    (parent,) = run_folders
    artifacts = exported / "mlruns/artifacts" / parent.removeprefix("mlflow-artifacts:/")
    assert (artifacts / "reports/index.html").read_bytes() == (exported / "index.html").read_bytes()


def test_the_readme_says_how_an_experiment_is_made_again() -> None:
    place = Provenance("c0ffee", "deeper", None, None, workspace=False, own_page=True)
    said = readme("friedman", place)
    assert "`dvc exp apply deeper`" in said
    assert "`git checkout c0ffee`, copy params.yaml and datasets/ of this folder over" in said
    assert "dvc exp apply" not in readme("friedman", replace(place, exp_name=None))


def _study(file: Path) -> optuna.Study:
    name = read_json(file.parent / "results.json")["study_key"]
    return optuna.load_study(study_name=name, storage=f"sqlite:///{file}")


def test_the_exported_study_is_the_searchs_own_with_its_times(exported: Path) -> None:
    study, outputs = _study(exported / "optuna_study.db"), Result(exported)
    assert optuna.get_all_study_names(f"sqlite:///{exported}/optuna_study.db") == [study.study_name]
    assert [trial.state.name for trial in study.trials] == outputs.trials["state"].tolist()
    assert study.best_trial.number == outputs.best["trial"]
    assert study.best_params == outputs.best["params"]
    assert study.best_value == pytest.approx(outputs.best["cv_rmse"], rel=1e-9)
    assert study.user_attrs["times"] == "measured"
    assert any(trial.duration and trial.duration.total_seconds() > 0 for trial in study.trials)


def _rebuilt(root: Path, kept: Path, folder: Path) -> optuna.Study:
    outputs = Result(root)
    write_study(outputs, kept, folder / "rebuilt.db")
    return optuna.load_study(study_name=outputs.search["study_key"], storage=f"sqlite:///{folder}/rebuilt.db")


def test_a_missing_study_is_rebuilt_from_trials_csv_with_every_state(exported: Path, tmp_path: Path) -> None:
    copy, outputs = tmp_path / "copy", Result(exported)
    shutil.copytree(exported, copy, ignore=shutil.ignore_patterns("mlruns"))
    rows = (copy / "reports/tune/trials.csv").read_text().splitlines()
    cells = rows[1].split(",")
    # A trial that failed in its second fold.
    names = rows[0].split(",")
    failed = [
        cell if not name.startswith(("fold_1", "fold_2", "cv_")) else ""
        for name, cell in zip(names, cells, strict=True)
    ]
    failed[0], failed[1], failed[-1] = str(len(rows) - 1), "FAIL", "ValueError: no luck"
    (copy / "reports/tune/trials.csv").write_text("\n".join([*rows, ",".join(failed)]) + "\n")
    study = _rebuilt(copy, tmp_path / "absent.db", tmp_path)
    assert [trial.state.name for trial in study.trials] == [*outputs.trials["state"], "FAIL"]
    assert (study.best_trial.number, study.best_params) == (outputs.best["trial"], outputs.best["params"])
    assert study.user_attrs["times"] == "unknown"
    pruned = next(trial for trial in study.trials if trial.state.name == "PRUNED")
    assert pruned.intermediate_values == {1: outputs.trials.loc[pruned.number, "fold_0_rmse"]}
    last = study.trials[-1]
    assert (last.value, len(last.intermediate_values), last.user_attrs["message"]) == (None, 1, "ValueError: no luck")


def test_a_kept_study_is_believed_only_if_it_holds_the_same_trials(exported: Path, tmp_path: Path) -> None:
    """After 6 trials became 8 and were 6 again, the file of the searches holds 8."""
    kept = Path(shutil.copy(exported / "optuna_study.db", tmp_path / "kept.db"))
    with closing(sqlite3.connect(kept)) as database, database:
        database.execute("DELETE FROM trials WHERE number = 5")
    assert _rebuilt(exported, kept, tmp_path).user_attrs["times"] == "unknown"
    kept.write_text("no database")
    (tmp_path / "rebuilt.db").unlink()
    assert _rebuilt(exported, kept, tmp_path).user_attrs["times"] == "unknown"


def test_the_searches_file_is_only_read(exported: Path, tmp_path: Path) -> None:
    """A search makes it at that moment: tables that somebody else has made would end that."""
    kept = tmp_path / "what? 100%.db"
    kept.touch()
    assert _rebuilt(exported, kept, tmp_path).user_attrs["times"] == "unknown"
    assert kept.read_bytes() == b""
    shutil.copy(exported / "optuna_study.db", kept)
    (tmp_path / "rebuilt.db").unlink()
    assert _rebuilt(exported, kept, tmp_path).user_attrs["times"] == "measured"


def test_times_of_a_longer_search_are_those_of_its_first_trials(exported: Path, tmp_path: Path) -> None:
    copy = Path(shutil.copytree(exported, tmp_path / "copy", ignore=shutil.ignore_patterns("mlruns")))
    trials = copy / "reports/tune/trials.csv"
    trials.write_text("".join(trials.read_text().splitlines(keepends=True)[:-1]))
    study = _rebuilt(copy, exported / "optuna_study.db", tmp_path)
    assert (study.user_attrs["times"], len(study.trials)) == ("measured", 5)


def test_a_result_whose_settings_have_changed_is_refused_and_the_earlier_export_stays(
    origin: Project, tmp_path: Path
) -> None:
    project, out = origin.copy(tmp_path / "project"), tmp_path / "out"
    out.mkdir()
    (out / "results.json").write_text('{"made_by": "lockstep export"}')
    project.edit("params.yaml", "n_models: 1", "n_models: 2")
    done = project.run("lockstep", "export", str(out), check=False)
    assert done.returncode == 1
    assert done.stderr == ("lockstep: params.yaml: train_best was changed since the last run; run `dvc repro` first\n")
    assert [each.name for each in out.iterdir()] == ["results.json"]


@pytest.mark.nightly
def test_an_experiment_is_exported_without_applying_it_over_an_earlier_export(origin: Project, tmp_path: Path) -> None:
    project, out = origin.copy(tmp_path / "project"), tmp_path / "out"
    project.run("dvc", "exp", "run", "--temp", "-n", "deeper", "-S", "tune.n_trials=8")
    project.run("lockstep", "export", str(out))
    project.run("lockstep", "export", str(out), "--rev", "deeper")
    results = read_json(out / "results.json")
    assert (results["n_trials"], results["experiment"]) == (8, "deeper")
    assert results["optimization_time_seconds"] is None  # two of its trials were fitted, six known
    assert results["search_cpu_seconds"] > 0
    assert len(_study(out / "optuna_study.db").trials) == 8
    assert sorted(each.name for each in out.iterdir()) == NAMED.split()
    assert not project.run("git", "status", "--porcelain", "--untracked-files=no").stdout


@pytest.mark.nightly
def test_mlflow_server_shows_the_moved_export_whole(
    exported: Path, origin: Project, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Run, trials, artefacts and the registered model, read through the real server."""
    import mlflow

    monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)
    moved = Path(shutil.copytree(exported, tmp_path / "moved again"))
    with _server(moved, tmp_path / "server") as server:
        there = content_of(server.uri)
        monkeypatch.chdir(origin.folder)
        here = content_of(f"sqlite:///{origin.folder}/mlruns/mlflow.db")
        assert {key: _without_place(each) for key, each in there.items()} == {
            key: _without_place(each) for key, each in here.items()
        }
        mlflow.set_tracking_uri(server.uri)
        model = mlflow.pyfunc.load_model("models:/friedman@champion")
        predictions = Result(exported).predictions
        from lockstep.storage.tables import read_table

        answers = model.predict(read_table(exported / "data/split/test.parquet"))
        assert list(answers) == predictions["predicted"].tolist()


def _without_place(content: dict[str, object]) -> dict[str, object]:
    return {name: value for name, value in content.items() if name != "tags"}


def _server(moved: Path, folder: Path) -> MlflowServer:
    server = MlflowServer(folder, f"sqlite:///{moved}/mlruns/mlflow.db")
    server.artifacts = moved / "mlruns/artifacts"
    return server
