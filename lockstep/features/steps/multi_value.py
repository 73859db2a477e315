"""Texts that contain several values, such as `rock;pop`."""

from collections.abc import Mapping, Sequence
from typing import Annotated, Any, NamedTuple, Self

import numpy as np
import numpy.typing as npt
import pandas as pd
from pydantic import Field, model_validator

from lockstep.features.arrays import Numbers
from lockstep.features.step import Step
from lockstep.features.step_settings import Folds
from lockstep.features.targets import target_columns, target_names
from lockstep.features.values import UNSEEN, Codes, is_missing, names_of_values, text_values


class MultiValue(Step):
    """Features of the parts of a text such as `rock;pop`; missing where the text is missing.

    Parts are stripped of white space; empty parts and repetitions within a row are ignored.

    Attributes:
        column: The text.
        separator: The text between parts.
        top: Adds NAME_is_PART, 1 or 0, for this many of the most frequent parts (ties in alphabetical order). If there
            are fewer parts, the last columns are 0: the number of columns must not depend on the rows.
        count: Whether to add NAME_n_parts.
        encode: Whether to add NAME_target: the mean over the row's parts of the mean target of the rows with that part,
            cross-fitted for training rows. Unseen parts and rows without parts get the overall mean. Where rows have
            weights, the means are weighted; with exposures they are rates.
        smooth: Weight of the overall mean in a part's mean, in rows of average weight.
        folds: Folds of the cross-fitting.
    """

    column: str
    separator: Annotated[str, Field(min_length=1)]
    top: Annotated[int, Field(ge=0, le=10_000)] = 0
    count: bool = False
    encode: bool = False
    smooth: Annotated[float, Field(gt=0)] = 10.0
    folds: Folds = 5

    _parts: list[str]
    _top: list[int]
    _means: Numbers

    @model_validator(mode="after")
    def _makes_a_feature(self) -> Self:
        if not (self.top or self.count or self.encode):
            raise ValueError("multi_value makes nothing; set top, count or encode")
        return self

    @classmethod
    def examples(cls) -> Sequence[Mapping[str, Any]]:
        return [
            {"column": "tags", "separator": ";", "top": 4, "count": True, "encode": True},
            {"column": "title", "separator": " ", "top": 100},
        ]

    def reads(self) -> Sequence[str]:
        return (self.column,)

    def reads_text(self) -> Sequence[str]:
        return self.reads()

    def reads_words(self) -> Sequence[str]:
        return self.reads()

    def makes(self) -> Sequence[str]:
        return [f"{self.column}_n_parts"] * self.count + [f"{self.column}_target"] * self.encode

    @property
    def all_names_known(self) -> bool:
        """The parts are known only after fitting."""
        return not self.top

    def fit(self, frame: pd.DataFrame, y: Numbers | None = None) -> Self:
        """Learn the parts, their frequencies and their mean targets.

        Raises:
            DataError: if the column does not contain text.
        """
        rows = [_parts_of(text, self.separator) for text in text_values(frame, self.column, "multi_value")]
        self._parts = sorted({part for row in rows for part in row})
        entries = self._entries(frame)
        n_rows = np.bincount(entries.parts, minlength=len(self._parts))
        self._top = np.argsort(-n_rows, kind="stable")[: self.top].tolist()
        self._means = np.empty((0, 0))
        if self.encode:
            all_rows, weights = np.ones(len(frame), dtype=bool), self.row_weights(frame)
            self._means = self._part_means(entries, target_columns(y, self.n_classes), weights, all_rows)
        return self

    def fit_transform(self, frame: pd.DataFrame, y: Numbers | None = None) -> Numbers:
        """Learn from all training rows; NAME_target of a training row comes from the other folds."""
        self.fit(frame, y)
        entries = self._entries(frame)
        features = self._counts(frame, entries)
        if self.encode:
            target, weights = target_columns(y, self.n_classes), self.row_weights(frame)
            encoded = np.full(target.shape, np.nan)
            for others, own in self.inner_folds(frame, self.folds):
                learners = np.zeros(len(frame), dtype=bool)
                learners[others] = True
                means = self._part_means(entries, target, weights, learners)
                encoded[own] = _row_means(entries, means, len(frame))[own]
            features = np.hstack([features, encoded])
        return self._without_missing(frame, features)

    def transform(self, frame: pd.DataFrame) -> Numbers:
        """Numbers of shape (rows, features).

        Raises:
            DataError: if the column does not contain text.
        """
        entries = self._entries(frame)
        features = self._counts(frame, entries)
        if self.encode:
            features = np.hstack([features, _row_means(entries, self._means, len(frame))])
        return self._without_missing(frame, features)

    def names(self) -> list[str]:
        """Indicators, number of parts, target, once fitted. Characters that XGBoost refuses are replaced by _."""
        names = names_of_values(f"{self.column}_is_", [self._parts[part] for part in self._top], self.top)
        names += [f"{self.column}_n_parts"] * self.count
        return names + target_names([f"{self.column}_target"] * self.encode, self.n_classes)

    def _entries(self, frame: pd.DataFrame) -> "_Entries":
        code = {part: number for number, part in enumerate(self._parts)}
        parts_of_rows = [_parts_of(text, self.separator) for text in text_values(frame, self.column, "multi_value")]
        rows = np.repeat(np.arange(len(parts_of_rows)), [len(parts) for parts in parts_of_rows])
        parts = [code.get(part, UNSEEN) for parts in parts_of_rows for part in parts]
        return _Entries(rows, np.array(parts, dtype=np.int64))

    def _counts(self, frame: pd.DataFrame, entries: "_Entries") -> Numbers:
        """Indicators and number of parts."""
        counts = np.zeros((len(frame), self.top + self.count))
        position = np.full(len(self._parts) + 1, UNSEEN)
        position[self._top] = np.arange(len(self._top))
        chosen = position[entries.parts] != UNSEEN
        counts[entries.rows[chosen], position[entries.parts[chosen]]] = 1
        if self.count:
            counts[:, -1] = np.bincount(entries.rows, minlength=len(frame))
        return counts

    def _part_means(
        self, entries: "_Entries", target: Numbers, weights: Numbers | None, learners: npt.NDArray[np.bool_]
    ) -> Numbers:
        """Each part's smoothed mean over the learners, and in the last row the overall mean."""
        used, size = learners[entries.rows], len(self._parts)
        rows, parts = entries.rows[used], entries.parts[used]
        if weights is None:
            total, overall = np.bincount(parts, minlength=size), target[learners].mean(axis=0)
        else:
            total = np.bincount(parts, weights=weights[rows], minlength=size)
            target = target * weights[:, np.newaxis]
            overall = target[learners].sum(axis=0) / weights[learners].sum()
        sums = [np.bincount(parts, weights=output[rows], minlength=size) for output in target.T]
        means = (np.column_stack(sums) + self.smooth * overall) / (total + self.smooth)[:, np.newaxis]
        return np.vstack([means, overall])

    def _without_missing(self, frame: pd.DataFrame, features: Numbers) -> Numbers:
        return np.where(is_missing(frame, [self.column])[:, np.newaxis], np.nan, features)


class _Entries(NamedTuple):
    """Pairs of a row and one of its parts."""

    rows: Codes
    parts: Codes


def _parts_of(text: str | None, separator: str) -> list[str]:
    parts = {part.strip() for part in text.split(separator)} if text is not None else set()
    return sorted(parts - {""})


def _row_means(entries: _Entries, means: Numbers, n_rows: int) -> Numbers:
    """The mean over each row's parts, shape (n_rows, outputs); rows without parts get the overall mean."""
    n_parts = np.bincount(entries.rows, minlength=n_rows)
    row_means = np.tile(means[-1], (n_rows, 1))
    for number, output in enumerate(means.T):
        # an unseen part's code is -1: the last row
        sums = np.bincount(entries.rows, weights=output[entries.parts], minlength=n_rows)
        np.divide(sums, n_parts, out=row_means[:, number], where=n_parts > 0)
    return row_means
