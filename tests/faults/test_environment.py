"""An environment in which nothing can run is named in one true line."""

import shutil
import subprocess
from collections.abc import Mapping
from pathlib import Path

import pytest

from tests.conftest import ROOT
from tests.pipeline.project import Project, environment

OPTIMISED = "environment: PYTHONOPTIMIZE=2 (python -OO) removes docstrings, without which XGBoost cannot be imported;"


def _said(folder: Path, *command: str, env: Mapping[str, str] | None = None) -> tuple[int, str]:
    done = subprocess.run(command, cwd=folder, env=environment(env), capture_output=True, text=True)
    return done.returncode, done.stdout + done.stderr


@pytest.mark.parametrize("command", [("-m", "stages.tune"), ("-m", "lockstep.cli", "check")])
def test_python_without_docstrings_is_refused(command: tuple[str, ...]) -> None:
    code, said = _said(ROOT, "python3", *command, env={"PYTHONOPTIMIZE": "2"})
    assert code == 1
    assert said.removeprefix("lockstep: ") == f"{OPTIMISED} unset it, or set it to 1\n"


def _new_dev_shm() -> bool:
    """Whether this user may put another /dev/shm in the place of the system's, for one process."""
    unshare = shutil.which("unshare")
    return bool(unshare) and _said(ROOT, "unshare", "-m", "mount", "-t", "tmpfs", "tmpfs", "/dev/shm")[0] == 0  # noqa: S108


def test_a_full_dev_shm_is_named(project: Project) -> None:
    if not _new_dev_shm():
        pytest.skip("only root may mount another /dev/shm")
    fill = "mount -t tmpfs -o size=4k tmpfs /dev/shm && head -c 4096 /dev/zero >/dev/shm/full; python3 -m stages.tune"
    shutil.rmtree(project.folder / ".lockstep")
    code, said = _said(project.folder, "unshare", "-m", "sh", "-c", fill)
    assert code == 1
    assert said.startswith("tune: /dev/shm: No space left on device: worker processes need some kilobytes of it;")
    assert said.count("\n") == 1
