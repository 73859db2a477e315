"""The whole evaluation of a model on one set of test rows."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from lockstep.evaluate.baseline import Problem
from lockstep.evaluate.calibration import (
    calibration_error,
    class_calibration,
    confusion_matrix,
    number_calibration,
)
from lockstep.evaluate.coverage import interval_coverage
from lockstep.evaluate.dependence import Dependence, dependence
from lockstep.evaluate.evaluate_blocks import Evaluate, Judging
from lockstep.evaluate.gates import check_gates
from lockstep.evaluate.importance import feature_importance
from lockstep.evaluate.judgement import Judgement, judge, overfit_gap, score_of
from lockstep.evaluate.lead import LeadVerdict
from lockstep.evaluate.rows import Rows, new_rows, predict_rows, training_rows
from lockstep.evaluate.sampling import sampling_record
from lockstep.evaluate.shap_values import ShapValues, shap_values
from lockstep.evaluate.slices import slice_table, worst_rows
from lockstep.evaluate.suspicion import Evidence, ResultFinding, findings_of
from lockstep.evaluate.thresholds import threshold_table
from lockstep.evaluate.uncertainty import NO_ENDS, ends_of, sampled_metrics, sampled_score, score_lead
from lockstep.evaluate.units import Units, relations
from lockstep.fitting.folds import final_rows
from lockstep.model.saved import SavedModel
from lockstep.model.trained import Predictions
from lockstep.split.split_block import Split

THIS_MODEL = "this_model"
# The columns of baselines.csv before the metrics.
LEAD_COLUMNS = ("model", "score", "lead", "lead_low", "lead_high", "verdict")


@dataclass(frozen=True)
class ModelEvaluation:
    """The results of an evaluation; the functions that create the tables describe them.

    Attributes:
        predictions: row_id, actual and the prediction of every test row; group and moment where the split relates rows.
        judgement: Metrics of the model and the baselines.
        gates: The content of gates.json.
        uncertainty: The content of uncertainty.json.
        baselines: The model and the baselines, best first.
        slices: Metrics of parts of the test rows.
        calibration: Predictions against actual values.
        confusion: For classes, rows by class and predicted class.
        uncalibrated: For classes with calibrated probabilities, `calibration` of the boosters' own.
        thresholds: For two classes, what follows at each threshold.
        features: Importance of the features.
        shap: SHAP values of some test rows.
        gap: Scores on training rows, in cross-validation and on test rows.
        worst: The test rows with the largest errors.
        dependence: Partial dependence on the most important features.
        findings: What is too good, too easy or empty, most urgent first: the content of findings.json.
    """

    predictions: pd.DataFrame
    judgement: Judgement
    gates: dict[str, Any]
    uncertainty: dict[str, Any]
    baselines: pd.DataFrame
    slices: pd.DataFrame
    calibration: pd.DataFrame
    confusion: npt.NDArray[np.int64] | None
    uncalibrated: pd.DataFrame | None
    thresholds: pd.DataFrame
    features: pd.DataFrame
    shap: ShapValues
    gap: dict[str, Any]
    worst: pd.DataFrame
    dependence: list[Dependence]
    findings: tuple[ResultFinding, ...] = ()

    @property
    def is_doubtful(self) -> bool:
        """Whether a finding asks for action, so that nothing about the result is called good."""
        return any(finding.kind == "act" for finding in self.findings)


def evaluate_model(
    model: SavedModel,
    train: pd.DataFrame,
    test: pd.DataFrame,
    best_trial: pd.Series,
    judging: Judging,
    settings: Evaluate,
    seed: int,
    split: Split | None = None,
    on_step: Callable[[str], None] = lambda _: None,
    genuine: Sequence[str] = (),
) -> ModelEvaluation:
    """Evaluate a model on the test rows.

    Args:
        model: The trained model.
        train: The training table; the rows that train no final model are left out.
        test: The test table.
        best_trial: The row of the best trial in trials.csv.
        judging: The block `judging` of the dataset file.
        settings: The block `evaluate` of params.yaml.
        seed: Seed of baselines, resamples, shuffles and samples.
        split: The block `split` of params.yaml: how the test rows and the training rows are related.
        on_step: Called with a description of each step as it begins.
        genuine: Values of the target that a person confirmed, although they look like fillers.
    """
    folds, n_validated, train = train, _validated(train, model), final_rows(train)
    on_step(f"features of {len(train):,} training and {len(test):,} test rows")
    train_rows = training_rows(model, train, split.cross_fitting if split else None)
    test_rows = new_rows(model, test)
    predictions, predicted = predict_rows(model, test_rows)
    if split is not None:
        predictions = predictions.assign(**relations(test, split.grouped_by, split.ordered_by))
    on_step("metrics and baselines")
    problem = Problem(
        model, train_rows, test_rows, seed, judging.coordinates, time=split.ordered_by if split is not None else None
    )
    judgement = judge(problem, predicted, best_trial, n_validated=n_validated)
    if model.target.classes:
        calibration = class_calibration(test_rows.y, predicted, test_rows.weight)
        confusion = confusion_matrix(test_rows.y, predicted, model.fitting.threshold)
    else:
        calibration, confusion = number_calibration(predictions), None
    on_step("SHAP values")
    shap = shap_values(model, test_rows, seed)
    on_step("intervals of the test metrics")
    uncertainty, leads = _uncertainty(
        model, judgement, test_rows, predicted, settings, seed, split, Units.of(predictions)
    )
    if model.interval is not None:
        coverage = interval_coverage(predictions, model.interval.coverage, settings.confidence)
        uncertainty["prediction_interval"] = coverage
    if confusion is not None:
        uncertainty["calibration_error"] = calibration_error(calibration)
    baselines = _baseline_table(model, judgement, leads)
    on_step("permutation importance")
    features = feature_importance(model, test_rows, settings.permutation_repeats, seed, shap.mean_absolute())
    names = features["feature"].tolist()
    on_step("findings")
    importance = dict(zip(model.features.names, shap.mean_absolute().tolist(), strict=True))
    evidence = Evidence(model, train_rows, test_rows, folds, predicted, judgement, importance, split, seed, genuine)
    findings = findings_of(evidence)
    on_step("slices, worst rows and dependence")
    return ModelEvaluation(
        predictions=predictions,
        judgement=judgement,
        gates=check_gates(settings.gates, judgement, model.fitting, baselines),
        uncertainty=uncertainty,
        baselines=baselines,
        slices=slice_table(model.fitting, model.target, judging.slices, train, test_rows, predicted),
        calibration=calibration,
        confusion=confusion,
        uncalibrated=_uncalibrated(model, test_rows),
        thresholds=threshold_table(test_rows.y, predicted, model.fitting.threshold, model.costs, test_rows.weight),
        features=features,
        shap=shap,
        gap=overfit_gap(judgement, model.fitting),
        worst=worst_rows(model, test_rows, predictions, names),
        dependence=dependence(model, test_rows, names, seed),
        findings=findings,
    )


def _uncalibrated(model: SavedModel, test: Rows) -> pd.DataFrame | None:
    """Predictions of the boosters against actual values, where the model calibrates them."""
    return None if model.calibration is None else class_calibration(test.y, model.boosted(test.x), test.weight)


def _uncertainty(
    model: SavedModel,
    judgement: Judgement,
    test: Rows,
    predicted: Predictions,
    settings: Evaluate,
    seed: int,
    split: Split | None,
    units: Units,
) -> tuple[dict[str, Any], dict[str, Mapping[str, float | None]]]:
    """The intervals of the test metrics, and of every baseline's score less the model's, on the same rows."""
    fitting, confidence = model.fitting, settings.confidence
    sampled = sampled_metrics(fitting, test.y, predicted, test.x.shape[1], units)
    intervals = [
        {"metric": name, "value": value, **(found.ends(confidence) if (found := sampled.get(name)) else NO_ENDS)}
        for name, value in judgement.test.items()
    ]
    own = sampled[fitting.metric]
    leads: dict[str, Mapping[str, float | None]] = {
        name: ends_of(score_lead(own, sampled_score(fitting, test.y, baseline.predictions, units)), confidence)
        for name, baseline in judgement.fitted.items()
    }
    score = own.score_ends(confidence) if own else NO_ENDS
    record = sampling_record(
        own,
        units,
        split.grouped_by if split else None,
        split.ordered_by if split else None,
        confidence=confidence,
        samples=settings.bootstrap_samples,
        seed=seed,
    )
    # Lists, so that `dvc metrics show FILE` shows the ends of the score's interval as its only columns.
    ends = {"score_low": score["low"], "score_high": score["high"]}
    return {**ends, "intervals": intervals, "sampling": [record]}, leads


def _baseline_table(
    model: SavedModel, judgement: Judgement, leads: Mapping[str, Mapping[str, float | None]]
) -> pd.DataFrame:
    """LEAD_COLUMNS (lead: its score less this model's) and the metrics; the lowest score first."""
    fitting = model.fitting
    model_score = score_of(fitting, judgement.test)
    records: list[dict[str, Any]] = [{"model": THIS_MODEL, "score": model_score, **judgement.test}]
    for name, scores in judgement.baselines.items():
        score, lead_ends = score_of(fitting, scores), leads[name]
        lead = None if score is None or model_score is None else score - model_score
        records.append(
            {"model": name, "score": score, "lead": lead}
            | {f"lead_{end}": value for end, value in lead_ends.items()}
            | {"verdict": str(LeadVerdict.of(lead_ends["low"], lead_ends["high"]))}
            | dict(scores)
        )
    table = pd.DataFrame(records, columns=[*LEAD_COLUMNS, *judgement.test])
    return table.sort_values(["score", "model"], kind="stable", ignore_index=True)


def _validated(train: pd.DataFrame, model: SavedModel) -> float:
    """Rows that validate in a fold; where rows have weights, the sum of theirs."""
    validated, weights = (train["fold"] >= 0).to_numpy(), model.target.weights(train)
    return int(validated.sum()) if weights is None else float(weights[validated].sum())
