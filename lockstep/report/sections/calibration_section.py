"""Calibration: means, probabilities or intervals against the actual values."""

from typing import Any

import pandas as pd
from matplotlib.axes import Axes

from lockstep.evaluate.calibration import calibration_error
from lockstep.evaluate.evaluation import ModelEvaluation
from lockstep.report.coverage_text import FORWARD, GROUPED, coverage_sentence, least_sentence
from lockstep.report.drawing import BLUE, GREY, ORANGE, Draw, Picture, one_chart, shortened
from lockstep.report.evaluated_run import Run
from lockstep.report.templates import number, records_of


def calibration_section(run: Run, evaluation: ModelEvaluation) -> dict[str, Any]:
    """The figure and its table."""
    return {
        "pictures": [(_classes if run.classes else _numbers)(run, evaluation)],
        "rows": records_of(evaluation.calibration),
        "coverage": _coverage(run, evaluation),
        "before": None if evaluation.uncalibrated is None else calibration_error(evaluation.uncalibrated),
    }


def _coverage(run: Run, evaluation: ModelEvaluation) -> list[str]:
    """What the test rows say of the prediction intervals, and what their promise assumes."""
    interval = evaluation.uncertainty.get("prediction_interval")
    if interval is None:
        return []
    sentences = [coverage_sentence(interval, run.settings.confidence), least_sentence(interval)]
    sentences += [FORWARD] * run.split.forward + [GROUPED] * (run.group is not None)
    return [sentence for sentence in sentences if sentence is not None]


def _numbers(run: Run, evaluation: ModelEvaluation) -> Picture:
    target, nominal = run.target, run.model.interval.coverage if run.model.interval else None
    quantity = f"actual {target}" if nominal is None else "share inside the interval"
    return Picture(
        one_chart(calibration_of_numbers(evaluation.calibration, target, nominal)),
        f"Mean {quantity} by decile of the prediction.",
        "Points on the dashed line have no bias." if nominal is None else "Coverage should be near the dashed line.",
        file="calibration",
    )


def calibration_of_numbers(table: pd.DataFrame, target: str, nominal: float | None) -> Draw:
    """Mean predicted against mean actual value; with intervals the share of rows inside, by decile of prediction."""

    def means(axes: Axes) -> None:
        columns = ["predicted_mean", "actual_mean"]
        ends = [table[columns].min().min(), table[columns].max().max()]
        axes.plot(ends, ends, color=GREY, linewidth=1, linestyle="--", label="predicted = actual")
        axes.plot(table["predicted_mean"], table["actual_mean"], "o-", color=BLUE, markersize=5, label="deciles")
        axes.set(
            title="Calibration: means by decile of the prediction",
            xlabel=f"mean predicted {target}",
            ylabel=f"mean actual {target}",
        )
        axes.legend(frameon=False, loc="upper left")

    def coverage(axes: Axes) -> None:
        axes.bar(table["part"], table["coverage"], color=BLUE, width=0.7)
        axes.axhline(nominal or 0, color=ORANGE, linewidth=1.5, linestyle="--", label=f"asked for: {nominal}")
        axes.set(
            title="Share of test rows inside their interval",
            xlabel=f"decile of predicted {target}",
            ylabel="share inside",
            xticks=table["part"],
            ylim=(0, 1.12),
        )
        axes.legend(frameon=False, loc="upper right")

    return means if nominal is None else coverage


def _classes(run: Run, evaluation: ModelEvaluation) -> Picture:
    labels = run.model.target.labels
    return Picture(
        one_chart(
            calibration_of_classes(
                evaluation.calibration, labels[1] if len(labels) == 2 else None, evaluation.uncalibrated
            )
        ),
        f"Share of rows against predicted probability; expected calibration error"
        f" {number(evaluation.uncertainty.get('calibration_error'))}.",
        "On the dashed line, 70% means 7 of 10. Below it the model is overconfident.",
        file="calibration",
    )


def calibration_of_classes(table: pd.DataFrame, positive: str | None, before: pd.DataFrame | None = None) -> Draw:
    """Shares against predicted probabilities; the bars at the bottom show how many rows each range has.

    Args:
        table: From lockstep.evaluate.calibration.class_calibration.
        positive: The second of two classes, whose probability is shown.
        before: The same of the boosters' own probabilities, if the model calibrates them.
    """

    def draw(axes: Axes) -> None:
        share = table["rows"] / table["rows"].sum()
        axes.bar(table["predicted_mean"], share, width=0.03, color=GREY, alpha=0.4, label="share of rows")
        axes.plot([0, 1], [0, 1], color=GREY, linewidth=1, linestyle="--", label="predicted = actual")
        if before is not None:
            points = before["predicted_mean"], before["actual_mean"]
            axes.plot(*points, "o--", color=ORANGE, linewidth=1, markersize=4, label="before calibration")
        axes.plot(table["predicted_mean"], table["actual_mean"], "o-", color=BLUE, markersize=5, label="test rows")
        of = "the predicted class" if positive is None else shortened(positive)
        axes.set(
            title="Calibration of the probabilities",
            xlabel=f"predicted probability of {of}",
            ylabel="share where that is right" if positive is None else f"share of {of}",
            xlim=(-0.02, 1.02),
            ylim=(-0.02, 1.02),
        )
        axes.legend(frameon=False, loc="upper left")

    return draw
