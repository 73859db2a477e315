"""The end of a run at the terminal: the result with its interval, every baseline, and where to look next."""

from collections.abc import Mapping
from typing import Any

import pandas as pd

from lockstep.evaluate.evaluation import THIS_MODEL, ModelEvaluation
from lockstep.evaluate.suspicion import ResultFinding
from lockstep.fitting.fitting import Fitting
from lockstep.metrics.names import direction, greater_is_better, metric_label, shown_ends, shown_score
from lockstep.project.paths import INDEX
from lockstep.report.templates import model_name
from lockstep.terminal import Paint

UNDEFINED = "undefined"
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
    return f"evaluate: test {metric_label(fitting.metric)} {score}, {second}, gates: {coloured}"


def _shown(fitting: Fitting, score: float | None) -> float | None:
    return None if score is None or pd.isna(score) else shown_score(fitting.metric, score)


def _lead(row: Mapping[Any, Any], paint: Paint) -> str:
    """The lead over a baseline; green or red if its interval excludes 0."""
    text = _number(row["lead"])
    if pd.isna(row["lead_low"]) or pd.isna(row["lead_high"]):
        return text
    text += f" ({_number(row['lead_low'])} to {_number(row['lead_high'])})"
    if row["lead_low"] > 0:
        return paint.good(text)
    return paint.bad(text) if row["lead_high"] < 0 else text


def _number(value: float | None, digits: int = 4) -> str:
    return UNDEFINED if value is None or pd.isna(value) else f"{value:.{digits}g}"
