"""Errors: where the model errs, by predictions, slices, places and the worst rows."""

import itertools
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.ticker import MaxNLocator

from lockstep.evaluate.evaluation import ModelEvaluation
from lockstep.report.drawing import BLUE, GREY, MAX_TICKS, Draw, Picture, one_chart, shortened
from lockstep.report.evaluated_run import Run
from lockstep.report.plot_tables import points_of
from lockstep.report.templates import number, records_of

NOT_METRICS = ("by", "slice", "rows", "score")
PREDICTION_COLUMNS = ("row_id", "actual", "predicted", "error")
MAP_INCHES = (6.4, 5.6)
MAX_POINTS = 5000
# With more classes the cells are too small for numbers, or the axes for names.
MAX_NUMBERS, MAX_NAMES = 12, 40


def errors_section(run: Run, evaluation: ModelEvaluation) -> dict[str, Any]:
    """Figures of predictions and errors, slices, the worst rows."""
    return {
        "pictures": [*_predictions(run, evaluation), *_map(run, evaluation)],
        "slices": slices_of(evaluation, run.metric if run.greater_is_better else "score"),
        "metrics": [name for name in evaluation.slices.columns if name not in NOT_METRICS],
        "worst": records_of(evaluation.worst),
        "worst_columns": {
            name: not pd.api.types.is_numeric_dtype(evaluation.worst[name])
            for name in evaluation.worst.columns
            if name not in PREDICTION_COLUMNS
        },
    }


def slices_of(evaluation: ModelEvaluation, column: str = "score") -> list[tuple[str, list[dict[str, Any]]]]:
    """Slices in groups; `share` compares a slice with the largest of its group, for the bar behind it.

    Args:
        evaluation: The results of the evaluation.
        column: The column of the slices to compare.
    """
    groups = []
    for by, group in itertools.groupby(records_of(evaluation.slices), key=lambda record: record["by"]):
        records = list(group)
        largest = max((record[column] or 0 for record in records), default=0)
        for record in records:
            record["name"] = record["slice"].removeprefix(f"{by}: ")
            record["share"] = round(100 * max(record[column] or 0, 0) / largest, 1) if largest > 0 else 0
        groups.append((by, records))
    return groups


def _predictions(run: Run, evaluation: ModelEvaluation) -> list[Picture]:
    """Predictions against actual values, and residuals; for classes the same files contain other charts."""
    target, rows, points = run.model.target, f"{len(run.test):,}", points_of(evaluation.predictions, run.model)
    if evaluation.confusion is not None:
        return [
            Picture(
                one_chart(confusion(evaluation.confusion, target.labels)),
                f"Confusion matrix of {rows} test rows and {run.classes} classes; the tables below give the numbers.",
                "Rows are the actual classes; numbers off the diagonal are mistakes.",
                file="predicted_vs_actual",
            ),
            Picture(
                one_chart(true_class_probability(points, target.labels)),
                "Box plots: the probability the model gives to the actual class, by class.",
                "A box near 1 is a class that the model predicts well.",
                file="residuals",
            ),
        ]
    r2 = number(evaluation.judgement.test.get("r2"), 3)
    return [
        Picture(
            one_chart(predicted_vs_actual(points, run.target)),
            f"Scatter of predicted against actual {run.target} of {rows} test rows; R² {r2}.",
            "Predictions on the dashed line are right. A flatter cloud pulls extremes to the middle.",
            file="predicted_vs_actual",
        ),
        Picture(
            one_chart(residuals(points, run.target)),
            f"Scatter of the residuals, actual minus predicted {run.target}, against the prediction.",
            "A level band around 0 is good; a funnel or a bend shows what the model has not learned.",
            file="residuals",
        ),
    ]


def predicted_vs_actual(rows: pd.DataFrame, target: str) -> Draw:
    """Points (actual, predicted) with the line on which both are equal."""

    def draw(axes: Axes) -> None:
        axes.scatter(rows["actual"], rows["predicted"], s=12, alpha=0.5, color=BLUE, linewidths=0)
        ends = [rows[["actual", "predicted"]].min().min(), rows[["actual", "predicted"]].max().max()]
        axes.plot(ends, ends, color=GREY, linewidth=1, linestyle="--", label="predicted = actual")
        axes.set(title="Predicted against actual, test rows", xlabel=f"actual {target}", ylabel=f"predicted {target}")
        axes.legend(frameon=False, loc="upper left")

    return draw


def residuals(rows: pd.DataFrame, target: str) -> Draw:
    """Points (predicted, actual - predicted)."""

    def draw(axes: Axes) -> None:
        axes.scatter(rows["predicted"], rows["residual"], s=12, alpha=0.5, color=BLUE, linewidths=0)
        axes.axhline(0, color=GREY, linewidth=1, linestyle="--")
        axes.set(title="Residuals, test rows", xlabel=f"predicted {target}", ylabel=f"actual - predicted {target}")

    return draw


def confusion(matrix: npt.NDArray[np.int64], labels: list[str]) -> Draw:
    """The rows of each class by predicted class, as shares, with the numbers of rows."""

    def draw(axes: Axes) -> None:
        shares = matrix / np.maximum(matrix.sum(axis=1, keepdims=True), 1)
        axes.imshow(shares, cmap="Blues", vmin=0, vmax=1, aspect="auto")
        if len(labels) <= MAX_NUMBERS:
            for (row, column), count in np.ndenumerate(matrix):
                colour = "white" if shares[row, column] > 0.5 else "black"
                axes.text(column, row, f"{count}", ha="center", va="center", color=colour)
        axes.set(title="Test rows by class and predicted class", xlabel="predicted", ylabel="actual")
        _name_ticks(axes, labels, both=True)

    return draw


def true_class_probability(rows: pd.DataFrame, labels: list[str]) -> Draw:
    """Predicted probability of the actual class: a box per class, the median in the middle.

    Args:
        rows: Test rows with class (a label) and predicted (the probability of that class).
        labels: All classes.
    """

    def draw(axes: Axes) -> None:
        present = [label for label in labels if (rows["class"] == label).any()]
        axes.boxplot(
            [rows.loc[rows["class"] == label, "predicted"].to_numpy() for label in present],
            positions=range(len(present)),
            widths=0.5,
            flierprops={"marker": ".", "markersize": 4, "markeredgecolor": GREY},
            medianprops={"color": BLUE, "linewidth": 2},
        )
        axes.set(
            title="Predicted probability of the actual class", xlabel="class", ylabel="probability", ylim=(-0.02, 1.02)
        )
        _name_ticks(axes, present, both=False)

    return draw


def _name_ticks(axes: Axes, labels: list[str], *, both: bool) -> None:
    if len(labels) > MAX_NAMES:
        return
    names, turned = [shortened(label) for label in labels], 90 if sum(map(len, labels)) > 70 else 0
    axes.set_xticks(range(len(labels)), names, rotation=turned)
    if both:
        axes.set_yticks(range(len(labels)), names)


def _map(run: Run, evaluation: ModelEvaluation) -> list[Picture]:
    """A map of the errors, if the dataset file names two coordinate columns."""
    if run.judging.coordinates is None:
        return []
    columns, target = across_and_up(run.judging.coordinates), run.model.target
    places = run.test[columns].astype(np.float64).reset_index(drop=True)
    if target.classes:
        shares = evaluation.predictions[[f"probability_{label}" for label in target.labels]].to_numpy()
        errors, label = 1 - shares[range(len(shares)), target.values(run.test).astype(int)], "1 - P(actual)"
    else:
        errors, label = (
            (evaluation.predictions["actual"] - evaluation.predictions["predicted"]).to_numpy(),
            f"actual - predicted {run.target}",
        )
    chart = error_map(places, errors, label, signed=not target.classes)
    alt = f"Map of the test rows by {columns[0]} and {columns[1]}, coloured by {label}."
    caption = "Neighbouring points of one colour mark a place that the features describe poorly."
    return [Picture(one_chart(chart), alt, caption, inches=MAP_INCHES)]


def error_map(places: pd.DataFrame, errors: npt.NDArray[np.float64], label: str, *, signed: bool) -> Draw:
    """Test rows at their places, coloured by the model's error.

    Args:
        places: Two columns, the horizontal one first.
        errors: Actual - predicted; for classes 1 - probability of the actual class.
        label: Name of the errors.
        signed: Whether errors have a sign: blue and red, grey in the middle.
    """
    x, y = (str(name) for name in places.columns)
    finite = (places.notna().all(axis=1)).to_numpy() & np.isfinite(errors)
    rows, errors = places[finite].iloc[:: _step(finite)], errors[finite][:: _step(finite)]
    # A few very large errors would leave the other rows without colour.
    limit = float(np.quantile(np.abs(errors), 0.98)) if len(errors) else 1.0

    def draw(axes: Axes) -> None:
        points = axes.scatter(
            rows[x],
            rows[y],
            c=errors,
            cmap="coolwarm" if signed else "Reds",
            vmin=-limit if signed else 0,
            vmax=limit or 1.0,
            s=14 if len(rows) < 1000 else 6,
            linewidths=0,
        )
        if _is_latitude(y, rows[y]):
            axes.set_aspect(1 / np.cos(np.radians(float(rows[y].mean()))))
        axes.set(title="Where the model errs, test rows", xlabel=x, ylabel=y, facecolor="#eceff2")
        axes.xaxis.set_major_locator(MaxNLocator(MAX_TICKS))
        bar = axes.figure.colorbar(points, ax=axes, extend="both" if signed else "max", aspect=40, pad=0.02)
        bar.set_label(label)
        bar.outline.set_visible(False)

    return draw


def across_and_up(coordinates: tuple[str, str]) -> list[str]:
    """The two columns with the horizontal one (the longitude) first, though people usually name the latitude first."""
    first, second = coordinates
    return [first, second] if first.lower().startswith(("lon", "lng", "x", "east")) else [second, first]


def _step(finite: npt.NDArray[np.bool_]) -> int:
    return max(1, -(-int(finite.sum()) // MAX_POINTS))


def _is_latitude(name: str, values: pd.Series) -> bool:
    return name.lower().startswith("lat") and len(values) > 0 and float(values.abs().max()) < 89
