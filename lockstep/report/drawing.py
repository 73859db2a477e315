"""Drawing a chart into a PNG file without dates or versions: the same data gives the same bytes."""

import warnings
from collections.abc import Callable, Sequence
from io import BytesIO
from pathlib import Path
from typing import Any

import matplotlib
import numpy as np
import numpy.typing as npt
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from lockstep.storage.tables import replacing

BLUE, ORANGE, GREY = "#2f6db3", "#d9822b", "#8a8f98"
INCHES, DPI = (6.4, 4.2), 110
MOST_BARS = 20
# More marks than this in a chart hide each other.
CROWDED = 500
# Names longer than this would leave no room for the chart.
LONGEST_NAME = 28

Draw = Callable[[Axes], None]
DrawAll = Callable[[Figure], None]


def save(path: Path, draw: Draw) -> None:
    """Draw one chart and write it to `path`, whatever matplotlibrc the user has."""
    with replacing(path) as part:
        part.write_bytes(drawn(draw))


def drawn(draw: Draw) -> bytes:
    """The PNG of one chart."""

    def alone(figure: Figure) -> None:
        draw(figure.add_subplot())

    return drawn_all(alone, INCHES)


def drawn_all(draw: DrawAll, inches: tuple[float, float], *, placed: bool = False) -> bytes:
    """The PNG of a figure.

    Args:
        draw: Adds the charts.
        inches: Its size.
        placed: Whether `draw` gives every chart its place, which spares half the time; else matplotlib finds it.
    """
    with matplotlib.rc_context(), warnings.catch_warnings():
        matplotlib.rcdefaults()
        # a column may be named $x$
        matplotlib.rcParams["text.parse_math"] = False
        # The font that matplotlib brings: what it lacks must not be taken from one that only some machines have.
        matplotlib.rcParams["font.family"] = "DejaVu Sans"
        warnings.filterwarnings("ignore", message="Glyph .* missing from font")
        figure = Figure(figsize=inches, dpi=DPI, layout=None if placed else "constrained")
        canvas, file = FigureCanvasAgg(figure), BytesIO()
        draw(figure)
        for axes in figure.axes:
            axes.spines[["top", "right"]].set_visible(False)
        canvas.print_figure(file, format="png", metadata={"Software": None})
    return file.getvalue()


def panels(figure: Figure, count: int, columns: int, *, below: float, right: float) -> list[Axes]:
    """Small charts in rows, placed; those of a row share the labels of its first one.

    Args:
        figure: Where.
        count: How many.
        columns: Charts of a row.
        below: Inches below each chart, for its labels.
        right: Inches left free on the right.
    """
    rows, (width, height) = -(-count // columns), figure.get_size_inches()
    gap, above = below + 0.15, 0.5
    tall = (height - above - below - (rows - 1) * gap) / rows
    grid = figure.add_gridspec(
        rows,
        columns,
        left=0.8 / width,
        right=1 - right / width,
        top=1 - above / height,
        bottom=below / height,
        wspace=0.08,
        hspace=gap / tall,
    )
    made = [figure.add_subplot(grid[number // columns, number % columns]) for number in range(count)]
    for number, axes in enumerate(made):
        axes.tick_params(axis="y", labelleft=number % columns == 0)
    return made


def ink(usual: float, marks: int, least: float) -> float:
    """The size or opacity of each of so many marks: the usual one up to 500 of them, then less in proportion."""
    return max(least, usual * min(1.0, CROWDED / max(marks, 1)))


def bars(axes: Axes, names: Sequence[str], values: "pd.Series[float] | npt.NDArray[np.float64]", **looks: Any) -> None:
    """Horizontal bars from the bottom up, also where two names look the same."""
    axes.barh(range(len(names)), values, color=BLUE, **looks)
    axes.set_yticks(range(len(names)), names)


def shortened(name: str, longest: int = LONGEST_NAME) -> str:
    """A name that fits beside a chart; its ends, which tell numbered names apart, stay."""
    if len(name) <= longest:
        return name
    half = longest // 2
    return f"{name[: longest - half - 1]}…{name[-half:]}"
