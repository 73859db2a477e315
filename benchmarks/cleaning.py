"""What each cleaning rule of the Spotify study does to its figures: a section of docs/studies/spotify.md.

`python -m benchmarks.cleaning` takes some ten minutes of one core: per variant and seed, five folds and one final
booster with the study's own parameters. The result is kept in benchmarks/studies.json.
"""

import argparse
import json
import statistics
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.out_of_fold import LARGE, Numbers, TrainingTable, quantised_folds, scores_of, training_table
from benchmarks.studies import read_studies, write_study
from benchmarks.tables import ROOT
from lockstep.features.recipe import Features
from lockstep.fitting.booster import fit_rounds
from lockstep.fitting.folds import Fold
from lockstep.fitting.matrices import quantise
from lockstep.guards.text.yaml_file import read_yaml

SETTINGS: Mapping[str, Any] = {"dataset": "spotify_songs", "features": "full", "split.test_size": 0.15}
TARGET = "track_popularity"


@dataclass(frozen=True)
class Variant:
    """One way to clean the table.

    Attributes:
        name: What the page calls it.
        highest: Whether the most popular copy of a song is kept, which looks at the target; else the first.
        zeros: Whether songs of popularity 0 are kept.
        copies: Whether the number of a song's copies is a feature.
        trains_on_zeros: Whether songs of popularity 0 train; they are scored in any case where they are kept.
    """

    name: str
    highest: bool = True
    zeros: bool = False
    copies: bool = True
    trains_on_zeros: bool = True


VARIANTS = (
    Variant("as shipped"),
    Variant("the first copy of a song, not the most popular", highest=False),
    Variant("no `n_copies`", copies=False),
    Variant("songs of popularity 0 kept", zeros=True),
    Variant("songs of popularity 0 kept, but not trained on", zeros=True, trains_on_zeros=False),
    Variant("first copy, songs of popularity 0 kept", highest=False, zeros=True),
    Variant("the same without `n_copies`", highest=False, zeros=True, copies=False),
)


def main() -> None:
    """Measure the variants and keep them."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.cleaning", description=__doc__)
    parser.add_argument("--seeds", type=int, default=3, help="splits and fits per variant")
    seeds = range(42, 42 + parser.parse_args().seeds)
    found = []
    with tempfile.TemporaryDirectory(prefix="lockstep-cleaning-") as folder:
        for variant in VARIANTS:
            runs = [measured(variant, Path(folder) / "project", seed) for seed in seeds]
            means = {key: statistics.fmean(run[key] for run in runs) for key in runs[0]}
            found.append({"variant": variant.name, "seeds": len(runs), "runs": runs, **means})
            print(json.dumps(found[-1]), flush=True)
    write_study("spotify", {**read_studies()["spotify"], "cleaning": found})


def measured(variant: Variant, project: Path, seed: int) -> dict[str, float]:
    """Rows, and scores of the validation and the test rows."""
    table = training_table(project, {**SETTINGS, "seed": seed}, facts_of(variant))
    if not variant.trains_on_zeros:
        return _not_trained_on_zeros(table, seed)
    scores = scores_of(quantised_folds(table), LARGE, table.fitting, seed)
    predicted = predicted_test(table, seed, sorted(scores.rounds)[len(scores.rounds) // 2])
    return {"rows": float(len(table.train) + len(table.test)), "cv_rmse": scores.mean, "cv_r2": scores.r2} | _on_test(
        table, predicted
    )


def facts_of(variant: Variant) -> dict[str, Any]:
    """The blocks of the dataset file that differ."""
    file = read_yaml(ROOT / "datasets/spotify_songs.yaml")
    duplicates, zeros, year = file["clean"]
    if not variant.highest:
        duplicates = {**{key: value for key, value in duplicates.items() if key != "by"}, "keep": "first"}
    recipe = file["features"]["full"]
    if not variant.copies:
        song = {**recipe[0], "columns": [column for column in recipe[0]["columns"] if column != "n_copies"]}
        recipe = [song, *recipe[1:]]
    return {
        "clean": [duplicates, *([] if variant.zeros else [zeros]), year],
        "features": {**file["features"], "full": recipe},
    }


def predicted_test(table: TrainingTable, seed: int, rounds: int) -> Numbers:
    """Predictions of the test rows by one booster of all training rows."""
    config, fitting = table.config, table.fitting
    features = Features(config.recipe, seed, 0, config.split.cross_fitting)
    y, n_train = table.target.values(table.train), len(table.train)
    x = np.concatenate([features.fit_transform(table.train, y), features.transform(table.test)])
    is_train = np.arange(len(x)) < n_train
    everything = np.concatenate([y, table.target.values(table.test)])
    fold = Fold(x, everything, is_train, ~is_train, tuple(features.names), tuple(features.types))
    matrices = quantise(fold, 256, "in_core")
    booster = fit_rounds(matrices.train, LARGE, rounds, seed, fitting)
    return np.asarray(booster.predict(matrices.valid), dtype=np.float64)


def _not_trained_on_zeros(table: TrainingTable, seed: int) -> dict[str, float]:
    """The shipped rule in training, and no rule for the rows that are scored."""
    trained = table.train[table.train[TARGET] > 0].reset_index(drop=True)
    without = TrainingTable(table.config, trained, table.test)
    rounds = sorted(scores_of(quantised_folds(without), LARGE, without.fitting, seed).rounds)
    actual, predicted = [], []
    for number in range(int(table.train["fold"].max()) + 1):
        inside, outside = trained[trained["fold"] != number], table.train[table.train["fold"] == number]
        fold = TrainingTable(table.config, inside.reset_index(drop=True), outside.reset_index(drop=True))
        predicted.append(predicted_test(fold, seed, rounds[len(rounds) // 2]))
        actual.append(fold.target.values(fold.test))
    errors = [float(np.mean((a - p) ** 2)) ** 0.5 for a, p in zip(actual, predicted, strict=True)]
    y, answers = np.concatenate(actual), np.concatenate(predicted)
    cv = {"cv_rmse": statistics.fmean(errors), "cv_r2": 1 - float(np.mean((y - answers) ** 2) / np.var(y))}
    on_test = _on_test(table, predicted_test(without, seed, rounds[len(rounds) // 2]))
    return {"rows": float(len(table.train) + len(table.test))} | cv | on_test


def _on_test(table: TrainingTable, predicted: Numbers) -> dict[str, float]:
    actual = table.target.values(table.test)
    squared = float(np.mean((actual - predicted) ** 2))
    return {"test_rmse": squared**0.5, "test_r2": 1 - squared / float(np.var(actual))}


if __name__ == "__main__":
    main()
