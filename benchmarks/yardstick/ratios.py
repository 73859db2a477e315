"""The arithmetic of the yardstick: ratios of errors, their intervals over seeds, and means over tables."""

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from scipy.stats import t

from benchmarks.yardstick.cells import LOCKSTEP, Cell, Key

CONFIDENCE = 0.95


@dataclass(frozen=True)
class Ratio:
    """Lockstep's error divided by another method's on the same rows; below 1 Lockstep is better.

    Attributes:
        value: The geometric mean over the seeds of the split.
        low: Lower end of its interval; None with fewer than two seeds.
        high: Upper end.
        seeds: How many seeds.
    """

    value: float
    low: float | None
    high: float | None
    seeds: int

    @property
    def verdict(self) -> str:
        """better or worse, where the interval excludes 1; else empty."""
        if self.low is None or self.high is None:
            return ""
        return "better" if self.high < 1 else "worse" if self.low > 1 else ""


def ratio_over_seeds(ratios: Sequence[float], confidence: float = CONFIDENCE) -> Ratio:
    """The geometric mean of paired ratios, with Student's interval of the mean of their logarithms.

    The splits share rows, so their ratios are not independent, and the interval is a little too narrow.

    Args:
        ratios: One per seed, above 0.
        confidence: Level of the interval.
    """
    logs = np.log(np.asarray(ratios, dtype=np.float64))
    mean = float(np.mean(logs))
    if len(logs) < 2:
        return Ratio(math.exp(mean), None, None, len(logs))
    reach = float(t.ppf((1 + confidence) / 2, len(logs) - 1) * np.std(logs, ddof=1) / math.sqrt(len(logs)))
    return Ratio(math.exp(mean), math.exp(mean - reach), math.exp(mean + reach), len(logs))


def geometric_mean(values: Iterable[float]) -> float:
    """The geometric mean of numbers above 0; NaN of none."""
    logs = [math.log(value) for value in values]
    return math.exp(sum(logs) / len(logs)) if logs else math.nan


def ratios_to(cells: Mapping[Key, Cell], method: str, kind: str = "test") -> dict[str, Ratio]:
    """Per table, the ratio of Lockstep's error to a method's, of the seeds for which both have the same rows.

    Args:
        cells: All cells.
        method: The other method.
        kind: The error: test or oof.
    """
    found: dict[str, list[float]] = {}
    for key, ours in cells.items():
        other = cells.get(Key(key.table, key.seed, method))
        if key.method != LOCKSTEP or other is None or other.rows != ours.rows:
            continue
        errors = getattr(ours, kind), getattr(other, kind)
        if all(errors) and all(map(math.isfinite, errors)):
            found.setdefault(key.table, []).append(errors[0] / errors[1])
    return {table: ratio_over_seeds(values) for table, values in found.items()}
