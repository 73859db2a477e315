"""Folders with a result's outputs, as `lockstep export` names them, and models planted in them."""

import shutil
from pathlib import Path

import numpy as np

from lockstep.storage.tables import read_json, read_table, write_json, write_table
from tests.pipeline.project import Project

EXPORTED = ("params.yaml", "dvc.lock", "reports", "models", "data/predictions", "data/split/test.parquet")
TEST = "data/predictions/test.parquet"


def exported(project: Project, folder: Path) -> Path:
    """A folder with a project's outputs."""
    for path in EXPORTED:
        source, target = project.folder / path, folder / path
        target.parent.mkdir(parents=True, exist_ok=True)
        if source.is_dir():
            shutil.copytree(source, target)
        else:
            shutil.copy2(source, target)
    return folder


def plant(folder: Path, share: float, noise: float = 0.0) -> None:
    """Make the errors of a result's predictions this share of what they are, and add noise of this deviation."""
    said = read_table(folder / TEST)
    error = share * (said["predicted"] - said["actual"]) + noise * np.random.default_rng(1).normal(size=len(said))
    write_table(said.assign(predicted=said["actual"] + error), folder / TEST)
    metrics = read_json(folder / "reports/metrics.json")
    metrics["test"]["rmse"] = float(np.sqrt(np.mean(error**2)))
    write_json(metrics, folder / "reports/metrics.json")
