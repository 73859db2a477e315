"""What stands out of a result, each point with the section that has the details; the top of the page lists it."""

from collections.abc import Iterator
from dataclasses import dataclass

import pandas as pd

from lockstep.evaluate.evaluation import THIS_MODEL, ModelEvaluation
from lockstep.report.drawing import shortened
from lockstep.report.evaluated_run import Run
from lockstep.report.templates import model_name, number, percent

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


def advice(run: Run, evaluation: ModelEvaluation) -> list[Advice]:
    """Everything that stands out, in the order of the page."""
    return [
        *_gates(evaluation),
        *_rivals(evaluation),
        *_failures(run),
        *_bounds(run),
        Advice("act" if run.ceiling.verdict == "pays" else "look", run.ceiling.sentence, "ceiling"),
        *_gap(run, evaluation),
        *_slices(run, evaluation),
        *_coverage(evaluation),
    ]


def _gates(evaluation: ModelEvaluation) -> Iterator[Advice]:
    failed = [gate["gate"].replace("_", " ") for gate in evaluation.gates["gates"] if gate["result"] == "fail"]
    if failed:
        yield Advice("act", f"Gates failed: {', '.join(failed)}. The model is not registered as champion.", "result")
    elif evaluation.gates["gates"]:
        yield Advice("good", "All gates pass.", "result")


def _rivals(evaluation: ModelEvaluation) -> Iterator[Advice]:
    others = evaluation.baselines[evaluation.baselines["model"] != THIS_MODEL].dropna(subset=["lead"])
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
    """Ranges to widen; where a parameter's importance may be noise, its best value may lie at an end by chance."""
    shown = set(run.parameters.loc[run.parameters["shown"], "parameter"])
    for bound in run.bounds:
        if bound.command and bound.name in shown:
            fact = f"The best {bound.name}, {number(bound.best)}, lies at an end of its range"
            yield Advice("act", f"{fact}, and the parameter matters; widen the range.", "bounds")


def _gap(run: Run, evaluation: ModelEvaluation) -> Iterator[Advice]:
    """A test score worse than cross-validation, its optimism taken out, unless its interval contains that score."""
    test, cv, low = evaluation.gap["test"], evaluation.gap["cv"], evaluation.uncertainty["score_low"]
    optimism = run.cv_optimism(cv, evaluation.judgement.cv.get("r2"))
    if optimism is not None:
        cv = optimism.corrected
        if optimism.r2 is not None and optimism.r2[1] <= 0 < optimism.r2[0]:
            better, honest = (number(value, 3) for value in optimism.r2)
            text = (
                f"The R² of cross-validation, {better}, comes from the choice of trial and rounds: without it {honest}."
            )
            yield Advice("look", text, "overfit")
    if test is not None and cv and low is not None and test > WORSE * cv and cv < low:
        text = f"The test {run.score} is {test / cv - 1:.0%} higher than in cross-validation, which was too optimistic."
        if run.greater_is_better:
            test = number(run.shown(evaluation.gap["test"]), 3)
            text = f"The test {run.score}, {test}, is below that of cross-validation, {number(run.shown(cv), 3)}."
        yield Advice("look", text, "overfit")


def _slices(run: Run, evaluation: ModelEvaluation) -> Iterator[Advice]:
    """The worst slice that can be told before the target is known."""
    table, overall = evaluation.slices, evaluation.gap["test"]
    candidates = table[(table["by"] != run.target) & (table["rows"] >= MIN_SLICE_ROWS) & table["score"].notna()]
    if len(candidates) and overall:
        worst: pd.Series = candidates.sort_values(["score", "slice"], ascending=[False, True], kind="stable").iloc[0]
        if worst["score"] > MUCH_WORSE * overall:
            score = f"{number(float(worst['score']))}, {worst['score'] / overall:.2g} times that of all rows"
            if run.greater_is_better:
                score = f"{number(run.shown(worst['score']))}, and {number(run.shown(overall))} of all rows"
            where = shortened(str(worst["slice"]), MAX_SLICE_LENGTH)
            yield Advice("look", f"The largest errors: {where}, {run.score} {score}.", "errors")


def _coverage(evaluation: ModelEvaluation) -> Iterator[Advice]:
    interval = evaluation.uncertainty.get("prediction_interval")
    if interval is None:
        return
    rows, nominal, coverage = len(evaluation.predictions), interval["nominal"], interval["coverage"]
    if abs(coverage - nominal) > 2 * (nominal * (1 - nominal) / rows) ** 0.5:
        text = f"The {percent(nominal)} intervals contain {percent(coverage)} of the test rows."
        yield Advice("look", text, "calibration")
