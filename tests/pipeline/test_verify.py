"""`lockstep verify`: identical in a fresh clone; else the first stage that differs, and why; nothing is touched."""

import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest
import yaml

from lockstep.check.config import load_config
from lockstep.verify.against_lock import ChangedOutput, complete_lock
from lockstep.verify.cause import build_record, installed, likely_causes
from lockstep.workers.identity import LIBRARIES
from tests.conftest import GOOD_ROWS
from tests.faults.test_stopped_search import _of_session
from tests.pipeline.project import Project, new_project

MIRROR = {"LOCKSTEP_DATA_MIRROR": "tables"}
OWN = """
about: a table made by a test, served by a mirror
target: y
metric: null
weight: null
exposure: null
source: {kind: csv, urls: ["https://localhost/own.csv"], sha256: null}
missing_values: [""]
columns: {a: {type: number}, b: {type: number}, y: {type: number}}
clean: []
judging: {slices: [], coordinates: null}
features: {raw: [{step: columns, columns: [a, b]}], full: [{step: columns, columns: [a, b]}]}
"""


@pytest.fixture
def temporary() -> Iterator[Path]:
    """A folder for TMPDIR: worker processes put sockets into it, whose paths must not be long."""
    folder = Path(tempfile.mkdtemp(prefix="verify-"))
    yield folder
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture
def clone(finished: Project, tmp_path: Path) -> Project:
    """What a colleague has: the committed files, and no cache, data or models."""
    return _clone(finished, tmp_path / "clone")


def _clone(project: Project, folder: Path, *options: str) -> Project:
    project.run("git", "clone", "--quiet", *options, f"file://{project.folder}", str(folder))
    return Project(folder)


@pytest.fixture(scope="session")
def prepared(tmp_path_factory: pytest.TempPathFactory) -> Project:
    """The first two stages on a table from a mirror inside the project that git ignores."""
    project = new_project(tmp_path_factory.mktemp("prepared") / "project")
    project.edit("params.yaml", "dataset: friedman", "dataset: own")
    (project.folder / "datasets/own.yaml").write_text(OWN)
    pipeline = yaml.safe_load((project.folder / "dvc.yaml").read_text())
    stages = {name: pipeline["stages"][name] for name in ("fetch", "clean")}
    (project.folder / "dvc.yaml").write_text(yaml.safe_dump({"stages": stages}, sort_keys=False))
    (project.folder / ".git/info/exclude").write_text("/tables\n")
    (project.folder / "tables").mkdir()
    (project.folder / "tables/own.csv").write_text(GOOD_ROWS)
    project.run("dvc", "repro", env=MIRROR)
    project.commit()
    return project


@pytest.fixture
def short(prepared: Project, tmp_path: Path) -> Project:
    return prepared.copy(tmp_path / "short")


def _verify(
    project: Project, temporary: Path, *options: str, env: Mapping[str, str] | None = None
) -> subprocess.CompletedProcess[str]:
    """Run it from the project's own code, and see that it leaves no copy."""
    command = ("python3", "-m", "lockstep.cli", "verify", *options)
    places = {"TMPDIR": str(temporary), "LOCKSTEP_WORKERS": "2", **(env or {})}
    done = project.run(*command, check=False, env=places)
    assert "Traceback" not in done.stderr
    assert list(temporary.glob("lockstep-*")) == []
    return done


def _state(folder: Path) -> dict[str, tuple[int, bytes]]:
    """Every file's time and content but git's own, whose index git may refresh."""
    files = (file for file in folder.rglob("*") if file.is_file() and "__pycache__" not in file.parts)
    inside = {str(file.relative_to(folder)): file for file in files}
    return {
        name: (file.stat().st_mtime_ns, file.read_bytes())
        for name, file in inside.items()
        if not name.startswith(".git/")
    }


@pytest.mark.long("test_a_commit_is_verified_whatever_lies_in_the_workspace")
def test_a_fresh_clone_without_cache_is_identical(clone: Project, temporary: Path, tmp_path: Path) -> None:
    """Nothing of another repository is used either, whatever the environment names."""
    before = _state(clone.folder)
    elsewhere = {"DVC_ROOT": str(tmp_path), "MLFLOW_TRACKING_URI": f"sqlite:///{tmp_path}/mlflow.db"}
    done = _verify(clone, temporary, env={**elsewhere, "GIT_DIR": str(tmp_path / "none")})
    assert done.stdout == f"lockstep: identical: 6 stages, {len(clone.output_hashes())} outputs\n", done.stderr
    stages = [f"verify: stage {n} of 6: {stage}" for n, stage in enumerate(clone.lock()["stages"], start=1)]
    assert done.stderr.splitlines() == stages
    assert _state(clone.folder) == before
    assert sorted(file.name for file in tmp_path.iterdir()) == ["clone"]


def test_the_libraries_behind_the_results_are_told_by_the_page_alone(clone: Project, finished: Project) -> None:
    """In a clone without cache, history or pins; a test of the night installs another version and runs it all."""
    (clone.folder / "requirements.lock").unlink()
    shutil.rmtree(clone.folder / ".git")
    recorded = json.loads((finished.folder / "models/search.json").read_text())["settings"]["versions"]
    then = build_record(clone.folder, None, clone.folder, complete_lock(clone.folder))
    assert then.versions == recorded
    assert set(recorded) == set(LIBRARIES)
    now = {**installed(), "xgboost": "3.1.3"}
    tune = ChangedOutput("tune", "models/search.json", "old", "new")
    assert likely_causes([tune], load_config(clone.folder), complete_lock(clone.folder), then, now) == [
        f"library versions: xgboost {recorded['xgboost']} when the results were made, 3.1.3 now;"
        " install those, or run `dvc repro` and commit its outputs"
    ]


def _install(requirement: str, folder: Path) -> None:
    done = subprocess.run(
        ["uv", "pip", "install", "--quiet", "--no-deps", "--python", sys.executable, "--target", folder, requirement],
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode != 0:
        pytest.skip(f"no package index serves {requirement}: {done.stderr.strip()[:200]}")


@pytest.mark.nightly
@pytest.mark.parametrize(("library", "then", "now"), [("optuna", "5.0.0", "4.9.0"), ("xgboost", "3.2.0", "3.1.3")])
def test_a_changed_pin_is_named_as_the_cause(
    library: str, then: str, now: str, clone: Project, temporary: Path, tmp_path: Path
) -> None:
    """Pinned, installed and committed without a new result; then cloned without history, as CI services do."""
    if shutil.which("uv") is None:
        pytest.skip("uv is not installed")
    _install(f"{library}=={now}", tmp_path / "libraries")
    clone.edit("requirements.lock", f"{library}=={then}", f"{library}=={now}")
    clone.run("git", "-c", "user.name=test", "-c", "user.email=test@example.org", "commit", "-qam", "another version")
    shallow = _clone(clone, tmp_path / "shallow", "--depth=1")
    done = _verify(shallow, temporary, env={"PYTHONPATH": str(tmp_path / "libraries")})
    assert (done.returncode, done.stdout) == (1, "")
    lines = [line for line in done.stderr.splitlines() if not line.startswith("verify: stage ")]
    assert lines[0].startswith("lockstep: not identical: the first stage that differs is tune, then ")
    was = shallow.lock()["stages"]["tune"]["outs"][1]["md5"]
    assert lines[1].startswith(f"  tune: models/search.json: {was} in dvc.lock, ")
    assert lines[-1] == (
        f"  likely cause: library versions: {library} {then} when the results were made, {now} now;"
        " requirements.lock was changed since: run `dvc repro` and commit its outputs"
    )
    assert len([line for line in lines if "likely cause" in line]) == 1


@pytest.mark.long("test_a_commit_is_verified_whatever_lies_in_the_workspace")
def test_a_hash_that_was_edited_in_the_lock_is_found_in_its_stage(short: Project, temporary: Path) -> None:
    report = short.output_hashes()["reports/data_quality.json"]
    short.edit("dvc.lock", report, "f" * 32)
    before = _state(short.folder)
    done = _verify(short, temporary, env=MIRROR)
    assert done.returncode == 1
    assert done.stderr.splitlines()[2:] == [
        "lockstep: not identical: the first stage that differs is clean",
        f"  clean: reports/data_quality.json: {'f' * 32} in dvc.lock, {report} now",
        "  likely cause: dvc.lock: the project's reports/data_quality.json is what came out now;"
        " dvc.lock was edited or merged, or is older",
    ]
    assert _state(short.folder) == before


def test_a_commit_is_verified_whatever_lies_in_the_workspace(short: Project, temporary: Path) -> None:
    """Code that is broken there is not used; a pin that was changed but not installed is noted and changes nothing."""
    short.edit("requirements.lock", "xgboost==3.2.0", "xgboost==3.1.3")
    short.commit()
    short.edit("params.yaml", "test_size: 0.2", "test_size: 0.3")
    short.edit("lockstep/clean/cleaning.py", '"""', 'raise SystemError\n"""')
    installed = {"PYTHONPATH": str(short.folder), "PYTHONSAFEPATH": "1"}
    done = _verify(short, temporary, "--rev", "main", env={**MIRROR, **installed})
    assert done.stdout == "lockstep: identical: 2 stages, 4 outputs\n", done.stderr
    note, *_ = done.stderr.splitlines()
    assert note.startswith("verify: note: not what requirements.lock pins: xgboost 3.2.0 (pinned: 3.1.3); `make -B")


@pytest.mark.long("test_the_data_is_suspected_only_where_no_sha256_would_have_told")
def test_other_bytes_at_the_source_are_the_likely_cause(short: Project, temporary: Path) -> None:
    (short.folder / "tables/own.csv").write_text(GOOD_ROWS.replace("7,", "8,"))
    done = _verify(short, temporary, env=MIRROR)
    lines = done.stderr.splitlines()[2:]
    assert lines[0] == "lockstep: not identical: the first stage that differs is fetch, then clean"
    assert lines[1].startswith("  fetch: data/raw/table.parquet: ")
    assert lines[-1].startswith("  likely cause: data: the table may have changed at its source: datasets/own.yaml")


@pytest.mark.long("test_a_stopped_verify_leaves_no_copy_and_no_process")
def test_a_stage_that_fails_in_the_copy_is_one_line_and_the_copy_may_be_kept(short: Project, temporary: Path) -> None:
    (short.folder / "tables/own.csv").write_text("a,b\n1,2\n")
    done = short.run(
        *("python3", "-m", "lockstep.cli", "verify", "--keep"), check=False, env={**MIRROR, "TMPDIR": str(temporary)}
    )
    (kept,) = temporary.glob("lockstep-verify-*")
    failed = "lockstep: failed in the clean copy: clean: datasets/own.yaml: columns.y: "
    assert done.stderr.splitlines()[:3] == [
        "verify: stage 1 of 2: fetch",
        "verify: stage 2 of 2: clean",
        f"verify: the copy is kept in {kept}",
    ]
    assert done.stderr.splitlines()[3].startswith(failed)
    assert len(done.stderr.splitlines()) == 4
    assert (kept / "project/data/raw/table.parquet").exists()


@pytest.mark.parametrize(
    ("file", "old", "new", "what"),
    [
        ("datasets/own.yaml", '[""]', '["", "-"]', "datasets/own.yaml: missing_values was changed"),
        pytest.param(
            *("lockstep/clean/cleaning.py", '"""', '"""Now ', "lockstep/clean was changed"),
            marks=pytest.mark.long,
        ),
    ],
)
def test_edits_since_the_lock_are_refused_before_anything_runs(
    file: str, old: str, new: str, what: str, short: Project, temporary: Path
) -> None:
    short.edit(file, old, new)
    done = _verify(short, temporary, env=MIRROR)
    assert done.returncode == 1
    (line,) = done.stderr.splitlines()
    assert line.startswith(f"lockstep: {what} since dvc.lock was written (stage ")
    assert line.endswith("); run `dvc repro` first")


@pytest.mark.parametrize(
    ("number", "during"),
    [pytest.param(signal.SIGTERM, "tune", marks=pytest.mark.long), (signal.SIGINT, "fetch")],
)
def test_a_stopped_verify_leaves_no_copy_and_no_process(
    number: int, during: str, clone: Project, temporary: Path
) -> None:
    kept = {key: value for key, value in os.environ.items() if not key.startswith(("LOCKSTEP_", "MLFLOW_", "DVC_"))}
    with subprocess.Popen(
        [sys.executable, "-m", "lockstep.cli", "verify"],
        cwd=clone.folder,
        env={**kept, "TMPDIR": str(temporary), "LOCKSTEP_WORKERS": "2"},
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    ) as process:
        assert process.stderr is not None
        while during not in (line := process.stderr.readline()):
            assert line, "verify ended too soon"
        (dvc,) = Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text().split()
        assert _of_session(int(dvc)) != []
        process.send_signal(number)
        assert process.stderr.read() == "verify: stopped; the project is as it was\n"
    assert process.returncode == 128 + number
    assert list(temporary.glob("lockstep-*")) == []
    assert _of_session(int(dvc)) == []
    assert clone.run("git", "status", "--porcelain").stdout == ""
