"""Everything `evaluate` writes for people and for DVC: CSV plots and PNG figures."""

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import pandas as pd

from lockstep.evaluate.findings import Findings
from lockstep.fitting.fitting import shown
from lockstep.model.saved import SavedModel
from lockstep.report import class_figures, feature_figures, number_figures, search_figures
from lockstep.report.drawing import Draw, save
from lockstep.report.search_history import optimisation_history, parameter_importance
from lockstep.storage.tables import write_csv, write_json

# DVC keeps CSV plots in git: of large test sets every k-th row is enough to look at.
MOST_POINTS = 2000


@dataclass(frozen=True)
class Story:
    """How the model came about, as far as it is shown.

    Attributes:
        trials: The content of trials.csv.
        search: The content of search.json.
        learning_curve: The content of learning_curve.csv.
    """

    trials: pd.DataFrame
    search: dict[str, Any]
    learning_curve: pd.DataFrame

    @property
    def score(self) -> str:
        """The column of the score."""
        return str(self.search["score"])

    def history(self) -> pd.DataFrame:
        """Complete trials and the best score so far."""
        return optimisation_history(self.trials, self.score)

    @cached_property
    def parameters(self) -> pd.DataFrame:
        """Importance of the parameters; of thousands of trials it takes seconds."""
        return parameter_importance(self.trials, self.search["settings"]["space"], self.score)


def write_tables(found: Findings, model: SavedModel, story: Story, folder: Path) -> None:
    """The files that `dvc plots` and `dvc metrics` show.

    Of classes predicted_vs_actual.csv has in `actual` the number of the row's class and in `predicted` the probability
    it was given; residuals.csv in `predicted` the probability of the predicted class and in `residual` what the actual
    class lacks to 1.
    """
    points = points_of(found.said, model)
    extra = ["class"] if model.target.classes else []
    write_csv(points[["row_id", "actual", "predicted", *extra]], folder / "predicted_vs_actual.csv")
    sure = points.assign(predicted=points["sure"]) if model.target.classes else points
    write_csv(sure[["row_id", "predicted", "residual"]], folder / "residuals.csv")
    write_csv(found.baselines, folder / "baselines.csv")
    write_csv(found.calibration, folder / "calibration.csv")
    write_csv(found.features, folder / "feature_importance.csv")
    write_csv(found.slices, folder / "slices.csv")
    write_csv(story.history(), folder / "optimisation_history.csv")
    write_csv(story.parameters, folder / "parameter_importance.csv")
    write_json(found.uncertainty, folder / "uncertainty.json")


def points_of(said: pd.DataFrame, model: SavedModel) -> pd.DataFrame:
    """At most 2,000 test rows: actual, predicted and residual as numbers.

    Of classes actual is the number of the row's class, predicted its probability, residual 1 less that; class its
    label and sure the probability of the predicted class.
    """
    points = said.iloc[:: -(-len(said) // MOST_POINTS)]
    if not model.target.classes:
        return points.assign(residual=points["actual"] - points["predicted"])
    labels = model.target.labels
    number = points["actual"].map({label: number for number, label in enumerate(labels)}).to_numpy()
    shares = points[[f"probability_{label}" for label in labels]].to_numpy()
    likely = shares[range(len(points)), number]
    return pd.DataFrame(
        {
            "row_id": points["row_id"],
            "actual": number,
            "predicted": likely,
            "residual": 1 - likely,
            "class": points["actual"],
            "sure": shares.max(axis=1),
        }
    )


def write_figures(found: Findings, model: SavedModel, story: Story, folder: Path) -> list[Path]:
    """The PNG figures; returns their paths in the order a reader wants them."""
    label = shown(model.fitting.metric)
    unit = "log-odds" if model.target.classes else f"predicted {model.target.column}"
    measured = str(model.fitting.booster_params(model.features.names)["eval_metric"])
    charts: dict[str, Draw] = {
        **_error_charts(found, model),
        "feature_importance": feature_figures.feature_importance(found.features, label),
        "feature_shap": feature_figures.feature_shap(found.shap, model.features.names, model.features.types, unit),
        "learning_curve": search_figures.learning_curve(story.learning_curve, model.training.n_rounds, measured),
        "optimisation_history": search_figures.optimisation_history(story.trials, story.history(), story.score, label),
        "parameter_importance": search_figures.parameter_importance(story.parameters),
    }
    for name, draw in charts.items():
        save(folder / f"{name}.png", draw)
    return [folder / f"{name}.png" for name in charts]


def _error_charts(found: Findings, model: SavedModel) -> dict[str, Draw]:
    """Of classes the same names: predicted against actual is the confusion matrix, residuals what was likely."""
    target, points = model.target, points_of(found.said, model)
    if found.confusion is None:
        nominal = model.interval.coverage if model.interval else None
        return {
            "predicted_vs_actual": number_figures.predicted_vs_actual(points, target.column),
            "residuals": number_figures.residuals(points, target.column),
            "calibration": number_figures.calibration(found.calibration, target.column, nominal),
        }
    positive = target.labels[1] if target.n_classes == 2 else None
    return {
        "predicted_vs_actual": class_figures.confusion(found.confusion, target.labels),
        "residuals": class_figures.true_class_probability(points, target.labels),
        "calibration": class_figures.calibration(found.calibration, positive),
    }
