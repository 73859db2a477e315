"""Drawing a chart into a PNG file without dates or versions: the same data gives the same bytes."""

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

from lockstep.data.tables import replacing

BLUE, ORANGE, GREY = "#2f6db3", "#d9822b", "#8a8f98"
INCHES, DPI = (6.4, 4.2), 110
MOST_BARS = 20
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


def drawn_all(draw: DrawAll, inches: tuple[float, float]) -> bytes:
    """The PNG of a figure of several charts."""
    with matplotlib.rc_context():
        matplotlib.rcdefaults()
        # a column may be named $x$
        matplotlib.rcParams["text.parse_math"] = False
        figure = Figure(figsize=inches, dpi=DPI, layout="constrained")
        canvas, file = FigureCanvasAgg(figure), BytesIO()
        draw(figure)
        for axes in figure.axes:
            axes.spines[["top", "right"]].set_visible(False)
        canvas.print_figure(file, format="png", metadata={"Software": None})
    return file.getvalue()


def panels(figure: Figure, count: int, columns: int) -> list[Axes]:
    """Axes for small charts, side by side and in rows."""
    rows = -(-count // columns)
    grid = figure.add_gridspec(rows, columns)
    return [figure.add_subplot(grid[number // columns, number % columns]) for number in range(count)]


def bars(axes: Axes, names: Sequence[str], values: "pd.Series[float] | npt.NDArray[np.float64]", **looks: Any) -> None:
    """Horizontal bars from the bottom up, also where two names look the same."""
    axes.barh(range(len(names)), values, color=BLUE, **looks)
    axes.set_yticks(range(len(names)), names)


def shortened(name: str) -> str:
    """A name that fits beside a chart; its ends, which tell numbered names apart, stay."""
    if len(name) <= LONGEST_NAME:
        return name
    half = LONGEST_NAME // 2
    return f"{name[: LONGEST_NAME - half - 1]}…{name[-half:]}"
