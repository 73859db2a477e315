"""Figures with their words, drawn as PNG without dates or versions: the same data gives the same bytes."""

import base64
import warnings
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from io import BytesIO
from typing import Any

import matplotlib
import numpy as np
import numpy.typing as npt
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

BLUE, ORANGE, GREY = "#2f6db3", "#d9822b", "#8a8f98"
INCHES, DPI = (6.4, 4.2), 110
MOST_BARS = 20
# More marks than this in a chart hide each other.
CROWDED = 500
# Names longer than this would leave no room for the chart.
LONGEST_NAME = 28

Draw = Callable[[Axes], None]
DrawAll = Callable[[Figure], None]


@dataclass(frozen=True)
class Picture:
    """A figure of a page and its words; it is drawn once, when its PNG is first asked for.

    Attributes:
        draw: Adds the charts.
        alt: What it shows, for those who do not see it.
        caption: The line below it.
        title: A few words for a wide one, which scrolls on a phone; else empty.
        file: The name of its PNG file in reports/evaluate/, without .png; empty where only the page has it.
        inches: Its size.
        placed: Whether `draw` gives every chart its place, which spares half the time; else matplotlib finds it.
    """

    draw: DrawAll
    alt: str
    caption: str
    title: str = ""
    file: str = ""
    inches: tuple[float, float] = INCHES
    placed: bool = False

    @property
    def wide(self) -> bool:
        """Whether it takes the width of the page."""
        return bool(self.title)

    @cached_property
    def png(self) -> bytes:
        """The PNG file, whatever matplotlibrc the user has."""
        with matplotlib.rc_context(), warnings.catch_warnings():
            matplotlib.rcdefaults()
            # a column may be named $x$
            matplotlib.rcParams["text.parse_math"] = False
            # The font that matplotlib brings: what it lacks must not be taken from one that only some machines have.
            matplotlib.rcParams["font.family"] = "DejaVu Sans"
            warnings.filterwarnings("ignore", message="Glyph .* missing from font")
            figure = Figure(figsize=self.inches, dpi=DPI, layout=None if self.placed else "constrained")
            canvas, file = FigureCanvasAgg(figure), BytesIO()
            self.draw(figure)
            for axes in figure.axes:
                axes.spines[["top", "right"]].set_visible(False)
            canvas.print_figure(file, format="png", metadata={"Software": None})
        return file.getvalue()

    @property
    def encoded(self) -> str:
        """The PNG file as a page embeds it."""
        return base64.b64encode(self.png).decode("ascii")

    @property
    def size(self) -> tuple[int, int]:
        """Width and height in pixels, as the header of the PNG file gives them."""
        return int.from_bytes(self.png[16:20], "big"), int.from_bytes(self.png[20:24], "big")


def one_chart(draw: Draw) -> DrawAll:
    """A figure of a single chart."""
    return lambda figure: draw(figure.add_subplot())


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
