"""The result in plain sentences: how far off the model is, against what one would say without it."""

from collections.abc import Mapping
from typing import Any

import pandas as pd

from lockstep.evaluate.findings import THIS_MODEL, Findings
from lockstep.report.run import Run
from lockstep.report.templates import metric_name, model_name, number, percent, span

MEANINGS = {"rmse": "root mean squared error", "mae": "mean absolute error"}
# Scores closer than this are called equal.
EQUAL = 0.005


def headline(run: Run, found: Findings) -> str:
    """One sentence for someone who knows the table and no statistics."""
    interval = _interval(found, "accuracy" if run.classes else run.metric)
    rows, share = f"{len(run.test):,}", percent(run.settings.confidence)
    if run.classes:
        return (
            f"Of {rows} rows it has not seen, the model puts {percent(_of(found, 'accuracy'))} into the right class of"
            f" {run.target} ({share} interval {_percents(interval)}); always saying the most frequent class would be"
            f" right for {percent(found.judgement.baselines['mean'].get('accuracy'))}. {_against(run, found)}"
        )
    value = number(_of(found, run.metric), 3, zeros=True)
    if run.metric in MEANINGS:
        said = f"typically errs by {value} ({MEANINGS[run.metric]}, in the unit of {run.target};"
    else:
        said = f"has a {metric_name(run.metric)} loss of {value} for {run.target} ("
    ends = f"{share} interval {span(interval, 3)}"
    return f"On {rows} rows it has not seen, the model {said} {ends}). {_against(run, found)}"


def compared(own: float | None, other: float | None) -> str | None:
    """By how much a score, of which less is better, is below or above another, as `12% less`."""
    if own is None or not other:
        return None
    less = 1 - own / other
    if abs(less) < EQUAL:
        return "about the same"
    return f"{abs(less):.0%} {'less' if less > 0 else 'more'}"


def _against(run: Run, found: Findings) -> str:
    """Its score against the mean's and the best other one's."""
    table = found.baselines.set_index("model")
    scores = table["score"]
    own, others = scores[THIS_MODEL], scores.drop([THIS_MODEL, "mean"])
    rival = str(others.idxmin()) if others.notna().any() else None
    parts = []
    for name in ("mean", rival):
        if name is None:
            continue
        words = compared(_known(own), _known(scores[name]))
        said = "saying the shares of the classes" if run.classes else "always saying the mean"
        if words:
            than = "as" if words.endswith("same") else "than"
            luck = "" if _sure(table, name) or than == "as" else ", perhaps by luck"
            other = said if name == "mean" else f"{model_name(name)}, the best of the others"
            parts.append(f"{words} {than} {other}{luck}")
    return f"Its {run.score} is {' and '.join(parts)}." if parts else ""


def _sure(table: pd.DataFrame, name: str) -> bool:
    """Whether the interval of the lead over a baseline tells who is ahead."""
    return bool(table["lead_low"][name] > 0 or table["lead_high"][name] < 0)


def _of(found: Findings, metric: str) -> float | None:
    return found.judgement.test.get(metric)


def _interval(found: Findings, metric: str) -> Mapping[str, Any]:
    none = {"low": None, "high": None}
    return next((record for record in found.uncertainty["intervals"] if record["metric"] == metric), none)


def _percents(ends: Mapping[str, Any]) -> str:
    return f"{percent(ends['low'])} to {percent(ends['high'])}"


def _known(value: float) -> float | None:
    return None if value != value else float(value)
