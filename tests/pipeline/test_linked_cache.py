"""DVC's cache in a folder of its own, with links to it in the project (`cache.type`)."""

import shutil
from pathlib import Path

import pytest

from tests.pipeline.project import Project

LINKED = {"symlink": Path.is_symlink, "hardlink": lambda file: file.stat().st_nlink > 1}


def _link(project: Project, cache: Path, kind: str) -> None:
    (project.folder / ".dvc/cache").rename(cache)
    project.run("dvc", "config", "--local", "cache.dir", str(cache))
    project.run("dvc", "config", "--local", "cache.type", kind)
    project.run("dvc", "checkout", "--relink")
    for file in ("data/split/train.parquet", "models/model/model.json"):
        assert LINKED[kind](project.folder / file)


def test_mlflow_takes_a_model_that_is_a_link(project: Project, tmp_path: Path) -> None:
    _link(project, tmp_path / "cache", "symlink")
    project.edit("params.yaml", "min_test_r2: 0.0", "min_test_r2: 0.1")
    done = project.run("dvc", "repro")
    assert "warning" not in (done.stdout + done.stderr).lower()
    assert project.run("lockstep", "sync", "--check").stdout.endswith("agree on 1 result\n")


@pytest.mark.long("test_mlflow_takes_a_model_that_is_a_link")
@pytest.mark.parametrize("kind", ["hardlink", pytest.param("symlink", marks=pytest.mark.nightly)])
def test_every_command_works_with_links(project: Project, tmp_path: Path, kind: str) -> None:
    import pandas as pd

    _link(project, tmp_path / "cache", kind)
    assert "up to date" in project.run("dvc", "status").stdout
    project.run("dvc", "exp", "run", "-n", "two", "-S", "train_best.n_models=2")
    temporary = project.run("dvc", "exp", "run", "--temp", "-n", "three", "-S", "train_best.n_models=3")
    assert "did not take the result" not in temporary.stdout + temporary.stderr
    assert "up to date" in project.run("dvc", "status").stdout
    shutil.rmtree(project.folder / "mlruns")
    assert "workspace: complete now" in project.run("lockstep", "sync").stdout
    project.run("lockstep", "sync", "--all-experiments")
    project.run("lockstep", "sync", "--check")
    for one, other in (("HEAD", "two"), ("two", "three")):
        assert "80 test rows" in project.run("lockstep", "compare", one, other).stdout
    project.run("lockstep", "export", str(tmp_path / "exported"))
    assert not [file for file in (tmp_path / "exported").rglob("*") if file.is_symlink()]
    pd.read_parquet(project.folder / "data/raw/table.parquet").head(5).to_csv(tmp_path / "rows.csv", index=False)
    for model in ([], ["--model", "models:/friedman@champion"]):
        project.run("lockstep", "predict", str(tmp_path / "rows.csv"), str(tmp_path / "answers.csv"), "--force", *model)
    project.run("dvc", "repro", "--force")
    assert "up to date" in project.run("dvc", "status").stdout
