"""Forward selection by group: each group alone, then those that gain, one after the other."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from lockstep.search.gain import is_gain, mean, standard_deviation

# Inner folds of a draw.
FOLDS = 4
# Validation rows per training row. The folds of a draw share training rows and those of two draws all rows, so that
# the standard error of independent folds is too small; this term corrects it (Nadeau and Bengio 2003, Machine Learning
# 52). Of 39 tables of noise, with 13 groups each, 6 chose a group without it, and 2 with it (docs/decisions.md).
TEST_PER_TRAINING = 1 / (FOLDS - 1)

Groups = tuple[str, ...]
# Scores of the inner folds, less is better; None where a score is undefined.
Scores = Sequence[float | None]


@dataclass(frozen=True)
class Gain:
    """What a group adds.

    Attributes:
        group: Its name.
        score: Mean score of the folds without it.
        gain: By how much its mean is lower with the group; None if fewer than two folds have both scores.
        error: The gain's standard error over the folds, likewise.
        chosen: Whether the group is kept.
    """

    group: str
    score: float | None
    gain: float | None
    error: float | None
    chosen: bool

    @classmethod
    def between(cls, group: str, before: Scores, after: Scores) -> "Gain":
        """The gain from the scores without a group to those with it."""
        both = [(old, new) for old, new in zip(before, after, strict=True) if old is not None and new is not None]
        if len(both) < 2:
            return cls(group, None, None, None, chosen=False)
        gains, score = [old - new for old, new in both], mean([old for old, _ in both])
        gain, error = mean(gains), standard_deviation(gains) * math.sqrt(1 / len(both) + TEST_PER_TRAINING)
        return cls(group, score, gain, error, is_gain(gain, score - gain, error))


class ForwardSelection:
    """Which groups are kept, decided by their scores alone.

    Every group is scored added to the start. Those that gain beyond the noise of the folds are then added in the order
    of their gains, and each is kept if it gains beyond the noise on top of those before it.

    Args:
        groups: Names of the groups.

    Attributes:
        alone: What each group adds to the start.
        added: What each of those that gain adds to the ones before it, in order.
    """

    def __init__(self, groups: Sequence[str]) -> None:
        self._groups, self._waiting = tuple(groups), list[str]()
        self._scores = dict[Groups, Scores]()
        self.alone, self.added = list[Gain](), list[Gain]()

    @property
    def kept(self) -> Groups:
        """The groups that are kept so far, in the order in which they were added."""
        return tuple(gain.group for gain in self.added if gain.chosen)

    def wanted(self) -> list[Groups]:
        """The combinations of groups to score next; empty at the end."""
        if not self.alone:
            return [(), *((group,) for group in self._groups)] if self._groups else []
        return [(*self.kept, self._waiting[0])] if self._waiting else []

    def tell(self, scores: Mapping[Groups, Scores]) -> None:
        """The scores of the combinations that were wanted."""
        self._scores.update(scores)
        if not self.alone:
            self.alone = [Gain.between(group, self._scores[()], self._scores[(group,)]) for group in self._groups]
            gaining = [gain for gain in self.alone if gain.chosen]
            order = sorted(gaining, key=lambda gain: -(gain.gain or 0.0))
            self._waiting = [gain.group for gain in order[1:]]
            self.added = order[:1]
            return
        group = self._waiting.pop(0)
        self.added.append(Gain.between(group, self._scores[self.kept], self._scores[(*self.kept, group)]))
