"""A figure of partial dependence: how predictions move along the most important features."""

from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from lockstep.evaluate.dependence import Dependence
from lockstep.report.drawing import BLUE, GREY, DrawAll, panels, shortened

COLUMNS = 3
# Single rows shown behind the mean, and classes that get a line.
MOST_ROWS, MOST_LINES, MOST_LABELS, LONGEST_LABEL = 25, 8, 6, 10


def partial_dependence(found: Sequence[Dependence], said: str, labels: Sequence[str]) -> DrawAll:
    """A small chart per feature: the mean over rows (blue) and single rows (grey); of many classes a line per class.

    Args:
        found: The features.
        said: What the vertical axis is.
        labels: Of more than two classes their names.
    """

    def draw(figure: Figure) -> None:
        every = panels(figure, len(found), COLUMNS, below=_room(found), right=1.5 if labels else 0.1)
        for number, (axes, each) in enumerate(zip(every, found, strict=True)):
            _lines(axes, each, labels)
            axes.set_xlabel(shortened(each.feature))
            if number % COLUMNS == 0:
                axes.set_ylabel(said)
        low = min(axes.get_ylim()[0] for axes in every)
        high = max(axes.get_ylim()[1] for axes in every)
        for axes in every:
            axes.set_ylim(low, high)
        if labels:
            handles, names = every[0].get_legend_handles_labels()
            figure.legend(handles, names, loc="upper right", frameon=False)
        figure.suptitle("Partial dependence: predictions when one feature is set to a value in every row")

    return draw


def _room(found: Sequence[Dependence]) -> float:
    """Inches below each chart: names of categories stand on end where they are long."""
    return 1.0 if any(each.labels and not _fits(each.labels) for each in found) else 0.6


def _fits(labels: Sequence[str]) -> bool:
    return len(labels) <= MOST_LABELS and sum(map(len, labels)) <= 24


def _lines(axes: Axes, each: Dependence, labels: Sequence[str]) -> None:
    mean, style = each.mean(), "o-" if each.labels else "-"
    if labels:
        for output, label in list(enumerate(labels))[:MOST_LINES]:
            axes.plot(each.points, mean[:, output], style, markersize=4, label=shortened(label))
    else:
        rows = each.each[:: -(-len(each.each) // MOST_ROWS), :, 0]
        axes.plot(each.points, rows.T, style, markersize=2, color=GREY, linewidth=0.7, alpha=0.35)
        axes.plot(each.points, mean[:, 0], style, color=BLUE, linewidth=2.2)
    if each.labels:
        names = [label[:LONGEST_LABEL] for label in each.labels]
        axes.set_xticks(each.points, names, rotation=0 if _fits(each.labels) else 60)
        axes.tick_params(axis="x", labelsize=8)
    else:
        axes.margins(x=0.02)
        axes.plot(each.points, np.zeros(len(each.points)), "|", color=GREY, transform=axes.get_xaxis_transform())


def panel_inches(count: int) -> tuple[float, float]:
    """The size of a figure of so many small charts."""
    return 12.0, 0.6 + 2.9 * -(-count // COLUMNS)
