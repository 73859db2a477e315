"""Drawing a chart into a PNG file without dates or versions: the same data gives the same bytes."""

from collections.abc import Callable, Sequence
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


def save(path: Path, draw: Draw) -> None:
    """Draw one chart and write it to `path`, whatever matplotlibrc the user has."""
    with matplotlib.rc_context():
        matplotlib.rcdefaults()
        # a column may be named $x$
        matplotlib.rcParams["text.parse_math"] = False
        figure = Figure(figsize=INCHES, dpi=DPI, layout="constrained")
        canvas = FigureCanvasAgg(figure)
        axes = figure.add_subplot()
        draw(axes)
        axes.spines[["top", "right"]].set_visible(False)
        with replacing(path) as part:
            canvas.print_figure(part, format="png", metadata={"Software": None})


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
