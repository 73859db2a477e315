"""The figures and tables of the evaluation."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import matplotlib
import numpy as np
import pandas as pd
import pytest
from matplotlib.figure import Figure

from lockstep.data.tables import write_csv
from lockstep.judging.findings import examine
from lockstep.judging.shap_values import ShapValues
from lockstep.model.saved import SavedModel
from lockstep.report import feature_figures, number_figures, search_figures
from lockstep.report.drawing import LONGEST_NAME, save, shortened
from lockstep.report.evaluation import Story, points_of, write_figures, write_tables
from lockstep.report.page import at_bound, write_page
from lockstep.report.search_history import optimisation_history, parameter_importance
from lockstep.schema.dataset import Judging, ValueSlice
from lockstep.schema.params import Evaluate, Gates
from lockstep.search.trials_file import read_trials
from tests.unit.modelling import model, table, with_interval

FIGURES = (
    *("calibration", "feature_importance", "feature_shap", "learning_curve", "optimisation_history"),
    *("parameter_importance", "predicted_vs_actual", "residuals"),
)
TABLES = (
    *("baselines", "calibration", "feature_importance", "optimisation_history", "parameter_importance"),
    *("predicted_vs_actual", "residuals", "slices"),
)

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
    table = parameter_importance(trials, SPACE, "cv_rmse")
    assert set(table["parameter"]) == set(SPACE)
    assert table["importance"].sum() == pytest.approx(1, abs=1e-3)


def test_too_few_trials_say_nothing_of_importance(tmp_path: Path) -> None:
    write_csv(_trials().head(2), tmp_path / "trials.csv")
    trials = read_trials(tmp_path / "trials.csv", SPACE)
    assert parameter_importance(trials, SPACE, "cv_rmse")["importance"].sum() == 0


def test_best_so_far_never_rises() -> None:
    history = optimisation_history(_trials(), "cv_rmse")
    assert history["number"].tolist() == [0, 1, 2, 4, 5, 6, 7, 8, 9, 10, 11]
    assert history["best_so_far"].is_monotonic_decreasing


def test_a_users_matplotlib_settings_change_no_byte(tmp_path: Path) -> None:
    draw = number_figures.predicted_vs_actual(ROWS, "price $x{$")
    save(tmp_path / "plain.png", draw)
    with matplotlib.rc_context({"font.size": 20, "axes.facecolor": "red"}):
        save(tmp_path / "styled.png", draw)
    assert (tmp_path / "plain.png").read_bytes() == (tmp_path / "styled.png").read_bytes()


SEARCH: dict[str, Any] = {
    "space_name": "s",
    "study_key": "k",
    "score": "cv_rmse",
    "cost": {"trials_complete": 1, "trials_pruned": 0, "trials_failed": 0, "fold_fits": 1, "boosting_rounds": 5},
    "settings": {
        "sampler": "tpe",
        "pruner": {"name": "none"},
        "data_sha256": "d",
        "versions": {"xgboost": "3"},
        "space": {"max_depth": {"low": 2, "high": 9}, "reg_lambda": {"low": 0.1, "high": 10.0, "log": True}},
    },
}
JUDGING = Judging(slices=(ValueSlice(by="value", column="word"),), coordinates=None)
TRIAL = pd.Series({"fold_0_rmse": 0.1, "fold_0_log_loss": 0.2, "fold_0_accuracy": 0.9, "fold_0_auc": 0.95})


def _page(folder: Path, n_classes: int = 0, *, made: SavedModel | None = None, **changed: Any) -> str:
    """The page, with all tables and figures, of a small model."""
    own = made or model(n_classes=n_classes)
    settings = Evaluate(
        protocol="single",
        repeats=2,
        bootstrap_samples=100,
        confidence=0.95,
        permutation_repeats=1,
        gates=Gates(min_test_r2=0.999, max_test_rmse=None, max_test_score=None, beat_baselines=True),
    )
    found = examine(own, table(), table(60, seed=9), TRIAL, JUDGING, settings, 5)
    score = own.fitting.score_name
    curve = pd.DataFrame({"round": [1, 2], "train": [1.0, 0.5], "valid": [1.0, 0.9]})
    search = SEARCH | {"score": score, "settings": SEARCH["settings"] | {"space": SPACE}}
    write_csv(_trials().rename(columns={"cv_rmse": score}), folder.parent / "trials.csv")
    story = Story(read_trials(folder.parent / "trials.csv", SPACE), search, curve)
    write_tables(found, own, story, folder)
    about = {
        "target": own.target.column,
        "metric": own.fitting.metric,
        "score": "error",
        "n_classes": n_classes,
        "train_rows": 300,
        "test_rows": 60,
        "n_features": 2,
        "confidence": 0.95,
        "split": "random",
        "folds": 5,
        "group": None,
        "coordinates": None,
    }
    content: dict[str, Any] = {
        "about": about | changed.pop("about", {}),
        "repeated": {"protocol": "single"},
        "best": {"params": {"max_depth": 3, "reg_lambda": 9.9}, "n_rounds": 5, "trial": 0},
        "training": own.training,
        "search": SEARCH,
        "figures": write_figures(found, own, story, folder),
    }
    write_page(folder / "index.html", found=found, **(content | changed))
    return (folder / "index.html").read_text()


@pytest.mark.parametrize("n_classes", [0, 2, 3])
def test_every_target_has_the_same_files(n_classes: int, tmp_path: Path) -> None:
    page = _page(tmp_path / "page", n_classes)
    assert sorted(path.name for path in (tmp_path / "page").iterdir()) == sorted(
        [f"{name}.png" for name in FIGURES] + [f"{name}.csv" for name in TABLES] + ["index.html", "uncertainty.json"]
    )
    assert page.count("data:image/png;base64") == len(FIGURES)
    assert ("Expected calibration error" in page) == bool(n_classes)
    assert ("confusion matrix" in page) == bool(n_classes)
    points = pd.read_csv(tmp_path / "page/predicted_vs_actual.csv")
    assert points["predicted"].between(0, 1).all() == bool(n_classes)
    residuals = pd.read_csv(tmp_path / "page/residuals.csv")
    expected = 1 - points["predicted"] if n_classes else points["actual"] - points["predicted"]
    assert residuals["residual"].tolist() == pytest.approx(expected.tolist())


def test_the_same_findings_give_the_same_bytes(tmp_path: Path) -> None:
    for name in ("one", "two"):
        _page(tmp_path / name, 2)
    for file in (tmp_path / "one").iterdir():
        assert file.read_bytes() == (tmp_path / "two" / file.name).read_bytes(), file.name


def test_the_page_shows_intervals_and_the_repeated_protocol(tmp_path: Path) -> None:
    row = {"metric": "rmse", "mean": 2.5, "std": 0.25, "min": 2.0, "max": 3.125}
    again = {"protocol": "repeated", "metrics": [row], "splits": [{}] * 7}
    page = _page(tmp_path / "page", made=with_interval(0.8, table()), repeated=again)
    assert "The intervals were to hold 80% of new rows" in page
    assert "inside interval" in page
    assert "7 further random splits" in " ".join(page.split())
    assert "3.125" in page
    assert "Repeated protocol" not in _page(tmp_path / "other")


def test_the_page_names_baselines_that_do_better(tmp_path: Path) -> None:
    for name, rounds in (("poor", 1), ("usual", 30)):
        page = _page(tmp_path / name, made=model(rounds=rounds))
        models = pd.read_csv(tmp_path / name / "baselines.csv")["model"].tolist()
        better = models[: models.index("this_model")]
        listed = page.partition("Better than this model on these test rows: ")[2].partition(".</p>")[0].split(", ")
        assert len(listed) == len(better) >= 1
        assert ("untuned XGBoost" in listed) == ("untuned_xgboost" in better)


def test_the_page_shows_the_final_model_beside_the_best_trial(tmp_path: Path) -> None:
    made = model()
    slow = replace(made.training, params={"max_depth": 3, "learning_rate": 0.0625}, n_rounds=77)
    page = " ".join(_page(tmp_path / "page", made=replace(made, training=slow)).replace("\u2013", "-").split())
    assert "Best: trial 0, 5 rounds. Final model: 77 rounds.</p>" in page
    assert '<th scope="row">reg_lambda</th><td>9.9</td><td>-</td> <td>0.1 to 10.0, log' in page
    assert '<th scope="row">learning_rate</th><td>-</td><td>0.0625</td> <td>-</td>' in page
    slow = replace(slow, learning_rate_factor=0.25, cv={"rmse": 0.5, "mae": 0.25, "r2": None})
    page = " ".join(_page(tmp_path / "other", made=replace(made, training=slow)).replace("\u2013", "-").split())
    assert "Final model: 77 rounds, learning rate times 0.25, which did better in the folds.</p>" in page
    assert '<th scope="row">cross-validation</th><td>0.5</td><td>0.25</td><td>-</td><td>-</td>' in page


def test_a_best_value_at_the_end_of_its_range_is_named(tmp_path: Path) -> None:
    space = SEARCH["settings"]["space"]
    best = {"params": {"max_depth": 9, "reg_lambda": 1.0}}
    assert [name for name, bounds in space.items() if at_bound(best, name, bounds)] == ["max_depth"]
    assert "reg_lambda: the best value lies at an end of its range" in _page(tmp_path / "page")


def test_names_in_the_page_stay_text(tmp_path: Path) -> None:
    page = _page(tmp_path / "page", about={"target": "<script>alert(1)</script>"})
    assert page.count("<script") == 1  # its own
    assert "&lt;script&gt;" in page
    assert "http" not in page


def test_bars_of_names_that_look_the_same_stay_apart() -> None:
    names = [f"Latitude_Longitude_20_clusters_to_{number}" for number in range(20)]
    assert len({shortened(name) for name in names}) == 20
    assert max(len(shortened(name)) for name in names) == LONGEST_NAME
    same = ["x" * 20 + f"{number:02}" + "x" * 20 for number in range(20)]
    importance = pd.DataFrame({"feature": same, "gain": 0.05, "permutation_mean": 1.0, "permutation_std": 0.1})
    shap = ShapValues(np.ones((5, 3, 20)), np.zeros(3), np.zeros((5, 20), dtype=np.float32))
    for draw in (
        feature_figures.feature_importance(importance, "RMSE"),
        feature_figures.feature_shap(shap, same, ["q"] * 20, "log-odds"),
        search_figures.parameter_importance(pd.DataFrame({"parameter": same, "importance": 0.05})),
    ):
        axes = Figure().add_subplot()
        draw(axes)
        assert len({patch.get_y() for patch in axes.patches}) == 20  # type: ignore[attr-defined]
        assert len(axes.get_yticklabels()) == 20


def test_the_page_says_what_was_resampled_and_what_was_left_out(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    page = " ".join(_page(tmp_path / "rows", 3).split())
    assert "(percentile bootstrap of the test rows);" in page
    assert "Logistic regression is left out" not in page
    monkeypatch.setattr("lockstep.judging.baselines.MOST_NUMBERS", 1)
    page = " ".join(_page(tmp_path / "groups", 3, about={"group": "artist"}).split())
    assert "(percentile bootstrap of the test rows, in groups of equal artist);" in page
    assert "on the same resamples of the test rows in groups" in page
    assert "Logistic regression is left out" in page


def test_large_test_sets_are_drawn_in_part() -> None:
    said = pd.DataFrame({"row_id": range(4500), "actual": np.arange(4500.0), "predicted": np.arange(4500.0)})
    assert len(points_of(said, model())) == 1500
