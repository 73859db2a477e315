"""A recipe of every step that learns from the target, through the whole pipeline: nothing leaks into any score."""

import hashlib
import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import yaml

from tests.pipeline.project import Project, new_project

ROWS = 1500
RECIPE = [
    {"step": "columns", "columns": ["a", "genre"]},
    {"step": "date_parts", "columns": ["day"], "parts": ["year", "weekday", "days"]},
    {"step": "target_encode", "columns": ["artist", "genre"], "together": [["artist", "genre"]], "spread": True},
    {"step": "count", "columns": ["artist"], "distinct_of": "genre"},
    {"step": "multi_value", "column": "tags", "separator": ";", "top": 3, "count": True, "encode": True},
    {"step": "clusters", "columns": ["latitude", "longitude"], "n_clusters": 4},
    {
        "step": "neighbours",
        "columns": ["latitude", "longitude"],
        "k": [3, 10],
        "of": ["a"],
        "spread": True,
        "distance": True,
    },
    {"step": "local_linear", "columns": ["latitude", "longitude"], "inputs": ["a"], "k": [20]},
    {"step": "linear", "columns": ["a", "latitude"]},
]
TYPES = {
    "a": "number",
    "latitude": "number",
    "longitude": "number",
    "genre": "category",
    "artist": "text",
    "tags": "text",
    "day": "date",
    "y": "number",
}


def _table(*, shuffled: bool) -> pd.DataFrame:
    """A target that depends on artist, place, tags and a; shuffled, on nothing."""
    random = np.random.default_rng(5)
    artist, genre = random.integers(0, 200, ROWS), random.integers(0, 8, ROWS)
    tags = [";".join(sorted(random.choice(list("abcdef"), 2, replace=False))) for _ in range(ROWS)]
    table = pd.DataFrame(
        {
            "a": random.normal(size=ROWS).round(4),
            # places coincide, as houses of one block do
            "latitude": random.integers(0, 20, ROWS) / 10,
            "longitude": random.integers(0, 20, ROWS) / 10,
            "genre": [f"g{number}" for number in genre],
            "artist": [f"artist {number}" for number in artist],
            "tags": tags,
            "day": [f"20{10 + number % 10}-0{1 + number % 9}-15" for number in random.integers(0, 90, ROWS)],
        }
    )
    effect = random.normal(size=200)[artist] + np.sin(3 * table["latitude"]) + table["a"] * table["longitude"]
    y = (effect + table["tags"].str.contains("a") + 0.5 * random.normal(size=ROWS)).round(4)
    return table.assign(y=random.permutation(y) if shuffled else y)


def _finished(folder: Path, *stages: str, shuffled: bool) -> Project:
    project = new_project(folder)
    _table(shuffled=shuffled).to_csv(project.folder / "own.csv", index=False)
    facts = {
        "about": "made by a test",
        "target": "y",
        "metric": None,
        "weight": None,
        "exposure": None,
        "source": {
            "kind": "csv",
            "path": "own.csv",
            "sha256": hashlib.sha256((project.folder / "own.csv").read_bytes()).hexdigest(),
        },
        "missing_values": [""],
        "columns": {name: {"type": kind} for name, kind in TYPES.items()},
        "clean": [],
        "features": {"full": RECIPE},
        "judging": {"slices": [{"by": "seen", "column": "artist"}], "coordinates": None},
    }
    (project.folder / "datasets/own.yaml").write_text(yaml.safe_dump(facts))
    project.edit("params.yaml", "dataset: friedman", "dataset: own")
    project.run("dvc", "repro", *stages, env={"LOCKSTEP_WORKERS": "2"})
    return project


@pytest.fixture(scope="module")
def rich(tmp_path_factory: pytest.TempPathFactory) -> Project:
    return _finished(tmp_path_factory.mktemp("rich") / "project", shuffled=False)


@pytest.fixture(scope="module")
def rows(tmp_path_factory: pytest.TempPathFactory) -> Project:
    """The same after the first three stages."""
    return _finished(tmp_path_factory.mktemp("rows") / "project", "split", shuffled=False)


def _r2(project: Project) -> dict[str, float]:
    metrics = json.loads((project.folder / "reports/metrics.json").read_text())
    return {part: metrics[part]["r2"] for part in ("train", "cv", "test")}


@pytest.mark.nightly
def test_a_shuffled_target_cannot_be_predicted(rich: Project, tmp_path: Path) -> None:
    """Leaky features would look good in the folds and fail on test rows, or look good on both."""
    found = _r2(_finished(tmp_path / "project", shuffled=True))
    assert found["test"] <= 0.0
    # early stopping and the choice of the best trial pick the luckiest round of few rows
    assert found["cv"] <= 0.02
    true = _r2(rich)
    assert true["test"] > 0.5, "the same recipe must find what is there"
    assert abs(true["cv"] - true["test"]) < 0.1, "the folds must promise what the test rows keep"


@pytest.mark.nightly
def test_poisoned_test_rows_change_no_feature_and_no_model(rich: Project, tmp_path: Path) -> None:
    project = rich.copy(tmp_path / "project")
    made = [project.folder / name for name in ("models/best_params.json", "reports/tune/trials.csv")]
    made += sorted(file for file in (project.folder / "models/model").rglob("*") if file.is_file())
    before = {file: file.read_bytes() for file in made}
    path = project.folder / "data/split/test.parquet"
    poisoned = pd.read_parquet(path)
    path.unlink()
    poisoned.assign(y=1e6, a=-1e6, latitude=50.0, artist="poison", genre="poison", tags="poison").to_parquet(path)
    for stage in ("tune", "train_best"):
        project.run("python3", "-m", f"stages.{stage}", env={"LOCKSTEP_WORKERS": "1"})
    assert {file: file.read_bytes() for file in made} == before


def test_a_changed_row_of_a_fold_changes_no_score_of_what_it_does_not_train(rows: Project) -> None:
    """A row of fold 0 validates there: that fold's own boosters, asked about its other rows, must not notice."""
    from lockstep.check.config import load_config
    from lockstep.fitting.make_folds import make_folds
    from lockstep.table.cross_fitting import CrossFitting
    from lockstep.table.target import Target

    config = load_config(rows.folder)
    train = pd.read_parquet(rows.folder / "data/split/train.parquet")
    changed = train.copy()
    row = int(np.flatnonzero(train["fold"] == 0)[0])
    changed.loc[row, ["a", "latitude", "y"]] = [99.0, 1.0, 1e6]
    changed.loc[row, ["artist", "genre", "tags"]] = ["new", "new", "new;a"]
    target = Target.of(config.dataset)
    tables = (train, changed)
    before, after = (make_folds(each, target, config.recipe, CrossFitting(), config.seed)[0] for each in tables)
    others = np.arange(len(train)) != row
    assert before.x[others].tobytes() == after.x[others].tobytes()
    assert before.x[row].tobytes() != after.x[row].tobytes()


OF_TARGET = {"rule": "ratio", "name": "made", "numerator": "y", "denominator": "a"}


@pytest.mark.parametrize(
    ("column", "line"),
    [
        ("y", "uses the target 'y'; remove it"),
        ("artist", "column 'artist' is text; state type category to learn from its values"),
        ("made", "column 'made' is made from the target; remove it"),
        ("nobody", "no column 'nobody' at this point; there are: a, "),
    ],
)
def test_tune_refuses_a_column_that_no_recipe_may_read(rows: Project, tmp_path: Path, column: str, line: str) -> None:
    """tune knows no cleaning rule: it goes by what clean wrote of the columns."""
    project = rows.copy(tmp_path / "project")
    path = project.folder / "datasets/own.yaml"
    facts = yaml.safe_load(path.read_text())
    facts |= {"clean": [OF_TARGET], "features": {"full": [{"step": "columns", "columns": ["a", column]}]}}
    path.write_text(yaml.safe_dump(facts))
    done = project.run("dvc", "repro", "tune", check=False)
    assert done.returncode != 0
    (refused,) = [each for each in done.stderr.splitlines() if each.startswith("tune: ")]
    assert refused.startswith(f"tune: datasets/own.yaml: features.full: {line}")
    assert not (project.folder / "models/best_params.json").exists()
