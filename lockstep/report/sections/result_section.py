"""Top and Result: the result in plain sentences, and the model beside its baselines."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from lockstep.evaluate.evaluation import THIS_MODEL, ModelEvaluation
from lockstep.evaluate.learner import MAX_ROWS
from lockstep.evaluate.sampling import method
from lockstep.metrics.metric import THRESHOLD, Metric
from lockstep.metrics.names import greater_is_better, shown_ends
from lockstep.report.evaluated_run import Run
from lockstep.report.sections.advice import advice
from lockstep.report.standing import standing
from lockstep.report.templates import model_name, number, percent, records_of, span
from lockstep.table.row_weights import mean

# Familiar metrics to show beside the score, at most.
TILES = 2
# What predicting the best constant is called.
CONSTANTS = {
    "mean": "always predicting the mean",
    "median": "always predicting the median",
    "quantile": "always predicting the quantile",
    "constant": "always predicting the best constant",
    "class_shares": "predicting the shares of the classes",
    "one_class": "always predicting the same class",
}
# Relative difference below which scores count as the same.
EQUAL = 0.005


def result_section(run: Run, evaluation: ModelEvaluation) -> dict[str, Any]:
    """The headline, the advice, and the model's scores beside those of the baselines."""
    judgement, baselines = evaluation.judgement, records_of(evaluation.baselines)
    metrics = run.model.fitting.metrics()
    tiles = sorted((metric for metric in metrics if metric.tile is not None), key=lambda metric: metric.tile or 0)
    own = evaluation.gap["test"]
    for record in baselines:
        record["own"] = record["model"] == THIS_MODEL
        record["saved"] = None if record["own"] else saved(own, record["score"])
        record["compared"] = None if record["own"] else compared(own, record["score"], run.metric)
    return {
        "headline": headline(run, evaluation),
        "advice": advice(run, evaluation),
        "threshold": run.model.fitting.threshold if run.model.fitting.threshold != THRESHOLD else None,
        "metrics": list(judgement.test),
        # Not every baseline has a number of features.
        "baseline_metrics": [metric.kind_name() for metric in metrics if "n_features" not in metric.uses],
        "in_unit": _listed([metric.label for metric in metrics if metric.unit == "of the target"]),
        "own_metrics": [_described(metric) for metric in metrics if metric.is_custom()],
        "rows": [("test", judgement.test), ("cross-validation", judgement.cv), ("training", judgement.train)],
        "interval": {record["metric"]: record for record in evaluation.uncertainty["intervals"]},
        "score_ends": shown_ends(run.metric, evaluation.uncertainty["score_low"], evaluation.uncertainty["score_high"]),
        "method": method(evaluation.uncertainty["sampling"][0]),
        "notes": evaluation.uncertainty["sampling"][0]["notes"],
        "tiles": [metric.kind_name() for metric in tiles if metric.kind_name() != run.metric][:TILES],
        "baselines": baselines,
        "no_line": bool(run.classes) and "logistic_regression" not in evaluation.baselines["model"].tolist(),
        "about": [f"{model_name(name)}: {baseline.about}" for name, baseline in sorted(judgement.fitted.items())],
        "sampled": MAX_ROWS if len(run.train) > MAX_ROWS else None,
    }


def headline(run: Run, evaluation: ModelEvaluation) -> str:
    """The result in a sentence for someone who knows the table but no statistics."""
    interval = _interval(evaluation, "accuracy" if run.classes else run.metric)
    rows, share = f"{len(run.test):,}", percent(run.settings.confidence)
    if run.model.fitting.threshold != THRESHOLD:
        label, scores = run.model.target.labels[1], evaluation.judgement.every["test"]
        return (
            f"On {rows} unseen rows the model finds {percent(scores['recall'])} of the rows with {run.target} {label},"
            f" and {percent(scores['precision'])} of those that it predicts as {label} are (at its threshold,"
            f" {number(run.model.fitting.threshold, 3)}). {_against(run, evaluation)}"
        )
    if run.classes:
        return (
            f"On {rows} unseen rows the model predicts the right class of {run.target} for"
            f" {percent(_of(evaluation, 'accuracy'))} ({share} interval {_percents(interval)}); always predicting the"
            f" most frequent class would be right for {percent(_most_frequent(run))}."
            f" {_against(run, evaluation)}"
        )
    value = number(_of(evaluation, run.metric), 3, zeros=True)
    metric = run.model.fitting.metric_class
    if metric.typical_error:
        error = f"typical error is {value} ({metric.typical_error}, in the unit of {run.target}; "
    elif metric.greater_is_better:
        error = f"{metric.label} for {run.target} is {value} (greater is better; "
    else:
        error = f"{metric.label} loss for {run.target} is {value} ("
    ends = f"{share} interval {span(interval, 3)}"
    return f"On {rows} unseen rows the model's {error}{ends}). {_against(run, evaluation)}"


def compared(own: float | None, reference: float | None, metric: str) -> str | None:
    """A score against another one, as people read it: `12% lower`, or `0.081 higher` where more is better.

    Args:
        own: The score of this model; lower is better.
        reference: The other one.
        metric: The metric behind both.
    """
    reduction = saved(own, reference)
    if own is None or reference is None or reduction is None:
        return None
    if abs(reduction) < EQUAL:
        return "about the same"
    if greater_is_better(metric):
        # A share would be one of a value near 0, such as the R² of the mean.
        return f"{number(abs(reference - own), 2)} {'higher' if reduction > 0 else 'lower'}"
    return f"{abs(reduction):.0%} {'lower' if reduction > 0 else 'higher'}"


def saved(own: float | None, reference: float | None) -> float | None:
    """The share of a score by which another one is lower; None where it is undefined. Scores may be negative."""
    if own is None or not reference:
        return None
    return (1 - own / reference) * (1 if reference > 0 else -1)


def _described(metric: Metric) -> str:
    """One of the project's own metrics, for a note."""
    direction = "greater" if metric.greater_is_better else "smaller"
    unit = f", in the unit {metric.unit}" if metric.unit else ""
    return f"{metric.label}{unit}: {metric.summary().rstrip('.')}; {direction} is better."


def _listed(labels: Sequence[str]) -> str:
    """Labels as the subject of a sentence, with its verb."""
    if len(labels) == 1:
        return f"{labels[0]} is"
    return f"{', '.join(labels[:-1])} and {labels[-1]} are" if labels else ""


def _against(run: Run, evaluation: ModelEvaluation) -> str:
    """The score against that of the best constant and of the best other baseline, and what is shown."""
    scores, constant = evaluation.baselines.set_index("model")["score"], evaluation.judgement.constant
    own, rivals = scores[THIS_MODEL], scores.drop([THIS_MODEL, constant])
    names = {constant: CONSTANTS[constant]}
    if rivals.notna().any():
        names[str(rivals.idxmin())] = f"{model_name(str(rivals.idxmin()))}, the best other baseline"
    parts = []
    for name, words in names.items():
        if difference := compared(_none_if_nan(own), _none_if_nan(scores[name]), run.metric):
            parts.append(f"{difference} {'as' if difference.endswith('same') else 'than'} {words}")
    shown = standing(evaluation.baselines)
    sentences = [f"Its {run.score} is {' and '.join(parts)}."] if parts else []
    return " ".join([*sentences, *([f"It is {shown}."] if shown else [])])


def _most_frequent(run: Run) -> float:
    """The share of the test rows that have the most frequent class of the training rows."""
    target = run.model.target
    counts = np.bincount(target.values(run.train).astype(np.int64), weights=target.weights(run.train))
    return mean(target.values(run.test) == counts.argmax(), target.weights(run.test))


def _of(evaluation: ModelEvaluation, metric: str) -> float | None:
    return evaluation.judgement.test.get(metric)


def _interval(evaluation: ModelEvaluation, metric: str) -> Mapping[str, Any]:
    none = {"low": None, "high": None}
    return next((record for record in evaluation.uncertainty["intervals"] if record["metric"] == metric), none)


def _percents(ends: Mapping[str, Any]) -> str:
    return "not known" if ends["low"] is None else f"{percent(ends['low'])} to {percent(ends['high'])}"


def _none_if_nan(value: float) -> float | None:
    return None if value != value else float(value)
