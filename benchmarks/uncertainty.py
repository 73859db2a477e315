"""How often intervals and verdicts are wrong, by simulation, beside the percentile bootstrap; prints a table.

Run: python -m benchmarks.uncertainty [--pairs 4000] [--only TEXT] (an hour on one core)
"""

import argparse
import hashlib
from dataclasses import dataclass

import numpy as np

from benchmarks.simulated_pairs import Cell, Pair, cells
from lockstep.evaluate.own_coverage import own_coverage
from lockstep.evaluate.uncertainty import Ends, ends_of, sampled, score_lead
from lockstep.metrics.measure import resampled
from lockstep.metrics.metric import Numbers

CONFIDENCE = 0.95
# Resamples and pairs of the percentile bootstrap, fewer where there are many rows.
RESAMPLES, BOOTSTRAPPED, MOST_ROWS = 400, 400, 1_000_000
# Pairs for which the score's own coverage is estimated, and its resamples.
DOUBTED, OWN_RESAMPLES = 100, 200
# Pairs for the power.
FOR_POWER = 1000


@dataclass(frozen=True)
class Measured:
    """Shares of pairs.

    Attributes:
        false: With a verdict although both are equally good.
        coverage: Whose interval of A's metric contains the true value.
        power: With the right verdict where B is better.
        refused: Without an interval.
    """

    false: float
    coverage: float
    power: float
    refused: float = 0.0


def measure(cell: Cell, pairs: int) -> Measured:
    """Shares by our own code, over so many seeded pairs; the power over the first thousand."""
    false = contained = found = refused = 0
    metric = cell.fitting.scoring_metric()
    for number in range(pairs):
        pair = _pair(cell, number)
        a, b = (sampled(metric, pair.actual, predicted, pair.units) for predicted in (pair.a, pair.b))
        ends = ends_of(score_lead(b, a), CONFIDENCE)
        refused += ends["low"] is None
        false += not _contains(ends, 0.0)
        contained += a is not None and _contains(a.ends(CONFIDENCE), cell.truth)
        if number < FOR_POWER:
            better = sampled(metric, pair.actual, pair.better, pair.units)
            found += (ends_of(score_lead(better, a), CONFIDENCE)["low"] or 0.0) > 0
    answered = max(1, pairs - refused)
    return Measured(false / answered, contained / pairs, found / min(pairs, FOR_POWER), refused / pairs)


def percentile_bootstrap(cell: Cell, pairs: int) -> Measured:
    """The same by percentiles of resampled rows, or of resampled groups."""
    false = contained = found = 0
    metric, times = cell.fitting.scoring_metric(), _times(_pair(cell, 0))
    for number in range(pairs):
        pair = _pair(cell, number)
        counts = times if pair.units.weight is None else times * pair.units.weight
        a, b, c = (resampled(metric, pair.actual, predicted, counts) for predicted in (pair.a, pair.b, pair.better))
        if a is None or b is None or c is None:
            raise ValueError(f"{cell.metric} has no intervals")
        false += not _contains(_percentiles(metric.loss(a) - metric.loss(b)), 0.0)
        contained += _contains(_percentiles(a), cell.truth)
        found += (_percentiles(metric.loss(a) - metric.loss(c))["low"] or 0.0) > 0
    return Measured(false / pairs, contained / pairs, found / pairs)


def doubts(cell: Cell, pairs: int) -> tuple[float, float]:
    """The mean coverage that evaluations estimate for themselves, and the share of those with a note."""
    estimates = list[float | None]()
    metric = cell.fitting.scoring_metric()
    for number in range(pairs):
        pair = _pair(cell, number)
        score = sampled(metric, pair.actual, pair.a, pair.units)
        estimates.append(own_coverage(score, CONFIDENCE, OWN_RESAMPLES, number) if score else None)
    noted = [estimate for estimate in estimates if estimate is not None]
    return float(np.mean([*noted, *[CONFIDENCE] * (pairs - len(noted))])), len(noted) / pairs


def _pair(cell: Cell, number: int) -> Pair:
    """The pair of this number."""
    seed = int.from_bytes(hashlib.sha256(cell.name.encode()).digest()[:4])
    return cell.draw(np.random.default_rng([number, seed]), cell.better)


def _times(pair: Pair) -> Numbers:
    """How often each row is in each resample, shape (samples, rows); the same resamples for all pairs."""
    units = np.arange(pair.units.n_rows) if pair.units.group is None else pair.units.group
    count = int(units.max()) + 1
    drawn = np.random.default_rng(0).multinomial(count, np.full(count, 1 / count), RESAMPLES)
    return drawn[:, units].astype(np.float64)


def _percentiles(values: Numbers) -> Ends:
    low, high = np.nanquantile(values, [(1 - CONFIDENCE) / 2, (1 + CONFIDENCE) / 2])
    return {"low": float(low), "high": float(high)}


def _contains(ends: Ends, value: float) -> bool:
    """Whether an interval contains a value; nothing is refused, so an interval that is missing contains all."""
    low, high = ends["low"], ends["high"]
    return low is None or high is None or low <= value <= high


def main() -> None:
    """Print the table of all cells, or of those whose name contains a text."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.uncertainty", description=__doc__)
    parser.add_argument("--pairs", type=int, default=4000)
    parser.add_argument("--only", default="")
    chosen = parser.parse_args()
    print("| test rows | false verdicts | coverage | power where B's errors are smaller by | own estimate |")
    print("|---|---|---|---|---|")
    for cell in cells():
        if chosen.only in cell.name:
            print(_row(cell, chosen.pairs), flush=True)


def _row(cell: Cell, pairs: int) -> str:
    rows = _pair(cell, 0).units.n_rows
    ours = measure(cell, pairs)
    before = percentile_bootstrap(cell, min(pairs, BOOTSTRAPPED, MOST_ROWS // rows))
    estimate, noted = doubts(cell, min(pairs, DOUBTED))
    return (
        f"| {cell.name} | **{ours.false:.1%}**, {before.false:.1%} | **{ours.coverage:.1%}**, {before.coverage:.1%} |"
        f" {cell.better:.0%}: **{ours.power:.0%}**, {before.power:.0%} | {estimate:.0%}, noted {noted:.0%} |"
    )


if __name__ == "__main__":
    main()
