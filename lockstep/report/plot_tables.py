"""What `dvc plots` and `dvc metrics` show of reports/evaluate/: CSV tables, and the intervals as JSON."""

from pathlib import Path

import pandas as pd

from lockstep.evaluate.findings import Findings
from lockstep.model.saved import SavedModel
from lockstep.report.evaluated_run import Run
from lockstep.storage.tables import write_csv, write_json

# DVC keeps CSV plots in git: of large test sets every k-th row is enough to look at.
MOST_POINTS = 2000


def write_tables(run: Run, found: Findings, folder: Path) -> None:
    """The files that `dvc plots` and `dvc metrics` show.

    Of classes predicted_vs_actual.csv has in `actual` the number of the row's class and in `predicted` the probability
    it was given; residuals.csv in `predicted` the probability of the predicted class and in `residual` what the actual
    class lacks to 1.
    """
    model, story = run.model, run.story
    points = points_of(found.predictions, model)
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
