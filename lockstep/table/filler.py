"""Fillers: a number such as -200, 999 or 1900-01-01 that stands for "no value" in a column of numbers or dates."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

Vector = npt.NDArray[np.float64]

MIN_ROWS = 20
# A code, such as 999, is repeated in at least this many rows and this share of them, another round number in more.
MIN_COUNT, CODE_SHARE, ROUND_SHARE = 3, 0.002, 0.01
# Distances from the nearest other value, in ranges of all other values.
CODE_DISTANCE, ROUND_DISTANCE = 1.0, 3.0
# A round number stands out only from a quantity; doses of 1, 2, 10 and 50 are none.
MIN_DISTINCT = 5
# ... and in logarithms by so many times the distance from the middle of the others to their end.
DECADES = 1.5
# Several fillers may lie side by side: 997, 998, 999.
MAX_FILLERS = 3
# Repeated digits that questionnaires use, and the ends of whole-number types.
CODE_DIGITS = frozenset("789")
TYPE_ENDS = frozenset([2.0**bits - 1 for bits in (15, 16, 31, 32)] + [-(2.0**bits) for bits in (15, 31)])
HUGE = 1e18
NEW_YEAR, NEW_YEARS_EVE = "01-01", "12-31"
# Seconds from 1970 to the last moment of 64-bit nanoseconds, in 2262: no table has rows of later days.
FAR_DATE = 2.0**63 / 1e9


@dataclass(frozen=True)
class Filler:
    """One far, round, repeated value.

    Attributes:
        value: The number; of a date the seconds since 1970.
        rows: Rows with it, shape (rows,).
        low, high: The range of the other values.
        dates: Whether the values are dates.
    """

    value: float
    rows: npt.NDArray[np.bool_]
    low: float
    high: float
    dates: bool

    @property
    def share(self) -> float:
        """The share of all rows that have it."""
        return float(self.rows.mean())

    @property
    def shown(self) -> str:
        """The value as in a file."""
        return self._shown(self.value)

    @property
    def others(self) -> str:
        """The range of the other values, for people."""
        return f"{self._shown(self.low)} to {self._shown(self.high)}"

    def _shown(self, value: float) -> str:
        if self.dates:
            return _day(value)
        return f"{value:.0f}" if value == round(value) and abs(value) < HUGE else f"{value:.6g}"


def find_filler(values: pd.Series) -> Filler | None:
    """The filler of a column of numbers or dates: a value far from all others, round, and in many rows.

    0 is none: it is a sum of nothing more often than a missing value.

    Args:
        values: The column, shape (rows,); other types than numbers and dates have no filler.
    """
    dates = pd.api.types.is_datetime64_any_dtype(values)
    if not dates and (not pd.api.types.is_numeric_dtype(values) or pd.api.types.is_bool_dtype(values)):
        return None
    numbers = as_floats(values)
    present = numbers[np.isfinite(numbers)]
    if len(present) < MIN_ROWS:
        return None
    distinct, counts = np.unique(present, return_counts=True)
    found = [
        filler
        for sign in (1, -1)
        if (filler := _at_end(sign * distinct[::sign], counts[::sign], len(numbers), dates, sign))
    ]
    if not found:
        return None
    value, low, high = max(found, key=lambda entry: (int((present == entry[0]).sum()), entry[0]))
    return Filler(value, numbers == value, low, high, dates)


def as_floats(values: pd.Series) -> Vector:
    """Numbers, booleans and dates (in seconds) as floats, shape (rows,)."""
    if pd.api.types.is_datetime64_any_dtype(values):
        seconds = values.to_numpy(dtype="datetime64[s]")
        return np.where(np.isnat(seconds), np.nan, seconds.astype(np.int64).astype(np.float64))
    return np.asarray(values.to_numpy(dtype=np.float64, na_value=np.nan), dtype=np.float64)


def _at_end(
    distinct: Vector, counts: npt.NDArray[np.int64], n_rows: int, dates: bool, sign: int
) -> tuple[float, float, float] | None:
    """The most frequent filler at the upper end of ascending values, with the range of the others.

    The values are multiplied by `sign`, so that the lower end of a column is the upper one of its negative.
    """
    for number in range(1, min(MAX_FILLERS, len(distinct) - 2) + 1):
        body, end, end_counts = distinct[:-number], distinct[-number:], counts[-number:]
        distance, spread = end[0] - body[-1], body[-1] - body[0]
        required = [_required(sign * value, len(body), dates) for value in end]
        repeated = (end_counts >= MIN_COUNT) & (end_counts >= n_rows * np.array([share for _, share in required]))
        far = all(distance >= ratio * spread for ratio, _ in required)
        is_code = all(ratio == CODE_DISTANCE for ratio, _ in required)
        if repeated.all() and far and (is_code or not _goes_on(body, float(end[0]))):
            low, high = sorted((sign * float(body[0]), sign * float(body[-1])))
            return sign * float(end[int(np.argmax(end_counts))]), low, high
    return None


def _goes_on(body: Vector, value: float) -> bool:
    """Whether a number only continues ascending ones of several sizes, as 10,000 does 1, 20, 100, 500 and 1,000."""
    middle, last = float(np.median(body)), float(body[-1])
    return bool(body[0] >= 0 and middle > 0 and np.log(value / last) < DECADES * np.log(last / middle))


def _required(value: float, n_others: int, dates: bool) -> tuple[float, float]:
    """The distance, in ranges of the others, and the share of the rows from which a value counts as a filler."""
    if dates:
        known = abs(value) > FAR_DATE or (n_others >= MIN_DISTINCT and _day(value)[-5:] in (NEW_YEAR, NEW_YEARS_EVE))
        return (CODE_DISTANCE, CODE_SHARE) if known else (np.inf, 1.0)
    digits = f"{abs(value):.15g}".replace(".", "")
    if (
        (len(digits) > 1 and len(set(digits)) == 1 and digits[0] in CODE_DIGITS)
        or value in TYPE_ENDS
        or abs(value) > HUGE
    ):
        return CODE_DISTANCE, CODE_SHARE
    if value == round(value) and value != 0 and len(digits.strip("0")) <= 2 and n_others >= MIN_DISTINCT:
        return ROUND_DISTANCE, ROUND_SHARE
    return np.inf, 1.0


def _day(seconds: float) -> str:
    """The day of a moment, as 2010-05-17."""
    return str(np.datetime64(int(seconds), "s").astype("datetime64[D]"))
