"""Kinds of dates."""

import datetime as dt
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import pandas as pd

from tests.generated_tables.made import Made, chance, kind, one_of, read, words
from tests.generated_tables.readings import Dates, Groups
from tests.tables.draws import Random

Moments = npt.NDArray[np.datetime64]
NAMES = ("date", "signup", "Datum", "bought on", "start", "opened", "fecha", "d1", "last seen", "issue date")
MONTHS = {
    "en": "January February March April May June July August September October November December",
    "de": "Januar Februar März April Mai Juni Juli August September Oktober November Dezember",
    "fr": "janvier février mars avril mai juin juillet août septembre octobre novembre décembre",
    "es": "enero febrero marzo abril mayo junio julio agosto septiembre octubre noviembre diciembre",
    "it": "gennaio febbraio marzo aprile maggio giugno luglio agosto settembre ottobre novembre dicembre",
    "nl": "januari februari maart april mei juni juli augustus september oktober november december",
    "pt": "janeiro fevereiro março abril maio junho julho agosto setembro outubro novembro dezembro",
}
# What a person reads without hesitation once a day above 12 occurs.
DAY_PATTERNS = ("%d.%m.%Y", "%d/%m/%Y", "%m/%d/%Y", "%d-%m-%Y", "%m-%d-%Y", "%Y/%m/%d", "%Y.%m.%d", "%d %m %Y")
SHORT_PATTERNS = ("%d.%m.%y", "%m/%d/%y", "%d/%m/%y", "%d-%m-%y")
CLOCK_PATTERNS = (
    "%d.%m.%Y %H:%M",
    "%m/%d/%Y %H:%M",
    "%d/%m/%Y %H:%M:%S",
    "%Y/%m/%d %H:%M",
    "%m/%d/%Y %I:%M %p",
    "%m/%d/%Y %I:%M:%S %p",
    "%d-%b-%Y %H:%M",
)
NAMED_PATTERNS = (
    "%d %b %Y",
    "%d %B %Y",
    "%d. %B %Y",
    "%B %d, %Y",
    "%b %d, %Y",
    "%b %d %Y",
    "%d-%b-%y",
    "%d-%b-%Y",
    "%d %b, %Y",
)
ISO_PATTERNS = (
    "%Y-%m-%d",
    "%Y-%m-%dT%H:%M:%S",
    "%Y-%m-%d %H:%M",
    "%Y-%m-%dT%H:%M:%SZ",
    "%Y-%m-%dT%H:%M:%S.123Z",
    "%Y-%m-%d %H:%M:%S+00:00",
)


def moments(random: Random, n_rows: int, *, clock: bool = False) -> Moments:
    """Days, or minutes, of some years, with days on both sides of the 12th."""
    first = dt.datetime(int(random.integers(1985, 2022)), 1, 1)
    days = random.integers(0, int(random.integers(400, 3000)), n_rows)
    seconds = days * 86_400 + (random.integers(0, 24 * 60, n_rows) * 60 if clock else 0)
    made = np.datetime64(first, "s") + seconds.astype("timedelta64[s]")
    made[:2] = [np.datetime64(first.replace(day=28), "s"), np.datetime64(first.replace(month=3, day=30), "s")]
    return made


def written(made: Moments, pattern: str, language: str = "en", *, padded: bool = True) -> list[str]:
    """Dates by a pattern of strftime, with months named in a language."""
    names = MONTHS[language].split()
    texts = []
    for moment in made.astype(dt.datetime):
        month = names[moment.month - 1]
        own = pattern.replace("%B", month).replace("%b", month[:3])
        text = moment.strftime(own)
        if not padded:
            text = text.replace(moment.strftime("%d"), str(moment.day), 1) if own.startswith("%d") else text
            text = text.replace(f"{moment.month:02d}", str(moment.month), 1) if own.startswith("%m") else text
        texts.append(text)
    return texts


def _dates(texts: Sequence[str], made: Moments, names: Sequence[str] = NAMES, slack: float = 0.0) -> Made:
    days = (made - np.datetime64("2000-01-01")).astype("timedelta64[s]").astype(np.float64)
    return Made(words(texts), read(Dates(values=made, slack=slack)), names, signal=days)


@kind
def iso_dates(random: Random, n_rows: int) -> Made:
    pattern = one_of(random, ISO_PATTERNS)
    made = moments(random, n_rows, clock="%H" in pattern)
    dates = _dates(written(made, pattern), made)
    return Made(dates.texts, dates.truth, NAMES, typed=pd.Series(made), signal=dates.signal)


@kind
def numeric_dates(random: Random, n_rows: int) -> Made:
    made = moments(random, n_rows)
    return _dates(written(made, one_of(random, DAY_PATTERNS), padded=chance(random, 0.7)), made)


@kind
def dates_of_two_digit_years(random: Random, n_rows: int) -> Made:
    made = moments(random, n_rows)
    return _dates(written(made, one_of(random, SHORT_PATTERNS)), made)


@kind
def dates_with_clock(random: Random, n_rows: int) -> Made:
    made = moments(random, n_rows, clock=True)
    return _dates(written(made, one_of(random, CLOCK_PATTERNS), padded=chance(random, 0.7)), made)


@kind
def dates_with_month_names(random: Random, n_rows: int) -> Made:
    made = moments(random, n_rows)
    return _dates(written(made, one_of(random, NAMED_PATTERNS)), made)


@kind
def dates_with_month_names_of_a_language(random: Random, n_rows: int) -> Made:
    made = moments(random, n_rows)
    pattern = one_of(random, ("%d %B %Y", "%d. %B %Y", "%B %Y"))
    if pattern == "%B %Y":
        made = made.astype("datetime64[M]").astype("datetime64[s]")
    return _dates(written(made, pattern, one_of(random, tuple(MONTHS))), made)


@kind
def dates_with_weekdays(random: Random, n_rows: int) -> Made:
    made = moments(random, n_rows)
    return _dates(written(made, one_of(random, ("%a, %d %b %Y", "%A, %d %B %Y", "%a %d.%m.%Y"))), made)


@kind
def ambiguous_dates(random: Random, n_rows: int) -> Made:
    """No day is above 12: either reading is right, or a question."""
    year, month, day = (
        random.integers(1990, 2024, n_rows),
        random.integers(1, 13, n_rows),
        random.integers(1, 13, n_rows),
    )
    parts = list(zip(year, month, day, strict=True))
    one, other = (
        np.array([f"{y}-{a:02d}-{b:02d}" for y, a, b in order], dtype="datetime64[s]")
        for order in (parts, [(y, d, m) for y, m, d in parts])
    )
    texts = words([f"{m:02d}/{d:02d}/{y}" for y, m, d in parts])
    labels = Groups(labels=pd.Series(texts))
    return Made(texts, read(Dates(values=one), Dates(values=other), labels, feature=None, reasons=["ambiguous"]), NAMES)


@kind
def dates_of_two_formats(random: Random, n_rows: int) -> Made:
    made = moments(random, n_rows)
    patterns = (("%Y-%m-%d", "%d.%m.%Y"), ("%m/%d/%Y", "%Y-%m-%d"), ("%d %b %Y", "%Y-%m-%d"))[int(random.integers(3))]
    both = [written(made, pattern) for pattern in patterns]
    chosen = (random.random(n_rows) < 0.3).astype(int)
    chosen[:2] = 0 if chance(random, 0.5) else 1
    chosen[2:14] = np.arange(12) % 2
    made = made.copy()
    made[2:14] = made[0]
    both = [written(made, pattern) for pattern in patterns]
    return _dates([both[which][row] for row, which in enumerate(chosen)], made)


@kind
def compact_days(random: Random, n_rows: int) -> Made:
    made = moments(random, n_rows)
    return _dates(written(made, "%Y%m%d"), made, ("date", "day", "yyyymmdd", "datum", "report day"))


@kind
def months(random: Random, n_rows: int) -> Made:
    made = moments(random, n_rows).astype("datetime64[M]").astype("datetime64[s]")
    pattern = one_of(random, ("%Y-%m", "%m/%Y", "%b %Y", "%B %Y", "%b-%y", "%Y/%m", "%m.%Y", "%b-%Y"))
    return _dates(written(made, pattern), made, ("month", "period", "monat", "p2"))


@kind
def quarters(random: Random, n_rows: int) -> Made:
    months_made = moments(random, n_rows).astype("datetime64[M]").astype(int)
    made = (months_made // 3 * 3).astype("datetime64[M]").astype("datetime64[s]")
    style = one_of(
        random, ("{y}-Q{q}", "{y}Q{q}", "Q{q} {y}", "{y} Q{q}", "Q{q}/{y}", "{y}/Q{q}", "q{q} {y}", "Q{q}-{y}")
    )
    texts = [style.format(y=m.year, q=(m.month + 2) // 3) for m in made.astype(dt.datetime)]
    return _dates(texts, made, ("quarter", "period", "quartal", "fiscal quarter"))


@kind
def weeks(random: Random, n_rows: int) -> Made:
    made = moments(random, n_rows)
    calendar = [moment.isocalendar() for moment in made.astype(dt.datetime)]
    mondays = np.array([dt.datetime.fromisocalendar(c.year, c.week, 1) for c in calendar], dtype="datetime64[s]")
    style = one_of(
        random, ("{y}-W{w:02d}", "{y}W{w:02d}", "W{w:02d} {y}", "{y}-KW{w:02d}", "KW {w}/{y}", "{y} W{w:02d}")
    )
    texts = [style.format(y=c.year, w=c.week) for c in calendar]
    return _dates(texts, mondays, ("week", "woche", "calendar week"), slack=6.0)


def _unix(random: Random, n_rows: int, per_second: int) -> Made:
    made = moments(random, n_rows, clock=True)
    seconds = made.astype(np.int64) * per_second
    made_column = _dates(
        [str(second) for second in seconds], made, ("timestamp", "created_at", "ts", "event time", "time")
    )
    return Made(
        made_column.texts, made_column.truth, made_column.names, typed=pd.Series(seconds), signal=made_column.signal
    )


@kind
def unix_seconds(random: Random, n_rows: int) -> Made:
    return _unix(random, n_rows, 1)


@kind
def unix_milliseconds(random: Random, n_rows: int) -> Made:
    return _unix(random, n_rows, 1000)


@kind
def filler_dates(random: Random, n_rows: int) -> Made:
    """A far date stands for none; a note, or a missing value."""
    made = moments(random, n_rows)
    rows = random.random(n_rows) < random.uniform(0.05, 0.3)
    rows[2:6] = True
    far = one_of(random, ("1900-01-01", "9999-12-31", "1753-01-01"))
    pattern = one_of(random, ("%Y-%m-%d", "%d.%m.%Y", "%m/%d/%Y"))
    filled = np.where(rows, np.datetime64(far, "s"), made)
    note = written(np.array([far], dtype="datetime64[s]"), pattern)[0]
    dates = read(
        Dates(values=filled, mention=note), Dates(values=filled, mention=far), Dates(values=made).without(rows)
    )
    return Made(words(written(filled, pattern)), dates, NAMES, missing="never")
