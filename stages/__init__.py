"""The pipeline's stages, one file each: `python3 -m stages.tune`.

DVC runs a stage with whatever `python3` PATH finds. If the repository has its own .venv and this is another
interpreter (`.venv/bin/dvc repro` without activation), the stage starts again in the .venv: results must never
depend on which terminal they were started from.
"""

import os
import sys
from pathlib import Path


def _use_own_environment() -> None:
    root = os.environ.get("DVC_ROOT")
    stage = os.environ.get("DVC_STAGE")
    if not root or not stage:
        return
    own = Path(root) / ".venv"
    python = own / "bin" / "python"
    if python.exists() and Path(sys.prefix).resolve() != own.resolve():
        os.execv(python, [str(python), "-m", f"stages.{stage.rpartition(':')[2]}"])  # noqa: S606 - no shell wanted


_use_own_environment()
