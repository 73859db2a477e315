"""Columns of texts are recognised as dates in whatever notation, and nothing else is."""
# ruff: noqa: RUF001  words of several languages

import datetime
from collections import Counter
from collections.abc import Sequence
from typing import Any

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lockstep.clean.date_texts import parse_dates
from lockstep.inspect.notations.date_notation import propose_dates
from lockstep.inspect.notations.proposal import Proposal

DAYS = [datetime.datetime(2019, 1, 1, 9, 5, 7) + datetime.timedelta(days=37, hours=5) * step for step in range(30)]
MONTHS = {
    "de": "Januar Februar März April Mai Juni Juli August September Oktober November Dezember",
    "fr": "janv. févr. mars avr. mai juin juil. août sept. oct. nov. déc.",
    "es": "enero febrero marzo abril mayo junio julio agosto septiembre octubre noviembre diciembre",
    "ru": "января февраля марта апреля мая июня июля августа сентября октября ноября декабря",
}
WORDS = {language: names.split() for language, names in MONTHS.items()}


def _propose(texts: Sequence[str], name: str = "c", **kwargs: Any) -> Proposal | None:
    return propose_dates(name, Counter(texts), **kwargs)


def _ordinal(day: datetime.datetime) -> str:
    return {1: "st", 2: "nd", 3: "rd"}.get(day.day % 10 if day.day // 10 != 1 else 0, "th")


@pytest.mark.parametrize(
    ("write", "formats", "name"),
    [
        ("{:%d.%m.%Y}", ["%d.%m.%Y"], "c"),
        ("{0.day}/{0.month}/{0:%y}", ["%d/%m/%y"], "c"),
        ("{:%m/%d/%Y}", ["%m/%d/%Y"], "c"),
        ("{:%Y/%m/%d}", ["%Y/%m/%d"], "c"),
        ("{:%Y.%m.%d}", ["%Y.%m.%d"], "c"),
        ("{0.year}-{0.month}-{0.day}", ["%Y-%m-%d"], "c"),
        ("{:%d-%m-%Y}", ["%d-%m-%Y"], "c"),
        ("{:%d. %m. %Y}", ["%d. %m. %Y"], "c"),
        ("{0.day} {0:%B %Y}", ["%d %B %Y"], "c"),
        ("{:%b %d, %Y}", ["%b %d, %Y"], "c"),
        ("{:%d-%b-%y}", ["%d-%b-%y"], "c"),
        ("{:%d%b%Y:%H:%M:%S}", ["%d%b%Y:%H:%M:%S"], "c"),
        ("{:%A, %d %B %Y}", ["%A, %d %B %Y"], "c"),
        ("{:%a %b %d %H:%M:%S +0000 %Y}", ["%a %b %d %H:%M:%S %z %Y"], "c"),
        ("{:%d/%b/%Y:%H:%M:%S} -0700", ["%d/%b/%Y:%H:%M:%S %z"], "c"),
        ("{:%b %Y}", ["%b %Y"], "c"),
        ("{:%b-%y}", ["%b-%y"], "c"),
        ("{:%m/%Y}", ["%m/%Y"], "c"),
        ("{:%Y/%m}", ["%Y/%m"], "c"),
        ("{:%Y-%m-%d}", None, "c"),
        ("{:%Y-%m-%dT%H:%M:%S.123Z}", None, "c"),
        ("{:%Y-%m-%d %H:%M:%S} UTC", None, "c"),
        ("{:%Y-%m}", None, "c"),
        ("{:%Y%m%d}", None, "c"),
        ("{:%Y%m%d}.0", ["%Y%m%d.0"], "day"),
        ("{:%Y%m%d%H%M%S}", ["%Y%m%d%H%M%S"], "c"),
        ("{:%d%m%Y}", ["%d%m%Y"], "dateOfBirth"),
        ("{:%Y%m}", ["%Y%m"], "Month"),
        ("{:%y%m%d}", ["%y%m%d"], "date"),
        ("{:%Y-%j}", ["%Y-%j"], "c"),
        ("{:%G-W%V}", ["week"], "c"),
        ("KW{:%V/%G}", ["week"], "c"),
        ("{:%d.%m.%Y %H:%M}", ["%d.%m.%Y %H:%M"], "c"),
        ("{:%d.%m.%Y, %H:%M:%S} Uhr", ["%d.%m.%Y, %H:%M:%S Uhr"], "c"),
        ("{:%m/%d/%Y %I:%M %p}", ["%m/%d/%Y %I:%M %p"], "c"),
        ("{:%m/%d/%y %I%p}", ["%m/%d/%y %I%p"], "c"),
        ("{:%Y/%m/%d %H:%M:%S.%f}", ["%Y/%m/%d %H:%M:%S.%f"], "c"),
        ("{:%H:%M %d.%m.%Y}", ["%H:%M %d.%m.%Y"], "c"),
        ("{:%Y:%m:%d %H:%M:%S}", ["%Y:%m:%d %H:%M:%S"], "c"),
        ("{0.year}年{0.month}月{0.day}日", ["%Y年%m月%d日"], "c"),
        ("{:%m.%Y}", ["%m.%Y"], "c"),
        ("{0:%s}", ["unix"], "created_at"),
        ("{0:%s}000", ["unix_ms"], "eventTimestamp"),
    ],
)
def test_a_notation_of_dates_is_recognised(write: str, formats: list[str] | None, name: str) -> None:
    proposal = _propose([write.format(day) for day in DAYS], name)
    assert proposal is not None
    assert proposal.facts == ({"type": "date"} if formats is None else {"type": "date", "format": formats})
    assert not proposal.odd
    assert not proposal.notes
    assert bool(proposal.why) == (formats is not None)


@pytest.mark.parametrize(
    ("write", "formats"),
    [
        (lambda day: f"Q{(day.month + 2) // 3} {day.year}", ["quarter"]),
        (lambda day: f"{(day.month + 2) // 3}Q{day:%y}", ["quarter"]),
        (lambda day: f"{day:%B} {day.day}{_ordinal(day)}, {day.year}", ["%B %d, %Y"]),
        (lambda day: f"{day.day}{_ordinal(day)} of {day:%b %Y}", ["%d of %b %Y"]),
        (lambda day: f"{day.day}. {WORDS['de'][day.month - 1]} {day.year}", ["%d. %B %Y"]),
        (lambda day: f"{'1er' if day.day == 1 else day.day} {WORDS['fr'][day.month - 1]} {day.year}", ["%d %b %Y"]),
        (lambda day: f"{day.day} de {WORDS['es'][day.month - 1]} de {day.year}", ["%d de %B de %Y"]),
        (lambda day: f"{day.day} {WORDS['ru'][day.month - 1]} {day.year} г", ["%d %B %Y г"]),
        (
            lambda day: f"{['lun', 'mar', 'mié', 'jue', 'vie', 'sáb', 'dom'][day.weekday()]} {day:%d.%m.%Y}",
            ["%a %d.%m.%Y"],
        ),
    ],
)
def test_dates_in_words_are_recognised_and_read(write: Any, formats: list[str]) -> None:
    texts = [write(day) for day in DAYS]
    proposal = _propose(texts)
    assert proposal is not None
    assert proposal.facts == {"type": "date", "format": formats}
    assert not proposal.odd
    dates = parse_dates(pd.Series(texts, dtype="str"), formats)
    assert (dates.dt.year.tolist(), dates.dt.quarter.tolist()) == (
        [day.year for day in DAYS],
        [(day.month + 2) // 3 for day in DAYS],
    )


@pytest.mark.parametrize(
    ("texts", "name"),
    [
        (["1.2.3", "1.10.12", "2.0.1"], "c"),
        (["1.10.12", "1.11.13", "2.10.14"], "version"),
        (["10.0.0.1", "10.0.0.2", "192.168.1.20"], "c"),
        (["2012", "2013", "2014"], "year"),
        (["555-1234", "555-2345", "555-1212"], "phone"),
        (["06 12 34 56 78", "06 11 22 33 44"], "phone"),
        (["123-45-6789", "234-05-2012"], "ssn"),
        (["12.05", "11.07", "1.12"], "c"),
        (["2013.25", "2013.333", "2013.5"], "c"),
        (["1.2012", "2.1975"], "c"),
        (["10-20", "20-30"], "age"),
        (["1990-1999", "2000-2009"], "decade"),
        (["2009-10", "2010-11", "2011-12"], "season"),
        (["1/2", "3/4", "1/8"], "c"),
        (["120/80", "130/85"], "c"),
        (["3-1", "2-0", "1-1"], "c"),
        (["AB-12-34", "CD-10-20"], "c"),
        (["2020123456", "2020123457", "2020123458"], "product"),
        (["1580000000", "1580000100", "1580000200"], "c"),
        (["12:30", "13:00", "14:10"], "c"),
        (["20200101", "20201345", "20200203"], "c"),
        (["20200101", "20200102", "20200103"], "order_id"),
        (["202001", "202002", "202003"], "c"),
        ([f"Jan-{day:02d}" for day in range(1, 31)], "c"),
        (["6 out of 10", "7 out of 10", "9 out of 10"], "c"),
        (["March 5", "March 6", "April 7"], "c"),
        (["Marvin 12, 2020", "Decker 3, 2020", "Mayor 4, 2020"], "c"),
        (["May be 2012 or so", "Sold in March 2020"], "c"),
        (["red", "green"], "c"),
        (["01/02/2020", "03/04/2020", "05/06/2020", "red", "green", "blue", "black"], "c"),
        (["unknown", "-"], "c"),
        ([], "c"),
    ],
)
def test_what_only_resembles_dates_is_none(texts: list[str], name: str) -> None:
    assert _propose(texts, name) is None


AMBIGUOUS = ["01/02/2020", "03/04/2020", "05/06/2020"]


def test_the_order_of_day_and_month_is_settled_or_asked() -> None:
    def formats(texts: Sequence[str], **kwargs: Any) -> tuple[Any, tuple[str, ...]]:
        proposal = _propose(texts, **kwargs)
        assert proposal is not None
        return proposal.facts["format"], proposal.notes

    assert formats([*AMBIGUOUS, "13/01/2020"]) == (["%d/%m/%Y"], ())
    assert formats([*AMBIGUOUS, "01/13/2020"]) == (["%m/%d/%Y"], ())
    assert formats(AMBIGUOUS, other_formats=["%d.%m.%Y", "iso", "%Y/%m/%d"]) == (["%d/%m/%Y"], ())
    asked, (note,) = formats(AMBIGUOUS)
    assert asked == ["%m/%d/%Y"]
    assert note.endswith('if they are day/month/year, write format: ["%d/%m/%Y"]')
    assert formats(AMBIGUOUS, other_formats=["%d.%m.%Y", "%m-%d-%Y"])[0] == ["%m/%d/%Y"]
    assert formats([text.replace("/", ".") for text in AMBIGUOUS])[0] == ["%d.%m.%Y"]
    months = [f"{month:02d}/01/{year}" for year in (2018, 2019) for month in range(1, 13)]
    assert formats(months, order=months) == (["%m/%d/%Y"], ())
    assert formats(sorted(months)) == (["%m/%d/%Y"], ())
    days = [f"{day:02d}/{month:02d}/2020" for month in (4, 5, 6) for day in (2, 7, 11)]
    assert formats(days)[0] == ["%m/%d/%Y"]
    assert formats(days, order=[days[0], *days]) == (["%d/%m/%Y"], ())
    both = [f"04/{day}/2020" for day in range(13, 25)] + ["14/05/2020"]
    mixed, (note,) = formats(both)
    assert mixed == ["%m/%d/%Y", "%d/%m/%Y"]
    assert "two orders" in note
    assert formats(["20-07-23", "20-07-24", "99-01-31"]) == (["%y-%m-%d"], ())


def test_a_rare_text_settles_the_order_in_a_column_of_thousands() -> None:
    texts = [
        f"{day:02d}/{month:02d}/{year}" for year in range(1950, 2020) for month in range(1, 13) for day in (1, 2, 5)
    ]
    proposal = _propose([*texts, "13/01/1999"])
    assert proposal is not None
    assert proposal.facts["format"] == ["%d/%m/%Y"]
    assert not proposal.notes


def test_several_notations_of_one_column_are_listed() -> None:
    texts = [f"{day:%d.%m.%Y}" for day in DAYS] + ["2020-03-05", "2021-04-06", "7 May 2020", "Jan 2021"]
    proposal = _propose(texts)
    assert proposal is not None
    assert not proposal.odd
    assert sorted(proposal.facts["format"]) == ["%b %Y", "%d %b %Y", "%d.%m.%Y", "iso"]
    assert proposal.facts["format"][0] == "%d.%m.%Y"


@pytest.mark.parametrize(
    "odd", ["unknown", "0000-00-00", "00.00.0000", "-", "n/a", "TBD", "later", "31.02.2020", " ? "]
)
def test_an_odd_text_among_dates_becomes_missing_at_any_share(odd: str) -> None:
    proposal = propose_dates("c", {odd: 10_000, **{f"{day:%d.%m.%Y}": 1 for day in DAYS}})
    assert proposal is not None
    assert proposal.odd == {odd}


def test_a_word_among_seconds_since_1970_becomes_missing() -> None:
    seconds = {f"{day:%s}": 1 for day in DAYS}
    proposal = propose_dates("ts", {"see notes": 40, **seconds})
    assert proposal is not None
    assert proposal.odd == {"see notes"}
    assert propose_dates("ts", {"a": 1, "b": 1, "c": 1, "d": 1, **seconds}) is None


def test_too_many_odd_texts_are_no_mistakes() -> None:
    dates = [f"{day:%d.%m.%Y}" for day in DAYS]
    assert _propose([*dates, "a", "b", "c", "d"]) is None
    assert _propose([*dates[:3], "a"]) is None
    zeros = propose_dates("c", {"0000-00-00": 5, "00.00.0000": 5, **dict.fromkeys(dates, 1)})
    assert zeros is not None
    assert zeros.odd == {"0000-00-00", "00.00.0000"}
    compact = propose_dates("c", {"0": 5, "unknown": 5, **{f"{day:%Y%m%d}": 1 for day in DAYS}})
    assert compact is not None
    assert compact.odd == {"0", "unknown"}


def test_two_digit_years_far_apart_are_noted() -> None:
    proposal = _propose(["01/13/45", "02/14/71", "03/15/99"])
    assert proposal is not None
    assert proposal.facts["format"] == ["%m/%d/%y"]
    assert "'01/13/45' is in 2045" in proposal.notes[0]


@given(
    st.lists(st.datetimes(datetime.datetime(1970, 1, 1), datetime.datetime(2068, 12, 31)), min_size=30, max_size=30),
    st.sampled_from(["%d.%m.%Y", "%m/%d/%Y", "%d/%m/%y", "%Y.%m.%d", "%d-%m-%Y", "%d %b %Y", "%B %d, %Y", "%a %d %b %y",
                     "%Y%m%d", "%Y-%m-%d"]),
    st.sampled_from(["", " %H:%M", " %H:%M:%S", " %I:%M %p", ", %H:%M:%S.%f"]),
)  # fmt: skip
def test_every_written_date_is_read_back(moments: list[datetime.datetime], day: str, clock: str) -> None:
    moments.append(datetime.datetime(2001, 1, 31, 13, 14, 15))  # no month
    pattern = day + (clock if day != "%Y%m%d" else "")
    texts = [moment.strftime(pattern) for moment in moments]
    proposal = _propose(texts)
    assert proposal is not None
    assert not proposal.odd
    dates = parse_dates(pd.Series(texts, dtype="str"), proposal.facts.get("format", ("iso",)))
    expected = [datetime.datetime.strptime(text, pattern).replace(microsecond=0) for text in texts]
    assert dates.tolist() == [pd.Timestamp(moment) for moment in expected]
