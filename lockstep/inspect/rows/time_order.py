"""Whether the rows of a table are a series in time: one row per period, or targets like those of the rows before."""

import re
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from lockstep.inspect.rows.likeness import Codes, ComparedTarget, Rows, codes_of
from lockstep.table.filler import as_floats

Moments = npt.NDArray[np.float64]

# Columns of whole numbers that count periods, by their names.
PERIOD_NAME = re.compile(r"(?i)(.*[\W_])?(year|yr|period|week|day|time|timestamp|month|quarter|step|tick|epoch|hour|t)")
# One row per period: distinct moments, and steps within a quarter of the median one (months have 28 to 31 days).
DISTINCT, EVEN, MOST_STEPS = 0.95, 0.25, 0.7
MIN_MOMENTS = 20
# Several rows per period are a panel if its members have a row in most of the periods, seldom two.
PRESENT, ONCE = 0.5, 0.95
# The correlation with the moment before from which a random split tests between training rows; standard errors from 0.
ALIKE, ERRORS = 0.3, 4.0


@dataclass(frozen=True)
class TimeEvidence:
    """What one column says of the order of the rows.

    Attributes:
        column: A date, or a number of periods.
        alike: The likeness of the targets of a moment and the one before.
        n_moments: Distinct moments.
        even: Whether there is one row per period.
        members: The column that has one row per period and value, if there are several rows per period.
    """

    column: str
    alike: float
    n_moments: int
    even: bool
    members: str | None

    @property
    def is_series(self) -> bool:
        """Whether the rows are a time series, or their targets move with time."""
        return self.even or self.members is not None or self.moves

    @property
    def moves(self) -> bool:
        """Whether the target is like that of the moment before, clearly beyond chance."""
        return self.alike >= ALIKE and self.alike * (self.n_moments - 1) ** 0.5 >= ERRORS

    @property
    def text(self) -> str:
        """The evidence as a clause."""
        shown = f"a correlation of {self.alike:.2f} between the targets of a moment and the one before"
        if self.even:
            return f"one row per period of {self.column}, with {shown}"
        if self.members is not None:
            return f"one row per period of {self.column} and {self.members}, with {shown}"
        return f"{self.column}: {shown}"


def time_evidence(
    column: str, values: pd.Series, outcome: ComparedTarget, members: Mapping[str, pd.Series], entities: Codes | None
) -> TimeEvidence | None:
    """What a column says of the order of the rows; None if too few moments differ.

    Args:
        column: Its name.
        values: Its values, none missing.
        outcome: The target.
        members: Columns that may name the members of a panel.
        entities: What rows of one thing share, if anything: they are not compared with one another.
    """
    moments = as_floats(values)
    distinct, codes = np.unique(moments, return_inverse=True)
    if len(distinct) < MIN_MOMENTS:
        return None
    one, other = _pairs(codes.astype(np.int64))
    if entities is not None:
        differ = entities[one] != entities[other]
        one, other = one[differ], other[differ]
    regular = _regular(distinct)
    even = regular and len(distinct) >= DISTINCT * len(moments)
    panel = None if even or not regular else _panel(codes.astype(np.int64), members)
    return TimeEvidence(column, outcome.likeness(one, other), len(distinct), even, panel)


def _regular(distinct: Moments) -> bool:
    steps = np.diff(distinct)
    return bool((np.abs(steps / np.median(steps) - 1) <= EVEN).mean() >= MOST_STEPS)


def _pairs(moment: Codes) -> tuple[Rows, Rows]:
    """Pairs of a row and one of the moment after it; which of several is drawn with a fixed seed."""
    n_rows = len(moment)
    order = np.lexsort((np.random.default_rng(0).permutation(n_rows), moment))
    starts = np.searchsorted(moment[order], np.arange(moment.max() + 2))
    place, now = np.arange(n_rows), moment[order]
    earlier = now < moment.max()
    place, now = place[earlier], now[earlier]
    size = starts[now + 2] - starts[now + 1]
    return order[place], order[starts[now + 1] + (place - starts[now]) % size]


def _panel(moment: Codes, members: Mapping[str, pd.Series]) -> str | None:
    """The column whose values have one row each in most of the periods."""
    n_rows, n_moments = len(moment), int(moment.max()) + 1
    for name, values in members.items():
        codes = codes_of(values)
        n_members = int(codes.max()) + 1
        if not 2 <= n_members <= n_rows / 3 or n_rows < PRESENT * n_members * n_moments:
            continue
        if len(np.unique(codes * n_moments + moment)) >= ONCE * n_rows:
            return name
    return None
