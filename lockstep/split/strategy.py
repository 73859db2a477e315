"""The base of all split strategies, and the base of those that draw rows at random."""

from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import ClassVar, Literal

import numpy as np
import numpy.typing as npt
import pandas as pd

from lockstep.project.kinds import Kind, OneOfKind
from lockstep.project.settings import ALWAYS_TRAIN
from lockstep.table.target import Target

Rows = npt.NDArray[np.int64]
Mask = npt.NDArray[np.bool_]
Window = Literal["expanding", "rolling"]


@dataclass(frozen=True)
class Sizes:
    """The sizes of the parts.

    Attributes:
        test: Fraction of all rows that are test rows.
        valid: Fraction of all rows that validate, with one fold.
        folds: Number of folds; 1 is a holdout.
    """

    test: float
    valid: float
    folds: int


@dataclass(frozen=True)
class Division:
    """A table's rows, divided.

    Attributes:
        train: Positions of the training rows, ascending.
        test: Positions of the test rows, ascending.
        fold: Of every row of the table the fold in which it validates, or ALWAYS_TRAIN; without meaning for other rows
            than training rows.
        trains_fold: Of every fold a mask of the table's rows that train it, shape (folds, rows); None if `fold` says it
            all: every other training row does, forward in time every one with a smaller fold number.
        trains_final: A mask of the table's rows that train the final model, shape (rows,); None if all training rows
            do.
    """

    train: Rows
    test: Rows
    fold: Rows
    trains_fold: Mask | None = None
    trains_final: Mask | None = None


@dataclass(frozen=True)
class Strategy(OneOfKind, ABC):
    """A way to divide rows into training rows, test rows and folds.

    Attributes:
        target: The target.
        columns: The columns that the settings name, by setting.
        seed: Seed of the draws.
        gap: Rows, or a duration, before the predicted rows that are left out; None leaves none out.
        window: Whether all earlier rows train a fold (expanding), or the same number of the latest (rolling).
        needs: Settings of the block `split` that must name a column.
        forward: Whether only earlier rows train a fold; then `split.gap` and `split.window` have an effect.
        keeps_groups: Whether rows with equal values in the column `split.group` stay on the same side.
    """

    STATED = ("needs", "forward", "keeps_groups")

    target: Target
    columns: Mapping[str, str]
    seed: int
    gap: int | str | None = None
    window: Window = "expanding"
    needs: ClassVar[tuple[str, ...]]
    forward: ClassVar[bool]
    keeps_groups: ClassVar[bool]

    @abstractmethod
    def divide(self, clean: pd.DataFrame, sizes: Sizes) -> Division:
        """Divide a cleaned table.

        Raises:
            ValueError: if the table has too few rows or distinct values for these sizes.
        """


class DrawnStrategy(Strategy):
    """A strategy that draws the test rows, and then the folds from the other rows."""

    forward = False

    @abstractmethod
    def hold_out(self, rows: pd.DataFrame, size: float) -> tuple[Rows, Rows]:
        """Draw a fraction of the rows; returns the positions of the others and of those drawn."""

    @abstractmethod
    def folds(self, rows: pd.DataFrame, count: int) -> Iterator[tuple[Rows, Rows]]:
        """Of every fold the positions of its training and of its validation rows."""

    def divide(self, clean: pd.DataFrame, sizes: Sizes) -> Division:
        """Draw test rows and folds."""
        train, test = self.hold_out(clean, sizes.test)
        fold = np.full(len(clean), ALWAYS_TRAIN)
        if sizes.folds == 1:
            # sizes.valid is a fraction of all rows. The rows stay in the order that train_test_split returned, because
            # the reference studies split twice in this way.
            _, valid = self.hold_out(clean.iloc[train], sizes.valid / (1 - sizes.test))
            fold[train[valid]] = 0
            train = np.sort(train)
        else:
            train = np.sort(train)
            for number, (_, valid) in enumerate(self.folds(clean.iloc[train], sizes.folds)):
                fold[train[valid]] = number
        return Division(train, np.sort(test), fold)


def check_groups(column: str, groups: Rows, parts: int) -> None:
    """Refuse to divide rows into more parts than there are groups.

    Args:
        column: The column that names them.
        groups: The number of each row's group, from 0, shape (rows,).
        parts: Number of parts.

    Raises:
        ValueError: naming the column, its groups and the parts.
    """
    n_groups = int(groups.max(initial=-1)) + 1
    if n_groups < parts:
        raise ValueError(
            f"column {column!r} has {n_groups} group{'' if n_groups == 1 else 's'} among the rows for {parts} parts;"
            " use fewer folds, or name another column"
        )


STRATEGIES: Kind[Strategy] = Kind(
    name="split strategy", base=Strategy, package="lockstep.split.strategies", key="strategy"
)
