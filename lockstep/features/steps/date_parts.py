"""Parts of dates."""

import datetime
from collections.abc import Mapping, Sequence
from typing import Annotated, Any, Literal, Self, get_args

import numpy as np
import pandas as pd
from pydantic import AfterValidator, Field, model_validator

from lockstep.features.arrays import Numbers
from lockstep.features.step import Step
from lockstep.features.step_settings import ColumnNames

# Mean Gregorian year in days.
YEAR = 365.2425

DatePart = Literal["year", "month", "day", "weekday", "day_of_year", "week", "quarter", "hour", "days"]


def _iso_date(text: str) -> str:
    try:
        day = datetime.date.fromisoformat(text)
    except ValueError:
        day = None
    if day is None or day.isoformat() != text:
        raise ValueError(f"{text!r} is not a date; write YYYY-MM-DD")
    return text


class DateParts(Step):
    """NAME_PART of each date column, such as the year or the weekday; missing where the date is missing.

    Attributes:
        columns: Dates.
        parts: Of year, month, day, weekday (Monday is 0), day_of_year, week (ISO 8601), quarter, hour and days
            (since 1970-01-01).
        reference: A date YYYY-MM-DD; adds NAME_age_years, the years from the column's date to it.
    """

    columns: ColumnNames
    parts: Annotated[tuple[DatePart, ...], Field(strict=False, max_length=len(get_args(DatePart)))] = ()
    reference: Annotated[str, AfterValidator(_iso_date)] | None = None

    @model_validator(mode="after")
    def _makes_a_feature(self) -> Self:
        if not self.parts and self.reference is None:
            raise ValueError("date_parts makes nothing; list parts, or set reference")
        return self

    @classmethod
    def examples(cls) -> Sequence[Mapping[str, Any]]:
        parts = ["year", "month", "day", "weekday", "day_of_year", "week", "quarter", "days"]
        return [{"columns": ["day"], "parts": parts, "reference": "2020-01-21"}]

    def reads(self) -> Sequence[str]:
        return self.columns

    def reads_dates(self) -> Sequence[str]:
        return self.columns

    def makes(self) -> Sequence[str]:
        return [f"{column}_{part}" for column in self.columns for part in self._all_parts()]

    def transform(self, frame: pd.DataFrame) -> Numbers:
        """Numbers of shape (rows, columns x parts)."""
        features = [self._part(_dates(frame, column), part) for column in self.columns for part in self._all_parts()]
        return np.column_stack(features)

    def _all_parts(self) -> tuple[str, ...]:
        return self.parts if self.reference is None else (*self.parts, "age_years")

    def _part(self, dates: pd.Series, part: str) -> Numbers:
        if part == "age_years":
            return (float(np.datetime64(self.reference, "D").astype(np.int64)) - _days(dates)) / YEAR
        if part == "days":
            return _days(dates)
        if part == "week":
            values: pd.Series = dates.dt.isocalendar()["week"]
        else:
            values = getattr(dates.dt, "day_of_week" if part == "weekday" else part)
        return values.to_numpy(dtype=np.float64, na_value=np.nan)


def _dates(frame: pd.DataFrame, column: str) -> pd.Series:
    # a column of a few rows that are all missing may have lost its type
    return frame[column].astype("datetime64[s]")


def _days(dates: pd.Series) -> Numbers:
    days = dates.to_numpy(dtype="datetime64[D]")
    return np.where(np.isnat(days), np.nan, days.astype(np.int64).astype(np.float64))
