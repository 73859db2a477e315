"""The end of a run at the terminal: the result with its interval, every baseline, and where to look next."""

from collections.abc import Mapping
from typing import Any

import pandas as pd

from lockstep.evaluate.coverage import coverage_verdict
from lockstep.evaluate.evaluation import THIS_MODEL, ModelEvaluation
from lockstep.evaluate.lead import LeadVerdict
from lockstep.evaluate.suspicion import ResultFinding
from lockstep.fitting.fitting import Fitting
from lockstep.metrics.names import direction, greater_is_better, metric_label, shown_ends, shown_score
from lockstep.project.paths import INDEX
from lockstep.report.coverage_text import coverage_sentence
from lockstep.report.standing import standing
from lockstep.report.templates import model_name
from lockstep.storage.tables import significant
from lockstep.terminal import Paint

UNDEFINED = "undefined"
# Larger numbers get an exponent.
READABLE = 1e15
NEXT = f"see {INDEX}; `dvc metrics diff`; `lockstep compare HEAD`"


def summary(evaluation: ModelEvaluation, fitting: Fitting, confidence: float, paint: Paint) -> str:
    """The result as text, with an aligned table.

    Args:
        evaluation: The results of the evaluation.
        fitting: The objective and the metric.
        confidence: Level of the intervals.
        paint: Terminal styles; they change no character.
    """
    rows = evaluation.baselines.to_dict("records")
    names = [model_name(row["model"]) for row in rows]
    scores = [_number(_shown(fitting, row["score"]), 6) for row in rows]
    label = metric_label(fitting.metric)
    name_width, score_width = max(map(len, names)), max(len(label), *map(len, scores))
    head = f"  {'':{name_width}}  {label:>{score_width}}  this model is better by ({confidence:.0%})"
    lines = [_headline(evaluation, fitting, confidence, paint), paint.dim(head)]
    for row, name, score in zip(rows, names, scores, strict=True):
        own = row["model"] == THIS_MODEL
        text = f"  {name:{name_width}}  {score:>{score_width}}"
        lines.append(paint.bold(text) if own else f"{text}  {_lead(row, paint)}")
    lines += _coverage(evaluation, confidence, paint)
    lines += [_finding(finding, paint) for finding in evaluation.findings]
    return "\n".join([*lines, paint.dim(f"  {NEXT}")])


def _finding(finding: ResultFinding, paint: Paint) -> str:
    """A finding as a line of its own, red where it asks for action."""
    text = f"  {finding.kind}: {finding.sentence}"
    return paint.bad(text) if finding.kind == "act" else text


def _headline(evaluation: ModelEvaluation, fitting: Fitting, confidence: float, paint: Paint) -> str:
    test, ends = evaluation.judgement.test, evaluation.uncertainty
    score = _number(_shown(fitting, evaluation.gap["test"]), 6)
    if ends["score_low"] is not None:
        better = "; higher is better" if greater_is_better(fitting.metric) else ""
        interval = shown_ends(fitting.metric, ends["score_low"], ends["score_high"])
        score += f" ({confidence:.0%}: {_number(interval['low'])} to {_number(interval['high'])}{better})"
    else:
        score += direction(fitting.metric)
    if fitting.n_classes:
        name, second_label = ("log_loss", "log loss") if fitting.metric == "accuracy" else ("accuracy", "accuracy")
    else:
        name, second_label = ("rmse", "RMSE") if fitting.metric == "r2" else ("r2", "R2")
    second = f"{second_label} {_number(test[name])}"
    gates = str(evaluation.gates["gates_overall"])
    coloured = paint.good(gates) if gates == "pass" else paint.bad(gates)
    words = standing(evaluation.baselines)
    verdict = f"; the model is {words}" if words else ""
    return f"evaluate: test {metric_label(fitting.metric)} {score}, {second}, gates: {coloured}{verdict}"


def _coverage(evaluation: ModelEvaluation, confidence: float, paint: Paint) -> list[str]:
    """What the test rows say of the prediction intervals; red if they contain fewer than promised."""
    interval = evaluation.uncertainty.get("prediction_interval")
    if interval is None:
        return []
    text = f"  {coverage_sentence(interval, confidence)}"
    return [paint.bad(text) if coverage_verdict(interval) == "below" else text]


def _shown(fitting: Fitting, score: float | None) -> float | None:
    return None if score is None or pd.isna(score) else shown_score(fitting.metric, score)


def _lead(row: Mapping[Any, Any], paint: Paint) -> str:
    """The lead over a baseline and the verdict; green or red if the interval excludes 0."""
    text, verdict = _number(row["lead"]), row["verdict"]
    if pd.notna(row["lead_low"]) and pd.notna(row["lead_high"]):
        text += f" ({_number(row['lead_low'])} to {_number(row['lead_high'])})"
    text += f": {verdict}"
    if verdict == LeadVerdict.BETTER:
        return paint.good(text)
    return paint.bad(text) if verdict == LeadVerdict.WORSE else text


def _number(value: float | None, digits: int = 4) -> str:
    if value is None or pd.isna(value):
        return UNDEFINED
    rounded = significant(float(value), digits)
    # Beside a score of six digits, an end such as 6.457e+04 could not be read.
    return f"{rounded:.0f}" if 10**digits <= abs(rounded) < READABLE else f"{rounded:.{digits}g}"
