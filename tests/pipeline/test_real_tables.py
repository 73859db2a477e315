"""The real tables, where LOCKSTEP_DATA_MIRROR names a folder that holds them; and the made table of their kin."""

import json
import os
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from sklearn.model_selection import train_test_split

from tests.conftest import ROOT
from tests.pipeline.project import Project, new_project

MIRROR = os.environ.get("LOCKSTEP_DATA_MIRROR") or ""
FOLDER = ROOT / MIRROR
needs_mirror = pytest.mark.skipif(
    not MIRROR or not (FOLDER / "cal_housing.data").exists(),
    reason="LOCKSTEP_DATA_MIRROR names no folder with cal_housing.data and spotify_songs.csv",
)
HOUSING = ["dataset=california_housing", "features=raw", "tune.space=housing7"]
SPOTIFY = ["dataset=spotify_songs", "features=audio"]


def _experiment(project: Project, *settings: str) -> dict[str, dict[str, float]]:
    arguments = [part for setting in settings for part in ("-S", setting)]
    project.run("dvc", "exp", "run", *arguments, env={"LOCKSTEP_DATA_MIRROR": str(FOLDER.resolve())})
    metrics: dict[str, dict[str, float]] = json.loads((project.folder / "reports/metrics.json").read_text())
    return metrics


@needs_mirror
@pytest.mark.long("test_raw_rows_get_the_predictions_of_the_cleaned_rows")
def test_a_short_search_on_california_finds_much_of_it(project: Project) -> None:
    metrics = _experiment(project, *HOUSING, "tune.n_trials=3", "tune.early_stopping_rounds=5")
    assert metrics["test"]["r2"] > 0.5


@needs_mirror
@pytest.mark.long("test_raw_rows_get_the_predictions_of_the_cleaned_rows")
def test_california_features_and_split_are_scikit_learns(project: Project) -> None:
    project.edit("params.yaml", "dataset: friedman", "dataset: california_housing")
    project.run("dvc", "repro", "split", env={"LOCKSTEP_DATA_MIRROR": str(FOLDER.resolve())})
    raw = np.loadtxt(FOLDER / "cal_housing.data", delimiter=",")
    expected = pd.DataFrame(
        {
            "MedInc": raw[:, 7],
            "HouseAge": raw[:, 2],
            "AveRooms": raw[:, 3] / raw[:, 6],
            "AveBedrms": raw[:, 4] / raw[:, 6],
            "Population": raw[:, 5],
            "AveOccup": raw[:, 5] / raw[:, 6],
            "Latitude": raw[:, 1],
            "Longitude": raw[:, 0],
            "MedHouseVal": raw[:, 8] / 100000,
        }
    )
    clean = pd.read_parquet(project.folder / "data/clean/table.parquet")
    pd.testing.assert_frame_equal(clean[expected.columns], expected, check_exact=True)
    _, test = train_test_split(np.arange(len(raw)), test_size=0.2, random_state=42)
    assert pd.read_parquet(project.folder / "data/split/test.parquet")["row_id"].tolist() == sorted(test)


@needs_mirror
@pytest.mark.long("test_raw_rows_get_the_predictions_of_the_cleaned_rows")
def test_spotify_cleans_to_the_reference_rows(project: Project) -> None:
    project.edit("params.yaml", "dataset: friedman", "dataset: spotify_songs")
    project.run("dvc", "repro", "clean", env={"LOCKSTEP_DATA_MIRROR": str(FOLDER.resolve())})
    quality = json.loads((project.folder / "reports/data_quality.json").read_text())
    assert quality["rows"] == {"raw": 32833, "clean": 25092}
    dropped = {rule["rule"]: rule["rows_in"] - rule["rows_out"] for rule in quality["rules"]}
    assert dropped == {"drop_duplicates": 5219, "drop_values": 2522, "date_part": 0}


@pytest.mark.nightly
def test_a_table_of_the_spotify_tracks_schema_runs_through(project: Project, tmp_path: Path) -> None:
    random = np.random.default_rng(0)
    rows = 300
    audio = ["danceability", "energy", "speechiness", "acousticness", "instrumentalness", "liveness", "valence"]
    table = pd.DataFrame(
        {
            "": np.arange(rows),
            "track_id": [f"id{row}" for row in range(rows)],
            "artists": random.choice(["Ä;B", "C", ""], rows),
            "album_name": "x, y",
            "track_name": 'the "one"',
            "popularity": random.integers(0, 100, rows),
            "duration_ms": random.integers(1000, 9000, rows),
            "explicit": random.choice(["True", "False"], rows),
            **{name: random.random(rows) for name in audio},
            "key": random.integers(0, 12, rows),
            "loudness": -random.random(rows) * 30,
            "mode": random.integers(0, 2, rows),
            "tempo": random.random(rows) * 200,
            "time_signature": 4,
            "track_genre": random.choice(["acoustic", "salsa", "techno"], rows),
        }
    )
    (tmp_path / "mirror").mkdir()
    pd.concat([table, table.head(20)]).to_csv(tmp_path / "mirror/spotify_tracks.csv", index=False)
    project.run(
        "dvc", "exp", "run", "-S", "dataset=spotify_tracks", env={"LOCKSTEP_DATA_MIRROR": str(tmp_path / "mirror")}
    )
    quality = json.loads((project.folder / "reports/data_quality.json").read_text())
    assert quality["rows"]["raw"] == 320
    assert quality["rules"][0]["rows_out"] == 300
    importance = pd.read_csv(project.folder / "reports/evaluate/feature_importance.csv")
    assert "track_genre" in set(importance["feature"])


@needs_mirror
@pytest.mark.nightly
def test_the_california_study_reaches_its_figures(tmp_path: Path) -> None:
    project = new_project(tmp_path / "project", tiny=False)
    test = _experiment(project, *HOUSING, "tune.n_trials=100")["test"]
    assert test["rmse"] <= 0.445
    assert test["r2"] >= 0.848


@needs_mirror
@pytest.mark.nightly
def test_the_spotify_study_reaches_its_figures(tmp_path: Path) -> None:
    project = new_project(tmp_path / "project", tiny=False)
    assert _experiment(project, *SPOTIFY)["test"]["r2"] >= 0.055


@pytest.mark.nightly
@pytest.mark.parametrize("python", ["python3.11", "python3.12", "python3.13"])
def test_every_supported_python_gives_the_committed_results(tmp_path: Path, python: str) -> None:
    project = new_project(tmp_path / "project", tiny=False)
    if project.run(python, "--version", check=False).returncode != 0:
        pytest.skip(f"{python} is not on this machine")
    project.run("make", "repro", f"PYTHON={python}")
    assert project.run("git", "status", "--porcelain").stdout == ""
