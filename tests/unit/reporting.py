"""A small model's page, with all tables and figures, for the tests of lockstep.report."""

from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pandas as pd

from lockstep.evaluate.evaluate_blocks import Evaluate, Gates, Judging, ValueSlice
from lockstep.evaluate.evaluation import ModelEvaluation, evaluate_model
from lockstep.model.saved import SavedModel
from lockstep.report.evaluated_run import Run, TrainingHistory
from lockstep.report.page import Page
from lockstep.report.plot_tables import write_tables
from lockstep.search.trials_file import read_trials
from lockstep.split.split_block import Split
from lockstep.storage.tables import write_csv
from tests.unit.modelling import model, table

SPACE: dict[str, Any] = {
    "subsample": {"choices": [0.5, 1]},
    "code": {"choices": ["01", 1.0, True]},
    "max_depth": {"low": 2, "high": 9},
    "rate": {"low": 0.1, "high": 0.3, "log": True},
    "grow_policy": {"choices": ["lossguide"]},
}
SEARCH: dict[str, Any] = {
    "dataset": "made",
    "features": "full",
    "space_name": "s",
    "study_key": "k",
    "score": "cv_rmse",
    "n_trials": 12,
    "n_asked": 12,
    "patience": None,
    "budget": None,
    "ended": "n_trials",
    "cost": {"trials_complete": 11, "trials_pruned": 1, "trials_failed": 0, "fold_fits": 1, "boosting_rounds": 5},
    "settings": {
        "sampler": "tpe",
        "pruner": {"name": "none"},
        "data_sha256": "d",
        "versions": {"xgboost": "3"},
        "space": SPACE,
        "early_stopping_rounds": 3,
        "max_rounds": 10,
    },
}
BEST: dict[str, Any] = {
    "params": {"subsample": 0.5, "code": "01", "max_depth": 9, "rate": 0.11, "grow_policy": "lossguide"},
    "n_rounds": 5,
    "trial": 11,
}
JUDGING = Judging(slices=(ValueSlice(by="value", column="word"),), coordinates=None)
TRIAL = pd.Series({"fold_0_rmse": 0.1, "fold_0_log_loss": 0.2, "fold_0_accuracy": 0.9, "fold_0_auc": 0.95})
SETTINGS = Evaluate(
    protocol="single",
    repeats=2,
    bootstrap_samples=100,
    confidence=0.95,
    permutation_repeats=1,
    gates=Gates(min_test_r2=0.999, max_test_rmse=None, max_test_score=None, beat_baselines="not_worse"),
)
QUALITY: dict[str, Any] = {
    "rows": {"raw": 370, "clean": 360},
    "rules": [{"rule": "drop_missing", "rows_in": 370, "rows_out": 360}],
    "columns": [
        {
            "name": "a",
            "dtype": "float64",
            "missing": 36,
            "min": 0.0,
            "median": 0.5,
            "mean": 0.5,
            "max": 1.0,
            "std": 0.3,
        },
        {"name": "word", "dtype": "str", "missing": 0, "distinct": 3},
        {"name": "y", "dtype": "float64", "missing": 0, "min": 0.0, "median": 2.0, "mean": 2.0, "max": 4.0},
    ],
}


def trials(score: str = "cv_rmse", metric: str = "rmse") -> pd.DataFrame:
    """Twelve trials, one of them pruned, of two folds."""
    choices: list[object] = ["01", 1.0, True]
    return pd.DataFrame(
        [
            {
                "number": number,
                "state": "PRUNED" if number == 3 else "COMPLETE",
                score: None if number == 3 else 10.0 - number % 4,
                "subsample": [0.5, 1][number % 2],
                "code": choices[number % 3],
                "max_depth": 2 + number % 5,
                "rate": 0.1 + number / 100,
                "grow_policy": "lossguide",
                **{f"fold_{fold}_{metric}": None if number == 3 else 10.0 - number % 4 + fold for fold in (0, 1)},
                "fold_0_rounds": 7,
                "message": "",
            }
            for number in range(12)
        ]
    )


def evaluated(folder: Path, made: SavedModel, rows: pd.DataFrame, **changed: Any) -> tuple[Run, ModelEvaluation]:
    """A run and what was found about it; `rows` are its test rows, and every field of Run can be changed.

    Also `tried`: the trials, and `search`: what changes in search.json.
    """
    score, metric = made.fitting.score_name, made.fitting.metric
    curve = pd.DataFrame({"round": [1, 2], "train": [1.0, 0.5], "valid": [1.0, 0.9]})
    write_csv(changed.pop("tried", trials(score, metric)), folder.parent / "trials.csv")
    search = SEARCH | {"score": score} | changed.pop("search", {})
    read = read_trials(folder.parent / "trials.csv", search["settings"]["space"])
    judging = changed.get("judging", JUDGING)
    train = changed.pop("train", table())
    found = evaluate_model(made, train, rows, TRIAL, judging, SETTINGS, 5, changed.get("split"))
    content: dict[str, Any] = {
        "history": TrainingHistory(read, search, curve),
        "best": BEST | {score: 6.0},
        "quality": QUALITY,
        "repeated": {"protocol": "single"},
        "judging": judging,
        "split": Split(strategy="random", test_size=0.2, folds=5, valid_size=0.15),
        "settings": SETTINGS,
        "seed": 5,
    }
    return Run(model=made, train=train, test=rows, **(content | changed)), found


def page(
    folder: Path, n_classes: int = 0, *, made: SavedModel | None = None, whole: bool = False, **changed: Any
) -> str:
    """The page of a small model; unless it is to be whole, the PNG files are those of another, drawn once."""
    own = made or model(n_classes=n_classes)
    rows = changed.pop("test", None)
    run, found = evaluated(folder, own, table(60, seed=9) if rows is None else rows, **changed)
    made_page = Page(run, found)
    if whole:
        write_tables(run, found, folder)
        made_page.write_figures(folder)
    else:
        for picture in made_page.pictures():
            if picture.file:
                vars(picture)["png"] = _drawn_once()[picture.file]
    made_page.write(folder / "index.html")
    return (folder / "index.html").read_text(encoding="utf-8")


@cache
def _drawn_once() -> dict[str, bytes]:
    """The PNG files of evaluate."""
    with TemporaryDirectory() as made:
        pictures = Page(*evaluated(Path(made) / "page", model(), table(60, seed=9))).pictures()
        return {picture.file: picture.png for picture in pictures if picture.file}
