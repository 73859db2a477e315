"""The long-run variance of a series: that of its mean, times its length.

The equal-weighted cosine estimate of Lazarus, Lewis, Stock and Watson (2018, HAR inference: recommendations for
practice, J. Bus. Econ. Stat. 36, 541-559): the mean of the squared coefficients of the first cosines, which has that
many degrees of freedom. With all cosines it is the sample's variance.
"""

from dataclasses import dataclass

import numpy as np

from lockstep.metrics.metric import Numbers

# The cosines are at most so many times the root of the length: slow drifts, which one lag does not show, stay visible.
PER_ROOT = 2.0
# Only so many cosines that a first-order autoregression would make the estimate too small by this share.
BIAS = 0.05
# Above this autocorrelation a series is taken for one that has it.
MOST_CORRELATED = 0.98
# Digits of what decides on a number of cosines: the last ones differ between CPUs.
DECIDING_DIGITS = 9


@dataclass(frozen=True)
class LongRun:
    """What a series says of its mean.

    Attributes:
        variance: The long-run variance.
        freedom: Degrees of freedom of the estimate, the number of cosines.
        stretches: The series' means over as many stretches, and one more, which are about independent.
    """

    variance: float
    freedom: int
    stretches: Numbers


def long_run(series: Numbers) -> LongRun:
    """The long-run variance of a series in the order of time.

    Args:
        series: Shape (length,), at least two values.
    """
    from scipy.fft import dct

    length = len(series)
    cosines, share = _cosines(series - series.mean())
    coefficients = dct(series - series.mean(), type=2, norm="ortho")[1 : cosines + 1]
    starts = np.arange(cosines + 1) * length // (cosines + 1)
    stretches = np.add.reduceat(series, starts) / np.diff([*starts, length])
    return LongRun(float(np.mean(coefficients**2)) / share, cosines, stretches)


def _cosines(centred: Numbers) -> tuple[int, float]:
    """The number of cosines, and the share of the long-run variance that they see of a first-order autoregression."""
    length = len(centred)
    most = min(length - 1, max(1, int(PER_ROOT * np.sqrt(length))))
    frequencies = np.pi * np.arange(1, most + 1) / length
    correlation = _autocorrelation(centred)
    spectrum = (1 - correlation) ** 2 / (1 - 2 * correlation * np.cos(frequencies) + correlation**2)
    seen = np.round(np.cumsum(spectrum) / np.arange(1, most + 1), DECIDING_DIGITS)
    count = max(1, int(np.sum(seen >= 1 - BIAS)))
    return count, float(seen[count - 1])


def _autocorrelation(centred: Numbers) -> float:
    """The correlation of neighbours, at least 0, corrected for its bias (Marriott and Pope 1954)."""
    square = float(np.sum(centred**2))
    plain = float(np.sum(centred[1:] * centred[:-1])) / square if square > 0 else 0.0
    corrected = plain + (1 + 3 * plain) / len(centred)
    return round(min(max(corrected, 0.0), MOST_CORRELATED), DECIDING_DIGITS)
