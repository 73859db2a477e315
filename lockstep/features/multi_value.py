"""Texts that hold several values, such as `rock;pop`."""

import re
from typing import ClassVar, NamedTuple, Self

import numpy as np
import numpy.typing as npt
import pandas as pd

from lockstep.features.base import Numbers, Transformer
from lockstep.features.targets import Rows, cross_fitting, target_columns, target_names
from lockstep.features.values import UNSEEN, is_missing, text_values


class MultiValue(Transformer):
    """Features of the parts of a text; NaN where it is missing.

    Parts are stripped of white space; empty ones and repetitions within a row do not count.

    Args:
        column: The text.
        separator: What stands between parts.
        top: Adds NAME_is_PART, 1 or 0, for this many of the parts that most training rows have (ties: in order of the
            alphabet). Where there are fewer, the last columns are 0: their number must not depend on the rows.
        count: Whether to add NAME_n_parts.
        encode: Whether to add NAME_target: the mean over the row's parts of the mean target of the rows with that part,
            cross-fitted for training rows. Unseen parts and rows without parts have the overall mean.
        smooth: Weight of the overall mean within a part's, in rows.
        folds: Folds of the cross-fitting.
        random_state: Seed of the folds.
        n_classes: Classes of the target; 0 for a number.
    """

    LEARNED: ClassVar[tuple[str, ...]] = ("parts_", "top_", "means_")

    def __init__(
        self,
        column: str,
        separator: str,
        top: int = 0,
        count: bool = False,
        encode: bool = False,
        smooth: float = 10.0,
        folds: int = 5,
        random_state: int = 0,
        n_classes: int = 0,
    ) -> None:
        self.column = column
        self.separator = separator
        self.top = top
        self.count = count
        self.encode = encode
        self.smooth = smooth
        self.folds = folds
        self.random_state = random_state
        self.n_classes = n_classes

    def fit(self, frame: pd.DataFrame, y: Numbers | None = None) -> Self:
        """Learn the parts, how common they are, and their target.

        Raises:
            DataError: if the column holds no text.
        """
        rows = [_split(text, self.separator) for text in text_values(frame, self.column, "multi_value")]
        self.parts_: list[str] = sorted({part for row in rows for part in row})
        entries = self._entries(frame)
        n_rows = np.bincount(entries.parts, minlength=len(self.parts_))
        self.top_: list[int] = np.argsort(-n_rows, kind="stable")[: self.top].tolist()
        self.means_: Numbers = np.empty((0, 0))
        if self.encode:
            everyone = np.ones(len(frame), dtype=bool)
            self.means_ = self._means(entries, target_columns(y, self.n_classes), everyone)
        return self

    def fit_transform(self, frame: pd.DataFrame, y: Numbers | None = None, **_: object) -> Numbers:
        """Learn from all training rows; a row's own NAME_target comes from the other folds."""
        self.fit(frame, y)
        entries = self._entries(frame)
        made = self._counted(frame, entries)
        if self.encode:
            target = target_columns(y, self.n_classes)
            encoded = np.full(target.shape, np.nan)
            for others, own in cross_fitting(len(frame), self.folds, self.random_state):
                learners = np.zeros(len(frame), dtype=bool)
                learners[others] = True
                encoded[own] = _averaged(entries, self._means(entries, target, learners), len(frame))[own]
            made = np.hstack([made, encoded])
        return self._without_missing(frame, made)

    def transform(self, frame: pd.DataFrame) -> Numbers:
        """Numbers of shape (rows, features).

        Raises:
            DataError: if the column holds no text.
        """
        entries = self._entries(frame)
        made = self._counted(frame, entries)
        if self.encode:
            made = np.hstack([made, _averaged(entries, self.means_, len(frame))])
        return self._without_missing(frame, made)

    def get_feature_names_out(self, input_features: object = None) -> npt.NDArray[np.object_]:
        """Indicators, number of parts, target; known once fitted. Signs that XGBoost refuses are replaced by _."""
        parts = [re.sub(r"[\[\]<\s]", "_", self.parts_[part]) for part in self.top_]
        names = _each_once([f"{self.column}_is_{part}" for part in [*parts, *["unused"] * (self.top - len(parts))]])
        names += [f"{self.column}_n_parts"] * self.count
        return np.array(names + target_names([f"{self.column}_target"] * self.encode, self.n_classes), dtype=object)

    def _entries(self, frame: pd.DataFrame) -> "_Entries":
        code = {part: number for number, part in enumerate(self.parts_)}
        split = [_split(text, self.separator) for text in text_values(frame, self.column, "multi_value")]
        rows = np.repeat(np.arange(len(split)), [len(parts) for parts in split])
        parts = [code.get(part, UNSEEN) for parts in split for part in parts]
        return _Entries(rows, np.array(parts, dtype=np.int64))

    def _counted(self, frame: pd.DataFrame, entries: "_Entries") -> Numbers:
        """Indicators and number of parts."""
        made = np.zeros((len(frame), self.top + self.count))
        position = np.full(len(self.parts_) + 1, UNSEEN)
        position[self.top_] = np.arange(len(self.top_))
        chosen = position[entries.parts] != UNSEEN
        made[entries.rows[chosen], position[entries.parts[chosen]]] = 1
        if self.count:
            made[:, -1] = np.bincount(entries.rows, minlength=len(frame))
        return made

    def _means(self, entries: "_Entries", target: Numbers, learners: npt.NDArray[np.bool_]) -> Numbers:
        """Each part's smoothed mean among the learners, and in the last row the overall mean."""
        used = learners[entries.rows]
        rows, parts = entries.rows[used], entries.parts[used]
        n_rows, overall = np.bincount(parts, minlength=len(self.parts_)), target[learners].mean(axis=0)
        sums = [np.bincount(parts, weights=output[rows], minlength=len(self.parts_)) for output in target.T]
        means = (np.column_stack(sums) + self.smooth * overall) / (n_rows + self.smooth)[:, np.newaxis]
        return np.vstack([means, overall])

    def _without_missing(self, frame: pd.DataFrame, made: Numbers) -> Numbers:
        return np.where(is_missing(frame, [self.column])[:, np.newaxis], np.nan, made)


class _Entries(NamedTuple):
    """Which row has which part: one entry per row and part."""

    rows: Rows
    parts: Rows


def _each_once(names: list[str]) -> list[str]:
    """Names of which the second, third, ... of its kind is numbered."""
    made, taken, last = list[str](), set[str](), dict[str, int]()
    for name in names:
        free = name
        while free in taken:
            last[name] = last.get(name, 1) + 1
            free = f"{name}_{last[name]}"
        made.append(free)
        taken.add(free)
    return made


def _split(text: str | None, separator: str) -> list[str]:
    parts = {part.strip() for part in text.split(separator)} if text is not None else set()
    return sorted(parts - {""})


def _averaged(entries: _Entries, means: Numbers, n_rows: int) -> Numbers:
    """The mean over each row's parts, shape (n_rows, outputs); rows without parts have the overall mean."""
    n_parts = np.bincount(entries.rows, minlength=n_rows)
    made = np.tile(means[-1], (n_rows, 1))
    for number, output in enumerate(means.T):
        # an unseen part's code is -1: the last row
        sums = np.bincount(entries.rows, weights=output[entries.parts], minlength=n_rows)
        np.divide(sums, n_parts, out=made[:, number], where=n_parts > 0)
    return made
