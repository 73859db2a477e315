"""Texts become values as a column's entry declares: numbers, dates, times, durations and words."""
# ruff: noqa: RUF001  digits of other scripts

import datetime
import math
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from lockstep.clean.cleaning import clean_table
from lockstep.clean.column_block import Column
from lockstep.clean.columns import convert_columns
from lockstep.clean.table_blocks import TableBlocks
from lockstep.errors import DataError


def _read(values: Any, **facts: object) -> pd.Series:
    column = Column.model_validate(facts)
    frame, _ = convert_columns(pa.table({"c": values}), {"c": column}, ["", "NA"], "facts")
    return frame["c"]


@pytest.mark.parametrize(
    ("facts", "texts", "numbers"),
    [
        ({"decimal": ","}, ["25,64", "-0,5", ",5", "3"], [25.64, -0.5, 0.5, 3]),
        ({"thousands": ","}, ["1,234", "1,234,567.5", "12", "1234"], [1234, 1234567.5, 12, 1234]),
        ({"thousands": ","}, ["12,34,567"], [1234567]),
        ({"decimal": ",", "thousands": "."}, ["1.234,5", "-1.234.567"], [1234.5, -1234567]),
        ({"thousands": " "}, ["1 234", "1\u00a0234.5", "1\u202f234\u202f567"], [1234, 1234.5, 1234567]),
        ({"thousands": "'"}, ["1'234", "1\u2019234.25"], [1234, 1234.25]),
        ({"unit": "€", "thousands": ","}, ["€26,453.80", "-€5", "€-5", "5 €", "7"], [26453.8, -5, -5, 5, 7]),
        ({"unit": ["EUR"]}, ["754.68 EUR", "EUR 1.5", "3eur"], [754.68, 1.5, 3]),
        ({"unit": ["bhp"]}, ["80.7 bhp", "1e2 bhp"], [80.7, 100]),
        ({"percent": True}, ["50.8%", "89 %", "-1%"], [50.8 / 100, 0.89, -0.01]),
        ({"scale": {"k": 1000, "M": 1e6}}, ["1.2k", "3M", "5"], [1200, 3e6, 5]),
        ({"scale": {"kg": 1, "g": 0.001}}, ["2 kg", "500g"], [2, 0.5]),
        ({"scale": {"k": 1000}, "unit": "$"}, ["$1.2k"], [1200]),
        ({"negative": "parentheses"}, ["(45.00)", "45", "-3"], [-45, 45, -3]),
        ({"negative": "parentheses", "unit": "$", "thousands": ","}, ["($1,234.50)", "$(5)"][:1], [-1234.5]),
        ({"negative": "trailing"}, ["5-", "5"], [-5, 5]),
        ({"censored": True}, ["<5", "> 10", "<=3", "4"], [5, 10, 3, 4]),
        ({"decimal": ","}, ["1,5e3", "2E-2"], [1500, 0.02]),
        ({}, ["٨٨٫٥", "１２３", "१२", "\u200e7"], [88.5, 123, 12, 7]),
        ({"thousands": ",", "unit": "円"}, ["１，２３４円"], [1234]),
        ({"scale": {"ft": 12, "in": 1}}, ["5 ft 11 in", "6ft", "-2 ft, 1.5 in", "9 in"], [71, 72, -25.5, 9]),
        ({"scale": {"'": 12, '"': 1}}, ["5'11\"", "5' 11"], [71, 71]),
        ({"scale": {"yrs": 12, "mo": 1}, "decimal": ","}, ["1 yrs and 2,5 mo"], [14.5]),
        ({"scale": {"CR": 1, "DR": -1}}, ["5 CR", "6 DR"], [5, -6]),
        ({"negative": "parentheses", "unit": "$"}, ["$ (45.00)", "(3) $", "($2)"], [-45, -3, -2]),
    ],
)
def test_a_declared_notation_of_numbers_is_read(
    facts: dict[str, object], texts: list[str], numbers: list[float]
) -> None:
    assert _read(texts, type="number", **facts).tolist() == numbers


@pytest.mark.parametrize(
    ("facts", "text"),
    [
        ({"thousands": ","}, "12,34"),
        ({"thousands": ","}, "1,2345"),
        ({"decimal": ","}, "1.5"),
        ({"unit": "kg"}, "5 lb"),
        ({"percent": True}, "0.5"),
        ({"negative": "parentheses"}, "(5"),
        ({"negative": "parentheses"}, "(-5)"),
        ({"censored": True}, "<"),
        ({"scale": {"k": 1000}}, "5K"),
        ({"scale": {"ft": 12, "in": 1}}, "11 in 5 ft"),
        ({"scale": {"ft": 12, "in": 1}}, "5 ft x 11 in"),
        ({"scale": {"ft": 12, "in": 1}}, "5 ft 11 in 3"),
        ({"scale": {"CR": 1, "DR": -1}}, "5 CR 3 DR"),
        ({"negative": "parentheses"}, "4 (5)"),
        ({"unit": "$"}, "$"),
        ({"unit": "$"}, "--5$"),
    ],
)
def test_what_does_not_have_the_notation_is_named(facts: dict[str, object], text: str) -> None:
    with pytest.raises(DataError, match=r"^facts: columns.c: row 2: .* is not a number with .*correct the keys"):
        _read(["", text], type="number", missing=True, **facts)


@given(
    st.floats(-1e12, 1e12),
    st.sampled_from([(",", "."), (".", ","), (",", " "), (".", "'")]),
    st.sampled_from(["", "€", " kg"]),
)
def test_every_number_survives_its_notation(number: float, marks: tuple[str, str], unit: str) -> None:
    decimal, thousands = marks
    plain = f"{number:,.4f}"
    text = plain.translate(str.maketrans(",.", thousands + decimal)) + unit
    facts = {"decimal": decimal, "thousands": thousands, "unit": [unit.strip()] if unit else []}
    assert _read([text], type="number", **facts).tolist() == [float(plain.replace(",", ""))]


def test_a_long_hostile_text_is_refused_in_linear_time() -> None:
    facts: dict[str, Any] = {
        "type": "number",
        "unit": "a",
        "thousands": " ",
        "negative": "parentheses",
        "censored": True,
    }
    for text in (" " * 200_000 + "x", "1 " * 100_000 + "x", "1" * 200_000 + "x", "((" * 100_000):
        with pytest.raises(DataError, match="is not a number"):
            _read([text], **facts)
    with pytest.raises(DataError, match="is not a duration"):
        _read(["1" * 200_000], type="duration")


@pytest.mark.parametrize(
    ("formats", "texts", "dates"),
    [
        (["%d.%m.%Y"], ["23.07.2020", "1.2.2020"], ["2020-07-23", "2020-02-01"]),
        ("%m/%d/%y", ["07/23/20"], ["2020-07-23"]),
        (["%Y/%m/%d", "iso"], ["2020/07/23", "2020-07-24"], ["2020-07-23", "2020-07-24"]),
        (["%d %B %Y"], ["3 March 2020", "4 Okt 2020", "5 août 2020"], ["2020-03-03", "2020-10-04", "2020-08-05"]),
        (["%b %d, %Y"], ["Dec. 5, 2020"], ["2020-12-05"]),
        (["quarter"], ["2020Q1", "Q3 2020", "2020-Q4"], ["2020-01-01", "2020-07-01", "2020-10-01"]),
        (["week"], ["2020-W05", "W5 2021"], ["2020-01-27", "2021-02-01"]),
        (["%d.%m.%Y %H:%M"], ["23.07.2020 14:30"], ["2020-07-23 14:30:00"]),
        (["%d/%b/%Y:%H:%M:%S %z"], ["10/Oct/2000:13:55:36 -0700"], ["2000-10-10 13:55:36"]),
        ("%B %d, %Y", ["March 1st, 2020", "May 2nd, 2020"], ["2020-03-01", "2020-05-02"]),
        ("%dth %B %Y", ["5th May 2020"], ["2020-05-05"]),
        ("%a, %d %b %Y", ["mar, 3 mar 2020", "Do., 1er févr. 2020"], ["2020-03-03", "2020-02-01"]),
        (
            "%d %B %Y",
            ["3 červenec 2020", "1 Ağustos 2020", "3  мая\u202f2020"],
            ["2020-07-03", "2020-08-01", "2020-05-03"],
        ),
        ("%m/%d/%Y %I:%M %p %z", ["1/2/2020 3:05 p.m. EST"], ["2020-01-02 15:05:00"]),
        ("%b %d %Y %H:%M:%S %z", ["Jan 02 2020 10:00:00 GMT+0100 (CET)"], ["2020-01-02 10:00:00"]),
        ("quarter", ["1Q20", "Q3'99", "Quarter 2, 2021"], ["2020-01-01", "1999-07-01", "2021-04-01"]),
        ("week", ["2020-W05-3", "Week 5, 2020", "CW05/2020"], ["2020-01-29", "2020-01-27", "2020-01-27"]),
        (
            "iso",
            ["2020-01-05 12:00:00 UTC", "2020-01-05 12:00:01+00", "2020-01-05T12:00", "20200105", "2020-01"],
            ["2020-01-05 12:00:00", "2020-01-05 12:00:01", "2020-01-05 12:00:00", "2020-01-05", "2020-01-01"],
        ),
        (["unix"], ["1580000000", "-1"], ["2020-01-26 00:53:20", "1969-12-31 23:59:59"]),
        (["unix_ms"], ["1580000000999"], ["2020-01-26 00:53:20"]),
    ],
)
def test_a_declared_format_of_dates_is_read(formats: Any, texts: list[str], dates: list[str]) -> None:
    values = _read(texts, type="date", format=formats)
    assert values.tolist() == [pd.Timestamp(date) for date in dates]


@pytest.mark.parametrize(
    ("formats", "text"),
    [
        ("%d %B %Y", "3 Foo 2020"),
        ("%d %B %Y", "3 Marvin 2020"),
        ("%a %d %b %Y", "Foo 3 May 2020"),
        ("quarter", "Q5 2020"),
        ("week", "2020-W60"),
        ("iso", "0000-01-01"),
        ("iso", "2020-1-1"),
    ],
)
def test_what_is_no_date_of_the_format_is_named(formats: str, text: str) -> None:
    with pytest.raises(DataError, match=r"row 1: .* is not a date; allowed: "):
        _read([text], type="date", format=formats)


def test_unix_times_of_a_typed_file_are_dates() -> None:
    assert _read([1580000000, None], type="date", format="unix", missing=True).tolist()[0] == pd.Timestamp(
        "2020-01-26 00:53:20"
    )


def test_times_and_durations_are_seconds() -> None:
    times = ["9:05", "23:59:59.5", "12:00 am", "12:30 PM", "1:05 p.m."]
    assert _read(times, type="time").tolist() == [32700, 86399.5, 0, 45000, 47100]
    assert _read(["0930"], type="time", format="%H%M").tolist() == [34200]
    assert _read([datetime.time(9, 5)], type="time").tolist() == [32700]
    durations = ["1:02:03", "2 days 03:00:00", "1h 30m", "90 min", "PT1H30M", "1 hour and 5 minutes", "-1h", "2d"]
    assert _read(durations, type="duration").tolist() == [3723, 183600, 5400, 5400, 5400, 3900, -3600, 172800]
    assert _read(["90:30"], type="duration", format="%M:%S").tolist() == [5430]
    assert _read([datetime.timedelta(minutes=2)], type="duration").tolist() == [120]
    for kind, text in (("time", "24:00"), ("time", "13:00 pm"), ("duration", "3 months"), ("duration", "5")):
        with pytest.raises(DataError, match=f"row 1: '{text}' is not a .*; allowed: "):
            _read([text], type=kind)


def test_words_are_stripped_cased_and_mapped() -> None:
    texts = ["  New  York", "new york", "NYC", "Paris"]
    facts = {"strip": True, "case": "lower", "map": {"NYC": "new york"}}
    assert _read(texts, type="category", **facts).tolist() == ["new york", "new york", "new york", "paris"]
    assert _read(["oui", "Non", "true"], type="boolean", map={"oui": True, "Non": False}).tolist() == [1, 0, 1]
    assert _read(["low", "high"], type="integer", map={"low": 1, "high": 3}).tolist() == [1, 3]
    with pytest.raises(DataError, match=r"row 1: 'mid' is none of the words of map \(low, high\); correct the type"):
        _read(["mid"], type="integer", map={"low": 1, "high": 3})


def test_keys_of_text_act_on_typed_numbers_or_are_refused() -> None:
    values = pa.array([1.0, 2.0, math.nan])
    assert _read(values, type="number", missing=True, map={"1": 5})[:2].tolist() == [5, 2]
    words = _read(values, type="category", missing=True, map={"1": "low"})
    assert words.isna().tolist() == [False, False, True]
    assert words[0] == "low"
    with pytest.raises(DataError, match=r"percent: true reads texts such as 12\.5%, the values are numbers; remove"):
        _read(values, type="number", missing=True, percent=True)


def test_missing_values_of_one_column_are_its_own() -> None:
    values = _read(["unknown", " unknown ", "999", "999.0", "7", "NA"], type="number", missing=True,
                   missing_values=["unknown", "999"])  # fmt: skip
    assert [math.isnan(value) for value in values] == [True, True, True, True, False, True]
    typed = _read(pa.array([999, 7, None]), type="integer", missing=True, missing_values=["999"])
    assert typed.isna().tolist() == [True, False, True]
    dates = _read(["01.01.1900", "02.01.1900"], type="date", format="%d.%m.%Y", missing=True,
                  missing_values=["01.01.1900"])  # fmt: skip
    assert dates.isna().tolist() == [True, False]
    with_unit = _read(["999 kg", "12 kg"], type="number", unit="kg", missing=True, missing_values=["999 kg"])
    assert with_unit.isna().tolist() == [True, False]
    cases: list[tuple[dict[str, Any], list[str]]] = [
        ({"type": "number", "decimal": ",", "missing_values": ["-99.9"]}, ["-99,9", "1,5"]),
        ({"type": "number", "percent": True, "missing_values": ["-0.99"]}, ["-99%", "2%"]),
        ({"type": "number", "percent": True, "missing_values": ["0%"]}, ["0.0 %", "2%"]),
        ({"type": "duration", "missing_values": ["356400"]}, ["99:00:00", "1:00:00"]),
    ]
    for facts, texts in cases:
        assert _read(texts, missing=True, **facts).isna().tolist() == [True, False]
    assert np.isnan(_read(pa.array([np.inf, 1.0]), type="number", missing=True, missing_values=["inf"])[0])


@pytest.mark.parametrize("typed", [False, True])
def test_a_filler_in_the_target_stops_clean_until_a_person_decides(typed: bool) -> None:
    numbers = np.where(np.arange(60) % 9 == 0, -200, np.arange(60) % 17)
    column = pa.array(numbers) if typed else pa.array(numbers.astype(str))
    table = pa.table({"x": np.arange(60) * 1.5, "price": column})

    def cleaned(**facts: object) -> pd.DataFrame:
        blocks = TableBlocks.model_validate(
            {
                "target": "y",
                "weight": None,
                "exposure": None,
                "missing_values": [""],
                "columns": {"x": {"type": "number"}, "price": {"type": "integer", **facts}},
                "clean": [{"rule": "rename", "columns": {"price": "y"}}, {"rule": "drop_missing", "columns": ["y"]}],
            }
        )
        return clean_table(table, blocks, "facts")[0]

    with pytest.raises(DataError, match=r"target: 'y' is -200 in 11.7% of the rows, far from all others \(0 to 16\)"):
        cleaned()
    assert len(cleaned(genuine=["-200"])) == 60
    assert len(cleaned(missing_values=["-200"], missing=True)) == 53


@pytest.mark.parametrize(
    ("facts", "message"),
    [
        ({"type": "date", "unit": "kg"}, "unit goes with number, integer, not with date"),
        ({"type": "number", "format": "%Y"}, "format goes with date, time, duration, not with number"),
        ({"type": "number", "thousands": "."}, "thousands and decimal are both '.'"),
        ({"type": "date", "format": "dd.mm.yyyy"}, "has no directive of strptime"),
        ({"type": "date", "format": "%Q"}, "%Q is no directive of strptime"),
        ({"type": "date", "format": "%d.%d.%Y"}, "%d occurs twice"),
        ({"type": "duration", "format": "%H:%f"}, r"%f is no directive of a duration \(%d, %H, %M, %S\)"),
        ({"type": "ignore", "map": {"a": 1}}, "map goes with"),
    ],
)
def test_keys_without_an_effect_are_refused(facts: dict[str, object], message: str) -> None:
    with pytest.raises(ValidationError, match=message):
        Column.model_validate(facts)


def test_a_factor_of_zero_is_refused() -> None:
    with pytest.raises(ValueError, match="a factor of 0 makes every number 0"):
        Column.model_validate({"type": "number", "scale": {"k": 0}})
