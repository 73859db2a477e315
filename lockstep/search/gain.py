"""When one trial is better than another beyond the noise of the folds: the rule of `tune.patience` and of the page."""

import math
from collections.abc import Sequence

# A gain of at most this many standard errors may be noise.
NOISE_FACTOR = 2.0
# A share of the score: with many rows a smaller gain can be significant and still not matter.
NEGLIGIBLE = 0.001


def is_gain(gain: float, best: float, noise: float | None) -> bool:
    """Whether a gain counts: more than a thousandth of the score and more than twice its standard error.

    Args:
        gain: The earlier best mean score minus the new one; less is better.
        best: The new one.
        noise: The gain's standard error over the folds; None with one fold, whose noise is unknown: every gain of more
            than a thousandth counts.
    """
    return gain > NEGLIGIBLE * abs(best) and (noise is None or gain > NOISE_FACTOR * noise)


def standard_error(differences: Sequence[float]) -> float | None:
    """Standard error of the mean difference over the folds; None with one fold."""
    if len(differences) < 2:
        return None
    return standard_deviation(differences) / math.sqrt(len(differences))


# Sums from left to right give the same bits on every CPU.
def mean(values: Sequence[float]) -> float:
    """The mean of at least one value."""
    return sum(values) / len(values)


def standard_deviation(values: Sequence[float]) -> float:
    """The sample's standard deviation; 0 of one value."""
    centre = mean(values)
    squares = sum((value - centre) ** 2 for value in values)
    return math.sqrt(squares / max(len(values) - 1, 1))
