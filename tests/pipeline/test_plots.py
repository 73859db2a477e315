"""`dvc plots` draws every declared picture of two experiments, side by side and labelled."""

import json
from typing import Any

import pytest
import yaml

from tests.conftest import ROOT
from tests.pipeline.project import Project


def _declared() -> dict[str, dict[str, Any]]:
    """Every plot of dvc.yaml and how it is drawn."""
    stages = yaml.safe_load((ROOT / "dvc.yaml").read_text(encoding="utf-8"))["stages"].values()
    return {file: looks for stage in stages for entry in stage.get("plots", []) for file, looks in entry.items()}


def test_every_chart_says_what_its_axes_mean() -> None:
    charts = {file: looks for file, looks in _declared().items() if file.endswith(".csv")}
    for file, looks in charts.items():
        # the names beside bars speak for themselves
        needed = {"title", "template", "x", "y", "x_label"} | (set() if looks["template"] == "bars" else {"y_label"})
        assert needed <= set(looks), file


@pytest.mark.nightly
def test_plots_diff_of_two_experiments_draws_both_in_every_picture(project: Project) -> None:
    project.run("dvc", "exp", "run", "-n", "other", "-S", "evaluate.permutation_repeats=2")
    done = project.run("dvc", "plots", "diff", "HEAD", "other", "--json")
    found = json.loads(done.stdout)
    assert "errors" not in found
    assert found["data"].keys() == _declared().keys()
    for file, pictures in found["data"].items():
        kind = {"csv": "vega", "png": "image"}[file.rsplit(".", 1)[1]]
        assert {picture["type"] for picture in pictures} == {kind}, file
        assert [name for picture in pictures for name in picture["revisions"]] == ["HEAD", "other"], file
    # a template's place that DVC does not know would stay as it is
    assert "<DVC_METRIC" not in done.stdout
    assert "warning" not in done.stderr.lower()
