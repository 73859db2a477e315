"""How often the interval of a score contains the true value where the errors are like those of the test rows.

With heavy tails no interval keeps its promise: the rows that would matter most are often not among the test rows. So
the interval is computed on resamples of the units, whose largest values are drawn from a generalised Pareto
distribution that is fitted to theirs by probability-weighted moments (Hosking and Wallis 1987).
"""

import numpy as np

from lockstep.evaluate.dependence_in_time import long_run
from lockstep.evaluate.estimate import estimate
from lockstep.evaluate.uncertainty import Sampled
from lockstep.evaluate.units import Clustering
from lockstep.metrics.metric import Numbers
from lockstep.storage.tables import significant

# With fewer independent units a sample says too little of its own tail.
LEAST_UNITS = 30
# The L-kurtosis from which on tails are heavy. A squared normal error has 0.23, a squared t3 error some 0.55: 500 rows
# tell them apart nearly always, which the largest value does not.
HEAVY = 0.38
# Values drawn at most, over all resamples.
MOST_DRAWN = 2**23
# The tail: so many times the root of the number of units.
TAIL = 1.5
# The heaviest tail that still has a mean, with a margin.
HEAVIEST = 0.8
DIGITS = 3


def own_coverage(score: Sampled, confidence: float, samples: int, seed: int) -> float | None:
    """The share of resamples whose interval contains the value that they are drawn from.

    Args:
        score: The score of the test rows.
        confidence: Of the interval.
        samples: Resamples at most; fewer where there are very many units.
        seed: Seed of the draws.

    Returns:
        None where the units are too few, or their influences have no heavy tail: then there is no reason for doubt.
    """
    values, units = score.influences[0], score.clusterings[0]
    if units.ordered:
        values = long_run(values).stretches
        units = Clustering(np.arange(len(values)))
    if units.effective < LEAST_UNITS or l_kurtosis(values) < HEAVY:
        return None
    tail = _Tail(values)
    random = np.random.default_rng(seed)
    contained, times = 0, max(100, min(samples, MOST_DRAWN // len(values)))
    for _ in range(times):
        drawn = tail.sample(random)
        found = estimate(float(drawn.mean()), [drawn - drawn.mean()], [units])
        if found is not None:
            low, high = found.interval(confidence)
            contained += low <= tail.mean <= high
    return significant(contained / times, DIGITS)


def l_kurtosis(values: Numbers) -> float:
    """The fourth L-moment over the second (Hosking 1990) of at least four values; 0 if all are equal."""
    ordered, count = np.sort(values), len(values)
    rank = np.arange(count)
    weight, moments = np.ones(count), [float(ordered.mean())]
    for order in (1, 2, 3):
        weight = weight * (rank - order + 1) / (count - order)
        moments.append(float(np.mean(weight * ordered)))
    second = 2 * moments[1] - moments[0]
    fourth = 20 * moments[3] - 30 * moments[2] + 12 * moments[1] - moments[0]
    return fourth / second if second > 0 else 0.0


class _Tail:
    """A distribution like that of some values, with a smooth tail on the side to which they are skewed."""

    def __init__(self, values: Numbers) -> None:
        self._side = -1.0 if np.mean((values - values.mean()) ** 3) < 0 else 1.0
        self._values = np.sort(self._side * values)
        count = min(len(values) // 4, int(TAIL * np.sqrt(len(values))))
        self._start = self._values[-count - 1]
        excess = self._values[-count:] - self._start
        first = float(excess.mean())
        second = float(np.mean(excess * np.arange(count - 1, -1, -1) / (count - 1)))
        thin = first <= 2 * second
        self._shape = -1.0 if thin else min(2 - first / (first - 2 * second), HEAVIEST)
        self._scale = first * (1 - self._shape)
        # The tail's mean excess is that of the values, so that the whole has their mean.
        self.mean = self._side * float(self._values.mean())

    def sample(self, random: np.random.Generator) -> Numbers:
        """As many values as there were, with the sides as they were."""
        drawn = self._values[random.integers(0, len(self._values), len(self._values))]
        beyond = drawn > self._start
        uniform = 1 - random.random(int(beyond.sum()))
        if abs(self._shape) < 1e-6:
            drawn[beyond] = self._start - self._scale * np.log(uniform)
        else:
            drawn[beyond] = self._start + self._scale / self._shape * (uniform**-self._shape - 1)
        return self._side * drawn
