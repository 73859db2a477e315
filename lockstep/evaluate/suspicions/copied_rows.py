"""Test rows that are copies of training rows."""

from typing import ClassVar

import numpy as np
import numpy.typing as npt
import pandas as pd

from lockstep.evaluate.suspicion import Evidence, ResultFinding, Suspicion

# Shares of the test rows, and their number, from which copies are told and cast doubt on the result.
LOOK, ACT, MIN_COUNT = 0.01, 0.05, 3
# Rows of few different values are equal by chance: so many times as many pairs must be equal.
TIMES_CHANCE = 10.0
# Copies have the class of their row; different customers who are alike have their own.
SAME_CLASS = 0.9

Mask = npt.NDArray[np.bool_]


class CopiedRows(Suspicion):
    """Test rows equal a training row, so that the score is about rows that the model has seen."""

    order: ClassVar[int] = 10

    def look(self, evidence: Evidence) -> ResultFinding | None:
        train, test, features = evidence.train.frame, evidence.test.frame, evidence.every_column
        with_target = [*features, evidence.target]
        copied = _equal(train, test, features)
        if not copied.any():
            return None
        in_target = _equal(train, test, with_target)
        if not _beyond_chance(train, test, features):
            # Rows of few different features are alike by chance; if their numbers are, too, they are copies.
            copied = in_target
            if evidence.model.target.classes or not copied.any() or not _beyond_chance(train, test, with_target):
                return None
        if evidence.model.target.classes and (copied & in_target).sum() < SAME_CLASS * copied.sum():
            return None
        share = float(copied.mean())
        if copied.sum() < MIN_COUNT or share < LOOK:
            return None
        words, figures = evidence.scores_with_and_without(copied)
        same = int((copied & in_target).sum())
        told = (
            f"{copied.sum():,} of {len(test):,} test rows ({share:.0%}) equal a training row in every feature,"
            f" {same:,} in the target too"
        )
        remedy = "Remove copies (rule drop_duplicates), or keep rows of one thing on one side (split.strategy=group)."
        return ResultFinding(
            self.kind_name(),
            "act" if share >= ACT else "look",
            f"{told}{'; ' if words else ''}{words}. {remedy}",
            section="data",
            figures={"rows": int(copied.sum()), "with_target": same, "share": share, **figures},
        )


def _equal(train: pd.DataFrame, test: pd.DataFrame, columns: list[str]) -> Mask:
    return np.isin(_keys(test, columns), _keys(train, columns))


def _keys(frame: pd.DataFrame, columns: list[str]) -> npt.NDArray[np.integer]:
    """A number per row that equal rows share."""
    return pd.util.hash_pandas_object(frame[columns], index=False).to_numpy()


def _beyond_chance(train: pd.DataFrame, test: pd.DataFrame, columns: list[str]) -> bool:
    """Whether more pairs of rows are equal than agree by chance in the column with the most different values.

    Of the pairs that agree in all other columns, those that agree by chance in this one are as many as of all pairs.
    """
    chances = {name: _chance_of_agreement(train[name]) for name in columns}
    most_different = min(columns, key=lambda name: chances[name])
    rest = [name for name in columns if name != most_different]
    alike = _pairs(train, test, rest) if rest else len(train) * len(test)
    return _pairs(train, test, columns) >= TIMES_CHANCE * chances[most_different] * alike


def _chance_of_agreement(values: pd.Series) -> float:
    """The share of the pairs of different rows with equal values."""
    counts = np.bincount(pd.factorize(values, use_na_sentinel=False)[0]).astype(np.float64)
    n_rows = len(values)
    return float((counts * (counts - 1)).sum() / max(n_rows * (n_rows - 1), 1))


def _pairs(train: pd.DataFrame, test: pd.DataFrame, columns: list[str]) -> int:
    """The number of pairs of a test and a training row that are equal in some columns."""
    values, counts = np.unique(_keys(train, columns), return_counts=True)
    keys = _keys(test, columns)
    places = np.minimum(np.searchsorted(values, keys), len(values) - 1)
    return int(counts[places][values[places] == keys].sum())
