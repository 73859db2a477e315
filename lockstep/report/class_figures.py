"""Figures of how predicted probabilities of classes differ from what the rows are."""

import numpy as np
import numpy.typing as npt
import pandas as pd
from matplotlib.axes import Axes

from lockstep.report.drawing import BLUE, GREY, Draw, shortened

# Of more classes the cells are too small for numbers, or the axes for names.
MOST_NUMBERS, MOST_NAMES = 12, 40


def confusion(matrix: npt.NDArray[np.int64], labels: list[str]) -> Draw:
    """Shares of each class's rows by predicted class, with the numbers of rows."""

    def draw(axes: Axes) -> None:
        shares = matrix / np.maximum(matrix.sum(axis=1, keepdims=True), 1)
        axes.imshow(shares, cmap="Blues", vmin=0, vmax=1, aspect="auto")
        if len(labels) <= MOST_NUMBERS:
            for (row, column), count in np.ndenumerate(matrix):
                colour = "white" if shares[row, column] > 0.5 else "black"
                axes.text(column, row, f"{count}", ha="center", va="center", color=colour)
        axes.set(title="Test rows by class and predicted class", xlabel="predicted", ylabel="actual")
        _name_ticks(axes, labels, both=True)

    return draw


def true_class_probability(rows: pd.DataFrame, labels: list[str]) -> Draw:
    """How probable the model finds what each row is: a box per class, the median in the middle.

    Args:
        rows: class (a label) and predicted (the probability of that class) of some test rows.
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


def calibration(table: pd.DataFrame, positive: str | None) -> Draw:
    """Shares against predicted probabilities; the bars at the bottom show how many rows each range has.

    Args:
        table: From lockstep.evaluate.calibration.class_calibration.
        positive: Of two classes the second, whose probability is meant.
    """

    def draw(axes: Axes) -> None:
        share = table["rows"] / table["rows"].sum()
        axes.bar(table["predicted_mean"], share, width=0.03, color=GREY, alpha=0.4, label="share of rows")
        axes.plot([0, 1], [0, 1], color=GREY, linewidth=1, linestyle="--", label="predicted = actual")
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


def _name_ticks(axes: Axes, labels: list[str], *, both: bool) -> None:
    if len(labels) > MOST_NAMES:
        return
    names, turned = [shortened(label) for label in labels], 90 if sum(map(len, labels)) > 70 else 0
    axes.set_xticks(range(len(labels)), names, rotation=turned)
    if both:
        axes.set_yticks(range(len(labels)), names)
