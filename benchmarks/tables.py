"""The tables the benchmarks run on: made by the pipeline's own fetch, clean and split, in a copy of the repository."""

import os
import shutil
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import yaml

from lockstep.guards.text.yaml_file import read_yaml

ROOT = Path(__file__).resolve().parents[1]
# What each study changes in params.yaml.
TABLES: dict[str, dict[str, int | str]] = {
    "california": {"dataset": "california_housing", "features": "raw"},
    "spotify": {"dataset": "spotify_songs", "features": "audio"},
    "spotify_holdout": {"dataset": "spotify_songs", "features": "audio", "split.folds": 1},
}


def prepare(table: str, folder: Path, **more: str) -> Path:
    """A project whose training and test tables are made.

    Args:
        table: One of TABLES.
        folder: Where the copy is made.
        more: Further settings, dots written as two underscores.
    """
    project = folder / table
    copy_repository(project)
    configure(project, {**TABLES[table], **{name.replace("__", "."): value for name, value in more.items()}})
    run(project, "dvc", "repro", "split")
    return project


def copy_repository(project: Path) -> None:
    """The tracked and untracked files of this repository in a folder of its own, without results."""
    listed = subprocess.run(
        ["git", "ls-files", "-co", "--exclude-standard"],  # noqa: S607
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    ).stdout.splitlines()
    for name in listed:
        if not name.startswith(("reports/", "dvc.lock", "tests/")) and (ROOT / name).is_file():
            (project / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / name, project / name)
    run(project, "git", "init", "-q")


def configure(project: Path, settings: Mapping[str, int | str]) -> None:
    """Set values of params.yaml, named as in `dvc exp run -S`; a copy does without the comments."""
    file = project / "params.yaml"
    params = read_yaml(file)
    for name, value in settings.items():
        *path, last = name.split(".")
        block = params
        for key in path:
            block = block[key]
        block[last] = value
    file.write_text(yaml.safe_dump(params, sort_keys=False), encoding="utf-8")


def environment() -> dict[str, str]:
    """This interpreter's environment, with a mirror folder made absolute."""
    env = {**os.environ, "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"}
    mirror = env.get("LOCKSTEP_DATA_MIRROR", "")
    if mirror and (ROOT / mirror).is_dir():
        env["LOCKSTEP_DATA_MIRROR"] = str((ROOT / mirror).resolve())
    return env


def run(project: Path, *command: str) -> str:
    """Run a command in a project; its standard output."""
    done = subprocess.run(command, cwd=project, env=environment(), capture_output=True, text=True, check=False)  # noqa: S603
    if done.returncode:
        raise SystemExit(f"{' '.join(command)}: {done.stdout}{done.stderr}")
    return done.stdout
