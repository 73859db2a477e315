"""Inner folds: from which other training rows a training row's features are learned."""

import itertools
from dataclasses import dataclass

import numpy as np
import pandas as pd

from lockstep.table.timeline import Rows, Timeline

# Blocks of time per fold. A block is learned from half the rows on average, so two cost as much as one random fold.
BLOCKS_PER_FOLD = 2
# Parts of the groups within each block of time.
GROUP_PARTS = 3


@dataclass(frozen=True)
class CrossFitting:
    """How the split relates the rows, which the inner folds of feature steps follow.

    Attributes:
        group: The column whose groups stay together; None if rows are not grouped.
        time: The column that orders the rows in time; None if their order means nothing.
        gap: Rows, or a duration, before the predicted rows that are left out.
    """

    group: str | None = None
    time: str | None = None
    gap: int | str | None = None

    @property
    def forward(self) -> bool:
        """Whether a row learns from earlier rows alone."""
        return self.time is not None

    @property
    def columns(self) -> list[str]:
        """The columns that it reads."""
        return [column for column in (self.group, self.time) if column is not None]

    @property
    def leaves_out_rows_alone(self) -> bool:
        """Whether a row's features may be learned from all rows but this one."""
        return self.group is None and self.time is None

    def pairs(self, frame: pd.DataFrame, folds: int, seed: int) -> list[tuple[Rows, Rows]]:
        """Positions of rows to learn from and of rows to transform; no row is transformed twice.

        Rows are divided at random; groups stay together. In the order of time there are twice as many blocks as folds
        and one more: the rows of each are learned from all blocks before it, less the gap, and the first block is in no
        pair, as are rows before which the gap leaves nothing.

        The folds do not depend on the target, not even for classes: otherwise a row's target would change the folds of
        other rows. With fewer rows (or groups) than folds each row (group) is a fold; with one there are no pairs.
        """
        if self.time is not None:
            return self._blocks(frame, self.time, folds, seed)
        # scikit-learn is a slow import, and settings are checked without it.
        from sklearn.model_selection import KFold

        if self.group is not None:
            part = _parts_of_groups(group_codes(frame[self.group]), folds, seed)
            return _pairs_of_parts(np.ones(len(frame), dtype=np.bool_), np.ones(len(frame), dtype=np.bool_), part)
        if len(frame) < 2:
            return []
        splitter = KFold(min(folds, len(frame)), shuffle=True, random_state=seed)
        return list(splitter.split(np.zeros((len(frame), 1))))

    def groups(self, frame: pd.DataFrame) -> Rows:
        """The number of each row's group, shape (rows,); if rows are not grouped, each is its own."""
        return np.arange(len(frame)) if self.group is None else group_codes(frame[self.group])

    def _blocks(self, frame: pd.DataFrame, time: str, folds: int, seed: int) -> list[tuple[Rows, Rows]]:
        if not len(frame):
            return []
        timeline = Timeline.of(frame, time)
        n_blocks = BLOCKS_PER_FOLD * folds + 1
        starts = sorted({timeline.moment_at(block / n_blocks) for block in range(1, n_blocks)} - {0})
        part = np.zeros(len(frame), dtype=np.int64)
        if self.group is not None:
            part = _parts_of_groups(group_codes(frame[self.group]), GROUP_PARTS, seed)
        pairs: list[tuple[Rows, Rows]] = []
        for start, end in itertools.pairwise([*starts, len(timeline.values)]):
            own = (timeline.moment >= start) & (timeline.moment < end)
            earlier = timeline.moment < timeline.known_until(start, self.gap)
            if self.group is None:
                pairs.append((np.flatnonzero(earlier), np.flatnonzero(own)))
            else:
                pairs += _pairs_of_parts(earlier, own, part)
        return [(others, own) for others, own in pairs if len(others) and len(own)]


def group_codes(values: pd.Series) -> Rows:
    """Group numbers, shape (rows,); every row without a group is its own group."""
    codes = pd.factorize(values)[0].astype(np.int64)
    missing = codes < 0
    codes[missing] = codes.max(initial=-1) + 1 + np.arange(missing.sum())
    return codes


def _parts_of_groups(codes: Rows, parts: int, seed: int) -> Rows:
    """The part of each row: groups are divided at random into parts with equally many groups."""
    n_groups = int(codes.max(initial=-1)) + 1
    order = np.random.default_rng(seed).permutation(n_groups)
    part: Rows = order[codes] * min(parts, max(n_groups, 1)) // max(n_groups, 1)
    return part


def _pairs_of_parts(learners: "np.ndarray", own: "np.ndarray", part: Rows) -> list[tuple[Rows, Rows]]:
    numbers = range(int(part.max(initial=-1)) + 1)
    pairs = [
        (np.flatnonzero(learners & (part != number)), np.flatnonzero(own & (part == number))) for number in numbers
    ]
    return [(others, rows) for others, rows in pairs if len(others) and len(rows)]
