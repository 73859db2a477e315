"""Steps that compute a row's numbers from its own: values worked out by hand."""

import math
from typing import Any

import numpy as np
import pandas as pd
import pytest

from lockstep.errors import DataError
from lockstep.features.arrays import Numbers
from lockstep.features.steps.date_parts import DateParts
from tests.unit.features.examples import step_of


def made(example: dict[str, Any], columns: dict[str, Any]) -> tuple[list[str], Numbers]:
    frame = pd.DataFrame(columns)
    step = step_of(example)
    values = step.fit_transform(frame, np.zeros(len(frame)))
    return step.names(), values


def test_log_keeps_the_sign_and_six_digits() -> None:
    names, values = made({"step": "log", "columns": ["a"]}, {"a": [0.0, math.e - 1, 1 - math.e, 99.0, np.nan]})
    assert names == ["log_a"]
    np.testing.assert_allclose(values[:, 0], [0, 1, -1, np.log(100), np.nan], rtol=1e-6)
    mantissas = np.frexp(values[:4, 0])[0] * 2**20
    np.testing.assert_array_equal(mantissas, np.round(mantissas))


def test_rotate() -> None:
    step = {"step": "rotate", "x": "x", "y": "y", "angles": [0, 90, 45, 22.5]}
    names, values = made(step, {"x": [3.0, 1.0, np.nan], "y": [4.0, 1.0, 1.0]})
    assert names == ["x_y_at_0", "x_y_at_90", "x_y_at_45", "x_y_at_22.5"]
    np.testing.assert_allclose(values[0], [3, 4, 7 / np.sqrt(2), 3 * 0.9238795 + 4 * 0.3826834], rtol=2e-6)
    assert values[0, 0] == 3.0
    assert np.isnan(values[2]).all()


def test_haversine_of_known_cities() -> None:
    step = {
        "step": "distance",
        "columns": ["lat", "lon"],
        "points": {"london": [51.5074, -0.1278], "itself": [48.8566, 2.3522], "antipode": [-48.8566, -177.6478]},
        "metric": "haversine",
    }
    names, values = made(step, {"lat": [48.8566, np.nan], "lon": [2.3522, 2.0]})
    assert names == ["distance_to_antipode", "distance_to_itself", "distance_to_london"]
    # Paris to London is 343.56 km on this sphere; half its circumference is pi * 6371.0088 km
    np.testing.assert_allclose(values[0], [np.pi * 6371.0088, 0, 343.557], rtol=1e-5)
    assert np.isnan(values[1]).all()


def test_euclidean_distance() -> None:
    step = {"step": "distance", "columns": ["a", "b"], "points": {"p": [1, 1]}, "metric": "euclidean"}
    assert made(step, {"a": [4.0], "b": [5.0]})[1].tolist() == [[5.0]]


@pytest.mark.parametrize(("operation", "expected"), [("product", 24.0), ("sum", 9.0), ("difference", -5.0)])
def test_interaction(operation: str, expected: float) -> None:
    step = {"step": "interaction", "name": "i", "operation": operation, "columns": ["a", "b", "c"]}
    names, values = made(step, {"a": [2.0, np.nan], "b": [3.0, 1.0], "c": [4, 1]})
    assert names == ["i"]
    np.testing.assert_array_equal(values, [[expected], [np.nan]])


def test_the_difference_of_dates_counts_in_seconds() -> None:
    start = pd.Series(["2023-12-31 23:59:59", "1700-01-01", None, "2024-02-28"], dtype="datetime64[s]")
    end = pd.Series(["2024-01-01 00:00:01", "2200-01-01", "2024-01-01", "2024-02-27"], dtype="datetime64[s]")
    names, values = made({"step": "difference", "name": "d", "start": "a", "end": "b"}, {"a": start, "b": end})
    assert names == ["d"]
    np.testing.assert_array_equal(values[:, 0], [2, 182621 * 86400, np.nan, -86400])


def test_the_difference_of_times_of_day_goes_past_midnight() -> None:
    columns = {"a": [82800.0, 3600.0, 7200.0, np.nan], "b": [3600.0, 82800.0, 7200.0, 1.0]}
    step = {"step": "difference", "name": "d", "start": "a", "end": "b"}
    np.testing.assert_array_equal(made(step, columns)[1][:, 0], [-79200, 79200, 0, np.nan])
    np.testing.assert_array_equal(made(step | {"period": 86400}, columns)[1][:, 0], [7200, 79200, 0, np.nan])


def test_date_parts() -> None:
    parts = ["year", "month", "day", "weekday", "day_of_year", "week", "quarter", "days"]
    days = pd.Series(["1970-01-02", "2021-01-03", None], dtype="datetime64[s]")
    step = {"step": "date_parts", "columns": ["d"], "parts": parts, "reference": "2022-01-03"}
    names, values = made(step, {"d": days})
    assert names == [f"d_{part}" for part in [*parts, "age_years"]]
    # a Friday; and a Sunday that ISO counts to the last week of 2020
    expected = [[1970, 1, 2, 4, 2, 1, 1, 1], [2021, 1, 3, 6, 3, 53, 1, 18630]]
    np.testing.assert_array_equal(values[:2, :8], expected)
    np.testing.assert_allclose(values[:2, 8], [18994 / 365.2425, 365 / 365.2425], rtol=1e-12)
    assert np.isnan(values[2]).all()


def test_text_lengths() -> None:
    names, values = made({"step": "text", "columns": ["t"]}, {"t": pd.Series(["", "çà va ", None], dtype="str")})
    assert names == ["t_n_characters", "t_n_words"]
    np.testing.assert_array_equal(values, [[0, 0], [6, 2], [np.nan, np.nan]])


@pytest.mark.parametrize(
    "step", [{"step": "text", "columns": ["n"]}, {"step": "multi_value", "column": "n", "separator": ";", "top": 1}]
)
def test_a_number_is_no_text(step: dict[str, Any]) -> None:
    with pytest.raises(DataError, match=r"column 'n' contains 1.5; text is needed, name another column"):
        made(step, {"n": [1.5]})


def test_the_hour_is_the_clocks() -> None:
    when = pd.to_datetime(pd.Series(["2024-05-06 07:08:09", "2024-05-06 00:00:00", None])).astype("datetime64[s]")
    made = DateParts(columns=("when",), parts=("hour",)).fit_transform(pd.DataFrame({"when": when}))
    np.testing.assert_array_equal(made, [[7], [0], [np.nan]])


def test_a_number_with_a_period() -> None:
    names, values = made({"step": "cyclic", "columns": ["h"], "period": 24}, {"h": [0.0, 6, 21, 24, -3, np.nan]})
    assert names == ["h_sin_24", "h_cos_24"]
    half = math.sqrt(0.5)
    expected = np.array([[0, 1], [1, 0], [-half, half], [0, 1], [-half, half], [np.nan, np.nan]])
    np.testing.assert_allclose(values, expected, rtol=1e-6, atol=1e-15)


@pytest.mark.parametrize(
    ("period", "dates"),
    [
        ("day", ["2024-05-06", "2024-05-06 06:00:00", "1960-01-01 12:00:00", "2024-05-06 18:00:00"]),
        ("week", ["2024-05-06", "2024-05-07 18:00:00", "1970-01-01 12:00:00", "2024-05-11 06:00:00"]),
        ("year", ["2024-01-01", "2024-04-01 12:00:00", "2023-07-02 12:00:00", "2024-10-01 12:00:00"]),
    ],
)
def test_dates_at_the_quarters_of_a_period(period: str, dates: list[str]) -> None:
    when = pd.Series([*dates, None], dtype="datetime64[s]")
    names, values = made({"step": "cyclic", "columns": ["d"], "period": period}, {"d": when})
    assert names == [f"d_sin_{period}", f"d_cos_{period}"]
    expected = np.array([[0, 1], [1, 0], [0, -1], [-1, 0], [np.nan, np.nan]])
    np.testing.assert_allclose(values, expected, rtol=1e-6, atol=1e-15)
