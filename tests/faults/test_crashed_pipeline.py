"""A real `dvc repro` whose stages are killed in the middle of their writes, some of them together with DVC."""

import signal
from pathlib import Path

import pytest

from tests.conftest import ROOT
from tests.pipeline.project import Project

# Python imports this at its start, where PYTHONPATH names its folder.
STRIKER = """
import os, signal, sys
from pathlib import Path

stage, kind, path, group = os.environ["STRIKE"].split()
if sys.orig_argv[-1] == f"stages.{stage}":
    from tests.faults.writes import Watch

    def strike(change):
        if (change.kind, change.path) == (kind, path):
            os.killpg(0, signal.SIGKILL) if group == "with-dvc" else os.kill(os.getpid(), signal.SIGKILL)

    Watch(Path.cwd(), strike)
"""
STRIKES = (
    "fetch write data/raw/table.parquet with-dvc",
    "clean rename reports/data_quality.json alone",
    "split create data/split/test.parquet with-dvc",
    "tune rename models/best_params.json alone",
    "train_best fsync models/model/model.json with-dvc",
    "evaluate rename reports/index.html alone",
)


@pytest.mark.parametrize("strikes", [STRIKES[:3], pytest.param(STRIKES, marks=pytest.mark.long)], ids=["data", "all"])
@pytest.mark.long("test_after_kill_9_no_finished_fold_is_repeated")
def test_a_pipeline_killed_in_every_stage_ends_with_the_same_hashes(
    strikes: tuple[str, ...], project: Project, finished: Project, tmp_path: Path
) -> None:
    (tmp_path / "striker").mkdir()
    (tmp_path / "striker/sitecustomize.py").write_text(STRIKER)
    # Every stage has to run again; what it once wrote is still there.
    (project.folder / "dvc.lock").unlink()
    for strike in strikes:
        stage = strike.split()[0]
        env = {"STRIKE": strike, "PYTHONPATH": f"{tmp_path / 'striker'}:{ROOT}"}
        process = project.start("dvc", "repro", "--no-run-cache", env=env)
        said = process.communicate(timeout=600)[0]
        assert f"Running stage '{stage}'" in said, said
        assert process.returncode == -signal.SIGKILL if strike.endswith("with-dvc") else process.returncode > 0, said
    assert project.repro("--no-run-cache", stage) == [stage]
    # Where evaluate was the last, this is the whole pipeline.
    hashes = finished.output_hashes()
    assert project.output_hashes() == {path: hashes[path] for path in project.output_hashes()}
    changed = project.run("git", "status", "--porcelain").stdout
    assert changed == ("" if stage == "evaluate" else " M dvc.lock\n")
    assert [part for part in project.folder.rglob(".*.part") if ".dvc" not in part.parts] == []
