"""The rule date_of: a date of the columns that hold its parts."""

from typing import Any

import numpy as np
import pandas as pd
import pytest

from lockstep.clean.rule import RULES
from lockstep.errors import ConfigError


def _dates(settings: dict[str, str], **columns: list[Any]) -> list[str]:
    rule = RULES.parse({"rule": "date_of", "name": "date", **settings})
    return [str(moment) for moment in rule.compute(pd.DataFrame(columns))["date"].to_numpy()]


def test_parts_of_numbers_and_names_of_months_become_moments() -> None:
    settings = {"year": "y", "month": "m", "day": "d", "hour": "h"}
    found = _dates(settings, y=[2020, 2021.0, 1999], m=["Feb", "december", "7"], d=[29, 31, 4], h=[5, 24, 0])
    assert found == ["2020-02-29T05:00:00", "2022-01-01T00:00:00", "1999-07-04T00:00:00"]
    assert _dates({"year": "y", "month": "m"}, y=[2020], m=[3]) == ["2020-03-01T00:00:00"]


def test_what_is_no_date_is_missing() -> None:
    settings = {"year": "y", "month": "m", "day": "d"}
    found = _dates(settings, y=[2021, 2021, np.nan, 20.5, 2021], m=[2, 13, 1, 1, np.nan], d=[29, 1, 1, 1, 1])
    assert found == ["NaT"] * 5


@pytest.mark.parametrize(
    ("settings", "line"),
    [
        ({"hour": "h"}, "hour names a column but day none"),
        ({"day": "m"}, "the column 'm' is named twice"),
    ],
)
def test_a_part_without_the_larger_one_and_a_column_twice_are_refused(settings: dict[str, str], line: str) -> None:
    with pytest.raises((ConfigError, ValueError), match=line):
        _dates({"year": "y", "month": "m", **settings}, y=[1], m=[1], h=[1])
