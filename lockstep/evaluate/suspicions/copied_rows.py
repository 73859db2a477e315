"""Test rows that are copies of training rows."""

from typing import ClassVar

import numpy as np
import numpy.typing as npt
import pandas as pd

from lockstep.evaluate.screens.copies import beyond_chance, row_keys
from lockstep.evaluate.suspicion import Evidence, ResultFinding, Suspicion

# Shares of the test rows, and their number, from which copies are told and cast doubt on the result.
LOOK, ACT, MIN_COUNT = 0.01, 0.05, 3
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
        if not beyond_chance(train, test, features):
            # Rows of few different features are alike by chance; if their numbers are, too, they are copies.
            copied = in_target
            if evidence.model.target.classes or not copied.any() or not beyond_chance(train, test, with_target):
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
    return np.isin(row_keys(test, columns), row_keys(train, columns))
