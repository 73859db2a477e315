"""Top and Result: the result in plain sentences, what stands out, and the model beside its baselines."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import pandas as pd

from lockstep.evaluate.baselines import MAX_ROWS
from lockstep.evaluate.findings import THIS_MODEL, Findings
from lockstep.report.drawing import shortened
from lockstep.report.evaluated_run import Run
from lockstep.report.templates import metric_name, model_name, number, percent, records_of, span

# Familiar metrics to show beside the score.
TILES = ("accuracy", "auc", "r2", "mae")
MEANINGS = {"rmse": "root mean squared error", "mae": "mean absolute error"}
# Relative difference below which scores count as the same.
EQUAL = 0.005
# Ratios above which the test score against cross-validation, and a slice against all rows, are pointed out.
WORSE, MUCH_WORSE = 1.1, 1.25
# Smaller slices are not pointed out.
MIN_SLICE_ROWS = 20
MAX_SLICE_LENGTH = 80
# What the reader should do.
WORDS = {"good": "Good", "look": "Look", "act": "Act"}


@dataclass(frozen=True)
class Advice:
    """A point that stands out.

    Attributes:
        kind: good, look or act.
        text: The point.
        section: The id of the section with the details.
    """

    kind: str
    text: str
    section: str

    @property
    def word(self) -> str:
        """The kind as a word, for readers who cannot see the colour."""
        return WORDS[self.kind]


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


def advice(run: Run, findings: Findings) -> list[Advice]:
    """Everything that stands out, in the order of the page."""
    return [
        *_gates(findings),
        *_rivals(findings),
        *_failures(run),
        *_bounds(run),
        Advice("act" if run.ceiling.verdict == "pays" else "look", run.ceiling.sentence, "ceiling"),
        *_gap(run, findings),
        *_slices(run, findings),
        *_coverage(findings),
    ]


def _gates(findings: Findings) -> Iterator[Advice]:
    failed = [gate["gate"].replace("_", " ") for gate in findings.gates["gates"] if gate["result"] == "fail"]
    if failed:
        yield Advice("act", f"Gates failed: {', '.join(failed)}. The model is not registered as champion.", "result")
    elif findings.gates["gates"]:
        yield Advice("good", "All gates pass.", "result")


def _rivals(findings: Findings) -> Iterator[Advice]:
    others = findings.baselines[findings.baselines["model"] != THIS_MODEL].dropna(subset=["lead"])
    behind, ahead = others["lead_high"] < 0, others["lead_low"] > 0
    undecided = ~behind & ~ahead
    if behind.any():
        text = f"{_names(others[behind])}: significantly better than this model. Ship the best one, or find out why."
        yield Advice("act", text, "result")
    if better := _names(others[undecided & (others["lead"] < 0)]):
        yield Advice("look", f"{better}: better than this model, but not significantly.", "result")
    if worse := _names(others[undecided & (others["lead"] >= 0)]):
        yield Advice("look", f"The lead over {worse} may be luck: no interval excludes 0.", "result")
    if ahead.all() and len(others):
        yield Advice("good", "Significantly better than every baseline: all intervals of the lead exclude 0.", "result")


def _names(baselines: pd.DataFrame) -> str:
    return ", ".join(baselines["model"].map(model_name))


def _failures(run: Run) -> Iterator[Advice]:
    failed = run.history.trials[run.history.trials["state"] == "FAIL"]
    if len(failed):
        yield Advice("act", f"{len(failed)} of {len(run.history.trials)} trials failed; see their messages.", "search")


def _bounds(run: Run) -> Iterator[Advice]:
    """Ranges to widen; an unimportant parameter may lie at an end by chance."""
    shares = run.history.parameters.set_index("parameter")["importance"]
    for bound in run.bounds:
        if bound.command:
            matters = shares.get(bound.name, 0.0) > 1 / len(shares)
            fact = f"The best {bound.name}, {number(bound.best)}, lies at an end of its range"
            remark = "widen the range." if matters else f"its importance is {percent(shares.get(bound.name), 2)}."
            yield Advice("act" if matters else "look", f"{fact}; {remark}", "bounds")


def _gap(run: Run, findings: Findings) -> Iterator[Advice]:
    """A test score worse than cross-validation, unless its interval contains the cross-validated score."""
    ratio, cv, low = findings.gap["test_per_cv"], findings.gap["cv"], findings.uncertainty["score_low"]
    if ratio is not None and low is not None and ratio > WORSE and cv < low:
        text = f"The test {run.score} is {ratio - 1:.0%} higher than in cross-validation, which was too optimistic."
        yield Advice("look", text, "overfit")


def _slices(run: Run, findings: Findings) -> Iterator[Advice]:
    """The worst slice that can be told before the target is known."""
    table, overall = findings.slices, findings.gap["test"]
    candidates = table[(table["by"] != run.target) & (table["rows"] >= MIN_SLICE_ROWS) & table["score"].notna()]
    if len(candidates) and overall:
        worst: pd.Series = candidates.sort_values(["score", "slice"], ascending=[False, True], kind="stable").iloc[0]
        if worst["score"] > MUCH_WORSE * overall:
            score = f"{number(float(worst['score']))}, {worst['score'] / overall:.2g} times that of all rows"
            where = shortened(str(worst["slice"]), MAX_SLICE_LENGTH)
            yield Advice("look", f"The largest errors: {where}, {run.score} {score}.", "errors")


def _coverage(findings: Findings) -> Iterator[Advice]:
    interval = findings.uncertainty.get("prediction_interval")
    if interval is None:
        return
    rows, nominal, coverage = len(findings.predictions), interval["nominal"], interval["coverage"]
    if abs(coverage - nominal) > 2 * (nominal * (1 - nominal) / rows) ** 0.5:
        text = f"The {percent(nominal)} intervals contain {percent(coverage)} of the test rows."
        yield Advice("look", text, "calibration")
