"""What stands out in a result, and what to do about it: one sentence each."""

from collections.abc import Iterator
from dataclasses import dataclass

import pandas as pd

from lockstep.evaluate.ceiling import Ceiling
from lockstep.evaluate.findings import THIS_MODEL, Findings
from lockstep.report.drawing import shortened
from lockstep.report.run import Run
from lockstep.report.search_facts import Bound
from lockstep.report.templates import model_name, number, percent

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


def advice(run: Run, found: Findings, ceiling: Ceiling, bounds: list[Bound]) -> list[Advice]:
    """Everything that stands out, in the order of the page."""
    return [
        *_gates(found),
        *_rivals(found),
        *_failures(run),
        *_bounds(run, bounds),
        Advice("act" if ceiling.verdict == "pays" else "look", ceiling.sentence, "ceiling"),
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


def _bounds(run: Run, bounds: list[Bound]) -> Iterator[Advice]:
    """Parameters to widen; one that matters little may lie at an end by chance."""
    shares = run.story.parameters.set_index("parameter")["importance"]
    for bound in bounds:
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
    rows, nominal, held = len(found.said), interval["nominal"], interval["coverage"]
    if abs(held - nominal) > 2 * (nominal * (1 - nominal) / rows) ** 0.5:
        yield Advice("look", f"Intervals for {percent(nominal)} of rows hold {percent(held)}.", "calibration")
