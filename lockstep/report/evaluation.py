"""Everything `evaluate` writes for people and for DVC: CSV plots, PNG figures and the page."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from lockstep.data.tables import write_csv
from lockstep.report import figures
from lockstep.report.search_history import optimisation_history, parameter_importance

# DVC keeps CSV plots in git: of large test sets every k-th row is enough to look at.
MOST_POINTS = 2000


@dataclass(frozen=True)
class Findings:
    """What the evaluation found, as tables; see `write_tables` and `write_figures` for where each goes."""

    target: str
    points: pd.DataFrame
    learning_curve: pd.DataFrame
    n_rounds: int
    features: pd.DataFrame
    trials: pd.DataFrame
    history: pd.DataFrame
    parameters: pd.DataFrame


def findings(
    predictions: pd.DataFrame,
    target: str,
    features: pd.DataFrame,
    trials: pd.DataFrame,
    search: dict[str, Any],
    learning_curve: pd.DataFrame,
    n_rounds: int,
) -> Findings:
    """Collect the tables.

    Args:
        predictions: row_id, actual, predicted of the test rows.
        target: Name of the target, for labels.
        features: From lockstep.model.evaluation.feature_importance.
        trials: The content of trials.csv.
        search: The content of search.json.
        learning_curve: The content of learning_curve.csv.
        n_rounds: Rounds of the final model.
    """
    points = predictions.iloc[:: -(-len(predictions) // MOST_POINTS)]
    return Findings(
        target=target,
        points=points.assign(residual=points["actual"] - points["predicted"]),
        learning_curve=learning_curve,
        n_rounds=n_rounds,
        features=features,
        trials=trials,
        history=optimisation_history(trials),
        parameters=parameter_importance(trials, search["settings"]["space"]),
    )


def write_tables(found: Findings, folder: Path) -> None:
    """The CSV files that `dvc plots` draws."""
    write_csv(found.points[["row_id", "actual", "predicted"]], folder / "predicted_vs_actual.csv")
    write_csv(found.points[["row_id", "predicted", "residual"]], folder / "residuals.csv")
    write_csv(found.features, folder / "feature_importance.csv")
    write_csv(found.history, folder / "optimisation_history.csv")
    write_csv(found.parameters, folder / "parameter_importance.csv")


def write_figures(found: Findings, folder: Path) -> list[Path]:
    """The six PNG figures; returns their paths in the order a reader wants them."""
    charts = {
        "predicted_vs_actual": figures.predicted_vs_actual(found.points, found.target),
        "residuals": figures.residuals(found.points, found.target),
        "feature_importance": figures.feature_importance(found.features),
        "learning_curve": figures.learning_curve(found.learning_curve, found.n_rounds),
        "optimisation_history": figures.optimisation_history(found.trials, found.history),
        "parameter_importance": figures.parameter_importance(found.parameters),
    }
    for name, draw in charts.items():
        figures.save(folder / f"{name}.png", draw)
    return [folder / f"{name}.png" for name in charts]
