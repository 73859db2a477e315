"""features: auto through the real stages: what is chosen is written, read by train_best and the same after a rerun."""

import json

import pandas as pd
import yaml

from lockstep.features.features_block import start_of
from lockstep.features.recipe_file import ChosenRecipe
from lockstep.model.saved import SavedModel
from lockstep.project import paths
from tests.pipeline.project import Project

RAW = """    start:
      - {step: columns, columns: [age, sex, bmi, bp, s1, s2, s3, s4, s5, s6]}
    groups: [linear, pairs]"""


def _auto(project: Project) -> None:
    project.edit("datasets/diabetes.yaml", "    start: *full", RAW)
    project.edit("params.yaml", "features: full", "features: auto")


def _bytes(project: Project) -> dict[str, bytes]:
    names = ("models/recipe.yaml", "models/feature_choice.json", "reports/tune/features.csv", "models/best_params.json")
    return {name: (project.folder / name).read_bytes() for name in names}


def test_tune_completes_the_recipe_and_later_stages_use_it(project: Project) -> None:
    before = json.loads((project.folder / paths.SEARCH).read_text())
    assert (project.folder / paths.FEATURES).read_text().count("\n") == 1
    _auto(project)
    assert project.repro() == ["tune", "train_best", "evaluate"]
    chosen = ChosenRecipe.read(project.folder / paths.RECIPE, project.folder / paths.FEATURE_CHOICE)
    assert chosen.automatic is not None
    start = start_of(chosen.automatic)
    n_folds = before["settings"]["n_folds"]
    assert [steps[: len(start)] for steps in [chosen.steps, *chosen.of_folds]] == [start] * (n_folds + 1)
    groups = pd.read_csv(project.folder / paths.FEATURES).set_index("group")
    assert set(groups.index) == {"linear", "pairs"}
    model = SavedModel.load(project.folder / paths.MODEL)
    assert tuple(model.features.recipe) == chosen.steps
    assert len(yaml.safe_load((project.folder / paths.RECIPE).read_text())) == len(chosen.steps)
    assert '<h2 id="features">' in (project.folder / paths.INDEX).read_text()
    first = _bytes(project)
    for name in first:
        (project.folder / name).unlink()
    project.run("dvc", "repro", "--force", "--single-item", "tune", env={"LOCKSTEP_WORKERS": "1"})
    assert _bytes(project) == first


def test_the_choice_reads_no_test_row(project: Project) -> None:
    _auto(project)
    project.run("dvc", "repro", "tune")
    chosen = _bytes(project)
    test = project.folder / paths.TEST
    test.unlink()
    project.run("python3", "-m", "stages.tune")
    assert _bytes(project) == chosen
