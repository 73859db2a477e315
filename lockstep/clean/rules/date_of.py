"""The rule date_of."""

from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import Any, Self

import numpy as np
import numpy.typing as npt
import pandas as pd
from pydantic import model_validator

from lockstep.clean.rule import AddColumns
from lockstep.guards.text.messages import repeated

Whole = npt.NDArray[np.int64]

PARTS = ("year", "month", "day", "hour", "minute")
MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
# The first and the last value of each part; 24 o'clock is the end of a day. A first part is the default, too.
RANGES = {"year": (1, 9999), "month": (1, 12), "day": (1, 31), "hour": (0, 24), "minute": (0, 59)}


class AddDateOf(AddColumns):
    """Add a column `name` = the date of which other columns hold the year, month, day, hour and minute.

    Missing where a part is missing or there is no such date (30 February). Parts that are not named are the first ones:
    day 1, 0 o'clock.

    Attributes:
        name: Name of the new column.
        year: A number with four digits, such as 2021.
        month: A number, or English names of months, of which the first three letters count.
        day: The day of the month.
        hour: A number from 0 to 24.
        minute: A number from 0 to 59.
    """

    name: str
    year: str
    month: str
    day: str | None = None
    hour: str | None = None
    minute: str | None = None

    @classmethod
    def examples(cls) -> Sequence[Mapping[str, Any]]:
        return [
            {"name": "begun", "year": "area", "month": "floors"},
            {"name": "begun", "year": "area", "month": "kind", "day": "rooms", "hour": "floors", "minute": "change"},
        ]

    @model_validator(mode="after")
    def _from_the_largest_part(self) -> Self:
        columns = [getattr(self, part) for part in PARTS]
        for (larger, given), (part, column) in pairwise(zip(PARTS, columns, strict=True)):
            if column is not None and given is None:
                raise ValueError(f"{part} names a column but {larger} none; name the column of the {larger}, too")
        if twice := repeated([column for column in columns if column is not None]):
            raise ValueError(f"the column {twice[0]!r} is named twice; name one column per part")
        return self

    def reads(self) -> Sequence[str]:
        return list(self._columns().values())

    def reads_numbers(self) -> Sequence[str]:
        return [column for part, column in self._columns().items() if part != "month"]

    def makes(self) -> Mapping[str, str]:
        return {self.name: "date"}

    def compute(self, frame: pd.DataFrame) -> Mapping[str, pd.Series]:
        parts = dict.fromkeys(PARTS, np.zeros(0, dtype=np.int64))
        valid = np.ones(len(frame), dtype=np.bool_)
        for part, (first, last) in RANGES.items():
            column = self._columns().get(part)
            numbers = np.full(len(frame), float(first)) if column is None else _numbers(frame[column])
            valid &= (numbers >= first) & (numbers <= last) & (numbers == np.floor(numbers))
            parts[part] = np.where(valid, numbers, first).astype(np.int64)
        month = (parts["year"] - 1970).astype("datetime64[Y]").astype("datetime64[M]") + (parts["month"] - 1)
        day = month.astype("datetime64[D]") + (parts["day"] - 1)
        valid &= day.astype("datetime64[M]") == month
        moments = day.astype("datetime64[s]") + 3600 * parts["hour"] + 60 * parts["minute"]
        moments[~valid] = np.datetime64("NaT")
        return {self.name: pd.Series(moments, index=frame.index)}

    def _columns(self) -> dict[str, str]:
        """The named columns by the part they hold."""
        return {part: column for part in PARTS if (column := getattr(self, part)) is not None}


def _numbers(values: pd.Series) -> npt.NDArray[np.float64]:
    """A part as numbers, months by their names; NaN where missing or of no meaning."""
    if pd.api.types.is_numeric_dtype(values):
        return np.asarray(values.to_numpy(dtype=np.float64, na_value=np.nan), dtype=np.float64)
    names = values.astype("str").str.strip().str.lower().str[:3]
    named = names.map({name: float(number + 1) for number, name in enumerate(MONTHS)})
    return np.asarray(named.fillna(pd.to_numeric(values.astype("str"), errors="coerce")), dtype=np.float64)
