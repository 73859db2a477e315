"""The end of a run at the terminal: the result with its interval, every baseline, and where to look next."""

from collections.abc import Mapping
from typing import Any

import pandas as pd

from lockstep.evaluate.findings import THIS_MODEL, Findings
from lockstep.fitting.fitting import Fitting, metric_label
from lockstep.project.paths import INDEX
from lockstep.report.templates import model_name
from lockstep.terminal import Paint

UNDEFINED = "undefined"
NEXT = f"see {INDEX}; `dvc metrics diff`; `lockstep compare HEAD`"


def summary(found: Findings, fitting: Fitting, confidence: float, paint: Paint) -> str:
    """Lines of text, the columns of the table under each other.

    Args:
        found: What the evaluation found.
        fitting: What was minimised and judged by.
        confidence: Of the intervals.
        paint: Looks; they change no character.
    """
    rows = found.baselines.to_dict("records")
    names = [model_name(row["model"]) for row in rows]
    scores = [_number(row["score"], 6) for row in rows]
    wide, high = max(map(len, names)), max(len(metric_label(fitting.metric)), *map(len, scores))
    lines = [_headline(found, fitting, confidence, paint)]
    lines.append(
        paint.dim(f"  {'':{wide}}  {metric_label(fitting.metric):>{high}}  this model is better by ({confidence:.0%})")
    )
    for row, name, score in zip(rows, names, scores, strict=True):
        own = row["model"] == THIS_MODEL
        text = f"  {name:{wide}}  {score:>{high}}"
        lines.append(paint.bold(text) if own else f"{text}  {_lead(row, paint)}")
    return "\n".join([*lines, paint.dim(f"  {NEXT}")])


def _headline(found: Findings, fitting: Fitting, confidence: float, paint: Paint) -> str:
    test, ends = found.judgement.test, found.uncertainty
    score = _number(found.gap["test"], 6)
    if ends["score_low"] is not None:
        score += f" ({confidence:.0%}: {_number(ends['score_low'])} to {_number(ends['score_high'])})"
    second = f"accuracy {_number(test['accuracy'])}" if fitting.n_classes else f"R2 {_number(test['r2'])}"
    gates = str(found.gates["gates_overall"])
    judged = paint.good(gates) if gates == "pass" else paint.bad(gates)
    return f"evaluate: test {metric_label(fitting.metric)} {score}, {second}, gates: {judged}"


def _lead(row: Mapping[Any, Any], paint: Paint) -> str:
    """How far a baseline lies behind; green or red where its whole interval says so."""
    text = _number(row["lead"])
    if pd.isna(row["lead_low"]) or pd.isna(row["lead_high"]):
        return text
    text += f" ({_number(row['lead_low'])} to {_number(row['lead_high'])})"
    if row["lead_low"] > 0:
        return paint.good(text)
    return paint.bad(text) if row["lead_high"] < 0 else text


def _number(value: float | None, digits: int = 4) -> str:
    return UNDEFINED if value is None or pd.isna(value) else f"{value:.{digits}g}"
