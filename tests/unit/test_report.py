"""The figures and tables of the evaluation."""

from pathlib import Path

import matplotlib
import pandas as pd
import pytest

from lockstep.data.tables import write_csv
from lockstep.report import figures
from lockstep.report.page import write_page
from lockstep.report.search_history import optimisation_history, parameter_importance, read_trials

ROWS = pd.DataFrame({"actual": [1.0, 2.0, 3.0], "predicted": [1.1, 2.2, 2.7]})
SPACE = {
    "subsample": {"choices": [0.5, 1]},
    "code": {"choices": ["01", 1.0, True]},
    "max_depth": {"low": 2, "high": 9},
    "rate": {"low": 0.1, "high": 0.3, "log": True},
}


def _trials() -> pd.DataFrame:
    choices: list[object] = ["01", 1.0, True]
    return pd.DataFrame(
        [
            {
                "number": number,
                "state": "PRUNED" if number == 3 else "COMPLETE",
                "cv_rmse": None if number == 3 else 10.0 - number % 4,
                "subsample": [0.5, 1][number % 2],
                "code": choices[number % 3],
                "max_depth": 2 + number % 5,
                "rate": 0.1 + number / 100,
                "message": "",
            }
            for number in range(12)
        ]
    )


def test_choices_of_any_kind_come_back_from_trials_csv(tmp_path: Path) -> None:
    write_csv(_trials(), tmp_path / "trials.csv")
    trials = read_trials(tmp_path / "trials.csv", SPACE)
    table = parameter_importance(trials, SPACE)
    assert set(table["parameter"]) == set(SPACE)
    assert table["importance"].sum() == pytest.approx(1, abs=1e-3)


def test_too_few_trials_say_nothing_of_importance(tmp_path: Path) -> None:
    write_csv(_trials().head(2), tmp_path / "trials.csv")
    trials = read_trials(tmp_path / "trials.csv", SPACE)
    assert parameter_importance(trials, SPACE)["importance"].sum() == 0


def test_best_so_far_never_rises() -> None:
    history = optimisation_history(_trials())
    assert history["number"].tolist() == [0, 1, 2, 4, 5, 6, 7, 8, 9, 10, 11]
    assert history["best_so_far"].is_monotonic_decreasing


def test_a_users_matplotlib_settings_change_no_byte(tmp_path: Path) -> None:
    draw = figures.predicted_vs_actual(ROWS, "price $x{$")
    figures.save(tmp_path / "plain.png", draw)
    with matplotlib.rc_context({"font.size": 20, "axes.facecolor": "red"}):
        figures.save(tmp_path / "styled.png", draw)
    assert (tmp_path / "plain.png").read_bytes() == (tmp_path / "styled.png").read_bytes()


def test_names_in_the_page_stay_text(tmp_path: Path) -> None:
    metrics = {"rmse": 1.0, "mae": 1.0, "r2": None, "adjusted_r2": None}
    figures.save(tmp_path / "residuals.png", figures.predicted_vs_actual(ROWS, "y"))
    write_page(
        tmp_path / "index.html",
        about={"target": "<script>alert(1)</script>", "train_rows": 3, "test_rows": 3, "n_features": 1},
        metrics={"test": metrics, "cv": metrics, "train": metrics, "baseline": {"mean": metrics}},
        gates={"gates": [{"gate": "g", "required": 1.0, "found": None, "result": "fail"}], "gates_overall": "fail"},
        best={"params": {"max_depth": 3}, "n_rounds": 5, "trial": 0},
        search={
            "space_name": "s",
            "study_key": "k",
            "cost": {
                "trials_complete": 1,
                "trials_pruned": 0,
                "trials_failed": 0,
                "fold_fits": 1,
                "boosting_rounds": 5,
            },
            "settings": {
                "sampler": "tpe",
                "pruner": {"name": "none"},
                "data_sha256": "d",
                "versions": {"xgboost": "3"},
                "space": {"max_depth": {"low": 2, "high": 9}},
            },
        },
        figures=[tmp_path / "residuals.png"],
    )
    page = (tmp_path / "index.html").read_text()
    assert "<script" not in page
    assert "&lt;script&gt;" in page
    assert "http" not in page
