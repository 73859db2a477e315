"""Numbers compared with the other rows of their group."""

from collections.abc import Mapping, Sequence
from typing import Annotated, Any, ClassVar, Literal, Self, get_args

import numpy as np
import pandas as pd
from pydantic import AfterValidator, Field, model_validator

from lockstep.features.arrays import Numbers, numbers
from lockstep.features.moments import Moments, Ranks, moments_of
from lockstep.features.step import Step
from lockstep.features.step_settings import ColumnNames
from lockstep.features.values import UNSEEN, Codes, Vocabulary, codes_of, learn_vocabulary, size_of
from lockstep.guards.text.messages import repeated
from lockstep.table.cross_fitting import CrossFitting

# Folds of the cross-fitting where the split keeps groups together.
FOLDS = 5

Statistic = Literal["mean", "spread", "deviation", "ratio", "rank", "count"]


def _distinct(statistics: tuple[Statistic, ...]) -> tuple[Statistic, ...]:
    if duplicates := repeated(statistics):
        raise ValueError(f"{duplicates[0]!r} occurs twice; remove one")
    return statistics


class GroupStatistics(Step):
    """STATISTIC_COLUMN_by_NAME: statistics of numbers over the training rows with the row's value of other columns.

    The target is not used. The rows with the same values of `by` are a group; a missing value counts as a value. A
    group with fewer than `min_rows` training rows with a number, and an unseen one, has the statistics of all rows. A
    missing number is in no statistic, and its row has no deviation, ratio and rank. All rows count the same, whatever
    their weights.

    A training row counts in its own group: without it a group's mean would differ from row to row and tell each row's
    number, which no new row's mean does. Where the split keeps groups together, a training row's features come from the
    other folds of whole groups, since a new row's group has no training row.

    Attributes:
        columns: Numbers.
        by: Columns of any type, whose values together make the groups.
        statistics: Of mean; spread, the standard deviation (n - 1); deviation, the row's number minus the mean; ratio,
            the number divided by the mean, missing where that is 0; rank, the share of the group's rows whose number
            is smaller; count, the number of the group's rows with a number, of however small a group.
        min_rows: The fewest rows of a group that has statistics of its own.
    """

    columns: ColumnNames
    by: ColumnNames
    statistics: Annotated[
        tuple[Statistic, ...],
        Field(strict=False, min_length=1, max_length=len(get_args(Statistic))),
        AfterValidator(_distinct),
    ] = ("mean", "deviation")
    min_rows: Annotated[int, Field(ge=1)] = 5

    _vocabulary: Vocabulary
    _n: Codes
    _means: Numbers
    _squares: Numbers
    _values: Numbers
    _ranks: list[Ranks]
    DERIVED: ClassVar[tuple[str, ...]] = ("_ranks",)

    @model_validator(mode="after")
    def _fits_together(self) -> Self:
        if both := [column for column in self.columns if column in self.by]:
            raise ValueError(f"by: {both[0]!r} is one of columns; name another column")
        return self

    @classmethod
    def examples(cls) -> Sequence[Mapping[str, Any]]:
        return [
            {"columns": ["rooms", "area"], "by": ["kind"], "statistics": list(get_args(Statistic))},
            {"columns": ["change"], "by": ["street", "garden"], "statistics": ["mean", "rank"], "min_rows": 2},
        ]

    def reads(self) -> Sequence[str]:
        return (*self.columns, *self.by)

    def reads_numbers(self) -> Sequence[str]:
        return self.columns

    def reads_text(self) -> Sequence[str]:
        return self.by

    def makes(self) -> Sequence[str]:
        by = "_".join(self.by)
        return [f"{statistic}_{column}_by_{by}" for column in self.columns for statistic in self.statistics]

    def fit(self, frame: pd.DataFrame, y: Numbers | None = None) -> Self:
        """Learn the moments of each group and, for ranks, its values; those of all rows are the last group's."""
        self._vocabulary = learn_vocabulary(frame, self.by)
        codes, size = codes_of(frame, self._vocabulary), size_of(self._vocabulary)
        moments, values = list[Moments](), list[Numbers]()
        for column in self.columns:
            number = numbers(frame, column)
            groups, whole = moments_of(number, codes, size), moments_of(number, np.zeros_like(codes), 1)
            moments.append(Moments(*(np.append(one, other) for one, other in zip(groups, whole, strict=True))))
            # in the order of groups, so that their counts say whose a value is
            order = np.lexsort((number, codes))
            values.append(number[order][~np.isnan(number[order])])
        self._n, self._means, self._squares = (np.array(part) for part in zip(*moments, strict=True))
        self._values = np.concatenate(values) if "rank" in self.statistics else np.empty(0)
        self.derive()
        return self

    def derive(self) -> None:
        """Index the values for ranks, those of all rows as a group of their own."""
        self._ranks = []
        if "rank" in self.statistics:
            size = self._n.shape[1] - 1
            for n, values in zip(self._n, np.split(self._values, np.cumsum(self._n[:-1, -1])), strict=True):
                codes = np.concatenate([np.repeat(np.arange(size), n[:-1]), np.full(len(values), size)])
                self._ranks.append(Ranks(np.tile(values, 2), codes, size + 1))

    def fit_transform(self, frame: pd.DataFrame, y: Numbers | None = None) -> Numbers:
        """Learn from training rows and return their features, where rows are grouped from other folds."""
        group = self.cross_fitting.group
        if group is None:
            return self.fit(frame).transform(frame)
        features = np.full((len(frame), len(self.names())), np.nan)
        # whatever the order in time: the target is not used, and a new row's statistics are of all training rows
        for others, own in CrossFitting(group=group).pairs(frame, FOLDS, self.seed):
            features[own] = self.fit(frame.iloc[others]).transform(frame.iloc[own])
        self.fit(frame)
        return features

    def transform(self, frame: pd.DataFrame) -> Numbers:
        """Numbers of shape (rows, columns x statistics)."""
        codes, whole = codes_of(frame, self._vocabulary), self._n.shape[1] - 1
        features = list[Numbers]()
        for number, column in enumerate(self.columns):
            n = np.where(codes == UNSEEN, 0, self._n[number][codes])
            used = np.where(n < self.min_rows, whole, codes)
            features += self._statistics(number, numbers(frame, column), used, n)
        return np.column_stack(features)

    def _statistics(self, number: int, values: Numbers, codes: Codes, n: Codes) -> list[Numbers]:
        """The features of one column.

        Args:
            number: Of the column.
            values: Its values, shape (rows,).
            codes: The groups whose statistics the rows have, shape (rows,).
            n: The numbers of rows of their own groups, shape (rows,).
        """
        moments = Moments(self._n[number], self._means[number], self._squares[number])
        seen = moments.n[codes] > 0
        mean = np.where(seen, moments.mean[codes], np.nan)
        ratio, rank = np.full(len(values), np.nan), np.full(len(values), np.nan)
        np.divide(values, mean, out=ratio, where=mean != 0)
        if self._ranks:
            below = self._ranks[number].below(values, codes)
            np.divide(below, moments.n[codes], out=rank, where=seen & ~np.isnan(values))
        features: dict[Statistic, Numbers] = {
            "mean": mean,
            "spread": moments.deviations()[codes],
            "deviation": values - mean,
            "ratio": ratio,
            "rank": rank,
            "count": n.astype(np.float64),
        }
        return [features[statistic] for statistic in self.statistics]
