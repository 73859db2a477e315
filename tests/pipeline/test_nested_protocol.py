"""The nested protocol makes a model as the stages do, and its scores are written, shown and logged."""

import json

import pandas as pd
import pytest

from lockstep.evaluate.nested import Procedure, nested_split
from lockstep.model.saved import SavedModel
from lockstep.project import paths
from lockstep.project.blocks import Blocks
from lockstep.search.evaluation_log import NoLog
from lockstep.split.split_block import SplitBlocks
from lockstep.storage.tables import read_json, read_table
from tests.pipeline.mlflow_view import parents_of, store_of
from tests.pipeline.project import Project


def test_on_the_pipeline_s_own_split_it_finds_the_pipeline_s_own_result(
    finished: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(finished.folder)
    monkeypatch.setenv("LOCKSTEP_WORKERS", "2")
    blocks = Blocks.read()
    choices = blocks.choices(SplitBlocks)
    procedure = Procedure.of(blocks, SavedModel.load(paths.MODEL), choices.split)
    train = read_table(paths.TRAIN).drop(columns="fold")
    rows = pd.concat([train, read_table(paths.TEST)]).sort_values("row_id", ignore_index=True)
    found = nested_split(procedure, rows, choices.seed, NoLog(), "split")
    assert found.best == read_json(paths.BEST_PARAMS)
    assert found.scores == read_json(paths.METRICS)["test"]


@pytest.mark.long("test_on_the_pipeline_s_own_split_it_finds_the_pipeline_s_own_result")
def test_the_page_and_mlflow_have_its_scores(project: Project) -> None:
    project.edit("params.yaml", "protocol: single", "protocol: nested")
    project.edit("params.yaml", "repeats: 10", "repeats: 2")
    assert project.repro() == ["evaluate"]
    found = json.loads((project.folder / "reports/evaluate/repeated.json").read_text())
    one, two = (split["rmse"] for split in found["splits"])
    assert found["score_mean"] == pytest.approx((one + two) / 2)
    assert one != two
    assert [split["best"].keys() for split in found["splits"]] == [{"cv_rmse", "n_rounds", "params", "trial"}] * 2
    page = " ".join((project.folder / "reports/index.html").read_text().split())
    assert "no test row took part in choosing the model that it tests" in page
    (run,) = (run for run in parents_of(store_of(project)) if run.data.params["evaluate.protocol"] == "nested")
    assert run.data.metrics["repeated.rmse.mean"] == found["score_mean"]
