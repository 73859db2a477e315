"""Seasons of a target in time: which there may be, and which one predicts best."""

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
import pandas as pd

from lockstep.evaluate.best_constant import Targets, typical
from lockstep.fitting.fitting import Fitting
from lockstep.metrics.measure import measured
from lockstep.model.trained import Predictions
from lockstep.storage.tables import significant
from lockstep.table.timeline import Timeline

Rows = npt.NDArray[np.int64]

HOUR = 3_600 * 10**6
# 1970 began on a Thursday; weeks begin on Monday.
MONDAY = 3
# The share of the training rows, in the order of time, from which the others are predicted to choose a season.
EARLIER = 0.8
# Periods of evenly spaced rows are looked for up to so many steps, on at most so many of the latest moments.
MAX_PERIOD, MAX_MOMENTS = 400, 20_000
# Above 2 / sqrt(moments) an autocorrelation is unlikely to be chance (Box and Jenkins 1970, section 2.1).
STANDARD_ERRORS = 2
DIGITS = 6


@dataclass(frozen=True)
class Season:
    """A way to number the seasons of rows.

    Attributes:
        name: What rows of the same season share.
        phase: The season of each row, training rows first, shape (rows,).
        cycle: The number of the day, week, ... of each row, shape (rows,).
        latest: Whether the last value of the season is predicted; else that of all its training rows.
    """

    name: str
    phase: Rows
    cycle: Rows
    latest: bool = False

    def about(self) -> str:
        """What is predicted."""
        return f"the {'last target' if self.latest else 'target'} of the training rows with the same {self.name}"


def chosen_season(
    fitting: Fitting, targets: Targets, train: pd.DataFrame, test: pd.DataFrame, time: str
) -> Season | None:
    """The season that predicts the latest training rows best from the earlier ones; None if there is none.

    Args:
        fitting: The metric.
        targets: Targets of the training rows.
        train: The training rows.
        test: The test rows, of which only the time is read.
        time: The column that orders the rows.
    """
    timeline = Timeline.of(pd.concat([train[[time]], test[[time]]], ignore_index=True), time)
    training = np.arange(len(train))
    cut = np.quantile(timeline.moment[training], EARLIER)
    earlier, later = training[timeline.moment[training] <= cut], training[timeline.moment[training] > cut]
    if not len(later):
        return None
    best, lowest = None, float("inf")
    for season in _seasons(timeline, targets, len(train)):
        if len(np.unique(season.phase[earlier])) < 2 or len(np.unique(season.cycle[earlier])) < 2:
            continue
        for candidate in (season, replace(season, latest=True)):
            loss = _loss(fitting, targets, candidate, earlier, later)
            if loss < lowest:
                best, lowest = candidate, loss
    return best


def seasonal_values(fitting: Fitting, targets: Targets, season: Season, known: Rows, new: Rows) -> Predictions:
    """The typical target of the known rows of the same season, per unit of exposure: (rows,) or (rows, classes).

    Args:
        fitting: The metric, which decides what is typical.
        targets: Targets of the training rows.
        season: The season.
        known: Positions of the rows to learn from.
        new: Positions of the rows to predict; a season without a known row is predicted from all known rows.
    """
    everywhere = typical(fitting, targets[known])
    values: Predictions = np.concatenate([everywhere.repeated(1)] * len(new))
    order = known[np.argsort(season.phase[known], kind="stable")]
    ordered = season.phase[order]
    for phase in np.unique(season.phase[new]):
        rows = order[np.searchsorted(ordered, phase) : np.searchsorted(ordered, phase, side="right")]
        if season.latest and len(rows):
            rows = rows[season.cycle[rows] == season.cycle[rows].max()]
        if len(rows):
            values[season.phase[new] == phase] = typical(fitting, targets[rows]).repeated(1)
    return values


def _loss(fitting: Fitting, targets: Targets, season: Season, earlier: Rows, later: Rows) -> float:
    rates, rows = seasonal_values(fitting, targets, season, earlier, later), targets[later]
    metric = fitting.scoring_metric()
    predicted = rates if rows.exposure is None else rates * rows.exposure
    value = measured([metric], rows.y, predicted, rows.weight)[fitting.metric]
    return float("inf") if value is None else significant(metric.loss(value), DIGITS)


def _seasons(timeline: Timeline, targets: Targets, n_train: int) -> Iterator[Season]:
    """Those of the calendar, if the column has dates, and the period of evenly spaced rows."""
    if timeline.is_date:
        microseconds = timeline.values[timeline.moment].astype(np.int64)
        hours = microseconds // HOUR
        days = hours // 24
        months = microseconds.astype("datetime64[us]").astype("datetime64[M]").astype(np.int64)
        yield Season("hour of the day", hours % 24, days)
        yield Season("day of the week", (days + MONDAY) % 7, (days + MONDAY) // 7)
        yield Season("hour of the week", (hours + 24 * MONDAY) % 168, (days + MONDAY) // 7)
        yield Season("month of the year", months % 12, months // 12)
    steps = _steps(timeline, n_train)
    if steps is not None and (period := _period(timeline, steps, targets, n_train)) is not None:
        step = steps[timeline.moment]
        yield Season(f"place in a period of {period} steps of time", step % period, step // period)


def _steps(timeline: Timeline, n_train: int) -> Rows | None:
    """The number of steps of every moment since the first; None if the training rows are not evenly spaced."""
    known = timeline.values[: int(timeline.moment[:n_train].max()) + 1]
    if len(known) < 3:
        return None
    step = np.diff(known).min()
    steps = (timeline.values - timeline.values[0]) / step
    whole = np.round(steps).astype(np.int64)
    n_known = len(known)
    even = np.abs(steps[:n_known] - whole[:n_known]).max() < 0.01 and whole[n_known - 1] < 2 * n_known
    return whole if even else None


def _period(timeline: Timeline, steps: Rows, targets: Targets, n_train: int) -> int | None:
    """The lag at which the mean target per step, without its trend, has the highest peak of its autocorrelation."""
    of_row = steps[timeline.moment[:n_train]]
    n_rows = np.bincount(of_row)
    series = np.bincount(of_row, weights=targets.per_unit)[n_rows > 0] / n_rows[n_rows > 0]
    at = np.flatnonzero(n_rows)[-MAX_MOMENTS:]
    series = series[-MAX_MOMENTS:]
    if len(at) < 6 or np.ptp(series) == 0:
        return None
    place = at - at.mean()
    slope = np.sum(place * series) / np.sum(place**2)
    grid = np.zeros(at[-1] - at[0] + 1)
    grid[at - at[0]] = series - series.mean() - slope * place
    total = float(np.sum(grid**2))
    lags = range(1, min(len(grid) // 3, MAX_PERIOD) + 2)
    correlation = np.array([significant(float(np.sum(grid[lag:] * grid[:-lag])) / total, DIGITS) for lag in lags])
    peaks = 1 + np.flatnonzero((correlation[1:-1] > correlation[:-2]) & (correlation[1:-1] > correlation[2:]))
    if not len(peaks):
        return None
    highest = int(peaks[np.argmax(correlation[peaks])])
    return highest + 1 if correlation[highest] > STANDARD_ERRORS / np.sqrt(len(series)) else None
