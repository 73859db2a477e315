"""Top and Result: the result in plain sentences, what stands out, and the model beside its baselines."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import pandas as pd

from lockstep.evaluate.baselines import MOST_ROWS
from lockstep.evaluate.findings import THIS_MODEL, Findings
from lockstep.report.drawing import shortened
from lockstep.report.evaluated_run import Run
from lockstep.report.templates import metric_name, model_name, number, percent, records_of, span

# Metrics that people ask for, beside the score.
TILES = ("accuracy", "auc", "r2", "mae")
MEANINGS = {"rmse": "root mean squared error", "mae": "mean absolute error"}
# Scores closer than this are called equal.
EQUAL = 0.005
# A test score this much above that of the folds is worth a word, as is a slice this much above the whole.
WORSE, MUCH_WORSE = 1.1, 1.25
# A slice of fewer rows says little.
FEWEST_ROWS = 20
LONGEST = 80
# What a person does with it.
WORDS = {"good": "Good", "look": "Look", "act": "Act"}


@dataclass(frozen=True)
class Advice:
    """One thing that stands out.

    Attributes:
        kind: good, look or act.
        text: What it is.
        section: The id of the section that tells more.
    """

    kind: str
    text: str
    section: str

    @property
    def word(self) -> str:
        """Its kind in a word, for those who do not see the colour."""
        return WORDS[self.kind]


def result_section(run: Run, found: Findings) -> dict[str, Any]:
    """The headline, the advice, and the model's scores beside those of the baselines."""
    judgement, baselines = found.judgement, records_of(found.baselines)
    own = found.gap["test"]
    for record in baselines:
        record["own"] = record["model"] == THIS_MODEL
        record["saved"] = None if record["own"] or own is None or not record["score"] else 1 - own / record["score"]
        record["compared"] = None if record["own"] else compared(own, record["score"])
    return {
        "headline": headline(run, found),
        "advice": advice(run, found),
        "metrics": list(judgement.test),
        # It needs the number of features, which not every baseline has.
        "baseline_metrics": [name for name in judgement.test if name != "adjusted_r2"],
        "rows": [("test", judgement.test), ("cross-validation", judgement.cv), ("training", judgement.train)],
        "interval": {record["metric"]: record for record in found.uncertainty["intervals"]},
        "score_ends": {"low": found.uncertainty["score_low"], "high": found.uncertainty["score_high"]},
        "tiles": [name for name in TILES if name in judgement.test and name != run.metric][:2],
        "baselines": baselines,
        "no_line": bool(run.classes) and "logistic_regression" not in found.baselines["model"].tolist(),
        "sampled": MOST_ROWS if len(run.train) > MOST_ROWS else None,
    }


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


def advice(run: Run, found: Findings) -> list[Advice]:
    """Everything that stands out, in the order of the page."""
    return [
        *_gates(found),
        *_rivals(found),
        *_failures(run),
        *_bounds(run),
        Advice("act" if run.ceiling.verdict == "pays" else "look", run.ceiling.sentence, "ceiling"),
        *_gap(run, found),
        *_slices(run, found),
        *_coverage(found),
    ]


def _gates(found: Findings) -> Iterator[Advice]:
    failed = [gate["gate"].replace("_", " ") for gate in found.gates["gates"] if gate["result"] == "fail"]
    if failed:
        yield Advice("act", f"Gates failed: {', '.join(failed)}. The model is not registered as champion.", "result")
    elif found.gates["gates"]:
        yield Advice("good", "All gates pass.", "result")


def _rivals(found: Findings) -> Iterator[Advice]:
    others = found.baselines[found.baselines["model"] != THIS_MODEL].dropna(subset=["lead"])
    behind, ahead = others["lead_high"] < 0, others["lead_low"] > 0
    unsure = ~behind & ~ahead
    if behind.any():
        text = f"{_names(others[behind])}: better than this model on these test rows. Ship that, or find out why."
        yield Advice("act", text, "result")
    if better := _names(others[unsure & (others["lead"] < 0)]):
        yield Advice("look", f"{better}: better than this model on these test rows, perhaps by luck.", "result")
    if worse := _names(others[unsure & (others["lead"] >= 0)]):
        yield Advice("look", f"The lead over {worse} may be luck: no interval says that it is above 0.", "result")
    if ahead.all() and len(others):
        yield Advice("good", "Clearly better than every baseline: no interval of the lead holds 0.", "result")


def _names(baselines: pd.DataFrame) -> str:
    return ", ".join(baselines["model"].map(model_name))


def _failures(run: Run) -> Iterator[Advice]:
    failed = run.story.trials[run.story.trials["state"] == "FAIL"]
    if len(failed):
        yield Advice("act", f"{len(failed)} of {len(run.story.trials)} trials failed; see why.", "search")


def _bounds(run: Run) -> Iterator[Advice]:
    """Parameters to widen; one that matters little may lie at an end by chance."""
    shares = run.story.parameters.set_index("parameter")["importance"]
    for bound in run.bounds:
        if bound.command:
            matters = shares.get(bound.name, 0.0) > 1 / len(shares)
            what = f"{bound.name} is best at an end of its range ({number(bound.best)})"
            advised = "widen it." if matters else f"its importance is {percent(shares.get(bound.name), 2)}."
            yield Advice("act" if matters else "look", f"{what}; {advised}", "bounds")


def _gap(run: Run, found: Findings) -> Iterator[Advice]:
    """Test rows worse than the folds, unless the interval of the test score holds what the folds promised."""
    ratio, cv, low = found.gap["test_per_cv"], found.gap["cv"], found.uncertainty["score_low"]
    if ratio is not None and low is not None and ratio > WORSE and cv < low:
        text = f"On test rows the {run.score} is {ratio - 1:.0%} above that of the folds: they promised too much."
        yield Advice("look", text, "overfit")


def _slices(run: Run, found: Findings) -> Iterator[Advice]:
    """The worst part of the rows that is known before the target is."""
    table, whole = found.slices, found.gap["test"]
    known = table[(table["by"] != run.target) & (table["rows"] >= FEWEST_ROWS) & table["score"].notna()]
    if len(known) and whole:
        worst: pd.Series = known.sort_values(["score", "slice"], ascending=[False, True], kind="stable").iloc[0]
        if worst["score"] > MUCH_WORSE * whole:
            score = f"{number(float(worst['score']))}, {worst['score'] / whole:.2g} times that of all rows"
            where = shortened(str(worst["slice"]), LONGEST)
            yield Advice("look", f"Errs most where {where}: {run.score} {score}.", "errors")


def _coverage(found: Findings) -> Iterator[Advice]:
    interval = found.uncertainty.get("prediction_interval")
    if interval is None:
        return
    rows, nominal, held = len(found.predictions), interval["nominal"], interval["coverage"]
    if abs(held - nominal) > 2 * (nominal * (1 - nominal) / rows) ** 0.5:
        yield Advice("look", f"Intervals for {percent(nominal)} of rows hold {percent(held)}.", "calibration")
