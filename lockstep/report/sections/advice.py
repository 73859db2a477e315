"""What stands out of a result, each point with the section that has the details; the top of the page lists it."""

from collections.abc import Iterator
from dataclasses import dataclass, replace

import pandas as pd

from lockstep.evaluate.coverage import coverage_verdict
from lockstep.evaluate.evaluation import ModelEvaluation
from lockstep.evaluate.lead import LeadVerdict
from lockstep.report.coverage_text import coverage_sentence
from lockstep.report.drawing import shortened
from lockstep.report.evaluated_run import Run
from lockstep.report.standing import baselines_with, standing
from lockstep.report.templates import model_name, number

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
    points = [
        *_findings(evaluation),
        *_gates(evaluation),
        *_rivals(evaluation),
        *_failures(run),
        *_rounds(run),
        *_bounds(run),
        Advice("act" if run.ceiling.verdict == "pays" else "look", run.ceiling.sentence, "ceiling"),
        *_gap(run, evaluation),
        *_slices(run, evaluation),
        *_coverage(run, evaluation),
    ]
    return [_without_praise(point) for point in points] if evaluation.is_doubtful else points


def _without_praise(point: Advice) -> Advice:
    """A point about a result that a finding casts doubt on: whatever is good about it is only to be looked at."""
    return replace(point, kind="look") if point.kind == "good" else point


def _findings(evaluation: ModelEvaluation) -> Iterator[Advice]:
    for finding in evaluation.findings:
        yield Advice(finding.kind, finding.sentence, finding.section)


def _gates(evaluation: ModelEvaluation) -> Iterator[Advice]:
    failed = [gate["gate"].replace("_", " ") for gate in evaluation.gates["gates"] if gate["result"] == "fail"]
    if failed:
        yield Advice("act", f"Gates failed: {', '.join(failed)}. The model is not registered as champion.", "result")
    elif evaluation.gates["gates"]:
        useful = model_name(evaluation.judgement.constant) in baselines_with(evaluation.baselines, LeadVerdict.BETTER)
        yield Advice("good" if useful else "look", "All gates pass.", "result")


def _rivals(evaluation: ModelEvaluation) -> Iterator[Advice]:
    worse = baselines_with(evaluation.baselines, LeadVerdict.WORSE)
    not_shown = baselines_with(evaluation.baselines, LeadVerdict.NOT_SHOWN)
    words = standing(evaluation.baselines)
    if worse:
        yield Advice("act", f"The model is {words}. Find out why, or use the best baseline.", "result")
    elif not_shown:
        contain = "the interval of the lead contains" if len(not_shown) == 1 else "the intervals of the leads contain"
        yield Advice("look", f"The model is {words}: {contain} 0.", "result")
    elif words:
        yield Advice("good", "Significantly better than every baseline: all intervals of the lead exclude 0.", "result")


def _failures(run: Run) -> Iterator[Advice]:
    failed = run.history.trials[run.history.trials["state"] == "FAIL"]
    if len(failed):
        yield Advice("act", f"{len(failed)} of {len(run.history.trials)} trials failed; see their messages.", "search")


def _rounds(run: Run) -> Iterator[Advice]:
    """Folds of the best trial that would have boosted on."""
    capped, folds = run.capped_folds
    if capped:
        most = run.history.search["settings"]["max_rounds"]
        where = f"In {capped} of {folds} folds of the best trial" if folds > 1 else "In the best trial"
        remedy = f"try tune.max_rounds={2 * most}"
        yield Advice(
            "act", f"{where} the limit of {most} rounds ended the boosting, not early stopping; {remedy}.", "search"
        )


def _bounds(run: Run) -> Iterator[Advice]:
    """Ranges to widen; where a parameter's importance may be noise, its best value may lie at an end by chance."""
    important = set(run.parameters.loc[run.parameters["shown"], "parameter"])
    for bound in run.bounds:
        if bound.command and bound.name in important:
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


def _coverage(run: Run, evaluation: ModelEvaluation) -> Iterator[Advice]:
    """Intervals that contain fewer rows than promised, or more."""
    interval = evaluation.uncertainty.get("prediction_interval")
    if interval is None:
        return
    verdict, sentence = coverage_verdict(interval), coverage_sentence(interval, run.settings.confidence)
    if verdict == "below":
        remedy = "Do not quote them as they are"
        if run.split.forward:
            window = "" if run.split.window == "rolling" else " try split.window=rolling,"
            remedy += f": the rows drift; retrain more often,{window} or ask for a higher coverage"
        yield Advice("act", f"{sentence} {remedy}.", "calibration")
    elif verdict != "kept":
        yield Advice("look", sentence, "calibration")
