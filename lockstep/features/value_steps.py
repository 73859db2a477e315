"""Steps that use the values of dates, texts and categories."""

import datetime
from collections.abc import Sequence
from typing import Annotated, Literal, Self, get_args

from pydantic import AfterValidator, BeforeValidator, Field, model_validator

from lockstep.features.step_base import AnyColumns, BaseStep, Columns, Combination, Folds

DatePart = Literal["year", "month", "day", "weekday", "day_of_year", "week", "quarter", "hour", "days"]


def _iso_date(text: str) -> str:
    try:
        day = datetime.date.fromisoformat(text)
    except ValueError:
        day = None
    if day is None or day.isoformat() != text:
        raise ValueError(f"{text!r} is not a date; write YYYY-MM-DD")
    return text


class DatePartsStep(BaseStep):
    """Add NAME_PART for each date column and part; `reference` adds NAME_age_years, the years from the date to it."""

    step: Literal["date_parts"]
    columns: Columns
    parts: Annotated[tuple[DatePart, ...], Field(strict=False, max_length=len(get_args(DatePart)))] = ()
    reference: Annotated[str, AfterValidator(_iso_date)] | None = None

    @model_validator(mode="after")
    def _makes_a_feature(self) -> Self:
        if not self.parts and self.reference is None:
            raise ValueError("date_parts makes nothing; list parts, or set reference")
        return self

    def reads(self) -> Sequence[str]:
        return self.columns

    def reads_dates(self) -> Sequence[str]:
        return self.columns

    def makes(self) -> Sequence[str]:
        parts = [*self.parts, "age_years"] if self.reference else self.parts
        return [f"{column}_{part}" for column in self.columns for part in parts]


class TextStep(BaseStep):
    """Add NAME_n_characters and NAME_n_words of each text."""

    step: Literal["text"]
    columns: Columns

    def reads(self) -> Sequence[str]:
        return self.columns

    def reads_text(self) -> Sequence[str]:
        return self.columns

    def reads_words(self) -> Sequence[str]:
        return self.columns

    def makes(self) -> Sequence[str]:
        return [f"{column}_{measure}" for column in self.columns for measure in ("n_characters", "n_words")]


class CountStep(BaseStep):
    """Add count_NAME: the number of other training rows with the row's value.

    `together` counts the columns' combination; `share` makes share_NAME instead, the share of the training rows, which
    does not depend on their number; `distinct_of` adds distinct_COLUMN_of_NAME: the number of distinct values of COLUMN
    in these rows.
    """

    step: Literal["count"]
    columns: Columns
    together: bool = False
    share: bool = False
    distinct_of: str | None = None

    @model_validator(mode="after")
    def _fits_together(self) -> Self:
        if self.together and len(self.columns) < 2:
            raise ValueError("together needs two or more columns; add one, or remove together")
        if self.distinct_of in self.columns:
            raise ValueError(f"distinct_of: {self.distinct_of!r} is one of columns; name another column")
        return self

    def reads(self) -> Sequence[str]:
        return (*self.columns, self.distinct_of) if self.distinct_of else self.columns

    def reads_text(self) -> Sequence[str]:
        return self.reads()

    def makes(self) -> Sequence[str]:
        names = ["_".join(self.columns)] if self.together else self.columns
        measure = "share" if self.share else "count"
        counts = [f"{measure}_{name}" for name in names]
        return counts + [f"distinct_{self.distinct_of}_of_{name}" for name in names if self.distinct_of]


def _auto_or_rows(smooth: object) -> object:
    is_rows = isinstance(smooth, int | float) and not isinstance(smooth, bool) and smooth >= 0
    if smooth != "auto" and not is_rows:
        raise ValueError(f"{smooth!r} is neither auto nor a number of rows; write auto, or 0 or more")
    return smooth


class TargetEncodeStep(BaseStep):
    """Add target_NAME: the smoothed mean of the target over the rows with a value; cross-fitted for training rows.

    `together` lists combinations of columns to encode; `smooth` is scikit-learn's (auto: empirical Bayes; a number:
    the weight of the overall mean, in rows); `spread` adds target_spread_NAME, the standard deviation.
    """

    step: Literal["target_encode"]
    columns: AnyColumns = ()
    together: Annotated[tuple[Combination, ...], Field(strict=False)] = ()
    smooth: Annotated[str | float, BeforeValidator(_auto_or_rows)] = "auto"
    folds: Folds = 5
    spread: bool = False

    @model_validator(mode="after")
    def _makes_a_feature(self) -> Self:
        if not self.columns and not self.together:
            raise ValueError("target_encode makes nothing; list columns, or combinations under together")
        return self

    def reads(self) -> Sequence[str]:
        return tuple(dict.fromkeys([*self.columns, *(column for group in self.together for column in group)]))

    def reads_text(self) -> Sequence[str]:
        return self.reads()

    def makes(self) -> Sequence[str]:
        names = [*self.columns, *("_".join(group) for group in self.together)]
        measures = ["target", "target_spread"] if self.spread else ["target"]
        return [f"{measure}_{name}" for measure in measures for name in names]


class MultiValueStep(BaseStep):
    """Split texts such as `rock;pop` into parts.

    `top` adds an indicator for each of the most frequent parts, `count` NAME_n_parts, `encode` NAME_target: the mean
    over the row's parts of the target's mean, in which the overall mean has the weight of `smooth` rows.
    """

    step: Literal["multi_value"]
    column: str
    separator: Annotated[str, Field(min_length=1)]
    top: Annotated[int, Field(ge=0, le=10_000)] = 0
    count: bool = False
    encode: bool = False
    smooth: Annotated[float, Field(gt=0)] = 10.0
    folds: Folds = 5

    @model_validator(mode="after")
    def _makes_a_feature(self) -> Self:
        if not (self.top or self.count or self.encode):
            raise ValueError("multi_value makes nothing; set top, count or encode")
        return self

    def reads(self) -> Sequence[str]:
        return (self.column,)

    def reads_text(self) -> Sequence[str]:
        return self.reads()

    def reads_words(self) -> Sequence[str]:
        return self.reads()

    def makes(self) -> Sequence[str]:
        return [f"{self.column}_n_parts"] * self.count + [f"{self.column}_target"] * self.encode
