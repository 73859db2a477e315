"""Which number of a date is the day and which the month, told by a column's values, its order, or other columns."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from lockstep.clean.date_texts import parse_dates
from lockstep.clean.location import shortened
from lockstep.inspect.notations.date_patterns import Shape
from lockstep.inspect.notations.text_samples import sampled

# Rows whose order is looked at, and the number of steps from which it tells something.
ROWS_IN_ORDER, MIN_STEPS = 20_000, 5
SORTED, EQUAL, LEAD = 0.95, 0.8, 0.02
# So many different dates do not all lie in the first twelve days of a month by chance.
MIN_CONSTANT_DAY = 13


@dataclass(frozen=True)
class Settled:
    """Formats for the texts of one shape, in the order in which they are tried.

    Attributes:
        formats: One, or two where the texts have both orders.
        dates: The dates of all texts by these formats; missing where a text has none.
        why: What settled it, for a comment; empty where nothing had to be settled.
        other: The format that would read the texts as well; empty if nothing is open.
    """

    formats: tuple[str, ...]
    dates: pd.Series
    why: str = ""
    other: str = ""


def settle(shape: Shape, words: pd.Series, order: Sequence[str] | None, others: Collection[str]) -> Settled:
    """Choose among the formats of a shape.

    Args:
        shape: Formats that come into question, the usual one first.
        words: Different texts of the column, also of other shapes.
        order: Texts of the column in the file's order.
        others: Formats that are settled for other texts of the table.
    """
    if len(shape) > 1:
        # most columns are settled by a sample, which saves reading all texts once per format
        few = _readings(shape, pd.Series(sampled(words), dtype="str"))
        if len(full := _full(few)) == 1:
            shape = (full[0], *(pattern for pattern in shape if pattern != full[0]))
            return Settled(full, parse_dates(words, full), _proof(words, full[0], shape))
    readings = _readings(shape, words)
    full = _full(readings)
    if not full:
        return _both(shape, readings) if len(shape) > 1 else Settled(shape, readings[shape[0]])
    if full[0].startswith("%Y") or "%b" in full[0] or len(shape) == 1:
        return Settled(full[:1], readings[full[0]])
    if len(full) == 1:
        return Settled(full, readings[full[0]], _proof(words, full[0], shape))
    for told, why in (
        (_as_others(full, others), "as in other columns"),
        (_by_order(full, order), "the rows are in this order"),
        (_by_constant_day({pattern: readings[pattern] for pattern in full}), "always the same day of a month"),
    ):
        if told:
            return Settled((told,), readings[told], why)
    return Settled(full[:1], readings[full[0]], "", full[1])


def _readings(shape: Shape, words: pd.Series) -> dict[str, pd.Series]:
    return {pattern: parse_dates(words, [pattern]) for pattern in shape}


def _full(readings: dict[str, pd.Series]) -> Shape:
    """The formats that read all texts which any of them reads."""
    read = {pattern: dates.notna() for pattern, dates in readings.items()}
    union = np.logical_or.reduce(list(read.values()))
    return tuple(pattern for pattern, known in read.items() if union.any() and known.sum() == union.sum())


def _proof(words: pd.Series, chosen: str, shape: Shape) -> str:
    """Why a format is the only one: a text that has no other; empty where nobody would ask."""
    if chosen.startswith("%Y") or "%b" in chosen:
        return ""
    texts = pd.Series(sampled(words), dtype="str")
    readings = _readings(shape, texts)
    alone = np.logical_and.reduce([readings[pattern].isna() for pattern in shape if pattern != chosen])
    proofs = texts[readings[chosen].notna() & alone]
    return f"no other order for {shortened(proofs.iloc[0]) if len(proofs) else 'all values together'}"


def _both(shape: Shape, readings: dict[str, pd.Series]) -> Settled:
    """Texts of which no order reads all: the one that reads more comes first."""
    counts = {pattern: int(readings[pattern].notna().sum()) for pattern in shape[:2]}
    first, second = sorted(counts, key=lambda pattern: -counts[pattern])
    dates = readings[first].where(readings[first].notna(), readings[second])
    why = f"{counts[first]} texts fit the first, {counts[second]} the second" if counts[second] else ""
    return Settled((first, second)[: 1 + bool(why)], dates, why, second if why else "")


def _is_day_first(pattern: str) -> bool:
    return "%d" in pattern and "%m" in pattern and pattern.index("%d") < pattern.index("%m")


def _as_others(full: Sequence[str], others: Collection[str]) -> str:
    """The format with the order that all other formats with a day and a month of the table have."""
    orders = {_is_day_first(other) for other in others if "%d" in other and "%m" in other and other[:2] != "%Y"}
    fitting = [pattern for pattern in full if _is_day_first(pattern) in orders and pattern[:2] != "%y"]
    return fitting[0] if len(orders) == 1 and len(fitting) == 1 else ""


def _by_order(full: Sequence[str], order: Sequence[str] | None) -> str:
    """The format under which the rows are sorted, or equally spaced, and under no other."""
    if order is None:
        return ""
    codes, texts = pd.factorize(pd.Series(order[:ROWS_IN_ORDER], dtype="str").str.strip())
    scores = []
    for pattern in full:
        dates = parse_dates(pd.Series(texts, dtype="str"), [pattern]).to_numpy("datetime64[s]")[codes[codes >= 0]]
        scores.append(_regularity(dates[~np.isnat(dates)]))
    for kind, least in ((0, SORTED), (1, EQUAL)):
        ranked = sorted(range(len(full)), key=lambda place: -scores[place][kind])
        best, second = (scores[place][kind] for place in ranked[:2])
        if best >= least and best >= second + LEAD:
            return full[ranked[0]]
    return ""


def _regularity(dates: npt.NDArray[np.datetime64]) -> tuple[float, float]:
    """The shares of steps in the same direction and of the same length, in seconds or months."""
    steps = np.diff(dates).astype(np.int64)
    moved = steps != 0
    if moved.sum() < MIN_STEPS:
        return 0.0, 0.0
    months = dates.astype("datetime64[M]").astype(np.int64)
    whole = np.diff(dates - dates.astype("datetime64[M]")).astype(np.int64) == 0
    in_months = np.diff(months)[moved & whole]
    lengths = [np.unique(values, return_counts=True)[1].max(initial=0) for values in (steps[moved], in_months)]
    signs = np.sign(steps[moved])
    return float(max((signs > 0).mean(), (signs < 0).mean())), float(max(lengths) / moved.sum())


def _by_constant_day(readings: dict[str, pd.Series]) -> str:
    """The format under which all dates have the same day, if that is no chance."""
    days = {pattern: dates.dropna().dt.day.nunique() for pattern, dates in readings.items()}
    constant = [pattern for pattern, count in days.items() if count == 1]
    enough = all(dates.nunique() >= MIN_CONSTANT_DAY for dates in readings.values())
    return constant[0] if len(constant) == 1 and enough else ""
