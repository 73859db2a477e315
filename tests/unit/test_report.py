"""The figures and tables of the evaluation."""

from pathlib import Path

import matplotlib
import numpy as np
import pandas as pd
import pytest
from matplotlib.figure import Figure

from lockstep.evaluate.shap_values import ShapValues
from lockstep.report.drawing import MAX_NAME_LENGTH, Picture, one_chart, shortened
from lockstep.report.plot_tables import points_of
from lockstep.report.search_progress import optimisation_history
from lockstep.report.sections import errors_section, model_section, search_section
from tests.unit.modelling import model
from tests.unit.reporting import page, trials

pytestmark = pytest.mark.slow

FIGURES = (
    *("calibration", "feature_importance", "feature_shap", "learning_curve", "optimisation_history"),
    *("parameter_importance", "predicted_vs_actual", "residuals"),
)
TABLES = (
    *("baselines", "calibration", "feature_importance", "optimisation_history", "parameter_importance"),
    *("predicted_vs_actual", "residuals", "slices", "thresholds"),
)

ROWS = pd.DataFrame({"actual": [1.0, 2.0, 3.0], "predicted": [1.1, 2.2, 2.7]})


def test_best_so_far_never_rises() -> None:
    history = optimisation_history(trials(), "cv_rmse")
    assert history["number"].tolist() == [0, 1, 2, 4, 5, 6, 7, 8, 9, 10, 11]
    assert history["best_so_far"].is_monotonic_decreasing


def test_a_users_matplotlib_settings_change_no_byte() -> None:
    plain, styled = (
        Picture(one_chart(errors_section.predicted_vs_actual(ROWS, "price $x{$")), "", "") for _ in range(2)
    )
    with matplotlib.rc_context({"font.size": 20, "axes.facecolor": "red"}):
        assert styled.png
    assert plain.png == styled.png


@pytest.mark.parametrize("n_classes", [0, 2, 3])
def test_every_target_has_the_same_files(n_classes: int, tmp_path: Path) -> None:
    written = page(tmp_path / "page", n_classes, whole=True)
    assert sorted(path.name for path in (tmp_path / "page").iterdir()) == sorted(
        [f"{name}.png" for name in FIGURES]
        + [f"{name}.csv" for name in TABLES]
        + ["findings.json", "index.html", "uncertainty.json"]
    )
    # and those of the page alone: target, parallel coordinates, score by parameter, partial dependence; of classes
    # also precision and recall, and ROC; of two also thresholds
    assert written.count("data:image/png;base64") == len(FIGURES) + {0: 4, 2: 7, 3: 6}[n_classes]
    assert ("Expected calibration error" in written) == bool(n_classes)
    assert ("Confusion matrix" in written) == bool(n_classes)
    points = pd.read_csv(tmp_path / "page/predicted_vs_actual.csv")
    assert points["predicted"].between(0, 1).all() == bool(n_classes)
    residuals = pd.read_csv(tmp_path / "page/residuals.csv")
    expected = 1 - points["predicted"] if n_classes else points["actual"] - points["predicted"]
    assert residuals["residual"].tolist() == pytest.approx(expected.tolist())


def test_the_same_evaluation_gives_the_same_bytes(tmp_path: Path) -> None:
    for name in ("one", "two"):
        page(tmp_path / name, 2, whole=True)
    for file in (tmp_path / "one").iterdir():
        assert file.read_bytes() == (tmp_path / "two" / file.name).read_bytes(), file.name


def test_bars_of_names_that_look_the_same_stay_apart() -> None:
    names = [f"Latitude_Longitude_20_clusters_to_{number}" for number in range(20)]
    assert len({shortened(name) for name in names}) == 20
    assert max(len(shortened(name)) for name in names) == MAX_NAME_LENGTH
    same = ["x" * 20 + f"{number:02}" + "x" * 20 for number in range(20)]
    importance = pd.DataFrame({"feature": same, "gain": 0.05, "permutation_mean": 1.0, "permutation_std": 0.1})
    shap = ShapValues(np.ones((5, 3, 20)), np.zeros(3), np.zeros((5, 20), dtype=np.float32))
    for draw in (
        model_section.feature_importance(importance, "RMSE"),
        model_section.feature_shap(shap, same, ["q"] * 20, "log-odds"),
        search_section.parameter_importance(
            pd.DataFrame({"parameter": same, "importance": 0.05, "limit": 0.1, "shown": False})
        ),
    ):
        axes = Figure().add_subplot()
        draw(axes)
        assert len({patch.get_y() for patch in axes.patches}) == 20  # type: ignore[attr-defined]
        assert len(axes.get_yticklabels()) == 20


def test_large_test_sets_are_drawn_in_part() -> None:
    said = pd.DataFrame({"row_id": range(4500), "actual": np.arange(4500.0), "predicted": np.arange(4500.0)})
    assert len(points_of(said, model())) == 1500
