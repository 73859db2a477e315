"""Kinds of clock times and durations."""

from collections.abc import Sequence

import numpy as np

from tests.generated_tables.made import Made, chance, kind, one_of, read, words
from tests.generated_tables.readings import Seconds
from tests.tables.draws import Random, Vector

CLOCKS = ("opens", "departure", "uhrzeit", "call time", "bedtime", "t1")
SPANS = ("length", "elapsed", "duration", "laufzeit", "lap", "runtime")


def _seconds(texts: Sequence[str], values: Vector, names: Sequence[str]) -> Made:
    return Made(words(texts), read(Seconds(values=values)), names, signal=values)


def _parts(seconds: Vector) -> list[tuple[int, int, int]]:
    return [(second // 3600, second // 60 % 60, second % 60) for second in seconds.astype(int).tolist()]


@kind
def clock_times(random: Random, n_rows: int) -> Made:
    with_seconds, padded = chance(random, 0.4), chance(random, 0.6)
    values = np.floor(random.uniform(0, 86_400, n_rows))
    values = np.asarray(values if with_seconds else values // 60 * 60)
    texts = [
        f"{h:0{2 if padded else 1}d}:{m:02d}" + (f":{s:02d}" if with_seconds else "") for h, m, s in _parts(values)
    ]
    return _seconds(texts, values, CLOCKS)


@kind
def clock_times_of_half_days(random: Random, n_rows: int) -> Made:
    values = np.asarray(random.integers(0, 24 * 60, n_rows) * 60.0)
    mark = one_of(random, (" AM", "AM", " am", "am", " a.m."))
    afternoon = mark.replace("A", "P").replace("a.m", "p.m").replace("am", "pm")
    texts = [f"{(h + 11) % 12 + 1}:{m:02d}{mark if h < 12 else afternoon}" for h, m, _ in _parts(values)]
    return _seconds(texts, values, CLOCKS)


@kind
def clock_times_with_a_dot_or_h(random: Random, n_rows: int) -> Made:
    values = np.asarray(random.integers(0, 24 * 12, n_rows) * 300.0)
    style = one_of(random, ("{h:02d}h{m:02d}", "{h:02d}:{m:02d} Uhr", "{h}h{m:02d}"))
    return _seconds([style.format(h=h, m=m) for h, m, _ in _parts(values)], values, CLOCKS)


@kind
def durations_with_colons(random: Random, n_rows: int) -> Made:
    values = np.floor(random.lognormal(9.5, 1.0, n_rows))
    values[:3] = [100_000.0, 93_784.0, 5_025.0]
    return _seconds([f"{h}:{m:02d}:{s:02d}" for h, m, s in _parts(values)], values, SPANS)


@kind
def durations_of_minutes_and_seconds(random: Random, n_rows: int) -> Made:
    values = np.floor(random.lognormal(7.2, 0.8, n_rows))
    values[:3] = [4_625.0, 5_150.0, 2_399.0]
    return _seconds([f"{second // 60}:{second % 60:02d}" for second in values.astype(int)], values, SPANS)


@kind
def durations_with_days(random: Random, n_rows: int) -> Made:
    values = np.floor(random.uniform(0, 9 * 86_400, n_rows))
    style = one_of(random, ("{d} days {h:02d}:{m:02d}:{s:02d}", "{d} days, {h}:{m:02d}:{s:02d}", "{d}d {h}h {m}m {s}s"))
    texts = [style.format(d=h // 24, h=h % 24, m=m, s=s) for h, m, s in _parts(values)]
    return _seconds(texts, values, SPANS)


@kind
def durations_of_hours_and_minutes(random: Random, n_rows: int) -> Made:
    values = np.asarray(random.integers(1, 900, n_rows) * 60.0)
    hours = one_of(random, ("h", " h", " hrs", " hours", "hr"))
    minutes = {"h": "m", " h": " min", " hrs": " mins", " hours": " minutes", "hr": "min"}[hours]
    texts = [
        " ".join(part for part in (f"{h}{hours}" if h else "", f"{m}{minutes}" if m else "") if part)
        for h, m, _ in _parts(values)
    ]
    return _seconds(texts, values, SPANS)


@kind
def durations_of_one_unit(random: Random, n_rows: int) -> Made:
    values = random.integers(2, 500, n_rows).astype(np.float64)
    unit = one_of(random, (" min", " mins", "min", " minutes", " h", "s", " sec", " days", " hours", "h"))
    return _seconds([f"{value:.0f}{unit}" for value in values], values, SPANS)


@kind
def durations_by_iso(random: Random, n_rows: int) -> Made:
    values = np.asarray(random.integers(1, 2_000, n_rows) * 60.0)
    texts = ["PT" + (f"{h}H" if h else "") + (f"{m}M" if m else "") for h, m, _ in _parts(values)]
    return _seconds(texts, values, SPANS)
