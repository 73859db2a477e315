"""Counts of values."""

from collections.abc import Mapping, Sequence
from typing import Any, Self

import numpy as np
import numpy.typing as npt
import pandas as pd
from pydantic import model_validator

from lockstep.features.arrays import Numbers
from lockstep.features.step import Step
from lockstep.features.step_settings import ColumnNames
from lockstep.features.values import (
    UNSEEN,
    Codes,
    Vocabulary,
    codes_of,
    is_missing,
    learn_vocabulary,
    size_of,
)


class Count(Step):
    """count_NAME: the number of other training rows with the row's value; 0 if unseen, missing if missing.

    A training row does not count itself, so a value that no other row has gets 0, like an unseen value of a new row.
    Where the split keeps groups together, it counts no row of its group: a new row's group has no training row. A split
    in time changes nothing: counts do not depend on the target, and those of new rows cover all training rows too.

    Attributes:
        columns: Columns of any type.
        together: Whether to count the combination of the columns instead of each.
        share: Whether to make share_NAME instead, the share of the (other) training rows, which does not depend on
            their number.
        distinct_of: Adds distinct_COLUMN_of_NAME, the number of distinct values of this column in those rows.
    """

    columns: ColumnNames
    together: bool = False
    share: bool = False
    distinct_of: str | None = None

    _vocabularies: list[Vocabulary]
    _counts: Codes
    _n_rows: int
    _distinct: Codes

    @model_validator(mode="after")
    def _fits_together(self) -> Self:
        if self.together and len(self.columns) < 2:
            raise ValueError("together needs two or more columns; add one, or remove together")
        if self.distinct_of in self.columns:
            raise ValueError(f"distinct_of: {self.distinct_of!r} is one of columns; name another column")
        return self

    @classmethod
    def examples(cls) -> Sequence[Mapping[str, Any]]:
        shares = {"together": True, "share": True, "distinct_of": "title"}
        return [
            {"columns": ["street", "title", "garden", "rooms"], "distinct_of": "kind"},
            {"columns": ["street", "garden", "kind"], **shares},
        ]

    def reads(self) -> Sequence[str]:
        return (*self.columns, self.distinct_of) if self.distinct_of else self.columns

    def reads_text(self) -> Sequence[str]:
        return self.reads()

    def makes(self) -> Sequence[str]:
        names = ["_".join(group) for group in self._groups()]
        counts = [f"{'share' if self.share else 'count'}_{name}" for name in names]
        return counts + [f"distinct_{self.distinct_of}_of_{name}" for name in names if self.distinct_of]

    def fit(self, frame: pd.DataFrame, y: Numbers | None = None) -> Self:
        """Count the values of training rows."""
        self.fit_transform(frame, y)
        return self

    def fit_transform(self, frame: pd.DataFrame, y: Numbers | None = None) -> Numbers:
        """Count the values of training rows; a row's features exclude the row itself, and the rows of its group."""
        self._n_rows, groups = len(frame), self.cross_fitting.groups(frame)
        self._vocabularies = [learn_vocabulary(frame, group) for group in self._groups()]
        codes = [codes_of(frame, vocabulary) for vocabulary in self._vocabularies]
        counts = [
            _counts_of(code, size_of(vocabulary)) for code, vocabulary in zip(codes, self._vocabularies, strict=True)
        ]
        self._counts = np.concatenate(counts)
        n_others = len(frame) - np.bincount(groups)[groups]
        other_rows = [count[code] - _n_alike(code, groups) for count, code in zip(counts, codes, strict=True)]
        features = [self._scaled(count_of_others, n_others) for count_of_others in other_rows]
        self._distinct = np.empty(0, dtype=np.int64)
        if self.distinct_of:
            features += self._learn_distinct(frame, self.distinct_of, codes, groups)
        return self._without_missing(frame, features)

    def transform(self, frame: pd.DataFrame) -> Numbers:
        """Numbers of shape (rows, features): counts (or shares) first, then the distinct values."""
        codes = [codes_of(frame, vocabulary) for vocabulary in self._vocabularies]
        features = [self._scaled(values, self._n_rows) for values in self._values_of(self._counts, codes)]
        if self.distinct_of:
            features += [values.astype(np.float64) for values in self._values_of(self._distinct, codes)]
        return self._without_missing(frame, features)

    def _groups(self) -> list[tuple[str, ...]]:
        return [tuple(self.columns)] if self.together else [(column,) for column in self.columns]

    def _scaled(self, counts: Codes, rows: int | Codes) -> Numbers:
        return counts / np.maximum(rows, 1) if self.share else counts.astype(np.float64)

    def _learn_distinct(self, frame: pd.DataFrame, column: str, codes: list[Codes], groups: Codes) -> list[Numbers]:
        """Learn the distinct values per code; returns those of the rows of other groups for each training row."""
        values = codes_of(frame, learn_vocabulary(frame, [column]))
        present = ~is_missing(frame, [column])
        learned, features = [], []
        for code, vocabulary in zip(codes, self._vocabularies, strict=True):
            _, first_rows, pair = np.unique(code * (len(frame) + 1) + values, return_index=True, return_inverse=True)
            first = np.zeros(len(frame), dtype=bool)
            first[first_rows] = True
            distinct = _counts_of(code[first & present], size_of(vocabulary))
            learned.append(distinct)
            features.append((distinct[code] - _n_own_values(code, pair, groups, present)).astype(np.float64))
        self._distinct = np.concatenate(learned)
        return features

    def _values_of(self, learned: Codes, codes: list[Codes]) -> list[Codes]:
        sizes = [size_of(vocabulary) for vocabulary in self._vocabularies]
        parts = np.split(learned, np.cumsum(sizes)[:-1])
        return [np.where(code == UNSEEN, 0, part[code]) for part, code in zip(parts, codes, strict=True)]

    def _without_missing(self, frame: pd.DataFrame, features: list[Numbers]) -> Numbers:
        missing = np.column_stack([is_missing(frame, group) for group in self._groups()])
        return np.where(np.tile(missing, 2 if self.distinct_of else 1), np.nan, np.column_stack(features))


def _n_alike(codes: Codes, groups: Codes) -> Codes:
    """Of each row the number of rows of its group that have its code, itself included."""
    _, both, counts = np.unique(_combined(codes, groups), return_inverse=True, return_counts=True)
    return counts[both].astype(np.int64)


def _n_own_values(codes: Codes, pairs: Codes, groups: Codes, present: npt.NDArray[np.bool_]) -> Codes:
    """Of each row the number of values that the rows with its code have in its group alone.

    Args:
        codes: The rows' codes.
        pairs: Numbers of the combinations of a code and a value.
        groups: The rows' groups.
        present: Which rows have a value.
    """
    _, first_rows = np.unique(_combined(pairs, groups), return_index=True)
    n_groups = np.bincount(pairs[first_rows])
    own = first_rows[(n_groups[pairs[first_rows]] == 1) & present[first_rows]]
    both = np.unique(_combined(codes, groups), return_inverse=True)[1]
    return np.bincount(both[own], minlength=int(both.max(initial=-1)) + 1)[both].astype(np.int64)


def _combined(first: Codes, second: Codes) -> Codes:
    return first * (int(second.max(initial=0)) + 1) + second


def _counts_of(codes: Codes, size: int) -> Codes:
    return np.bincount(codes, minlength=size).astype(np.int64)
