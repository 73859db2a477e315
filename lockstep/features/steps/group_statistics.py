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

Statistic = Literal["mean", "spread", "deviation", "ratio", "rank", "count"]


def _distinct(statistics: tuple[Statistic, ...]) -> tuple[Statistic, ...]:
    if duplicates := repeated(statistics):
        raise ValueError(f"{duplicates[0]!r} occurs twice; remove one")
    return statistics


class GroupStatistics(Step):
    """STATISTIC_COLUMN_by_NAME: statistics of numbers over the training rows with the row's value of other columns.

    The target is not used. The rows with the same values of `by` are a group; a missing value counts as a value. A
    training row is compared with the other rows of its group alone, as a new row is compared with rows that do not
    include it; where the split keeps groups together, no row of its own counts. A group with fewer than `min_rows`
    such rows with a number, and an unseen one, has the statistics of all rows. A missing number is in no statistic,
    and its row has no deviation, ratio and rank. All rows count the same, whatever their weights.

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
        """Learn from training rows; a row's features exclude the row itself, and all rows of its group in the split."""
        self.fit(frame, y)
        codes, kept_together = codes_of(frame, self._vocabulary), self.cross_fitting.groups(frame)
        return self._features(frame, codes, kept_together)

    def transform(self, frame: pd.DataFrame) -> Numbers:
        """Numbers of shape (rows, columns x statistics)."""
        return self._features(frame, codes_of(frame, self._vocabulary), None)

    def _features(self, frame: pd.DataFrame, codes: Codes, kept_together: Codes | None) -> Numbers:
        whole = np.full_like(codes, self._n.shape[1] - 1)
        # parts of all rows and of groups that a training row must not see
        own_part = None if kept_together is None else _numbered(kept_together)
        own_part_of_group = None if kept_together is None else _numbered(_combined(codes, kept_together))
        features = list[Numbers]()
        for number in range(len(self.columns)):
            values = numbers(frame, self.columns[number])
            of_group, below = self._seen(number, values, np.where(codes == UNSEEN, whole, codes), own_part_of_group)
            of_all, below_in_all = self._seen(number, values, whole, own_part)
            rare = (codes == UNSEEN) | (of_group.n < self.min_rows)
            n = np.where(codes == UNSEEN, 0, of_group.n)
            used = Moments(*(np.where(rare, one, other) for one, other in zip(of_all, of_group, strict=True)))
            features += self._statistics(values, used, np.where(rare, below_in_all, below), n)
        return np.column_stack(features)

    def _seen(self, number: int, values: Numbers, codes: Codes, part: Codes | None) -> tuple[Moments, Codes]:
        """Moments of the rows' groups without each row's part of its group, and how many of their values are smaller.

        Args:
            number: Of the column.
            values: Its values, shape (rows,).
            codes: Groups of the rows, shape (rows,).
            part: Numbers of the rows' parts of the groups, shape (rows,); None: nothing is left out.
        """
        moments = Moments(self._n[number], self._means[number], self._squares[number]).at(codes)
        below = self._ranks[number].below(values, codes) if self._ranks else np.zeros_like(codes)
        if part is None:
            return moments, below
        size = int(part.max(initial=-1)) + 1
        if self._ranks:
            present = ~np.isnan(values)
            below = below - Ranks(values[present], part[present], size).below(values, part)
        return moments.without(moments_of(values, part, size).at(part)), below

    def _statistics(self, values: Numbers, seen: Moments, below: Codes, n: Codes) -> list[Numbers]:
        known = np.where(seen.n > 0, seen.mean, np.nan)
        ratio, rank = np.full(len(values), np.nan), np.full(len(values), np.nan)
        np.divide(values, known, out=ratio, where=known != 0)
        np.divide(below, seen.n, out=rank, where=(seen.n > 0) & ~np.isnan(values))
        features: dict[Statistic, Numbers] = {
            "mean": known,
            "spread": seen.deviations(),
            "deviation": values - known,
            "ratio": ratio,
            "rank": rank,
            "count": n.astype(np.float64),
        }
        return [features[statistic] for statistic in self.statistics]


def _numbered(codes: Codes) -> Codes:
    """The codes as 0 .. number of different codes - 1."""
    return np.asarray(np.unique(codes, return_inverse=True)[1], dtype=np.int64).reshape(-1)


def _combined(first: Codes, second: Codes) -> Codes:
    return first * (int(second.max(initial=0)) + 1) + second
