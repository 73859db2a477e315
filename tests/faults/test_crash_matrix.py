"""Every write of every stage is killed, cut short and refused: what is there is absent, old or new, and whole."""

import fcntl
import json
import re
import signal
import subprocess
import sys
from dataclasses import dataclass
from functools import cached_property
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.conftest import ROOT
from tests.faults.crash_actions import EXPORT, outputs_of
from tests.faults.crash_child import DAILY, STAGES, Outcome
from tests.faults.writes import KILLS_WITHIN, PART
from tests.pipeline.project import Project, environment

Digests = dict[str, str]


@dataclass(frozen=True)
class Matrix:
    """What became of one action's crash points."""

    folder: Path

    @cached_property
    def outcomes(self) -> list[Outcome]:
        return [Outcome(**each) for each in json.loads((self.folder / "outcomes.json").read_text())]

    @cached_property
    def summary(self) -> dict[str, Any]:
        content: dict[str, Any] = json.loads((self.folder / "summary.json").read_text())
        return content

    def files(self, state: str) -> Digests:
        """sha256 of each file; of folders with nothing in them "", and nothing of this machine's own notes."""
        digests: Digests = json.loads((self.folder / "states" / f"{state}.json").read_text())
        return {name: digest for name, digest in digests.items() if not name.startswith(".lockstep/")}

    @cached_property
    def old(self) -> Digests:
        return self.files(self.summary["quiet"]["start"])

    @cached_property
    def new(self) -> Digests:
        return self.files(self.summary["quiet"]["end"])

    @cached_property
    def written(self) -> set[str]:
        """The files that the action changes."""
        return {name for name, digest in self.new.items() if self.old.get(name) != digest}


@pytest.fixture(scope="session")
def matrices(finished: Project, shared_folder: Path, request: pytest.FixtureRequest) -> Path:
    """A folder per action, made once; see crash_child.MODES."""
    out = shared_folder / "crash_matrix"
    with (shared_folder / "crash_matrix.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not out.exists():
            (out / "tmp").mkdir(parents=True)
            mode = {"daily": "daily", "nightly": "every"}.get(request.config.getoption("--tier"), "whole")
            # MLflow's own writes are not examined here: it gets a store that it cannot open.
            (out / "file").touch()
            store = f"sqlite:///{out}/file/mlflow.db"
            own = {"TMPDIR": str(out / "tmp"), "LOCKSTEP_WORKERS": "2", "MLFLOW_TRACKING_URI": store}
            command = [sys.executable, "-m", "tests.faults.crash_child", str(finished.folder), str(out), mode]
            subprocess.run(command, cwd=ROOT, env=environment(own), check=True, timeout=3000)
    return out


# Daily sisters of the two long stages: the other four, tune with all that XGBoost, Optuna and SQLite write among them.
@pytest.fixture(params=[pytest.param(name, marks=() if name in DAILY else pytest.mark.long) for name in STAGES])
def stage(matrices: Path, request: pytest.FixtureRequest) -> Matrix:
    return Matrix(matrices / request.param)


@pytest.fixture
def export(matrices: Path) -> Matrix:
    return Matrix(matrices / "export")


def _finished(files: Digests) -> Digests:
    """Without temporary files."""
    return {name: digest for name, digest in files.items() if not PART.match(Path(name).name)}


def test_whatever_happens_each_file_is_old_or_new_and_whole(stage: Matrix) -> None:
    for outcome in stage.outcomes:
        there = _finished(stage.files(outcome.after))
        assert there.keys() == stage.old.keys(), outcome
        for name, digest in there.items():
            assert digest == stage.old[name] or (name in stage.written and digest == stage.new[name]), (name, outcome)


def test_a_stage_that_is_killed_dies_and_one_that_fails_says_so_in_one_line(stage: Matrix) -> None:
    for outcome in stage.outcomes:
        if outcome.fault == "killed" or outcome.fault in KILLS_WITHIN:
            assert outcome.code in (-signal.SIGKILL, -signal.SIGXFSZ), outcome
            continue
        lines = outcome.said.splitlines()
        assert outcome.path in lines[0], outcome
        assert "Traceback" not in outcome.said
        if outcome.path.startswith(".lockstep/"):  # notes of this machine: a warning
            assert "warning" in lines[0], outcome
        else:
            assert outcome.code == 1, outcome
            assert len(lines) == 1, outcome
            assert "; check the disk and its permissions (earlier results: " in lines[0]


def test_after_an_error_everything_is_as_it_was_before_the_write(stage: Matrix) -> None:
    for outcome in stage.outcomes:
        if outcome.code == 1 and not outcome.path.startswith(".lockstep/"):
            assert stage.files(outcome.after) == _finished(stage.files(outcome.before)), outcome


def test_the_next_run_ends_with_the_right_bytes_and_nothing_left_over(stage: Matrix, finished: Project) -> None:
    assert stage.summary["quiet"]["code"] == 0
    for name, digest in stage.new.items():
        assert digest == sha256((finished.folder / name).read_bytes()).hexdigest(), name
    for again in stage.summary["again"]:
        assert again["code"] == 0, again["said"]
        assert stage.files(again["end"]) == stage.new


@pytest.mark.nightly
def test_the_next_run_ends_with_the_right_bytes_after_every_state(stage: Matrix, finished: Project) -> None:
    assert len(stage.summary["again"]) > 6
    test_the_next_run_ends_with_the_right_bytes_and_nothing_left_over(stage, finished)


def test_a_disk_without_space_is_one_line_and_earlier_results_stay(stage: Matrix) -> None:
    for full in stage.summary["full"]:
        assert full["code"] == 1
        (line,) = full["said"].splitlines()
        assert "; check the disk and its permissions" in line
        assert stage.files(full["end"]) == stage.old


def test_every_output_is_struck_before_during_and_after_its_write(stage: Matrix, finished: Project) -> None:
    dvc_yaml = yaml.safe_load((finished.folder / "dvc.yaml").read_text())
    outputs = outputs_of(stage.folder.name, dvc_yaml, dict.fromkeys(stage.new, b""))
    assert set(outputs) == stage.written
    struck = [(each.path, each.kind) for each in stage.outcomes if each.fault == "killed"]
    for output in outputs:
        kinds = [kind for path, kind in struck if path == output and kind != "open"]
        # Synced before it gets its name: a power cut must not leave a name without content.
        assert kinds == ["create", "write", "chmod", "fsync", "rename"]
        within = {each.fault for each in stage.outcomes if each.path == output and each.kind == "write"}
        assert within >= {*KILLS_WITHIN, "cut short", "disk full"}
    assert struck[-1] == ("end", "end")


@pytest.mark.long("test_every_output_is_struck_before_during_and_after_its_write")
def test_there_are_hundreds_of_crash_points(matrices: Path) -> None:
    points = {
        (action, each.kind, each.path, each.fault)
        for action in (*STAGES, "export")
        for each in Matrix(matrices / action).outcomes
    }
    assert len(points) >= 500


def test_an_export_is_old_or_new_as_a_whole_and_a_persons_files_stay(export: Matrix) -> None:
    old, new = _exported(export.old), _exported(export.new)
    results = f"{EXPORT}/results.json"
    for outcome in export.outcomes:
        left = _exported(export.files(outcome.after))
        assert left[f"{EXPORT}/notes.txt"] == old[f"{EXPORT}/notes.txt"]
        assert all(digest in (old[name], new[name]) for name, digest in left.items()), outcome
        # A folder that has results.json is whole.
        assert left in (old, new) if results in left else outcome.code < 0, outcome
        if outcome.code == 1:
            assert left == old, outcome
            assert "Traceback" not in outcome.said


def test_the_export_after_one_that_was_killed_is_whole_and_leaves_nothing_over(export: Matrix) -> None:
    assert export.summary["quiet"]["code"] == 0
    assert len(export.summary["again"]) > 20
    for again in export.summary["again"]:
        assert again["code"] == 0, again["said"]
        assert export.files(again["end"]) == export.new


def _exported(files: Digests) -> Digests:
    """What a person sees."""
    own = ("/.lockstep-export", "/..lockstep-export")
    return {name: digest for name, digest in files.items() if not any(each in name for each in own) and name[-1] != "/"}


def test_a_log_whose_writing_ends_anywhere_keeps_every_evaluation_before(matrices: Path) -> None:
    outcomes = json.loads((matrices / "log/log.json").read_text())
    for killed, refused in zip(outcomes[::2], outcomes[1::2], strict=True):
        kept = [int(number) for number in re.findall(r"^kept (\d+)$", killed["said"], re.MULTILINE)]
        assert killed["code"] == -signal.SIGXFSZ
        assert killed["again"] == [f"found {kept}\n", 0]
        assert refused["code"] == 0  # a warning, and the search goes on
        assert refused["said"].count("warning") == 1
        assert refused["again"] == killed["again"]
    assert len(outcomes) > 20
