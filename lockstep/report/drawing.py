"""Figures with captions, drawn as PNG without dates or versions: the same data gives the same bytes."""

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
from matplotlib.container import BarContainer
from matplotlib.figure import Figure

BLUE, ORANGE, GREY = "#2f6db3", "#d9822b", "#8a8f98"
INCHES, DPI = (6.4, 4.2), 110
MAX_BARS = 20
# With more marks than this in a chart, they hide each other.
CROWDED = 500
# More labels of six digits would overlap on the horizontal axis of a small chart.
MAX_TICKS = 5
# Longer names would leave no room for the chart.
MAX_NAME_LENGTH = 28

Draw = Callable[[Axes], None]
DrawAll = Callable[[Figure], None]


@dataclass(frozen=True)
class Picture:
    """A figure with its texts; it is drawn once, when its PNG is first needed.

    Attributes:
        draw: Adds the charts.
        alt: Description for readers who cannot see it.
        caption: The line below it.
        title: Short title of a wide figure, which scrolls on a phone; else empty.
        file: Name of its PNG file in reports/evaluate/, without .png; empty if only the page has it.
        inches: Its size.
        placed: Whether `draw` places every chart, which halves the time; else matplotlib finds a layout.
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
        """Whether it takes the full width of the page."""
        return bool(self.title)

    @cached_property
    def png(self) -> bytes:
        """The PNG file, independent of the user's matplotlibrc."""
        with matplotlib.rc_context(), warnings.catch_warnings():
            matplotlib.rcdefaults()
            # a column may be named $x$
            matplotlib.rcParams["text.parse_math"] = False
            # Only matplotlib's own font: missing glyphs must not come from a font that only some machines have.
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
    """Small charts in rows, placed; only the first of a row has labels on its vertical axis.

    Args:
        figure: The figure to add them to.
        count: Number of charts.
        columns: Charts per row.
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
    charts = [figure.add_subplot(grid[number // columns, number % columns]) for number in range(count)]
    for number, axes in enumerate(charts):
        axes.tick_params(axis="y", labelleft=number % columns == 0)
    return charts


def ink(full: float, marks: int, least: float) -> float:
    """The size or opacity of each mark: the full value up to 500 marks, then less in proportion."""
    return max(least, full * min(1.0, CROWDED / max(marks, 1)))


def bars(
    axes: Axes, names: Sequence[str], values: "pd.Series[float] | npt.NDArray[np.float64]", **style: Any
) -> BarContainer:
    """Horizontal bars from the bottom up, one per name even if two names are equal."""
    drawn = axes.barh(range(len(names)), values, **({"color": BLUE} | style))
    axes.set_yticks(range(len(names)), names)
    return drawn


def shortened(name: str, longest: int = MAX_NAME_LENGTH) -> str:
    """A name that fits beside a chart; it keeps both ends, which tell numbered names apart."""
    if len(name) <= longest:
        return name
    half = longest // 2
    return f"{name[: longest - half - 1]}…{name[-half:]}"
