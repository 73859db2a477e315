"""One-sided columns: filled, or later than another date, only where the target has one value."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from lockstep.evaluate.screens.single_column import Measure, class_measures, number_measures
from lockstep.table.filler import as_floats

Mask = npt.NDArray[np.bool_]
Vector = npt.NDArray[np.float64]

# Of the rows of one side, the share with the same target; the share of that target's rows on that side; the chance that
# so many rows have it by luck.
PURE, COVERED, CHANCE = 0.99, 0.2, 1e-6
# A target that more of all rows have says nothing, nor does one value of a number that fewer have.
MOST, LEAST = 0.8, 0.1
MIN_ROWS = 20
# Seconds, minutes, hours, days, weeks, months and years.
UNITS = (1.0, 60.0, 3_600.0, 86_400.0, 604_800.0, 2_629_746.0, 31_556_952.0)


@dataclass(frozen=True)
class LaterDate:
    """A date that tells the target by its distance from an earlier one.

    Attributes:
        column: The later date.
        text: The reason.
        is_leak: Whether the time is the target itself, or the target names classes; otherwise the later date may be
            known in advance, as the end of a trip whose fare is predicted.
    """

    column: str
    text: str
    is_leak: bool = True


def presence(values: pd.Series, target: pd.Series, *, classes: bool) -> str:
    """The reason why having a value tells the target; empty if it does not.

    Args:
        values: The column, shape (rows,).
        target: The target of the same rows.
        classes: Whether it names classes.
    """
    known = target.notna().to_numpy()
    filled = values.notna().to_numpy()[known]
    for side, words in ((filled, "has a value"), (~filled, "is missing")):
        if reason := _only(side, target[known], classes=classes):
            return f"{words} {reason}"
    return ""


def later_date(one: pd.Series, other: pd.Series, target: pd.Series, *, classes: bool) -> LaterDate | None:
    """The later of two dates if the time between them tells the target.

    Args:
        one, other: Two dates, shape (rows,).
        target: The target of the same rows.
        classes: Whether it names classes.
    """
    known = (target.notna() & one.notna() & other.notna()).to_numpy()
    if known.sum() < MIN_ROWS:
        return None
    between = as_floats(other[known]) - as_floats(one[known])
    forward = bool(np.median(between) >= 0)
    earlier, later = (one, other) if forward else (other, one)
    distance, goal = pd.Series(between if forward else -between), target[known]
    measures: list[Measure] = (class_measures if classes else number_measures)(distance, goal.reset_index(drop=True))
    if found := next((measure for measure in measures if measure.too_good), None):
        is_leak = classes or _is_time(np.asarray(distance, dtype=np.float64), goal.to_numpy(dtype=np.float64))
        return LaterDate(str(later.name), f"the time since {earlier.name}: {found.text}", is_leak)
    if reason := _only(distance.to_numpy() > 0, goal, classes=classes):
        return LaterDate(str(later.name), f"is after {earlier.name} {reason}")
    return None


def _is_time(seconds: Vector, target: Vector) -> bool:
    """Whether numbers are times in some unit, whole or not, in nearly all rows."""
    for unit in UNITS:
        time = seconds / unit
        near = (
            np.isclose(target, time, rtol=1e-4) | np.isin(target - np.floor(time), (0, 1)) | (target == np.round(time))
        )
        if near.mean() >= PURE:
            return True
    return False


def _only(side: Mask, target: pd.Series, *, classes: bool) -> str:
    """`only where the target is ...`, with the figures; empty unless nearly all rows of a side have one target."""
    rows = int(side.sum())
    if rows < MIN_ROWS or rows == len(side):
        return ""
    value = target[side].mode().iloc[0] if classes else target.mode().iloc[0]
    has = (target == value).to_numpy()
    name = f"{value:.6g}" if isinstance(value, float) else f"{value!s:.40}"
    for matches, words in ((has, name), *(() if classes else ((~has, f"not {name}"),))):
        share, of_side = float(matches.mean()), float(matches[side].mean())
        least = 0.0 if classes else LEAST
        if not least <= share <= MOST or of_side < PURE or side[matches].mean() < COVERED:
            continue
        if rows * np.log(share) <= np.log(CHANCE):
            figures = f"{100 * of_side:.1f}% have the target {words}, against {100 * share:.1f}% of all"
            return f"in {rows:,} rows, of which {figures}"
    return ""
