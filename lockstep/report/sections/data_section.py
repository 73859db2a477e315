"""Data: rows by cleaning rule and by use, the columns, and the target in training and test rows."""

from typing import Any

import numpy as np
import numpy.typing as npt
from matplotlib.axes import Axes

from lockstep.evaluate.evaluation import ModelEvaluation
from lockstep.report.drawing import BLUE, ORANGE, Draw, Picture, one_chart, shortened
from lockstep.report.evaluated_run import Run
from lockstep.report.templates import number

MAX_CLASSES = 20
BINS = 30


def data_section(run: Run, _: ModelEvaluation) -> dict[str, Any]:
    """Rows by cleaning rule and split, columns with their missing values, and the target's distribution."""
    quality, clean = run.quality, run.quality["rows"]["clean"]
    columns = [dict.fromkeys(("min", "median", "mean", "max", "distinct")) | column for column in quality["columns"]]
    return {
        "rows": quality["rows"],
        "rules": [rule | {"dropped": rule["rows_in"] - rule["rows_out"]} for rule in quality["rules"]],
        "columns": [column | {"share": column["missing"] / clean if clean else 0} for column in columns],
        "n_missing": sum(column["missing"] > 0 for column in columns),
        "used": run.model.features.columns,
        "pictures": [_target(run)],
    }


def _target(run: Run) -> Picture:
    target = run.model.target
    train, test = target.values(run.train), target.values(run.test)
    if target.classes:
        chart = target_classes(train, test, target.labels)
        alt = f"Bars: share of each of the {target.n_classes} classes of {target.column} in training and in test rows."
    else:
        chart = target_numbers(train, test, target.column)
        low, high = float(min(train.min(), test.min())), float(max(train.max(), test.max()))
        middle = number(float(run.train[target.column].median()))
        alt = (
            f"Histogram of {target.column} in training and in test rows, from {number(low)} to {number(high)},"
            f" median {middle} in training."
        )
    return Picture(one_chart(chart), alt, "The target in training and test rows; the two should look alike.")


def target_numbers(train: npt.NDArray[np.float64], test: npt.NDArray[np.float64], target: str) -> Draw:
    """Histograms of the target as shares, which makes training and test rows comparable."""
    ends = np.concatenate([train, test])
    edges = np.linspace(ends.min(), ends.max(), BINS + 1)

    def draw(axes: Axes) -> None:
        for values, colour, label in ((train, BLUE, "training"), (test, ORANGE, "test")):
            axes.hist(
                values,
                edges.tolist(),
                weights=np.full(len(values), 100 / len(values)),
                histtype="stepfilled",
                alpha=0.35,
                color=colour,
                label=f"{len(values):,} {label} rows",
            )
        axes.set(title="Distribution of the target", xlabel=target, ylabel="% of the rows")
        axes.legend(frameon=False)

    return draw


def target_classes(train: npt.NDArray[np.float64], test: npt.NDArray[np.float64], labels: list[str]) -> Draw:
    """Shares of the classes in training and test rows; if there are many, the most frequent ones."""
    shares = [np.bincount(y.astype(np.int64), minlength=len(labels)) / len(y) for y in (train, test)]
    chosen = np.argsort(-shares[0], kind="stable")[:MAX_CLASSES]

    def draw(axes: Axes) -> None:
        places = np.arange(len(chosen))[::-1]
        for part, (y, colour, label) in enumerate(((train, BLUE, "training"), (test, ORANGE, "test"))):
            heights = 100 * shares[part][chosen]
            axes.barh(places + 0.2 - 0.4 * part, heights, 0.4, color=colour, label=f"{len(y):,} {label} rows")
        axes.set_yticks(places, [shortened(labels[number]) for number in chosen])
        title = "Distribution of the classes"
        if len(chosen) < len(labels):
            title += f" (the {len(chosen)} most frequent of {len(labels):,})"
        axes.set(title=title, xlabel="% of the rows")
        # Below the chart, because bars of equal length would lie behind it wherever it stood.
        axes.legend(frameon=False, loc="upper center", bbox_to_anchor=(0.5, -0.14), ncols=2)

    return draw
