"""Warm processes are what ordinary ones are: same arguments, folder, environment, streams and end."""

import json
import os
import signal
import subprocess
from pathlib import Path

import pytest

from tests import warm
from tests.pipeline.project import environment

pytestmark = pytest.mark.slow

PROGRAM = """
import json, os, sys
there = "sklearn" in sys.modules
print(json.dumps([sys.argv[1:], os.getcwd(), os.environ.get("OWN"), __name__, there, sys.stdin.read()]))
print("to stderr", file=sys.stderr)
if sys.argv[1:] == ["killed"]:
    os.kill(os.getpid(), 15)
sys.exit(7)
"""


def _run(folder: Path, *arguments: str, **env: str) -> subprocess.CompletedProcess[str]:
    (folder / "program.py").write_text(PROGRAM)
    own = {"PYTHONFAULTHANDLER": "1", **environment(env)}
    own["PATH"] = f"{warm.launchers()}{os.pathsep}{own['PATH']}"
    return subprocess.run(
        ["python3", "-m", "program", *arguments], cwd=folder, env=own, input="asked", capture_output=True, text=True
    )


def test_a_warm_process_is_told_all_and_tells_all(tmp_path: Path) -> None:
    done = _run(tmp_path, "a", "b c", OWN="ä")
    assert json.loads(done.stdout) == [["a", "b c"], str(tmp_path), "ä", "__main__", True, "asked"]
    assert (done.stderr, done.returncode) == ("to stderr\n", 7)
    assert _run(tmp_path, "killed").returncode == -signal.SIGTERM


def test_where_something_is_inherited_that_differs_an_ordinary_process_runs(tmp_path: Path) -> None:
    done = _run(tmp_path, "a", PYTHONOPTIMIZE="1")
    assert json.loads(done.stdout) == [["a"], str(tmp_path), None, "__main__", False, "asked"]
    assert (done.stderr, done.returncode) == ("to stderr\n", 7)
