"""A real project in a folder of its own, driven by the real dvc command."""

import os
import re
import shutil
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Mapping
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from tests import warm
from tests.conftest import DATASETS, ROOT, SETTINGS

# Few trials, folds and rounds: the promises are about what runs and what comes out, not about the score.
TINY = {
    "dataset: diabetes": "dataset: friedman",
    "n_trials: 60": "n_trials: 6",
    "lag: 8": "lag: 3",
    "n_startup_trials: 5": "n_startup_trials: 3",
    "n_startup_trials: 8": "n_startup_trials: 2",
    "folds: 5": "folds: 3",
    "early_stopping_rounds: 50": "early_stopping_rounds: 5",
    "max_rounds: 2000": "max_rounds: 30",
    "permutation_repeats: 5": "permutation_repeats: 1",
    "n_models: 5": "n_models: 1",
    "bootstrap_samples: 1000": "bootstrap_samples: 100",
}
RESULTS = ("reports/", "dvc.lock")
# What the repository consists of; a person's own tables and folders are not copied.
PARTS = {
    *(".dockerignore", ".dvc", ".dvcignore", ".gitattributes", ".gitignore"),
    *("Dockerfile", "LICENSE", "Makefile", "README.md", "pyproject.toml", "requirements.lock"),
    *(
        "benchmarks",
        "custom",
        "data",
        "datasets",
        "docker",
        "docs",
        "lockstep",
        "notebooks",
        "reports",
        "stages",
        "tests",
    ),
    *("dvc.lock", "dvc.yaml", "params.yaml"),
}
# Seconds: more than any command takes beside other work.
ENDS_WITHIN = 600.0
# Where MLflow keeps addresses of artefacts.
ADDRESSES = {
    "experiments": "artifact_location",
    "runs": "artifact_uri",
    "logged_models": "artifact_location",
    "model_versions": "storage_location",
    "logged_model_tags": "tag_value",
}


def environment(more: Mapping[str, str] | None = None) -> dict[str, str]:
    """This process's, without what points Lockstep, MLflow or DVC somewhere, and with its interpreter first on PATH."""
    kept = {key: value for key, value in os.environ.items() if not key.startswith(("LOCKSTEP_", "MLFLOW_", "DVC_"))}
    return {**kept, "PATH": f"{Path(sys.executable).parent}{os.pathsep}{kept['PATH']}", **(more or {})}


def _warm(env: Mapping[str, str] | None) -> dict[str, str]:
    """`environment`, with interpreters that have imported third-party packages first on PATH."""
    own = {"PYTHONFAULTHANDLER": "1", **environment(env)}
    return own if warm.cold else {**own, "PATH": f"{warm.launchers()}{os.pathsep}{own['PATH']}"}


@dataclass(frozen=True)
class Project:
    """One clone of the repository."""

    folder: Path

    def run(
        self,
        *command: str,
        check: bool = True,
        env: Mapping[str, str] | None = None,
        ends_within: float = ENDS_WITHIN,
    ) -> subprocess.CompletedProcess[str]:
        """Run a command in the project, with this interpreter's environment first on PATH.

        Raises:
            AssertionError: if it fails, unless `check` is false; if it hangs, with where each thread of its is.
        """
        with subprocess.Popen(
            command,
            cwd=self.folder,
            env=_warm(env),
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            process_group=0,
        ) as process:
            try:
                said = process.communicate(timeout=ends_within)
            except BaseException as error:
                hangs = isinstance(error, subprocess.TimeoutExpired)
                os.killpg(process.pid, signal.SIGABRT if hangs else signal.SIGKILL)
                if not hangs:
                    raise
                out, errors = process.communicate(timeout=30)
                raise AssertionError(f"{' '.join(command)} did not end in {ends_within} s:\n{out}\n{errors}") from None
        done = subprocess.CompletedProcess(command, process.returncode, *said)
        if check and done.returncode != 0:
            raise AssertionError(f"{' '.join(command)} ended with {done.returncode}:\n{done.stdout}\n{done.stderr}")
        return done

    def start(self, *command: str, env: Mapping[str, str] | None = None) -> subprocess.Popen[str]:
        """Start a command in the project, in a session of its own, with both streams in one pipe."""
        return subprocess.Popen(
            command,
            cwd=self.folder,
            env=environment(env),
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        )

    def repro(self, *arguments: str, env: Mapping[str, str] | None = None) -> list[str]:
        """`dvc repro`; returns the stages that ran, in order."""
        return stages_run(self.run("dvc", "repro", *arguments, env=env).stdout)

    def run_queue(self, *, jobs: int, env: Mapping[str, str] | None = None) -> None:
        """`dvc queue start`; wait until every queued experiment has ended, and the workers too.

        Raises:
            AssertionError: with DVC's own words, if one failed.
        """
        self.run("dvc", "queue", "start", "--jobs", str(jobs), env=env)
        try:
            for _ in range(300):
                status = self.run("dvc", "queue", "status").stdout
                assert "Failed" not in status, status
                if "Queued" not in status and "Running" not in status:
                    return
                time.sleep(1)
            raise AssertionError(f"the queue did not end:\n{status}")
        finally:
            self.run("dvc", "queue", "stop", "--kill", check=False)

    def edit(self, file: str, old: str, new: str) -> None:
        path = self.folder / file
        text = path.read_text(encoding="utf-8")
        assert old in text, f"{file} has no {old!r}"
        path.write_text(text.replace(old, new, 1), encoding="utf-8")

    def commit(self) -> None:
        self.run("git", "add", "-A")
        self.run("git", "commit", "-q", "-m", "state")

    def lock(self) -> dict[str, Any]:
        content: dict[str, Any] = yaml.safe_load((self.folder / "dvc.lock").read_text(encoding="utf-8"))
        return content

    def output_hashes(self) -> dict[str, str]:
        """md5 of every output that dvc.lock knows."""
        return {out["path"]: out["md5"] for stage in self.lock()["stages"].values() for out in stage["outs"]}

    def copy(self, target: Path) -> "Project":
        """A project of its own: MLflow's addresses of artefacts, which are absolute, name the copy's."""
        shutil.copytree(self.folder, target, symlinks=True)
        if (target / "mlruns/mlflow.db").exists():
            with closing(sqlite3.connect(target / "mlruns/mlflow.db")) as store, store:
                for table, column in ADDRESSES.items():
                    change = f"UPDATE {table} SET {column} = replace({column}, ?, ?)"  # noqa: S608
                    store.execute(change, (str(self.folder), str(target)))
        return Project(target)


def stages_run(output: str) -> list[str]:
    return re.findall(r"Running stage '(\w+)'", output)


def new_project(folder: Path, *, tiny: bool = True) -> Project:
    """The working tree's files as a fresh repository, with the settings that tests run with.

    Without `tiny` the committed results are there too; they fit the settings in the repository as shipped.
    """
    listed = subprocess.run(
        ["git", "ls-files", "-co", "--exclude-standard"], cwd=ROOT, capture_output=True, text=True, check=True
    )
    for name in listed.stdout.splitlines():
        source = ROOT / name
        own = (Path(name).parts[0] not in PARTS) or (
            Path(name).parent == Path("datasets") and source.suffix == ".yaml" and source.stem not in DATASETS
        )
        own = own or (name.startswith("custom/") and source.suffix == ".py")
        if source.is_file() and not own and not (tiny and name.startswith(RESULTS)):
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(source, folder / name)
    shutil.copyfile(SETTINGS, folder / "params.yaml")
    project = Project(folder)
    if tiny:
        for old, new in TINY.items():
            path = folder / "params.yaml"
            text = path.read_text(encoding="utf-8")
            assert old in text
            path.write_text(text.replace(old, new), encoding="utf-8")
        project.edit("datasets/friedman.yaml", "n_rows: 20000", "n_rows: 400")
    project.run("git", "init", "-q", "-b", "main")
    project.run("git", "config", "user.name", "test")
    project.run("git", "config", "user.email", "test@example.org")
    project.commit()
    return project
