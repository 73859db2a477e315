"""The share of the test rows inside their prediction interval, and whether it is the promised one.

Wilson's interval of a share (Wilson 1927), with the number of rows that the data are worth in place of the number of
rows: rows of a group, and neighbours in time, lie inside or outside together (Korn and Graubard 1998).
"""

from collections.abc import Iterator, Mapping
from typing import Any, Literal

import numpy as np
import numpy.typing as npt
import pandas as pd

from lockstep.evaluate.rows import weights_in
from lockstep.evaluate.units import Clustering, Codes, Units
from lockstep.storage.tables import significant

# Consecutive parts of the test rows in the order of time, at most.
TIME_PARTS = 10
# Rows of a part, and of a group whose coverage is named, at least.
MIN_UNIT_ROWS = 20
DIGITS = 6
# Kinds of units.
ROWS, GROUPS, PARTS = "rows", "groups", "parts"

Verdict = Literal["below", "kept", "above", "unknown"]
Ends = tuple[float, float]
Numbers = npt.NDArray[np.float64]


def interval_coverage(predictions: pd.DataFrame, nominal: float, confidence: float) -> dict[str, Any]:
    """How many test rows the prediction intervals contain, and whether that is what they promise.

    Args:
        predictions: actual, lower, upper; weight where rows have weights; group and moment where the split relates
            them: groups, and parts of the time, are units.
        nominal: The promised share.
        confidence: Level of the interval of the share.

    Returns:
        nominal, coverage, coverage_low and coverage_high (None if nothing can be said: a single unit), mean_width; if
        rows are related the number of groups or of parts of the time, and the lowest coverage of one with enough rows
        (least_coverage, least_rows; None if there is none).
    """
    inside = (predictions["lower"] <= predictions["actual"]) & (predictions["actual"] <= predictions["upper"])
    covered, weight = np.asarray(inside, dtype=np.float64), weights_in(predictions)
    weights, widths = np.ones(len(covered)) if weight is None else weight, predictions["upper"] - predictions["lower"]
    divisions = _divisions(Units.of(predictions))
    relations = [(kind, units, _ends(covered, weights, units, confidence)) for kind, units in divisions]
    # Of several relations the one that leaves the widest interval; without ends it has no limit.
    kind, units, ends = max(relations, key=lambda relation: _width(relation[2]))
    return {
        "nominal": nominal,
        "coverage": significant(_share(covered, weights), DIGITS),
        "coverage_low": None if ends is None else significant(ends[0], DIGITS),
        "coverage_high": None if ends is None else significant(ends[1], DIGITS),
        "mean_width": significant(_share(widths.to_numpy(), weights), DIGITS),
        **({} if kind == ROWS else {kind: len(units.sizes), **_least(covered, weights, units)}),
    }


def coverage_verdict(interval: Mapping[str, Any]) -> Verdict:
    """Whether the interval of the coverage lies below the promised share, above it, or contains it."""
    if interval["coverage_low"] is None:
        return "unknown"
    if interval["coverage_high"] < interval["nominal"]:
        return "below"
    return "above" if interval["coverage_low"] > interval["nominal"] else "kept"


def _divisions(units: Units) -> Iterator[tuple[str, Clustering]]:
    if units.group is not None:
        yield GROUPS, Clustering(units.group)
    if units.moment is not None:
        yield PARTS, _time_parts(units.moment)
    elif units.group is None:
        yield ROWS, Clustering(np.arange(units.n_rows))


def _time_parts(moment: Codes) -> Clustering:
    """Parts of about equally many consecutive rows; rows of one moment stay together."""
    parts, counts = max(1, min(TIME_PARTS, len(moment) // MIN_UNIT_ROWS)), np.bincount(moment)
    part = (np.cumsum(counts) - counts)[moment] * parts // len(moment)
    return Clustering(np.unique(part, return_inverse=True)[1].astype(np.int64))


def _ends(covered: Numbers, weights: Numbers, units: Clustering, confidence: float) -> Ends | None:
    """The ends of the interval of the share; None with a single unit."""
    from scipy.special import stdtrit

    n_units = len(units.sizes)
    if n_units < 2:
        return None
    share = _share(covered, weights)
    rows = _effective_rows(covered, weights, units, share)
    z = float(stdtrit(n_units - 1, (1 + confidence) / 2))
    middle = (share + z**2 / (2 * rows)) / (1 + z**2 / rows)
    half = z / (1 + z**2 / rows) * (share * (1 - share) / rows + z**2 / (4 * rows**2)) ** 0.5
    return max(middle - half, 0.0), min(middle + half, 1.0)


def _effective_rows(covered: Numbers, weights: Numbers, units: Clustering, share: float) -> float:
    """The number of independent rows of equal weight that would tell as much, at most the rows' own (Kish 1965)."""
    total, n_units = weights.sum(), len(units.sizes)
    rows = total**2 / np.sum(weights**2)
    variance = n_units / (n_units - 1) * np.sum(units.sums(weights * (covered - share)) ** 2) / total**2
    if variance > 0:
        return float(min(rows, share * (1 - share) / variance))
    # All inside, or all outside: a unit is worth one row.
    return float(min(rows, total**2 / np.sum(units.sums(weights) ** 2)))


def _least(covered: Numbers, weights: Numbers, units: Clustering) -> dict[str, float | None]:
    totals = units.sums(weights)
    enough = np.flatnonzero((units.sizes >= MIN_UNIT_ROWS) & (totals > 0))
    if not len(enough):
        return {"least_coverage": None, "least_rows": None}
    shares = units.sums(weights * covered)[enough] / totals[enough]
    least = int(np.argmin(shares))
    return {
        "least_coverage": significant(float(shares[least]), DIGITS),
        "least_rows": int(units.sizes[enough[least]]),
    }


def _share(values: Numbers, weights: Numbers) -> float:
    return float(np.average(values, weights=weights))


def _width(ends: Ends | None) -> float:
    return float("inf") if ends is None else ends[1] - ends[0]
