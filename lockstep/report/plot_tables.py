"""The tables in reports/evaluate/ for `dvc plots`, and the intervals for `dvc metrics`."""

from pathlib import Path

import pandas as pd

from lockstep.evaluate.evaluation import ModelEvaluation
from lockstep.model.saved import SavedModel
from lockstep.report.evaluated_run import Run
from lockstep.storage.tables import write_csv, write_json

# git stores the CSV plots: for large test sets every k-th row is enough.
MAX_POINTS = 2000


def write_tables(run: Run, evaluation: ModelEvaluation, folder: Path) -> None:
    """The files that `dvc plots` and `dvc metrics` show.

    For classes, `actual` in predicted_vs_actual.csv is the number of the row's class and `predicted` its probability;
    in residuals.csv `predicted` is the probability of the predicted class and `residual` is 1 - that of the actual one.
    """
    model, history = run.model, run.history
    points = points_of(evaluation.predictions, model)
    extra = ["class"] if model.target.classes else []
    write_csv(points[["row_id", "actual", "predicted", *extra]], folder / "predicted_vs_actual.csv")
    residuals = points.assign(predicted=points["largest"]) if model.target.classes else points
    write_csv(residuals[["row_id", "predicted", "residual"]], folder / "residuals.csv")
    write_csv(evaluation.baselines, folder / "baselines.csv")
    write_csv(evaluation.calibration, folder / "calibration.csv")
    write_csv(evaluation.thresholds, folder / "thresholds.csv")
    write_csv(evaluation.features, folder / "feature_importance.csv")
    write_csv(evaluation.slices, folder / "slices.csv")
    write_csv(history.progress(), folder / "optimisation_history.csv")
    write_csv(run.parameters, folder / "parameter_importance.csv")
    optimism = run.cv_optimism(evaluation.gap["cv"], evaluation.judgement.cv.get("r2"))
    # A list, as the intervals are, so that it adds no columns to `dvc metrics show FILE`.
    cross_validation = {} if optimism is None else {"cross_validation": [optimism.as_dict()]}
    write_json(evaluation.uncertainty | cross_validation, folder / "uncertainty.json")
    write_json([finding.as_dict() for finding in evaluation.findings], folder / "findings.json")


def points_of(predictions: pd.DataFrame, model: SavedModel) -> pd.DataFrame:
    """At most 2,000 test rows: actual, predicted and residual as numbers.

    For classes, actual is the number of the row's class, predicted its probability, residual 1 - predicted, class its
    label and largest the probability of the predicted class.
    """
    points = predictions.iloc[:: -(-len(predictions) // MAX_POINTS)]
    if not model.target.classes:
        return points.assign(residual=points["actual"] - points["predicted"])
    labels = model.target.labels
    number = points["actual"].map({label: number for number, label in enumerate(labels)}).to_numpy()
    probabilities = points[[f"probability_{label}" for label in labels]].to_numpy()
    predicted = probabilities[range(len(points)), number]
    return pd.DataFrame(
        {
            "row_id": points["row_id"],
            "actual": number,
            "predicted": predicted,
            "residual": 1 - predicted,
            "class": points["actual"],
            "largest": probabilities.max(axis=1),
        }
    )
