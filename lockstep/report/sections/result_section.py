"""Top and Result: the result in plain sentences, and the model beside its baselines."""

from collections.abc import Mapping
from typing import Any

import pandas as pd

from lockstep.evaluate.baselines import MAX_ROWS
from lockstep.evaluate.findings import THIS_MODEL, Findings
from lockstep.report.evaluated_run import Run
from lockstep.report.sections.advice import advice
from lockstep.report.templates import metric_name, model_name, number, percent, records_of, span

# Familiar metrics to show beside the score.
TILES = ("accuracy", "auc", "r2", "mae")
MEANINGS = {"rmse": "root mean squared error", "mae": "mean absolute error"}
# Relative difference below which scores count as the same.
EQUAL = 0.005


def result_section(run: Run, findings: Findings) -> dict[str, Any]:
    """The headline, the advice, and the model's scores beside those of the baselines."""
    judgement, baselines = findings.judgement, records_of(findings.baselines)
    own = findings.gap["test"]
    for record in baselines:
        record["own"] = record["model"] == THIS_MODEL
        record["saved"] = None if record["own"] or own is None or not record["score"] else 1 - own / record["score"]
        record["compared"] = None if record["own"] else compared(own, record["score"])
    return {
        "headline": headline(run, findings),
        "advice": advice(run, findings),
        "metrics": list(judgement.test),
        # Adjusted R² needs a number of features, which not every baseline has.
        "baseline_metrics": [name for name in judgement.test if name != "adjusted_r2"],
        "rows": [("test", judgement.test), ("cross-validation", judgement.cv), ("training", judgement.train)],
        "interval": {record["metric"]: record for record in findings.uncertainty["intervals"]},
        "score_ends": {"low": findings.uncertainty["score_low"], "high": findings.uncertainty["score_high"]},
        "tiles": [name for name in TILES if name in judgement.test and name != run.metric][:2],
        "baselines": baselines,
        "no_line": bool(run.classes) and "logistic_regression" not in findings.baselines["model"].tolist(),
        "sampled": MAX_ROWS if len(run.train) > MAX_ROWS else None,
    }


def headline(run: Run, findings: Findings) -> str:
    """The result in a sentence for someone who knows the table but no statistics."""
    interval = _interval(findings, "accuracy" if run.classes else run.metric)
    rows, share = f"{len(run.test):,}", percent(run.settings.confidence)
    if run.classes:
        return (
            f"On {rows} unseen rows the model predicts the right class of {run.target} for"
            f" {percent(_of(findings, 'accuracy'))} ({share} interval {_percents(interval)}); always predicting the"
            f" most frequent class would be right for {percent(findings.judgement.baselines['mean'].get('accuracy'))}."
            f" {_against(run, findings)}"
        )
    value = number(_of(findings, run.metric), 3, zeros=True)
    if run.metric in MEANINGS:
        error = f"typical error is {value} ({MEANINGS[run.metric]}, in the unit of {run.target}; "
    else:
        error = f"{metric_name(run.metric)} loss for {run.target} is {value} ("
    ends = f"{share} interval {span(interval, 3)}"
    return f"On {rows} unseen rows the model's {error}{ends}). {_against(run, findings)}"


def compared(own: float | None, reference: float | None) -> str | None:
    """A score against another one, such as `12% lower`; lower is better."""
    if own is None or not reference:
        return None
    reduction = 1 - own / reference
    if abs(reduction) < EQUAL:
        return "about the same"
    return f"{abs(reduction):.0%} {'lower' if reduction > 0 else 'higher'}"


def _against(run: Run, findings: Findings) -> str:
    """The score against that of the mean and of the best other baseline."""
    table = findings.baselines.set_index("model")
    scores = table["score"]
    own, rivals = scores[THIS_MODEL], scores.drop([THIS_MODEL, "mean"])
    rival = str(rivals.idxmin()) if rivals.notna().any() else None
    parts = []
    for name in ("mean", rival):
        if name is None:
            continue
        words = compared(_none_if_nan(own), _none_if_nan(scores[name]))
        constant = "predicting the shares of the classes" if run.classes else "always predicting the mean"
        if words:
            than = "as" if words.endswith("same") else "than"
            luck = "" if _significant(table, name) or than == "as" else ", perhaps by luck"
            rival_name = constant if name == "mean" else f"{model_name(name)}, the best other baseline"
            parts.append(f"{words} {than} {rival_name}{luck}")
    return f"Its {run.score} is {' and '.join(parts)}." if parts else ""


def _significant(table: pd.DataFrame, name: str) -> bool:
    """Whether the interval of the lead over a baseline excludes 0."""
    return bool(table["lead_low"][name] > 0 or table["lead_high"][name] < 0)


def _of(findings: Findings, metric: str) -> float | None:
    return findings.judgement.test.get(metric)


def _interval(findings: Findings, metric: str) -> Mapping[str, Any]:
    none = {"low": None, "high": None}
    return next((record for record in findings.uncertainty["intervals"] if record["metric"] == metric), none)


def _percents(ends: Mapping[str, Any]) -> str:
    return f"{percent(ends['low'])} to {percent(ends['high'])}"


def _none_if_nan(value: float) -> float | None:
    return None if value != value else float(value)
