"""One finished pipeline for the whole test session, whichever worker process makes it first."""

import fcntl
from pathlib import Path

import pytest

from tests.pipeline.project import Project, new_project


@pytest.fixture(scope="session")
def finished(shared_folder: Path) -> Project:
    """A committed project after its first `dvc repro`; read it, and copy it before changing anything."""
    folder = shared_folder / "finished"
    with (shared_folder / "finished.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not (shared_folder / "finished.log").exists():
            project = new_project(folder)
            log = project.run("dvc", "repro", env={"LOCKSTEP_WORKERS": "2"})
            project.commit()
            (shared_folder / "finished.log").write_text(log.stdout + log.stderr)
    return Project(folder)


@pytest.fixture
def project(finished: Project, tmp_path: Path) -> Project:
    """A copy of the finished project that a test may change."""
    return finished.copy(tmp_path / "project")


@pytest.fixture
def first_log(finished: Project) -> str:
    """What the first `dvc repro` printed."""
    return (finished.folder.parent / "finished.log").read_text()
