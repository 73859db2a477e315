"""Figures of all trials at once: parallel coordinates, and the score along each parameter."""

from collections.abc import Sequence

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.cm import ScalarMappable
from matplotlib.colors import Normalize
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, MaxNLocator, NullLocator

from lockstep.report.drawing import BLUE, GREY, ORANGE, Draw, DrawAll, panels, shortened
from lockstep.report.parameters import Scale

PANEL_COLUMNS = 4
# Lines that are told apart from the rest: the best tenth, at least this many.
FEWEST_BEST = 3
LINES_INCHES = (12.0, 4.6)


def parallel_coordinates(scales: Sequence[Scale], scores: pd.Series, label: str) -> Draw:
    """A line per complete trial through its parameters to its score; the best tenth in colour, the best one thick.

    Args:
        scales: Parameters of the complete trials.
        scores: Their scores.
        label: What the score is called.
    """
    values = scores.to_numpy(dtype=np.float64)
    low, high = float(values.min()), float(values.max())
    heights = np.column_stack(
        [*(scale.shares() for scale in scales), (values - low) / (high - low) if high > low else values * 0]
    )
    order = np.argsort(-values, kind="stable")
    n_best = max(FEWEST_BEST, len(values) // 10)

    def draw(axes: Axes) -> None:
        for rank, trial in enumerate(order):
            left = len(order) - rank
            colour, width = (GREY, 0.8) if left > n_best else (BLUE, 1.6) if left > 1 else (ORANGE, 3.0)
            axes.plot(heights[trial], color=colour, linewidth=width, alpha=0.35 if left > n_best else 0.9)
        for place, scale in enumerate(scales):
            axes.text(place, -0.04, _end(scale, scale.low), ha="center", va="top", fontsize=8)
            axes.text(place, 1.03, _end(scale, scale.high), ha="center", va="bottom", fontsize=8)
        last = len(scales)
        axes.text(last, -0.04, f"{low:.4g}", ha="center", va="top", fontsize=8)
        axes.text(last, 1.03, f"{high:.4g}", ha="center", va="bottom", fontsize=8)
        for place in range(last + 1):
            axes.axvline(place, color=GREY, linewidth=1)
        names = [shortened(scale.name) for scale in scales]
        axes.set_xticks(range(last + 1), [*names, label], rotation=20, ha="right")
        axes.tick_params(axis="x", length=0, pad=14)
        axes.set(yticks=[], ylim=(-0.03, 1.02), xlim=(-0.3, last + 0.3))
        axes.set_title("Complete trials: parameters and score (orange: the best, blue: the best tenth)", pad=18)
        axes.spines[["left", "bottom"]].set_visible(False)

    return draw


def score_by_parameter(scales: Sequence[Scale], trials: pd.DataFrame, score: str, label: str) -> DrawAll:
    """A small chart per parameter: its value and the score of every complete trial, later ones darker."""
    numbers, scores = trials["number"].to_numpy(dtype=np.float64), trials[score].to_numpy(dtype=np.float64)
    best = int(np.argmin(scores))

    def draw(figure: Figure) -> None:
        every = panels(figure, len(scales), PANEL_COLUMNS, below=0.6, right=1.0)
        for number, (axes, scale) in enumerate(zip(every, scales, strict=True)):
            axes.scatter(scale.values, scores, c=numbers, cmap="viridis_r", s=16, linewidths=0)
            axes.scatter(scale.values[best], scores[best], s=90, facecolors="none", edgecolors=ORANGE, linewidths=2)
            _along(axes, scale)
            axes.set_xlabel(shortened(scale.name))
            if number % PANEL_COLUMNS == 0:
                axes.set_ylabel(label)
        colours = ScalarMappable(Normalize(numbers.min(), numbers.max()), "viridis_r")
        beside = figure.add_axes((0.935, 0.15, 0.012, 0.7))
        figure.colorbar(colours, cax=beside, label="trial", ticks=MaxNLocator(integer=True))
        figure.suptitle("Score along each parameter, complete trials (ring: the best)")

    return draw


def panel_inches(count: int) -> tuple[float, float]:
    """The size of a figure of so many small charts."""
    return 12.0, 0.4 + 2.5 * -(-count // PANEL_COLUMNS)


def _along(axes: Axes, scale: Scale) -> None:
    if scale.choices is not None:
        axes.set_xticks(range(len(scale.choices)), [shortened(choice) for choice in scale.choices])
        axes.set_xlim(-0.5, len(scale.choices) - 0.5)
        return
    if scale.log:
        axes.set_xscale("log")
        # Powers of ten as matplotlib writes them need math text, which a column's name must never be.
        axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
        axes.xaxis.set_minor_locator(NullLocator())
    for end in (scale.low, scale.high):
        axes.axvline(end, color=GREY, linewidth=1, linestyle=":")


def _end(scale: Scale, value: float) -> str:
    return f"{value:.3g}" if scale.choices is None else shortened(scale.choices[int(value)])
