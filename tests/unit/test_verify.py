"""verify: what the clean copy holds, when dvc.lock is stale, and which cause is named."""

import platform
import subprocess
import tempfile
import tomllib
from pathlib import Path
from typing import Any

import pytest
import yaml

from lockstep.check.config import load_config
from lockstep.errors import VerifyError
from lockstep.results.dvc_lock import DvcLock, md5_of
from lockstep.verify.against_lock import ChangedOutput, changed_outputs, complete_lock, refuse_outdated
from lockstep.verify.cause import RESULT_LIBRARIES, BuildRecord, build_record, installed, likely_causes, pin_mismatch
from lockstep.verify.clean_copy import clean_copy
from lockstep.verify.run import _reason
from lockstep.verify.verify import verify
from tests.conftest import GOOD_ROWS, ROOT, OwnTable, shipped_config

RAW, MODEL, PAGE, SEARCH = "data/raw.parquet", "models/model", "reports/index.html", "models/search.json"
Hashes = dict[str, dict[str, str]]


def _lock(outs: Hashes, deps: Hashes) -> DvcLock:
    kinds = {"outs": outs, "deps": deps}
    return DvcLock(
        {
            stage: {
                kind: [{"path": path, "md5": md5} for path, md5 in hashes.get(stage, {}).items()]
                for kind, hashes in kinds.items()
            }
            for stage in outs
        }
    )


OUTS: Hashes = {"fetch": {RAW: "a" * 32}, "tune": {SEARCH: "b" * 32}, "evaluate": {PAGE: "c" * 32}}
DEPS: Hashes = {"fetch": {"stages/fetch.py": "1" * 32}, "tune": {RAW: "a" * 32}, "evaluate": {SEARCH: "b" * 32}}
LOCK = _lock(OUTS, DEPS)
NOW = {"numpy": "2.4.6", "xgboost": "3.1.3"}
FETCH, TUNE = (ChangedOutput(stage, path, "old", "new") for stage, path in (("fetch", RAW), ("tune", SEARCH)))


@pytest.fixture
def repository(tmp_path: Path) -> OwnTable:
    """A small project in a git repository with one commit, two folders below what a test may use."""
    folder = tmp_path / "projects" / "own"
    folder.mkdir(parents=True)
    own_table = OwnTable(folder)
    own_table.write(GOOD_ROWS)
    _git(own_table.folder, "init", "-q", "-b", "main")
    _git(own_table.folder, "config", "user.name", "test")
    _git(own_table.folder, "config", "user.email", "test@example.org")
    (own_table.folder / ".gitignore").write_text("/models/\n*.secret\n")
    (own_table.folder / ".dvc").mkdir()
    (own_table.folder / ".dvc/config").write_text("[cache]\n    dir = /shared/cache\n")
    _commit(own_table.folder)
    return own_table


def _git(folder: Path, *arguments: str) -> str:
    done = subprocess.run(["git", *arguments], cwd=folder, capture_output=True, text=True, check=True)
    return done.stdout.strip()


def _commit(folder: Path) -> None:
    _git(folder, "add", "-A")
    _git(folder, "commit", "-q", "-m", "state")


@pytest.fixture
def elsewhere(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder for the copy."""
    return tmp_path_factory.mktemp("elsewhere")


def _causes(different: list[ChangedOutput], then: BuildRecord, dataset: str = "spotify_songs") -> list[str]:
    return likely_causes(different, shipped_config(dataset), LOCK, then, NOW)


def test_the_copy_holds_the_files_as_they_are_and_no_results_or_caches(repository: OwnTable, elsewhere: Path) -> None:
    folder = repository.folder
    for name in ("models/search.json", "password.secret", "new_step.py", ".dvc/config.local"):
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_text("x")
    (folder / ".git/info/exclude").write_text(".dvc/config.local\n")
    (folder / "gone.py").write_text("")
    _git(folder, "add", "gone.py")
    (folder / "gone.py").unlink()
    copy, _ = clean_copy(repository.folder, None, elsewhere)
    files = {
        file.relative_to(copy).as_posix() for file in copy.rglob("*") if file.is_file() and ".git" not in file.parts
    }
    expected = {".gitignore", ".dvc/config", ".dvc/config.local", "params.yaml", "own.csv", "datasets/own.yaml"}
    assert files == expected | {"new_step.py"}
    assert "dir = cache" in (copy / ".dvc/config.local").read_text()
    assert _git(copy, "rev-parse", "--show-toplevel") == str(copy.resolve())


def test_the_copy_of_a_commit_holds_that_commit(repository: OwnTable, elsewhere: Path) -> None:
    _git(repository.folder, "tag", "v1")
    repository.edit_params("seed: 42", "seed: 43")
    (repository.folder / "new.py").write_text("")
    _commit(repository.folder)
    copy, _ = clean_copy(repository.folder, "v1", elsewhere)
    assert load_config(copy).seed == 42
    assert not (copy / "new.py").exists()


def test_an_unknown_commit_is_one_line(repository: OwnTable, elsewhere: Path) -> None:
    with pytest.raises(VerifyError, match=r"^--rev nope: git has no such commit here; `git fetch` may bring it$"):
        clean_copy(repository.folder, "nope", elsewhere)


def test_a_project_without_git_is_one_line(own_table: OwnTable, elsewhere: Path) -> None:
    own_table.write(GOOD_ROWS)
    with pytest.raises(VerifyError, match="not a git repository") as refused:
        clean_copy(own_table.folder, None, elsewhere)
    assert "\n" not in str(refused.value)


@pytest.mark.parametrize("place", ["own.secret", "../own.csv", "../../tables/own.csv", "./own.secret"])
def test_a_table_that_git_does_not_track_is_found_from_the_copy(
    place: str, repository: OwnTable, elsewhere: Path
) -> None:
    """Git-ignored, or outside the project; always by the path that the dataset file gives."""
    table = repository.folder / place
    (repository.folder / "tables").mkdir()
    table.resolve().parent.mkdir(parents=True, exist_ok=True)
    table.write_text(GOOD_ROWS)
    facts = repository.folder / "datasets/own.yaml"
    facts.write_text(facts.read_text().replace("path: own.csv", f"path: {place}"))
    copy, _ = clean_copy(repository.folder, None, elsewhere)
    assert (copy / place).read_text() == GOOD_ROWS
    # The link, not what it leads to, lies in the folder that is removed at the end.
    assert (copy / place).parent.resolve().is_relative_to(elsewhere)


def _project(folder: Path, stages: list[str]) -> Path:
    lock = {name: {"outs": [{"path": f"{name}.out", "md5": "0" * 32}]} for name in stages}
    (folder / "dvc.yaml").write_text(yaml.safe_dump({"stages": {"fetch": {}, "tune": {}}}))
    if stages:
        (folder / "dvc.lock").write_text(yaml.safe_dump({"stages": lock}))
    return folder


@pytest.mark.parametrize("temporary", ["/proc/none", "/proc"])
def test_a_place_that_cannot_be_written_is_one_line(
    temporary: str, own_table: OwnTable, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", temporary)
    with pytest.raises(VerifyError, match=rf"^{temporary}.*; check the disk and its permissions$"):
        verify()


def test_a_lock_that_is_missing_or_lacks_a_stage_is_one_line(tmp_path: Path) -> None:
    with pytest.raises(VerifyError, match=r"^dvc.lock: no such file, so there is nothing .*; run `dvc repro` first$"):
        complete_lock(_project(tmp_path, []))
    with pytest.raises(VerifyError, match=r"^dvc.lock: has no stage 'tune'; run `dvc repro` first$"):
        complete_lock(_project(tmp_path, ["fetch"]))


def test_a_stage_that_dvc_yaml_no_longer_has_is_not_compared(tmp_path: Path) -> None:
    assert list(complete_lock(_project(tmp_path, ["fetch", "gone", "tune"])).outs) == ["fetch", "tune"]


@pytest.mark.parametrize(
    ("changes", "what"),
    [
        ([{"changed deps": {RAW: "deleted", "lockstep/check/config.py": "modified"}}], "lockstep/check/config.py"),
        ([{"changed deps": {"params.yaml": {"tune.lag": "modified"}}}], "params.yaml: tune.lag"),
        (["changed command"], "dvc.yaml: cmd"),
    ],
)
def test_a_stale_lock_is_refused_with_what_was_changed(changes: list[Any], what: str) -> None:
    with pytest.raises(VerifyError) as refused:
        refuse_outdated(LOCK, {"fetch": [{"changed outs": {RAW: "deleted"}}], "tune": changes})
    assert str(refused.value) == f"{what} was changed since dvc.lock was written (stage tune); run `dvc repro` first"


def test_outputs_that_are_not_there_yet_make_no_lock_stale() -> None:
    missing = [{"changed deps": {RAW: "deleted"}}, {"changed outs": {SEARCH: "deleted"}}, "always changed"]
    refuse_outdated(LOCK, {"tune": missing})


def test_a_lock_whose_stages_saw_different_files_is_refused() -> None:
    torn = _lock(OUTS, {**DEPS, "tune": {RAW: "f" * 32}})
    with pytest.raises(VerifyError, match=rf"^dvc.lock: tune was run before fetch rewrote {RAW}; "):
        refuse_outdated(torn, {})


def test_differences_come_in_the_order_of_the_stages_with_both_hashes() -> None:
    now = _lock({"evaluate": {}, "tune": {SEARCH: "d" * 32}, "fetch": OUTS["fetch"]}, DEPS)
    found = [str(each) for each in changed_outputs(LOCK, now, ["fetch", "tune", "evaluate"])]
    assert found == [
        f"tune: {SEARCH}: {'b' * 32} in dvc.lock, {'d' * 32} now",
        f"evaluate: {PAGE}: {'c' * 32} in dvc.lock, absent now",
    ]


@pytest.mark.parametrize(
    ("pinned", "remedy"),
    [
        ("3.2.0", "`make -B setup` installs them again, as requirements.lock pins them"),
        ("3.1.3", "requirements.lock was changed since: run `dvc repro` and commit its outputs"),
        ("3.0.0", "install those, or run `dvc repro` and commit its outputs"),
    ],
)
def test_other_libraries_are_named_with_both_versions_and_the_remedy(pinned: str, remedy: str) -> None:
    then = BuildRecord({"numpy": "2.4.6", "xgboost": "3.2.0"}, {"numpy": "2.4.6", "xgboost": pinned}, {})
    assert _causes([TUNE], then) == [f"library versions: xgboost 3.2.0 when the results were made, 3.1.3 now; {remedy}"]


def test_the_data_is_suspected_only_where_no_sha256_would_have_told() -> None:
    then = BuildRecord(NOW, NOW, {})
    (cause,) = _causes([FETCH, TUNE], then, "spotify_tracks")
    assert cause.startswith("data: the table may have changed at its source: datasets/spotify_tracks.yaml has no")
    assert "data: " not in "".join(_causes([TUNE], then, "spotify_tracks"))
    assert "data: " not in "".join(_causes([FETCH], then, "california_housing"))
    assert "data: " not in "".join(_causes([FETCH], then, "friedman"))


def test_data_stands_before_libraries_and_both_are_said() -> None:
    causes = _causes([FETCH], BuildRecord({"xgboost": "3.2.0"}, {}, {}), "spotify_tracks")
    assert [cause.split(":")[0] for cause in causes] == ["data", "library versions"]


def test_an_edited_lock_is_recognised_by_the_report_that_came_out_again() -> None:
    (cause,) = _causes([TUNE], BuildRecord(NOW, NOW, {SEARCH: "new"}))
    assert cause.startswith(f"dvc.lock: the project's {SEARCH} is what came out now")


def test_where_nothing_else_differs_the_machine_is_described(monkeypatch: pytest.MonkeyPatch) -> None:
    then = BuildRecord(NOW, NOW, {})
    (cause,) = _causes([TUNE], then)
    assert cause.startswith("processor or system, as data and library versions are the same; here: ")
    assert f"Python {platform.python_version()}, numpy with " in cause
    monkeypatch.setattr(platform, "machine", lambda: "aarch64")
    assert _causes([TUNE], then) == ["processor: this machine is aarch64; the same bytes are promised for x86-64"]


def test_versions_then_are_the_pins_of_the_commit_that_made_the_lock(repository: OwnTable) -> None:
    folder = repository.folder
    requirements = folder / "requirements.lock"
    for pin, lock in (("3.2.0", "first"), ("3.1.3", "first"), ("3.1.3", "second")):
        requirements.write_text(f"xgboost=={pin} \\\n    --hash=sha256:00\nscipy==1.17.1 ; sys_platform == 'linux'\n")
        (folder / "dvc.lock").write_text(lock)
        (folder / "note").write_text(pin + lock)
        _commit(folder)
    versions = [
        build_record(folder, rev, folder, LOCK).versions["xgboost"] for rev in ("HEAD~2", "HEAD~1", "HEAD", None)
    ]
    assert versions == ["3.2.0", "3.2.0", "3.1.3", "3.1.3"]
    _git(folder, "reset", "-q", "--hard", "HEAD~1")
    assert build_record(folder, None, folder, LOCK).versions == {"xgboost": "3.2.0", "scipy": "1.17.1"}
    (folder / "dvc.lock").write_text("renewed, not yet committed")
    assert build_record(folder, None, folder, LOCK).versions["xgboost"] == "3.1.3"


def test_what_tune_recorded_counts_more_than_pins_but_only_if_it_is_the_locks_own(repository: OwnTable) -> None:
    folder = repository.folder
    (folder / "requirements.lock").write_text("xgboost==3.1.3\n")
    page = folder / PAGE
    page.parent.mkdir()
    page.write_text("<p>other</p><p>numpy 2.4.6, scikit-learn 1.9.1, xgboost 3.2.0</p>")
    known = _lock({"evaluate": {PAGE: md5_of(page)}}, {})
    assert build_record(folder, None, folder, known).versions["xgboost"] == "3.2.0"
    assert build_record(folder, None, folder, LOCK).versions == {"xgboost": "3.1.3"}


def test_an_environment_that_is_not_the_pinned_one_is_noted() -> None:
    assert pin_mismatch({"numpy": "2.4.6", "ruff": "0.1"}, NOW) is None
    noted = pin_mismatch({"xgboost": "3.2.0"}, NOW)
    assert noted is not None
    assert "xgboost 3.1.3 (pinned: 3.2.0)" in noted


def test_every_library_of_the_stages_is_compared() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    direct = {entry.split("=")[0].split(">")[0] for entry in project["dependencies"]}
    # These run, show and watch the pipeline; nothing of them is in an output.
    assert direct - set(RESULT_LIBRARIES) == {"dvc", "mlflow", "sqlalchemy", "tqdm"}
    assert set(installed()) == set(RESULT_LIBRARIES)


def test_a_failing_stages_own_line_is_what_is_shown() -> None:
    remedy = "(earlier results: `dvc checkout` brings back data and models, `git checkout reports` the reports)"
    end = ["ERROR: failed to reproduce 'fetch': failed to run: python3 -m stages.fetch, exited with 1\n"]
    start = ["Running stage 'fetch':\n", "> python3 -m stages.fetch\n"]
    assert _reason([*start, f"fetch: own.csv: no such file {remedy}\n", *end]) == "fetch: own.csv: no such file"
    assert _reason([*start, "Traceback\n", "ValueError: odd\n", *end]) == "ValueError: odd"
    assert _reason([*start, *end]).startswith("failed to reproduce 'fetch'")
    assert _reason(["ERROR: 'dvc.yaml' is invalid.\n"]) == "'dvc.yaml' is invalid."
