"""Parts of dates."""

import numpy as np
import numpy.typing as npt
import pandas as pd

from lockstep.features.base import Numbers, Transformer

# Mean Gregorian year in days.
YEAR = 365.2425


class DateParts(Transformer):
    """NAME_PART of each date column, NaN where the date is missing. Learns nothing.

    Args:
        columns: Dates.
        parts: Of year, month, day, weekday (Monday is 0), day_of_year, week (ISO 8601), quarter, hour and days
            (since 1970-01-01).
        reference: A date YYYY-MM-DD; adds NAME_age_years, the years from the column's date to it.
    """

    def __init__(self, columns: tuple[str, ...], parts: tuple[str, ...] = (), reference: str | None = None) -> None:
        self.columns = columns
        self.parts = parts
        self.reference = reference

    def transform(self, frame: pd.DataFrame) -> Numbers:
        """Numbers of shape (rows, columns x parts)."""
        features = [self._part(_dates(frame, column), part) for column in self.columns for part in self._all_parts()]
        return np.column_stack(features)

    def get_feature_names_out(self, input_features: object = None) -> npt.NDArray[np.object_]:
        """NAME_PART, column by column."""
        names = [f"{column}_{part}" for column in self.columns for part in self._all_parts()]
        return np.array(names, dtype=object)

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
