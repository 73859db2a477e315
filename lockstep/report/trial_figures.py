"""Figures of all trials at once: parallel coordinates, and the score along each parameter."""

from collections.abc import Sequence

import numpy as np
import pandas as pd
from matplotlib import colormaps
from matplotlib.axes import Axes
from matplotlib.cm import ScalarMappable
from matplotlib.collections import LineCollection
from matplotlib.colors import ListedColormap, Normalize
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, MaxNLocator, NullLocator

from lockstep.report.drawing import BLUE, GREY, ORANGE, Draw, DrawAll, ink, panels, shortened
from lockstep.report.parameters import Scale

PANEL_COLUMNS = 4
# Lines that are told apart from the rest: the best tenth, at least and at most so many.
FEWEST_BEST, MOST_BEST = 3, 50
LINES_INCHES = (12.0, 4.6)
# Without the yellow end, which neither white nor black paper shows.
EARLY_TO_LATE = ListedColormap(colormaps["viridis_r"](np.linspace(0.2, 1, 256)))


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
    pale = ink(0.35, len(values), 0.02)
    n_best = min(len(values), max(FEWEST_BEST, len(values) // 10), MOST_BEST)

    def draw(axes: Axes) -> None:
        places = np.broadcast_to(np.arange(len(scales) + 1, dtype=np.float64), heights.shape)
        lines = list(np.stack([places, heights], axis=2)[order])
        # One collection: thousands of lines, each an artist, take seconds.
        axes.add_collection(LineCollection(lines[:-n_best], colors=GREY, linewidths=0.8, alpha=pale))
        axes.add_collection(LineCollection(lines[-n_best:-1], colors=BLUE, linewidths=1.6, alpha=0.9))
        axes.add_collection(LineCollection(lines[-1:], colors=ORANGE, linewidths=3.0, alpha=0.9))
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
        others = f", blue: the next {n_best - 1}" if n_best > 1 else ""
        axes.set_title(f"Complete trials: parameters and score (orange: the best{others})", pad=18)
        axes.spines[["left", "bottom"]].set_visible(False)

    return draw


def score_by_parameter(scales: Sequence[Scale], trials: pd.DataFrame, score: str, label: str) -> DrawAll:
    """A small chart per parameter: its value and the score of every complete trial, coloured by its number."""
    numbers, scores = trials["number"].to_numpy(dtype=np.float64), trials[score].to_numpy(dtype=np.float64)
    best = int(np.argmin(scores))
    size, edge = ink(18, len(scores), 2), ink(0.3, len(scores), 0)

    def draw(figure: Figure) -> None:
        every = panels(figure, len(scales), PANEL_COLUMNS, below=0.6, right=1.0)
        for number, (axes, scale) in enumerate(zip(every, scales, strict=True)):
            axes.scatter(scale.values, scores, c=numbers, cmap=EARLY_TO_LATE, s=size, linewidths=edge, edgecolors=GREY)
            axes.scatter(scale.values[best], scores[best], s=90, facecolors="none", edgecolors=ORANGE, linewidths=2)
            _along(axes, scale)
            axes.set_xlabel(shortened(scale.name))
            if number % PANEL_COLUMNS == 0:
                axes.set_ylabel(label)
        colours = ScalarMappable(Normalize(numbers.min(), numbers.max()), EARLY_TO_LATE)
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
