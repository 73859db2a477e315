"""How common a value is."""

from typing import ClassVar, Self

import numpy as np
import numpy.typing as npt
import pandas as pd

from lockstep.features.base import Numbers, Transformer
from lockstep.features.values import (
    UNSEEN,
    Codes,
    Vocabulary,
    codes_of,
    is_missing,
    learn_vocabulary,
    size_of,
)


class Count(Transformer):
    """count_NAME: how many other training rows have a row's value; unseen 0, missing NaN.

    A training row does not count itself, so that a value of its own has 0, as an unseen value of a new row has.

    Args:
        columns: Columns of any type.
        together: Whether to count the combination of the columns instead of each.
        share: Whether to give share_NAME instead, the share of the (other) training rows.
        distinct_of: Adds distinct_COLUMN_of_NAME, how many different values of this column those rows have.
    """

    LEARNED: ClassVar[tuple[str, ...]] = ("vocabularies_", "counts_", "n_rows_", "distinct_")

    def __init__(
        self,
        columns: tuple[str, ...],
        together: bool = False,
        share: bool = False,
        distinct_of: str | None = None,
    ) -> None:
        self.columns = columns
        self.together = together
        self.share = share
        self.distinct_of = distinct_of

    def fit(self, frame: pd.DataFrame, y: Numbers | None = None) -> Self:
        """Count the values of training rows."""
        self.fit_transform(frame, y)
        return self

    def fit_transform(self, frame: pd.DataFrame, y: Numbers | None = None, **_: object) -> Numbers:
        """Count the values of training rows; a row's features leave the row itself out."""
        self.n_rows_ = len(frame)
        self.vocabularies_: list[Vocabulary] = [learn_vocabulary(frame, group) for group in self._groups()]
        codes = [codes_of(frame, vocabulary) for vocabulary in self.vocabularies_]
        counts = [_counted(each, size_of(known)) for each, known in zip(codes, self.vocabularies_, strict=True)]
        self.counts_: Codes = np.concatenate(counts)
        own = [count[code] - 1 for count, code in zip(counts, codes, strict=True)]
        made = [self._scaled(others, len(frame) - 1) for others in own]
        self.distinct_: Codes = np.empty(0, dtype=np.int64)
        if self.distinct_of:
            made += self._learn_distinct(frame, self.distinct_of, codes)
        return self._without_missing(frame, made)

    def transform(self, frame: pd.DataFrame) -> Numbers:
        """Numbers of shape (rows, features)."""
        codes = [codes_of(frame, vocabulary) for vocabulary in self.vocabularies_]
        made = [self._scaled(found, self.n_rows_) for found in self._looked_up(self.counts_, codes)]
        if self.distinct_of:
            made += [found.astype(np.float64) for found in self._looked_up(self.distinct_, codes)]
        return self._without_missing(frame, made)

    def get_feature_names_out(self, input_features: object = None) -> npt.NDArray[np.object_]:
        """Counts (or shares) first, then the distinct values."""
        names = ["_".join(group) for group in self._groups()]
        counts = [f"{'share' if self.share else 'count'}_{name}" for name in names]
        distinct = [f"distinct_{self.distinct_of}_of_{name}" for name in names if self.distinct_of]
        return np.array(counts + distinct, dtype=object)

    def _groups(self) -> list[tuple[str, ...]]:
        return [tuple(self.columns)] if self.together else [(column,) for column in self.columns]

    def _scaled(self, counts: Codes, rows: int) -> Numbers:
        return counts / max(rows, 1) if self.share else counts.astype(np.float64)

    def _learn_distinct(self, frame: pd.DataFrame, column: str, codes: list[Codes]) -> list[Numbers]:
        """Distinct values per code, and those of each training row's others."""
        other = codes_of(frame, learn_vocabulary(frame, [column]))
        present = ~is_missing(frame, [column])
        learned, made = [], []
        for code, vocabulary in zip(codes, self.vocabularies_, strict=True):
            _, pair, members = np.unique(code * (len(frame) + 1) + other, return_inverse=True, return_counts=True)
            first = np.zeros(len(frame), dtype=bool)
            first[np.unique(pair, return_index=True)[1]] = True
            distinct = _counted(code[first & present], size_of(vocabulary))
            learned.append(distinct)
            made.append((distinct[code] - ((members[pair] == 1) & present)).astype(np.float64))
        self.distinct_ = np.concatenate(learned)
        return made

    def _looked_up(self, learned: Codes, codes: list[Codes]) -> list[Codes]:
        sizes = [size_of(vocabulary) for vocabulary in self.vocabularies_]
        parts = np.split(learned, np.cumsum(sizes)[:-1])
        return [np.where(code == UNSEEN, 0, part[code]) for part, code in zip(parts, codes, strict=True)]

    def _without_missing(self, frame: pd.DataFrame, made: list[Numbers]) -> Numbers:
        missing = np.column_stack([is_missing(frame, group) for group in self._groups()])
        return np.where(np.tile(missing, 2 if self.distinct_of else 1), np.nan, np.column_stack(made))


def _counted(codes: Codes, size: int) -> Codes:
    return np.bincount(codes, minlength=size).astype(np.int64)
