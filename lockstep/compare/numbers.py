"""Formats of numbers."""

from collections.abc import Sequence

import numpy as np

from lockstep.report.templates import UNKNOWN, span
from lockstep.report.templates import number as plain_number

BARS = "▁▂▃▄▅▆▇█"


def number(value: float | None, digits: int = 5) -> str:
    """A number with more digits than elsewhere, because two results are often close."""
    return plain_number(value, digits)


def change(before: float | None, after: float | None) -> str:
    """The difference with its sign."""
    if before is None or after is None:
        return UNKNOWN
    if before != after and isinstance(before, int) and isinstance(after, int):
        return f"{after - before:+,}"
    return signed(after - before)


def signed(value: float, digits: int = 3) -> str:
    """A number with its sign, but 0 without one."""
    return "0" if value == 0 else f"{'-' if value < 0 else '+'}{plain_number(abs(value), digits)}"


def counted(count: int, noun: str) -> str:
    """A count with its noun, such as `3 trials`."""
    return f"{count:,} {noun}" if count == 1 else f"{count:,} {noun}s"


def relative(before: float | None, after: float | None) -> str:
    """The difference in percent of the absolute value of `before`."""
    if before is None or after is None or before == 0:
        return UNKNOWN
    return f"{signed(100 * (after - before) / abs(before))}%" if after != before else "0%"


def ends(low: float | None, high: float | None) -> str:
    """An interval."""
    return span({"low": low, "high": high})


def seconds(value: float | None) -> str:
    """A time of at least about a second."""
    if value is None:
        return UNKNOWN
    return f"{value:.3g} s" if value < 100 else f"{value:,.0f} s"


def milliseconds(value: float | None) -> str:
    """A short time given in seconds."""
    return UNKNOWN if value is None else f"{number(1000 * value, 3)} ms"


def bars(values: Sequence[float]) -> str:
    """A line of blocks with heights from 0 to the largest value; values above 0 are always visible."""
    top = max(values, default=0)
    if top <= 0:
        return BARS[0] * len(values)
    return "".join(BARS[max(int(value > 0), round(value / top * (len(BARS) - 1)))] for value in values)


def histogram(values: Sequence[float], edges: Sequence[float]) -> str:
    """A histogram as a line of blocks; values outside the edges count in the first or last bin."""
    inside = np.clip(values, edges[0], edges[-1])
    return bars([float(count) for count in np.histogram(inside, bins=edges)[0]])
