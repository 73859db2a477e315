"""What git does to a result: line ends, merges, and a project in a subfolder of a repository."""

import json
import shutil
from pathlib import Path

import pytest

from tests.pipeline.project import Project

UP_TO_DATE = "Data and pipelines are up to date."
NIGHTLY = pytest.mark.nightly


def test_a_clone_that_converts_line_ends_is_up_to_date(finished: Project, tmp_path: Path) -> None:
    """With core.autocrlf git would check out text as CRLF: other bytes, so six stale stages."""
    clone = Project(tmp_path / "clone")
    finished.run("git", "clone", "-q", "-c", "core.autocrlf=true", str(finished.folder), str(clone.folder))
    clone.run("dvc", "config", "--local", "cache.dir", str(finished.folder / ".dvc/cache"))
    clone.run("dvc", "checkout")
    assert clone.run("dvc", "status").stdout.strip() == UP_TO_DATE
    assert clone.run("git", "status", "--porcelain").stdout == ""


# On each branch what its edit re-runs; the split alone is the short form.
@pytest.mark.parametrize("target", [["split"], pytest.param([], id="all", marks=NIGHTLY)])
def test_locks_of_two_branches_are_never_merged_by_lines(project: Project, target: list[str]) -> None:
    """The edits touch different stages, so that git's merge by lines would succeed, in a lock of no run."""
    project.run("git", "checkout", "-q", "-b", "theirs")
    project.edit("datasets/friedman.yaml", "x9: {type: number, min: 0, max: 1}", "x9: {type: number, min: 0, max: 2}")
    assert project.repro(*target)[0] == "clean"
    project.commit()
    project.run("git", "checkout", "-q", "-b", "ours", "main")
    project.edit("params.yaml", "test_size: 0.2", "test_size: 0.25")
    assert project.repro(*target)[0] == "split"
    project.commit()

    merge = project.run("git", "merge", "theirs", check=False)
    assert merge.returncode == 1
    assert "Merge conflict in dvc.lock" in merge.stdout
    project.run("git", "checkout", "--ours", "dvc.lock", "reports")
    project.repro(*target)
    assert project.run("dvc", "status", *target).stdout.strip() == UP_TO_DATE
    project.run("git", "add", "-A")
    project.run("git", "commit", "-q", "--no-edit")
    stages = project.lock()["stages"]
    assert stages["clean"]["params"]["datasets/friedman.yaml"]["columns"]["x9"]["max"] == 2
    assert stages["split"]["params"]["params.yaml"]["split"]["test_size"] == 0.25
    assert not project.run("git", "status", "--porcelain").stdout


def test_reports_of_two_branches_are_never_merged_by_lines(tmp_path: Path) -> None:
    """Metrics that change on different lines, one on each branch: a merge would hold figures of no model."""
    root = Path(__file__).parents[2]
    project = Project(tmp_path)
    project.run("git", "init", "-q", "-b", "main")
    project.run("git", "config", "user.name", "test")
    project.run("git", "config", "user.email", "test@example.org")
    (tmp_path / ".gitattributes").write_bytes((root / ".gitattributes").read_bytes())
    files = ("reports/metrics.json", "reports/tune/trials.csv", "reports/index.html", "requirements.lock")
    for name, first, last in (("main", 0, 0), ("theirs", 1, 0), ("ours", 0, 1)):
        if name != "main":
            project.run("git", "checkout", "-q", "-b", name, "main")
        for file in files:
            (tmp_path / file).parent.mkdir(parents=True, exist_ok=True)
            (tmp_path / file).write_text(f"first {first}\n" + "same\n" * 10 + f"last {last}\n")
        project.commit()
    merge = project.run("git", "merge", "theirs", check=False)
    assert merge.returncode == 1
    for file in files:
        assert f"Merge conflict in {file}" in merge.stdout


@NIGHTLY
def test_experiments_pass_through_what_is_never_merged(project: Project) -> None:
    """`dvc exp` stashes and merges the workspace, whose lock has changed, and the experiment's."""
    project.edit("params.yaml", "min_test_r2: 0.0", "min_test_r2: 0.1")
    project.repro()
    project.run("dvc", "exp", "run", "--temp", "-n", "temporary", "-S", "evaluate.confidence=0.9")
    project.run("dvc", "exp", "run", "--queue", "-n", "queued", "-S", "evaluate.confidence=0.8")
    project.run_queue(jobs=1)
    for name, confidence in (("temporary", 0.9), ("queued", 0.8)):
        project.run("dvc", "exp", "apply", name)
        assert project.lock()["stages"]["evaluate"]["params"]["params.yaml"]["evaluate"]["confidence"] == confidence
        assert project.run("dvc", "status").stdout.strip() == UP_TO_DATE
        project.run("dvc", "exp", "branch", name, f"of-{name}")
        assert f"confidence: {confidence}" in project.run("git", "show", f"of-{name}:params.yaml").stdout


@pytest.fixture
def subfolder(finished: Project, tmp_path: Path) -> Project:
    """The finished project as the folder `team/ml` of a git repository whose last commit has its result."""
    project = finished.copy(tmp_path / "top/team/ml")
    shutil.rmtree(project.folder / ".git")
    (tmp_path / "top/dvc.lock").write_text("another project's\n")
    for command in (["init", "-q", "-b", "main"], ["config", "user.name", "test"], ["config", "user.email", "t@e.org"]):
        project.run("git", "-C", str(tmp_path / "top"), *command)
    project.run("git", "add", "-A", "--", "../..")
    project.run("git", "commit", "-q", "-m", "all")
    return project


def test_commits_of_a_subfolder_are_compared_and_synced(subfolder: Project) -> None:
    assert "The same result on both sides" in subfolder.run("lockstep", "compare", "HEAD").stdout
    assert subfolder.run("lockstep", "sync", "--rev", "HEAD").stdout.startswith("commit ")
    assert not subfolder.run("git", "status", "--porcelain").stdout


def test_a_commit_from_before_the_subfolder_is_one_line(subfolder: Project) -> None:
    subfolder.run("git", "mv", "../../team", "../../group")
    moved = Project(subfolder.folder.parents[1] / "group/ml")
    refused = moved.run("lockstep", "export", "--rev", "HEAD", "../../../exported", check=False)
    assert refused.returncode == 1
    head = moved.run("git", "rev-parse", "HEAD").stdout[:7]
    assert refused.stderr == (
        f"lockstep: commit {head}: has no folder group/ml, the project's present one, so it contains no result\n"
    )


@NIGHTLY
def test_experiments_export_and_verify_in_a_subfolder(subfolder: Project, tmp_path: Path) -> None:
    assert subfolder.run("dvc", "status").stdout.strip() == UP_TO_DATE
    subfolder.run("lockstep", "export", "--rev", "HEAD", str(tmp_path / "exported"))
    metrics = (subfolder.folder / "reports/metrics.json").read_bytes()
    assert (tmp_path / "exported/reports/metrics.json").read_bytes() == metrics
    subfolder.run("dvc", "exp", "run", "-n", "here", "-S", "evaluate.gates.min_test_r2=0.1")
    subfolder.run("dvc", "exp", "run", "--temp", "-n", "apart", "-S", "evaluate.gates.min_test_r2=0.2")
    for name in ("here", "apart"):
        assert f"`{name}`" in subfolder.run("lockstep", "compare", "HEAD", name).stdout
    synced = subfolder.run("lockstep", "sync", "--all-experiments").stdout
    assert "experiment here: " in synced
    assert "experiment apart: " in synced
    subfolder.run("python", "notebooks/execute.py")
    ran = subfolder.run("lockstep", "verify", "--rev", "HEAD")
    assert ran.stdout == f"lockstep: identical: 6 stages, {len(subfolder.output_hashes())} outputs\n", ran.stderr
    shown = json.loads(subfolder.run("dvc", "exp", "show", "--json").stdout)
    assert {each["name"] for group in shown for each in group["experiments"] or ()} == {"here", "apart"}
