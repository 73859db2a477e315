"""What the figures of reports/evaluate/ show, in words: for those who do not see them, and below each."""

from collections.abc import Iterable
from pathlib import Path

from lockstep.evaluate.findings import Findings
from lockstep.report.pictures import Picture
from lockstep.report.run import Run
from lockstep.report.templates import number


def captioned(run: Run, found: Findings, files: Iterable[Path]) -> dict[str, Picture]:
    """The PNG files as pictures of the page, by the name of the file."""
    words = {**_of_search(run), **_of_model(run, found), **(_of_classes if run.classes else _of_numbers)(run, found)}
    return {file.stem: Picture.of(file.read_bytes(), *words[file.stem]) for file in files}


def _of_search(run: Run) -> dict[str, tuple[str, str]]:
    states, best = run.story.trials["state"].tolist(), run.best[run.story.score]
    important = ", ".join(run.story.parameters["parameter"].head(3))
    counts = f"{states.count('COMPLETE')} complete, {states.count('PRUNED')} pruned, {states.count('FAIL')} failed"
    return {
        "optimisation_history": (
            f"CV {run.score} of each trial ({counts}) and the best so far, which ends at {number(best)}.",
            "Each dot is a complete trial; the line is the best so far. Marks at the bottom were pruned or failed.",
        ),
        "parameter_importance": (
            f"Bars: importance of the parameters; the first are {important}.",
            "How much each parameter separates the best complete trials from the others (PED-ANOVA).",
        ),
    }


def _of_model(run: Run, found: Findings) -> dict[str, tuple[str, str]]:
    ends, first = run.story.learning_curve.iloc[-1], ", ".join(found.features["feature"].head(3))
    train, valid = number(float(ends["train"])), number(float(ends["valid"]))
    return {
        "learning_curve": (
            f"Error by boosting round, mean of the folds: validation rows end at {valid}, training rows at {train}; the"
            f" final model has {run.model.training.n_rounds} rounds.",
            "Validation error should flatten, not rise, before the dashed line.",
        ),
        "feature_importance": (
            f"Bars: growth of the test {run.score} when a feature is shuffled; the largest are {first}.",
            "What the model loses without a feature; grey lines are the spread over the shuffles.",
        ),
        "feature_shap": (
            f"SHAP values of {len(found.shap.x)} test rows for the most important features.",
            "What a feature adds to single predictions; a dot is a test row."
            if found.shap.values.shape[1] == 1
            else "What a feature adds to single predictions, mean of rows and classes.",
        ),
    }


def _of_numbers(run: Run, found: Findings) -> dict[str, tuple[str, str]]:
    target, rows = run.target, len(run.test)
    held = "Whether intervals hold what they promise."
    return {
        "predicted_vs_actual": (
            f"Scatter of predicted against actual {target} of {rows:,} test rows; R² {_r2(found)}.",
            "On the dashed line a prediction is right. A cloud flatter than the line pulls extremes to the middle.",
        ),
        "residuals": (
            f"Scatter of the residuals, actual less predicted {target}, against the prediction.",
            "A level band around 0 is good; a funnel or a bend is something the model has not learned.",
        ),
        "calibration": (
            f"Mean {'share inside the interval' if run.model.interval else f'actual {target}'} by decile of the"
            " prediction.",
            held if run.model.interval else "Points on the dashed line: no bias.",
        ),
    }


def _of_classes(run: Run, found: Findings) -> dict[str, tuple[str, str]]:
    rows = len(run.test)
    return {
        "predicted_vs_actual": (
            f"Confusion matrix of {rows:,} test rows and {run.classes} classes; the tables below give the numbers.",
            "Rows are the actual classes; what lies off the diagonal is mistaken for another class.",
        ),
        "residuals": (
            "Box plots: the probability the model gives to the actual class, by class.",
            "Boxes near 1 are classes it knows well.",
        ),
        "calibration": (
            f"Share of rows against predicted probability; expected calibration error"
            f" {number(found.uncertainty.get('calibration_error'))}.",
            "On the dashed line, 70% means 7 of 10. Below it the model is too sure.",
        ),
    }


def _r2(found: Findings) -> str:
    return number(found.judgement.test.get("r2"), 3)
