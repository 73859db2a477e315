"""What the image runs, with stand-ins for the commands that it starts."""

import os
import signal
import subprocess
import time
from pathlib import Path

import pytest

from tests.conftest import ROOT

RUN = ROOT / "docker/run.sh"
# Like a stage that needs a moment to leave whole files behind.
DVC = """#!/bin/sh
trap 'sleep 0.2; touch whole; exit 1' TERM
touch started
while :; do sleep 0.02; done
"""


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_a_stopped_container_waits_for_what_it_runs(number: signal.Signals, code: int, tmp_path: Path) -> None:
    for name, content in (("dvc", DVC), ("lockstep", "#!/bin/sh\n")):
        (tmp_path / name).write_text(content)
        (tmp_path / name).chmod(0o755)
    (tmp_path / "outputs").mkdir()
    environment = os.environ | {"PATH": f"{tmp_path}{os.pathsep}{os.environ['PATH']}"}
    with subprocess.Popen(["sh", str(RUN)], cwd=tmp_path, env=environment, stderr=subprocess.DEVNULL) as command:
        while not (tmp_path / "started").exists():
            assert command.poll() is None
            time.sleep(0.01)
        command.send_signal(number)
        assert command.wait() == code
    assert (tmp_path / "whole").exists()
