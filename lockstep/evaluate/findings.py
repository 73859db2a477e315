"""Everything `evaluate` finds out about a model on one set of test rows."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from lockstep.evaluate.bootstrap import Units, interval_ends, intervals, losses, resampled_metrics
from lockstep.evaluate.calibration import (
    calibration_error,
    class_calibration,
    confusion_matrix,
    interval_summary,
    number_calibration,
)
from lockstep.evaluate.dependence import Dependence, dependence
from lockstep.evaluate.evaluate_blocks import Evaluate, Judging
from lockstep.evaluate.gates import check_gates
from lockstep.evaluate.importance import feature_importance
from lockstep.evaluate.judgement import Judgement, judge, overfit_gap, score_of
from lockstep.evaluate.rows import Rows, new_rows, predict_rows, training_rows
from lockstep.evaluate.shap_values import ShapValues, shap_values
from lockstep.evaluate.slices import slice_table, worst_rows
from lockstep.model.saved import Predictions, SavedModel

THIS_MODEL = "this_model"


@dataclass(frozen=True)
class Findings:
    """What the evaluation found; the tables are described where they are made.

    Attributes:
        predictions: row_id, actual and what the model says of every test row.
        judgement: Metrics of the model and the baselines.
        gates: The content of gates.json.
        uncertainty: The content of uncertainty.json.
        baselines: The model and the baselines, best first.
        slices: Metrics of parts of the test rows.
        calibration: Predictions against what happened.
        confusion: Of classes, rows by class and predicted class.
        features: Importance of the features.
        shap: SHAP values of some test rows.
        gap: Scores on known and on new rows.
        worst: The test rows on which the model errs most.
        dependence: What the model says along its most important features.
    """

    predictions: pd.DataFrame
    judgement: Judgement
    gates: dict[str, Any]
    uncertainty: dict[str, Any]
    baselines: pd.DataFrame
    slices: pd.DataFrame
    calibration: pd.DataFrame
    confusion: npt.NDArray[np.int64] | None
    features: pd.DataFrame
    shap: ShapValues
    gap: dict[str, Any]
    worst: pd.DataFrame
    dependence: list[Dependence]


def evaluate_model(
    model: SavedModel,
    train: pd.DataFrame,
    test: pd.DataFrame,
    best_trial: pd.Series,
    judging: Judging,
    settings: Evaluate,
    seed: int,
    group: str | None = None,
    tell: Callable[[str], None] = lambda _: None,
) -> Findings:
    """Judge a model.

    Args:
        model: The trained model.
        train: The training table.
        test: The test table.
        best_trial: The row of trials.csv the model was made from.
        judging: What the dataset file wants looked at.
        settings: The block `evaluate` of params.yaml.
        seed: Seed of baselines, resamples, shuffles and samples.
        group: The column whose rows hang together, so that only whole groups are resampled.
        tell: Is told which step begins.
    """
    tell(f"features of {len(train):,} training and {len(test):,} test rows")
    known, new = training_rows(model, train), new_rows(model, test)
    said, predicted = predict_rows(model, new)
    tell("metrics and baselines")
    judgement = judge(model, known, new, predicted, best_trial, judging.coordinates, seed)
    if model.target.classes:
        calibration, confusion = class_calibration(new.y, predicted), confusion_matrix(new.y, predicted)
    else:
        calibration, confusion = number_calibration(said), None
    tell("SHAP values")
    shap = shap_values(model, new, seed)
    tell(f"{settings.bootstrap_samples:,} resamples of the test rows")
    uncertainty, leads = _uncertainty(model, judgement, new, predicted, settings, seed, group)
    if model.interval is not None:
        uncertainty["prediction_interval"] = interval_summary(said, model.interval.coverage)
    if confusion is not None:
        uncertainty["calibration_error"] = calibration_error(calibration)
    tell("permutation importance")
    features = feature_importance(model, new, settings.permutation_repeats, seed, shap.mean_absolute())
    names = features["feature"].tolist()
    tell("slices, worst rows and dependence")
    return Findings(
        predictions=said,
        judgement=judgement,
        gates=check_gates(settings.gates, judgement, model.fitting),
        uncertainty=uncertainty,
        baselines=_baseline_table(model, judgement, leads),
        slices=slice_table(model.fitting, model.target, judging.slices, train, new, predicted),
        calibration=calibration,
        confusion=confusion,
        features=features,
        shap=shap,
        gap=overfit_gap(judgement, model.fitting),
        worst=worst_rows(model, new, said, names),
        dependence=dependence(model, new, names, seed),
    )


def _uncertainty(
    model: SavedModel,
    judgement: Judgement,
    test: Rows,
    predicted: Predictions,
    settings: Evaluate,
    seed: int,
    group: str | None,
) -> tuple[dict[str, Any], dict[str, Mapping[str, float | None]]]:
    """The intervals of the test metrics, and of every baseline's score less the model's, on the same resamples."""
    fitting, n_features, samples = model.fitting, test.x.shape[1], settings.bootstrap_samples
    units = Units.of(test.frame, group)
    drawn = resampled_metrics(fitting, test.y, predicted, n_features, samples, seed, units)
    found = intervals(judgement.test, drawn, settings.confidence)
    own, leads = losses(fitting, drawn), dict[str, Mapping[str, float | None]]()
    for name, said in judgement.predictions.items():
        theirs = losses(fitting, resampled_metrics(fitting, test.y, said, 0, samples, seed, units))
        lead = None if own is None or theirs is None else theirs - own
        leads[name] = interval_ends(lead, settings.confidence)
    score = interval_ends(own, settings.confidence)
    # A list, so that `dvc metrics show FILE` has the ends of the score's interval as its only columns.
    return {"score_low": score["low"], "score_high": score["high"], "intervals": found}, leads


def _baseline_table(
    model: SavedModel, judgement: Judgement, leads: Mapping[str, Mapping[str, float | None]]
) -> pd.DataFrame:
    """model, score, lead (its score less this model's) with its interval, and the metrics; the lowest score first."""
    fitting = model.fitting
    own = score_of(fitting, judgement.test)
    records: list[dict[str, Any]] = [{"model": THIS_MODEL, "score": own, **judgement.test}]
    for name, scores in judgement.baselines.items():
        score, ends_of = score_of(fitting, scores), leads[name]
        lead = None if score is None or own is None else score - own
        records.append(
            {"model": name, "score": score, "lead": lead}
            | {f"lead_{end}": value for end, value in ends_of.items()}
            | dict(scores)
        )
    table = pd.DataFrame(records, columns=["model", "score", "lead", "lead_low", "lead_high", *judgement.test])
    return table.sort_values(["score", "model"], kind="stable", ignore_index=True)
